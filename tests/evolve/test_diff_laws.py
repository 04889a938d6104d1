"""Laws of the difference of two specs, and the real versions of the published one."""

from __future__ import annotations

import random
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.compiler import compile_spec
from adhere.evolve import SpecDiff, diff_specs
from adhere.evolve.diff_model import Run

WORDS = st.sampled_from(["must", "may", "never", "help", "users", "[?](#a)", "*now*", "stop"])
PROSE = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
EXAMPLE = st.tuples(PROSE, PROSE, st.sampled_from(["GOOD", "BAD", "OK: fine"])).map(
    lambda it: (
        f"**Example**: {it[0]}\n\n~~~xml\n<user>\n{it[1]}\n</user>\n<comparison>\n"
        f"<assistant> <!-- {it[2]} -->\nyes\n</assistant>\n</comparison>\n~~~"
    ).replace("[?](#a)", "it")
)
BOX = PROSE.map(lambda text: f'!!! meta "Note"\n    {text}')
SETTING = st.sampled_from(["1", "2"]).map(
    lambda low: (
        f'~~~setting\nid = "n"\ntype = "integer"\ndefault = 2\nallowed = {{ min = {low} }}\n'
        'changeable_by = ["user"]\n~~~'
    )
)
BODY = st.lists(st.one_of(PROSE, EXAMPLE, BOX, SETTING), max_size=4).map("\n\n".join)
SECTION = st.tuples(
    st.integers(1, 3), st.sampled_from("abcdef"), st.sampled_from(["", " authority=user"]), BODY
)


def document(sections: list[tuple[int, str, str, str]]) -> str:
    unique = {name: (depth, level, body) for depth, name, level, body in sections}
    return "\n\n".join(
        f"{'#' * depth} Title {name} {{#{name}{level}}}\n\n{body}"
        for name, (depth, level, body) in unique.items()
    )


DOCUMENT = st.lists(SECTION, max_size=6).map(document)


def diff(old: str, new: str) -> SpecDiff:
    return diff_specs(compile_spec(old.encode()).require(), compile_spec(new.encode()).require())


def folded(runs: tuple[Run, ...], left_out: str) -> str:
    return " ".join("".join(run.text for run in runs if run.op != left_out).split())


@given(DOCUMENT)
def test_nothing_differs_from_itself(text: str) -> None:
    found = diff(text, text)
    assert found.sections == ()
    assert found.head.change == "same"


@given(DOCUMENT, DOCUMENT)
def test_the_meaning_digest_and_the_difference_agree(old: str, new: str) -> None:
    found = diff(old, new)
    same = found.old.spec_digest == found.new.spec_digest
    silent = found.head.change != "substance" and all(
        section.presence == "kept" and section.change != "substance"
        and section.rename is None and section.move is None
        for section in found.sections
    )  # fmt: skip
    assert same == silent


@given(DOCUMENT, DOCUMENT)
def test_the_other_way_round_added_is_removed(old: str, new: str) -> None:
    one, other = diff(old, new).counts, diff(new, old).counts
    assert (one.sections_added, one.sections_removed) == (
        other.sections_removed, other.sections_added
    )  # fmt: skip
    assert (one.settings_added, one.settings_removed) == (
        other.settings_removed, other.settings_added
    )  # fmt: skip
    assert one.changed_in_substance == other.changed_in_substance


@given(DOCUMENT, DOCUMENT)
def test_runs_give_back_both_texts(old: str, new: str) -> None:
    before, after = (compile_spec(text.encode()).require() for text in (old, new))
    sources = {"delete": after, "insert": before}
    for section in diff_specs(before, after).sections:
        for block in section.blocks:
            for left_out, span in (("insert", block.old), ("delete", block.new)):
                if span is None:
                    continue
                source = sources[left_out]
                text = next(b.text for s in source.walk() for b in s.blocks if b.span == span)
                assert folded(block.runs, left_out) in " ".join(text.split())


@given(DOCUMENT, DOCUMENT)
def test_every_claimed_section_is_where_it_is_claimed(old: str, new: str) -> None:
    found = diff(old, new)
    before = {s.id for s in compile_spec(old.encode()).require().walk()}
    after = {s.id for s in compile_spec(new.encode()).require().walk()}
    for section in found.sections:
        if section.presence == "added":
            assert section.id in after - before or section.id in after
        elif section.presence == "removed":
            assert section.id in before
        else:
            assert section.id in after
            assert (section.rename.old_id if section.rename else section.id) in before


@given(DOCUMENT, DOCUMENT)
@settings(max_examples=30)
def test_json_gives_back_the_same(old: str, new: str) -> None:
    found = diff(old, new)
    encoded = msgspec.json.encode(found)
    assert msgspec.json.encode(msgspec.json.decode(encoded, type=SpecDiff)) == encoded


def test_a_section_with_an_old_id_is_renamed_and_not_new() -> None:
    found = diff("# A {#a}\n\nKeep calm.\n", "# A {#b oldids=a}\n\nKeep calm.\n")
    assert (found.counts.sections_renamed, found.counts.sections_added) == (1, 0)
    assert found.sections[0].rename is not None


def test_a_rename_nobody_declared_is_said_to_be_inferred() -> None:
    body = "The assistant keeps calm, says what it knows, and asks where it does not.\n"
    found = diff(f"# A {{#a}}\n\n{body}", f"# A {{#b}}\n\n{body}")
    (section,) = found.sections
    assert section.rename is not None
    assert section.rename.similarity is not None


def test_a_verdict_that_flips_is_told_apart_from_words() -> None:
    text = (
        "# A {#a}\n\n**Example**: x\n\n~~~xml\n<user>\nq\n</user>\n<comparison>\n"
        "<assistant> <!-- GOOD -->\nyes\n</assistant>\n</comparison>\n~~~\n"
    )
    found = diff(text, text.replace("GOOD", "BAD"))
    assert (found.counts.verdicts_changed, found.counts.prose_blocks) == (1, 0)


def test_lines_wrapped_otherwise_are_white_space() -> None:
    found = diff("# A {#a}\n\none two three\n", "# A {#a}\n\none\ntwo   three\n\n\n")
    assert [section.change for section in found.sections] == ["white_space"]


def test_hostile_paragraphs_cost_a_bounded_effort_and_say_so() -> None:
    chance = random.Random(1)
    old, new = (" ".join(chance.choice("abcdefgh") for _ in range(300_000)) for _ in range(2))
    start = time.monotonic()
    found = diff(f"# A {{#a}}\n\n{old}\n", f"# A {{#a}}\n\n{new}\n")
    assert time.monotonic() - start < 20
    assert [block.coarse for block in found.sections[0].blocks] == [True]


VERSIONS = (
    "2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18", "2025-12-18-rev2",
)  # fmt: skip
COUNTS: dict[str, dict[str, Any]] = {
    "2025-02-12..2025-04-11": {"changed_in_substance": 5, "prose_blocks": 7, "examples_changed": 3},
    "2025-04-11..2025-09-12": {
        "sections_added": 7, "sections_removed": 1, "sections_renamed": 4, "sections_moved": 7,
        "sections_retitled": 6, "changed_in_substance": 55, "prose_blocks": 129,
        "commentary_boxes": 14, "examples_added": 20, "examples_removed": 1,
        "examples_changed": 57, "examples_moved": 1,
        "authority_changed": {
            "guideline -> user": 1, "platform -> root": 17, "platform -> system": 3
        },
    },
    "2025-09-12..2025-10-27": {
        "sections_added": 1, "sections_retitled": 1, "changed_in_substance": 11,
        "prose_blocks": 21, "commentary_boxes": 1, "examples_added": 8, "examples_changed": 4,
    },
    "2025-10-27..2025-12-18": {
        "sections_added": 2, "changed_in_substance": 5, "changed_in_white_space": 1,
        "prose_blocks": 26, "commentary_boxes": 3, "examples_added": 5, "examples_removed": 3,
        "examples_changed": 1,
    },
    "2025-12-18..2025-12-18-rev2": {"changed_in_substance": 1, "prose_blocks": 1},
}  # fmt: skip
"""Every count that is not 0."""


def counts(data_dir: Path, old: str, new: str) -> dict[str, Any]:
    folder = data_dir / "openai_model_spec"
    specs = [
        compile_spec((folder / version / "model_spec.md").read_bytes()).require()
        for version in (old, new)
    ]
    found = msgspec.to_builtins(diff_specs(*specs).counts)
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(("old", "new"), list(pairwise(VERSIONS)))
def test_each_published_version_against_the_next(data_dir: Path, old: str, new: str) -> None:
    assert counts(data_dir, old, new) == COUNTS[f"{old}..{new}"]


def test_the_second_revision_of_the_last_version_changes_one_more(data_dir: Path) -> None:
    found = counts(data_dir, "2025-10-27", "2025-12-18-rev2")
    assert (
        found["sections_added"], found["changed_in_substance"], found["changed_in_white_space"]
    ) == (2, 6, 1)  # fmt: skip
