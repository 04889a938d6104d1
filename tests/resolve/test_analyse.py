"""What an analysis finds, counts and compares."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.assemble import load_spec
from adhere.compiler import compile_spec
from adhere.resolve import Candidates, Condition, Fact, Fate, Instruction, Origin, one_of
from adhere.resolve.analyses.analyse import Analysis, analyse
from adhere.resolve.analyses.change import Flip, compare_rules
from adhere.resolve.analyses.settings import NOTES, FindingKind, rights_matrix, settings_findings
from adhere.resolve.analyses.text import prose, text_by_level
from adhere.resolve.settings.effective import LEVELS, Request, decide_setting
from adhere.spec import Authority, Domain, Setting, SourceSpan, Spec

REFERENCE = load_spec("reference")
SYSTEM, DEVELOPER, USER = LEVELS
BASE = compile_spec(b"# A {#a authority=user}\n").require()


def setting(**fields: Any) -> Setting:
    made = {
        "id": "s", "section": "a", "type": "enum", "default": "x",
        "allowed": Domain(values=("x", "y")), "changeable_by": (SYSTEM, USER), "bounds": {},
        "summary": "", "span": SourceSpan(0, 0, 1, 1), **fields,
    }  # fmt: skip
    return Setting(**made)


def spec_of(*declared: Setting) -> Spec:
    (section,) = BASE.sections
    section = msgspec.structs.replace(section, settings=declared)
    return msgspec.structs.replace(BASE, sections=(section,))


# --- settings


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, []),
        ({"default": "z"}, ["dead-default", "shadowed-default", "shadowed-default"]),
        ({"bounds": {USER: Domain(values=("y",))}}, ["shadowed-default"]),
        ({"bounds": {USER: Domain(values=("x",))}}, ["only-default"]),
        ({"bounds": {USER: Domain(values=("q",))}}, ["no-choice"]),
        ({"changeable_by": (USER,), "bounds": {USER: Domain(values=("x",))}},
         ["only-default", "dead-value"]),
        ({"type": "integer", "default": 3, "allowed": Domain(min=1, max=5)}, []),
        ({"type": "integer", "default": 3, "allowed": Domain(min=1, max=5),
          "bounds": {USER: Domain(min=3, max=3)}}, ["only-default"]),
        ({"type": "integer", "default": 3, "allowed": Domain(min=1, max=5),
          "bounds": {USER: Domain(min=9)}}, ["no-choice"]),
        ({"type": "integer", "default": 3, "allowed": Domain(min=1),
          "bounds": {USER: Domain(min=4)}}, ["shadowed-default"]),
        ({"type": "string", "default": "é", "allowed": Domain(pattern="[a-z]*")},
         ["dead-default", "shadowed-default", "shadowed-default"]),
        ({"type": "set", "default": ("x",), "allowed": Domain(values=("x", "y")),
          "bounds": {USER: Domain(values=("y",))}}, ["shadowed-default"]),
        ({"type": "boolean", "default": True, "allowed": Domain(values=(False, True)),
          "changeable_by": (USER,), "bounds": {USER: Domain(values=(True,))}},
         ["only-default", "dead-value"]),
    ],
)  # fmt: skip
def test_what_declarations_lead_nowhere(fields: dict[str, Any], kinds: list[str]) -> None:
    found = settings_findings(spec_of(setting(**fields)))
    assert [one.kind.value for one in found] == kinds
    assert {one.subject for one in found} <= {"a.s"}


def test_the_shipped_spec_has_notes_only() -> None:
    found = analyse(REFERENCE)
    assert [(one.kind, one.subject) for one in found.findings] == [
        (FindingKind.SHADOWED_DEFAULT, "sub_agents.allowed")
    ]
    assert {one.kind for one in found.findings} <= NOTES


def test_the_matrix_says_what_the_declarations_say() -> None:
    rows = {row.address: row for row in rights_matrix(REFERENCE)}
    assert len(rows) == len(list(REFERENCE.settings()))
    profanity = rows["tone.profanity"]
    assert [(right.may, right.bounded) for right in profanity.rights] == [
        (True, False), (True, False), (True, True),
    ]  # fmt: skip
    assert profanity.rights[2].choices == 'one of "never", "when_asked"'
    assert [right.may for right in rows["teen_protection.under_18"].rights] == [True, False, False]
    assert rows["teen_protection.under_18"].section_level is Authority.ROOT


@given(st.sampled_from(list(REFERENCE.settings())), st.sampled_from(LEVELS))
def test_the_matrix_agrees_with_deciding(declared: Setting, level: Authority) -> None:
    (row,) = (row for row in rights_matrix(REFERENCE) if row.address == declared.address)
    (right,) = (right for right in row.rights if right.level is level)
    values = declared.allowed.values or ()
    if declared.type not in ("boolean", "enum"):
        return
    able = [
        value
        for value in values
        if not any(step.refusal for step in decide_setting(declared, [Request(level, value)]).steps)
    ]
    assert right.may is bool(able)
    assert right.bounded is (right.may and len(able) < len(values))


# --- instructions


def instruction(name: str, level: str, value: str, **fields: Any) -> Instruction:
    kind = "section" if level == "root" else "message"
    made = {
        "id": name, "level": level, "key": "k", "allowed": one_of(value),
        "origin": Origin(kind, "here", -1 if kind == "section" else 0), **fields,
    }  # fmt: skip
    return Instruction(**{**made, "level": Authority(level)})


def found_in(*instructions: Instruction, **facts: Fact) -> list[tuple[str, str, Any, Any]]:
    candidates = Candidates(instructions=instructions, facts=facts)
    return [
        (one.kind.value, one.subject, one.by, one.when)
        for one in analyse(BASE, instructions=candidates).findings
    ]


def test_root_against_root_leaves_no_value() -> None:
    assert found_in(instruction("a", "root", "x"), instruction("b", "root", "y")) == [
        ("no-value", "k", ("a", "b"), ())
    ]


def test_a_clash_only_where_a_fact_is_so() -> None:
    when = (Condition("f", one_of(True)),)
    known = Fact(False, SYSTEM, (SYSTEM,), one_of(False, True))
    found = found_in(
        instruction("a", "root", "x"), instruction("b", "root", "y", when=when), f=known
    )
    assert found == [("no-value", "k", ("a", "b"), ("f is true",))]


def test_a_conflict_within_a_level() -> None:
    found = found_in(instruction("a", "user", "x"), instruction("b", "user", "y"))
    assert found == [("conflict", "k", ("a", "b"), ())]


def test_an_instruction_that_never_applies() -> None:
    found = found_in(instruction("a", "root", "x"), instruction("b", "user", "y"))
    assert found == [("dead-instruction", "b", ("a",), ())]


def test_one_that_applies_somewhere_is_not_dead() -> None:
    when = (Condition("f", one_of(True)),)
    assert found_in(
        instruction("a", "root", "x", when=when), instruction("b", "user", "y")
    ) == []  # fmt: skip


def test_too_many_facts_are_said_to_be_so() -> None:
    many = [
        instruction(f"i{n}", "user", str(n), when=(Condition(f"f{n}", one_of(True)),),
                    origin=Origin("message", "m", n))
        for n in range(30)
    ]  # fmt: skip
    assert ("undecided", "k", (), ()) in found_in(*many)


def test_instructions_stand_beside_the_settings() -> None:
    wanted = instruction("m", "user", "obscene", key="tone.profanity")
    found = analyse(REFERENCE, instructions=Candidates(instructions=(wanted,))).findings
    (dead,) = (one for one in found if one.kind is FindingKind.DEAD_INSTRUCTION)
    assert (dead.subject, dead.by) == ("m", ("tone.profanity:allowed",))


# --- text


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("You must not, should not, shall not, may not, can not, do not.", (6, 0, 0)),
        ("You mustn't, shouldn't, can't, cannot, don't, doesn’t.", (6, 0, 0)),
        ("It never lies. It should never lie. Never.", (3, 0, 0)),
        ("It must, should and shall.", (0, 3, 0)),
        ("It may and can. Can it? In May or may.", (0, 0, 4)),
        ("MUST NOT and Must", (1, 1, 0)),
        ("mustard, canned, shoulder, nevertheless, mayor", (0, 0, 0)),
        ("must\nnot", (1, 0, 0)),
        ("`must` <!-- never --> [must](#never)[^never]", (0, 1, 0)),
        ("- must\n- may\n\n> never\n\n| can |\n| --- |\n| do not |", (2, 1, 2)),
    ],
)
def test_what_counts_as_must_and_may(text: str, counts: tuple[int, int, int]) -> None:
    spec = compile_spec(f"# A {{#a authority=user}}\n\n{text}\n".encode()).require()
    (found,) = text_by_level(spec)
    assert (found.prohibitions, found.requirements, found.permissions) == counts


def test_only_prose_counts_and_for_its_own_level() -> None:
    source = b"""Never before the first heading.

# Must never {#a authority=root}

!!! meta "Never"
    You must never.

One two.

~~~xml
<user>You must.</user>
<assistant>Never.</assistant>
~~~

```
must
```

## Sub {#b}

Three.

## Deep {#c authority=guideline}
"""
    found = text_by_level(compile_spec(source).require())
    assert [(one.level, one.sections, one.words, one.characters) for one in found] == [
        (Authority.ROOT, 1, 2, len("One two.")), (Authority.NONE, 1, 1, len("Three.")),
    ]  # fmt: skip
    assert all(one.prohibitions == one.requirements == 0 for one in found)


def test_prose_is_a_part_of_the_section() -> None:
    for section in REFERENCE.walk():
        assert len(prose(section)) <= sum(len(block.text) + 2 for block in section.blocks)


# --- versions


def test_a_version_against_itself() -> None:
    change = compare_rules(REFERENCE, REFERENCE)
    assert (change.settings, change.levels) == ((), ())


def test_a_changed_default_shows_where_nobody_asks() -> None:
    old, new = setting(), setting(default="y")
    (change,) = compare_rules(spec_of(old), spec_of(new)).settings
    assert (change.address, change.change, change.fields) == ("a.s", "changed", ("default",))
    assert change.witness is not None
    assert (change.witness.asked, change.witness.old, change.witness.new) == ({}, "x", "y")


def test_a_narrower_bound_shows_where_the_level_asks() -> None:
    old, new = setting(), setting(bounds={USER: Domain(values=("x",))})
    (change,) = compare_rules(spec_of(old), spec_of(new)).settings
    assert change.witness is not None
    assert (change.witness.asked, change.witness.old, change.witness.new) == ({USER: "y"}, "y", "x")
    assert 0 < change.different < change.contexts


def test_a_difference_that_shows_only_between_levels() -> None:
    """The user may no longer choose the default: seen where the system suggests another value."""
    old, new = setting(), setting(bounds={USER: Domain(values=("y",))})
    (change,) = compare_rules(spec_of(old), spec_of(new)).settings
    assert change.witness is not None
    assert change.witness.asked == {SYSTEM: {"default": "y"}, USER: "x"}


def test_what_could_not_be_tried_in_full_says_so() -> None:
    members = tuple(f"m{number}" for number in range(13))
    wide = setting(type="set", default=(), allowed=Domain(values=members))
    far = setting(type="string", default="", allowed=Domain(pattern="(z7q){5}|"))
    for old in (wide, far, setting()):
        new = msgspec.structs.replace(old, changeable_by=(SYSTEM,))
        (change,) = compare_rules(spec_of(old), spec_of(new)).settings
        assert change.exhaustive is (old.type == "enum")


def test_added_removed_and_renamed() -> None:
    text = b"# A {#a authority=user}\n\n~~~setting\nid = 's'\ntype = 'boolean'\ndefault = true\n" \
        b"changeable_by = ['user']\n~~~\n"  # fmt: skip
    old = compile_spec(text).require()
    new = compile_spec(text.replace(b"{#a ", b"{#b oldids=a ")).require()
    assert compare_rules(old, new).settings == ()
    assert [one.change for one in compare_rules(BASE, old).settings] == ["added"]
    assert [one.change for one in compare_rules(old, BASE).settings] == ["removed"]


def levels(old: str, new: str) -> tuple[Flip, ...]:
    texts = (f"# A {{#a{level and f' authority={level}'}}}\n".encode() for level in (old, new))
    before, after = (compile_spec(text).require() for text in texts)
    (change,) = compare_rules(before, after).levels
    return change.flips


def test_a_section_that_changes_its_level_is_decided_otherwise() -> None:
    misaligned, applies = Fate.MISALIGNED, Fate.APPLIES
    assert levels("root", "developer") == (
        Flip(SYSTEM, misaligned, applies), Flip(DEVELOPER, misaligned, applies),
    )  # fmt: skip
    assert levels("user", "guideline") == (Flip(Authority.GUIDELINE, misaligned, applies),)
    assert levels("guideline", "root") == tuple(
        Flip(voice, applies, misaligned) for voice in (*LEVELS, Authority.GUIDELINE)
    )
    assert levels("platform", "root") == ()  # another name of the same rank


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["x", "y"]),
    st.lists(st.sampled_from(LEVELS), min_size=1, unique=True).map(tuple),
    st.dictionaries(
        st.sampled_from(LEVELS), st.sampled_from([("x",), ("y",), ("x", "y")]).map(Domain)
    ),
)
def test_any_difference_that_can_be_decided_otherwise_has_a_witness(
    default: str, changers: tuple[Authority, ...], bounds: dict[Authority, Domain]
) -> None:
    bounds = {level: bound for level, bound in bounds.items() if level in changers}
    old, new = setting(), setting(default=default, changeable_by=changers, bounds=bounds)
    changes = compare_rules(spec_of(old), spec_of(new)).settings
    asked: list[Any] = [None, "x", "y", {"default": "x"}, {"default": "y"}]
    differ = False
    for one in asked:
        for two in asked:
            for three in asked:
                requests = [
                    Request(level, word)
                    for level, word in zip(LEVELS, (one, two, three), strict=True)
                    if word is not None
                ]
                was, is_ = (decide_setting(which, requests).value for which in (old, new))
                differ = differ or was != is_
    assert any(change.witness is not None for change in changes) is differ


# --- the published versions


def test_the_published_versions(data_dir: Path) -> None:
    """Counts of sections are facts that other tools can confirm; see docs/analysis.md."""
    names = ("2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18")
    specs = [load_spec(str(data_dir / "openai_model_spec" / name)) for name in names]
    found: list[Analysis] = [analyse(spec) for spec in specs]
    assert all(not one.findings and not one.rights for one in found)
    by_level = [{text.level.value: text.sections for text in one.text} for one in found]
    assert by_level[0] == {"platform": 20, "developer": 1, "user": 12, "guideline": 18, "none": 16}
    assert by_level[-1] == {
        "root": 22, "system": 3, "developer": 1, "user": 15, "guideline": 18, "none": 19,
    }  # fmt: skip
    changes = [compare_rules(old, new) for old, new in pairwise(specs)]
    assert [len(change.levels) for change in changes] == [0, 19, 0, 0]
    flipped = [one.section for one in changes[1].levels if one.flips]
    assert flipped == ["comply_with_laws", "no_erotica_or_gore", "use_preset_voice_in_voice_mode"]
