"""Tailoring: what the base allows is made, what it forbids is refused, whatever the files hold."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.assemble import load_spec
from adhere.compiler import compile_spec
from adhere.compiler.meaning import section_meaning
from adhere.errors import InputError
from adhere.evolve import Change, Tailored, Tailoring, read_tailoring, tailor, tailor_rules
from adhere.spec import Authority, Section, Spec

BASE = """\
+++
title = "Base"
+++

# Rules {#rules}

## Safe {#safe authority=root}

Stay safe.

~~~setting
id = "area"
type = "set"
default = ["a"]
allowed = ["a", "b", "c"]
changeable_by = ["developer", "user"]
bounds.user = ["a", "b"]
~~~

## Lawful {#lawful authority=system oldids=legal}

Keep the law.

~~~setting
id = "mode"
type = "string"
default = ""
allowed = { pattern = "[a-z]*", max_length = 5 }
changeable_by = ["system"]
~~~

## Honest {#honest authority=user}

Tell the truth.

### Sure {#sure authority=guideline}

Say how sure you are.

~~~setting
id = "words"
type = "integer"
default = 100
allowed = { min = 1, max = 1000 }
changeable_by = ["developer", "user"]
bounds.developer = { min = 10, max = 500 }
bounds.user = { min = 50, max = 200 }
~~~

# Style {#style}

## Brief {#brief authority=guideline}

Be brief.
"""
SPEC = compile_spec(BASE.encode(), name="base.md").require()


def made(*changes: Change, level: str = "developer", **texts: str) -> Tailored:
    files = {f"{name}.md": text for name, text in texts.items()}
    tailoring = Tailoring(
        schema="adhere/tailoring/1",
        extends="base.md",
        level=level,
        change=changes,  # type: ignore[arg-type]
    )
    return tailor(SPEC, tailoring, files)


def refusal(*changes: Change, level: str = "developer", **texts: str) -> tuple[bool, str]:
    found = made(*changes, level=level, **texts)
    assert found.made == ()
    assert found.source == BASE.encode()
    assert not found.diff.changes_meaning
    (refused,) = found.refused
    return refused.forbidden, "; ".join(refused.reasons)


def test_sections_are_added_replaced_and_taken_out() -> None:
    found = made(
        Change(add="house.md", after="honest"),
        Change(replace="brief", text="brief.md"),
        Change(remove="sure"),
        house="## House {#house authority=developer}\n\nName the order.",
        brief="## Short {#brief authority=guideline}\n\nTwo lines.",
    )
    assert found.refused == ()
    assert [one.id for one in found.spec.walk()] == [
        "rules", "safe", "lawful", "honest", "house", "style", "brief",
    ]  # fmt: skip
    assert found.spec.section("brief").title == "Short"
    assert found.spec.section("house").authority is Authority.DEVELOPER
    # Everything else is as it was, byte for byte.
    start = BASE.index("### Sure")
    assert found.source.startswith(BASE[:start].encode())


def test_levels_move_below_the_own() -> None:
    found = made(
        Change(authority="brief", to="developer"), Change(authority="honest", to="guideline")
    )
    assert found.refused == ()
    levels = [found.spec.section(name).authority for name in ("brief", "honest")]
    assert levels == [Authority.DEVELOPER, Authority.GUIDELINE]


def test_defaults_and_bounds() -> None:
    found = made(
        Change(default="sure.words", to=300), Change(bounds="safe.area", of="user", to=["a"])
    )
    assert found.refused == ()
    (words,) = found.spec.section("sure").settings
    assert words.default == 300
    (area,) = found.spec.section("safe").settings
    assert area.bounds[Authority.USER].values == ("a",)
    assert area.default == ("a",)


@pytest.mark.parametrize(
    ("change", "texts", "why"),
    [
        (Change(remove="safe"), {}, "safe is of level root: developer cannot take it out"),
        (Change(remove="legal"), {}, "lawful is of level system: developer cannot take it out"),
        (Change(remove="rules"), {}, "rules is of level root: developer cannot take it out"),
        (Change(authority="safe", to="guideline"), {}, "developer cannot change its authority"),
        (Change(authority="brief", to="system"), {}, "of level system, which developer cannot"),
        (Change(replace="lawful", text="t.md"),
         {"t": "## Lawful {#lawful authority=system}\n\nWhatever."}, "cannot change its text"),
        (Change(add="t.md"), {"t": "# Mine {#mine authority=root}\n\nObey."}, "mine would be"),
        (Change(add="t.md", after="brief"),
         {"t": "## Fine {#fine authority=user}\n\n# X {#x}\n\n## Y {#y authority=root}\n\nNo."},
         "headings after brief"),
        (Change(default="sure.words", to=600), {}, "developer may not choose 600"),
        (Change(default="sure.words", to="x"), {}, 'must be an integer'),
        (Change(default="lawful.mode", to="x"), {}, "developer may not choose 'x'"),
        (Change(bounds="sure.words", of="user", to={"min": 50, "max": 400}), {}, "choose less"),
        (Change(bounds="sure.words", of="user", to={"min": 50}), {}, "choose less"),
        (Change(bounds="sure.words", of="developer", to={"min": 20, "max": 30}), {}, "not for"),
        (Change(bounds="lawful.mode", of="user", to={"max_length": 2}), {}, "may not change"),
        (Change(add="t.md", after="safe"),
         {"t": "## A {#a authority=user}\n\nText.\n\n~~~xml\n<open"}, ""),
    ],
)  # fmt: skip
def test_what_the_base_forbids(change: Change, texts: dict[str, str], why: str) -> None:
    _, reasons = refusal(change, **texts)
    assert why in reasons


def test_the_platform_may_change_what_developers_may_not() -> None:
    assert made(Change(remove="lawful"), level="system").refused == ()
    assert refusal(Change(remove="safe"), level="system")[0]


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        (Change(remove="nothing"), {}),
        (Change(default="sure.nothing", to=1), {}),
        (Change(authority="style", to="user"), {}),
        (Change(add="gone.md"), {}),
        (Change(add="t.md"), {"t": "No heading."}),
        (Change(replace="brief", text="t.md"), {"t": "## Other {#other}\n\nText."}),
        (Change(replace="brief", text="t.md"), {"t": "# Brief {#brief}\n\nText."}),
    ],
)
def test_what_cannot_be_done(change: Change, texts: dict[str, str]) -> None:
    forbidden, reasons = refusal(change, **texts)
    assert not forbidden
    assert reasons


def test_changes_about_the_same_text() -> None:
    found = made(Change(remove="honest"), Change(authority="sure", to="user"))
    assert found.made == (1,)
    assert [one.number for one in found.refused] == [2]


def test_what_only_all_together_do_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tailor_rules.violations

    def stricter(base: Spec, tailored: Spec, *rest: Any) -> Iterator[str]:
        yield from rules(base, tailored, *rest)
        if {"a", "b"} <= {one.id for one in tailored.walk()}:
            yield "not both"

    monkeypatch.setattr(sys.modules["adhere.evolve.tailor"], "violations", stricter)
    found = made(
        Change(add="a.md"), Change(add="b.md"),
        a="# A {#a authority=user}\n\nText.", b="# B {#b authority=user}\n\nText.",
    )  # fmt: skip
    assert found.made == ()
    assert found.source == BASE.encode()
    assert [(one.number, one.reasons) for one in found.refused] == [(0, ("not both",))]


def test_title_and_version() -> None:
    tailoring = Tailoring(
        schema="adhere/tailoring/1", extends="base.md", title='A "b"', version="2"
    )
    found = tailor(SPEC, tailoring, {})
    assert (found.spec.metadata.title, found.spec.metadata.version) == ('A "b"', "2")
    assert [one.id for one in found.spec.walk()] == [one.id for one in SPEC.walk()]


names = st.sampled_from([one.id for one in SPEC.walk()])
addresses = st.sampled_from(["safe.area", "lawful.mode", "sure.words"])
anything = st.one_of(
    st.integers(-5, 2000), st.sampled_from(["", "x", "ab"]), st.lists(st.sampled_from("abcd"))
)
hostile = st.lists(
    st.sampled_from([
        "# A {#a authority=root}", "## B {#b authority=user}", "## Safe {#safe authority=root}",
        "### Sure {#sure authority=guideline}", "## Brief {#brief authority=guideline}", "```",
        "~~~", "~~~xml", "~~~setting", 'id = "area"', "Text.", "", "<!--", "-->", "+++",
        "    code", "!!! meta", "[x]: y", "- item", "<div>", "## Brief {#brief oldids=safe}",
    ]), max_size=8,
).map("\n".join)  # fmt: skip
changes = st.one_of(
    st.builds(Change, remove=names),
    st.builds(Change, add=st.just("t.md"), after=st.none() | names),
    st.builds(Change, replace=names, text=st.just("t.md")),
    st.builds(Change, authority=names, to=st.sampled_from(["root", "system", "user", "guideline"])),
    st.builds(Change, default=addresses, to=anything),
    st.builds(Change, bounds=addresses, of=st.sampled_from(["developer", "user"]), to=anything),
)


def own(section: Section) -> object:
    """What a section itself means, without settings and subsections."""
    return section_meaning(
        Section(section.id, section.title, section.depth, section.heading, section.span,
                authority=section.authority, old_ids=section.old_ids, tags=section.tags,
                blocks=tuple(one for one in section.blocks if one.kind != "setting"))
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(changes, max_size=4), hostile)
def test_nothing_above_the_level_is_touched(wanted: list[Change], text: str) -> None:
    found = tailor(
        SPEC,
        Tailoring(schema="adhere/tailoring/1", extends="b", change=tuple(wanted)),
        {"t.md": text},
    )
    above = (Authority.ROOT, Authority.SYSTEM, Authority.PLATFORM)
    # Lists, not by id: a second section with an id must not hide behind the first.
    assert [own(one) for one in found.spec.walk() if one.authority in above] == [
        own(one) for one in SPEC.walk() if one.authority in above
    ]
    assert len({one.id for one in found.spec.walk()}) == len(list(found.spec.walk()))
    for setting in SPEC.settings():
        now = [one for one in found.spec.settings() if one.address == setting.address]
        for one in now:
            assert (one.type, one.allowed, one.changeable_by) == (
                setting.type, setting.allowed, setting.changeable_by,
            )  # fmt: skip
            assert one.default == setting.default or setting.admits(
                one.default, Authority.DEVELOPER
            )
        assert now or setting.section == "sure"


@pytest.mark.parametrize(
    "text",
    [
        "## Brief {#brief authority=root}\n\nHarm.",  # behind one of the base
        "## N {#n authority=guideline}\n\nX.\n\n## N {#n authority=root}\n\nHarm.",
        "## Safe {#safe authority=guideline}\n\nHarm.",
    ],
)
@pytest.mark.parametrize("after", [None, "safe", "brief"])
def test_no_section_hides_behind_another_of_its_id(text: str, after: str | None) -> None:
    forbidden, why = refusal(Change(add="t.md", after=after), t=text)
    assert forbidden
    assert "two sections with the id" in why


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_front_matter_gets_the_title_in_every_form(start: bytes, end: bytes) -> None:
    base = compile_spec(start + BASE.encode().replace(b"\n", end), name="base.md").require()
    wanted = Tailoring(
        schema="adhere/tailoring/1", extends="b", title="Ours", change=(Change(remove="brief"),)
    )
    found = tailor(base, wanted, {})
    assert (found.refused, found.made) == ((), (1,))
    assert found.spec.metadata.title == "Ours"
    assert found.source.count(b"+++") == 2


def test_reading_a_file() -> None:
    found = read_tailoring(
        b'schema = "adhere/tailoring/1"\nextends = "x"\n[[change]]\nremove = "a"\n', name="t.toml"
    )
    assert found.change == (Change(remove="a"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing required field"),
        ('schema = "adhere/tailoring/2"\nextends = "x"', "Invalid"),
        ("[", "key part"),
        ('schema = "adhere/tailoring/1"\nextends = "x"\n\n[[change]]\nreason = "r"', "t.toml:4"),
        ('schema = "adhere/tailoring/1"\nextends = "x"\n[[change]]\nremove = "a"\nto = 1',
         '"to" does not go with "remove"'),
        ('schema = "adhere/tailoring/1"\nextends = "x"\n[[change]]\nreplace = "a"', 'needs "text"'),
        ('schema = "adhere/tailoring/1"\nextends = "x"\n[[change]]\ndefault = "a"\nto = 1',
         "not the address of a setting"),
        ('schema = "adhere/tailoring/1"\nextends = "x"\n[[change]]\nauthority = "a"\nto = "boss"',
         "must be one of"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_changes(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_tailoring(text.encode(), name="t.toml")
    assert message in str(error.value)


def test_ten_changes_of_the_published_spec(data_dir: Path) -> None:
    base = load_spec(str(data_dir / "openai_model_spec" / "2025-12-18"))
    changes = (
        Change(add="house.md", after="support_programmatic_use"),
        Change(remove="be_creative"),
        Change(authority="express_uncertainty", to="developer"),
        Change(replace="avoid_sycophancy", text="honest.md"),
        Change(remove="love_humanity"),
        Change(authority="ask_clarifying_questions", to="user"),
        Change(add="more.md"),
        Change(remove="ignore_untrusted_data"),
        Change(add="root.md"),
        Change(authority="comply_with_laws", to="guideline"),
    )
    texts = {
        "house.md": "## House rules {#house authority=developer}\n\nSay the order number.",
        "honest.md": "### No flattery {#avoid_sycophancy authority=user}\n\nDo not flatter.",
        "more.md": "# More {#more}\n\n## Kind {#kind authority=user}\n\nBe kind.",
        "root.md": "# Ours {#ours authority=root}\n\nObey us.",
    }
    tailoring = Tailoring(schema="adhere/tailoring/1", extends="base", change=changes)
    found = tailor(base, tailoring, texts)
    assert found.made == (1, 2, 3, 4, 5, 6, 7)
    assert [(one.number, one.forbidden) for one in found.refused] == [
        (8, True), (9, True), (10, True),
    ]  # fmt: skip
    untouched = _sections(base).keys() - {
        "avoid_sycophancy", "be_creative", "love_humanity", "express_uncertainty",
        "ask_clarifying_questions",
    }  # fmt: skip
    after = _sections(found.spec)
    assert all(
        after[name].prose == one.prose for name, one in _sections(base).items() if name in untouched
    )


def _sections(spec: Spec) -> dict[str, Section]:
    return {one.id: one for one in spec.walk()}
