"""Nothing of a lower level moves a protected section; what is seeded is caught."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import adhere.resolve.chain.facts
import adhere.resolve.chain.scoping
from adhere.assemble import load_spec, reference_dir
from adhere.assemble.obligations import load_obligations
from adhere.compiler import compile_spec
from adhere.errors import InputError
from adhere.resolve import Candidates, Protection, check_resolution, prove_protection, resolve
from adhere.spec import Authority

REFERENCE = load_spec("reference")
MINORS = Protection("minors", ("teen_protection",), "teen_protection.under_18")


@pytest.mark.parametrize(
    "protection", load_obligations("reference").protection, ids=lambda one: one.name
)
def test_the_standing_protections_are_proved(protection: Protection) -> None:
    found = prove_protection(REFERENCE, protection)
    assert (found.outcome, found.level, found.counterexample) == ("proved", Authority.ROOT, None)
    assert found.contexts > 8000


def test_every_root_section_is_among_them() -> None:
    (roots,) = (
        one for one in load_obligations("reference").protection if one.name == "root-sections-stand"
    )
    declared = {one.id for one in REFERENCE.walk() if one.authority is Authority.ROOT}
    assert set(roots.sections) == declared


@pytest.mark.parametrize("section", ["graphic_content", "sub_agents", "honesty", "tone"])
def test_lower_levels_stand_against_what_is_below_them(section: str) -> None:
    assert prove_protection(REFERENCE, Protection("x", (section,))).outcome == "proved"


def assert_shows(found: Any) -> None:
    """The counterexample, as a file, resolves to what it is for."""
    assert found.outcome == "refuted"
    data = msgspec.json.encode(found.counterexample)
    candidates = msgspec.json.decode(data, type=Candidates)
    assert resolve(candidates).rows[0].fate != "applies"


def test_a_spec_that_lets_developers_set_the_fact_is_caught() -> None:
    text = (reference_dir() / "spec.md").read_text(encoding="utf-8")
    start = text.index('id = "under_18"')
    end = text.index("~~~", start)
    wrong = text[start:end].replace('["system"]', '["system", "developer"]')
    spec = compile_spec((text[:start] + wrong + text[end:]).encode()).require()
    found = prove_protection(spec, MINORS)
    assert_shows(found)
    assert found.counterexample is not None
    assert not check_resolution(found.counterexample, resolve(found.counterexample))
    (fact,) = found.counterexample.facts.values()
    assert fact.value is False


def test_an_error_in_who_may_set_facts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adhere.resolve.chain.facts, "refusal", lambda _: "")
    monkeypatch.setattr(adhere.resolve.chain.scoping, "speaks_as_root", lambda _: False)
    assert_shows(prove_protection(REFERENCE, MINORS))


def test_the_platform_must_be_able_to_switch_it_on() -> None:
    spec = compile_spec(
        b"# A {#a authority=root}\n\n~~~setting\nid = 'b'\ntype = 'boolean'\ndefault = false\n"
        b"changeable_by = ['user']\n~~~\n"
    ).require()
    with pytest.raises(InputError, match=r"the platform cannot set a\.b"):
        prove_protection(spec, Protection("x", ("a",), "a.b"))


def test_out_of_time_is_undecided() -> None:
    found = prove_protection(REFERENCE, MINORS, stop=lambda: True)
    assert (found.outcome, found.contexts) == ("undecided", 0)


@pytest.mark.parametrize(
    ("sections", "fact", "said"),
    [
        (("nowhere",), "", "no section 'nowhere'"),
        (("tone", "secrets"), "", "not of one level"),
        (("overview",), "", "not of one level"),
        ((), "", "not of one level"),
        (("secrets",), "tone.warmth", "no setting 'tone.warmth' that is true or false"),
        (("secrets",), "tone.nothing", "no setting 'tone.nothing'"),
    ],
)
def test_what_cannot_be_proved_about_is_refused(
    sections: tuple[str, ...], fact: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        prove_protection(REFERENCE, Protection("x", sections, fact))
    assert (caught.value.place, said in caught.value.message) == ("x", True)
