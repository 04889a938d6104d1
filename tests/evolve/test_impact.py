"""What a change touches: a case is clean only if nobody would be sent anything else."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from adhere.assemble import load_spec, reference_dir
from adhere.assemble.impact import Wanted, find_impact
from adhere.assemble.profiles import parse_profile
from adhere.assemble.schemas import schema
from adhere.compiler import DEFAULT_MAX_BYTES
from adhere.conversation import Answer
from adhere.evaluate import load_suite
from adhere.evolve import Impact, diff_specs
from adhere.evolve.impact import findings
from adhere.evolve.impact_text import impact_markdown
from adhere.extract import CHAIN_SECTIONS
from adhere.judge import grading_messages
from adhere.spec import Authority, Spec

SOURCE = (reference_dir() / "spec.md").read_text(encoding="utf-8")
SUITE = load_suite(reference_dir() / "suite")


def changed(folder: Path, *swaps: tuple[str, str]) -> Path:
    text = SOURCE
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "new.md"
    path.write_text(text, encoding="utf-8")
    return path


def impact(folder: Path, *swaps: tuple[str, str], **wanted: object) -> tuple[Impact, Spec]:
    path = changed(folder, *swaps)
    more = {"suites": ("reference",), "obligations": obligation(folder), **wanted}
    found = find_impact(
        "reference",
        str(path),
        Wanted(**more),
        max_bytes=DEFAULT_MAX_BYTES,  # type: ignore[arg-type]
    )
    return found, load_spec(str(path))


TONE = ("{#tone authority=guideline}\n", "{#tone authority=guideline}\n\nAnother sentence.\n")


def test_only_cases_of_what_changed_are_suspect(tmp_path: Path) -> None:
    found, new = impact(tmp_path, TONE)
    old = load_spec("reference")
    suspect = {one.id for one in found.cases if one.suite == "reference"}
    # The same by other means: what a grader of any answer would be sent.
    answer = Answer("whatever was said")
    assert suspect == {
        case.id
        for case in SUITE.cases
        if grading_messages(old, case, answer, CHAIN_SECTIONS)
        != grading_messages(new, case, answer, CHAIN_SECTIONS)
    }
    assert suspect == {case.id for case in SUITE.cases if "tone" in case.sections}
    assert suspect
    assert {one.differs for one in found.cases if one.id in suspect} == {("judge",)}
    figures = next(one for one in found.suites if one.name == "reference")
    assert (figures.suspect, figures.clean) == (len(suspect), len(SUITE.cases) - len(suspect))
    (section,) = found.sections
    assert section.id == "tone"
    assert suspect <= set(section.cases)


def test_the_chain_of_command_concerns_every_case(tmp_path: Path) -> None:
    heading = "{#apply_instructions authority=root}\n"
    found, _ = impact(tmp_path, (heading, f"{heading}\nAnother sentence.\n"))
    figures = next(one for one in found.suites if one.name == "reference")
    assert (figures.suspect, figures.clean) == (len(SUITE.cases), 0)


def test_commentary_and_examples_are_not_sent_to_the_judge(tmp_path: Path) -> None:
    found, _ = impact(tmp_path, ("    Tone decides", "    How one speaks decides"))
    assert next(one for one in found.suites if one.name == "reference").suspect == 0
    assert [one.id for one in found.sections] == ["tone"]


def test_a_gateway_sends_the_spec_with_every_case(tmp_path: Path) -> None:
    gateway = tmp_path / "adhere.toml"
    gateway.write_text("[prompt]\ntokens = 100000\n")
    found, _ = impact(tmp_path, TONE, gateway=gateway)
    assert next(one for one in found.suites if one.name == "reference").clean == 0
    assert {one.differs for one in found.cases if one.suite == "reference"} == {
        ("model",), ("judge", "model"),
    }  # fmt: skip
    gateway.write_text("[prompt]\ntokens = 0\n")
    found, _ = impact(tmp_path, TONE, gateway=gateway)
    assert next(one for one in found.suites if one.name == "reference").clean > 0


def test_a_proof_that_no_longer_holds(tmp_path: Path) -> None:
    found, _ = impact(
        tmp_path, ('bounds.user = ["never", "when_asked"]\n~~~\n\n~~~setting\nid = "emoji"',
                   '~~~\n\n~~~setting\nid = "emoji"'),
    )  # fmt: skip
    assert [(one.name, one.old, one.new) for one in found.proofs] == [
        ("clean-speech", "proved", "refuted")
    ]
    assert found.breaks


def obligation(folder: Path) -> Path:
    path = folder / "o.toml"
    path.write_text(
        'schema = "adhere/obligations/1"\n[[obligation]]\nname = "clean-speech"\n'
        'never = \'tone.profanity == "freely"\'\nby = ["user"]\n'
    )
    return path


def test_a_profile_whose_request_no_longer_counts(tmp_path: Path) -> None:
    user = parse_profile(b'[settings]\ntone.profanity = "when_asked"\n', name="user.toml")
    found, _ = impact(
        tmp_path, ('bounds.user = ["never", "when_asked"]', 'bounds.user = ["never"]'),
        profiles={Authority.USER: user},
    )  # fmt: skip
    (moved,) = found.settings
    assert (moved.address, moved.old, moved.new) == ("tone.profanity", "when_asked", "when_asked")
    assert "may not choose" in moved.refused
    assert found.breaks
    found, _ = impact(
        tmp_path, ('default = "when_asked"\nchangeable_by', 'default = "never"\nchangeable_by'),
        profiles={Authority.USER: parse_profile(b"", name="user.toml")},
    )  # fmt: skip
    assert [(one.address, one.old, one.new) for one in found.settings] == [
        ("tone.profanity", "when_asked", "never")
    ]
    assert not found.breaks


def test_nothing_changes(tmp_path: Path) -> None:
    found, _ = impact(tmp_path)
    assert (found.sections, found.cases, found.proofs, found.settings) == ((), (), (), ())
    assert "Nothing changes in substance." in impact_markdown(found)


def test_what_it_looks_like_elsewhere(tmp_path: Path) -> None:
    found, new = impact(tmp_path, ("## Tone and warmth", "## Tone `<b>|x`"), TONE)
    encoded = json.loads(msgspec.json.encode(found))
    jsonschema.Draft202012Validator(schema("impact-1")).validate(encoded)
    text = impact_markdown(found)
    assert "| tone | guideline | changed |" in text
    diagnostics = findings(found, diff_specs(load_spec("reference"), new), "new.md")
    assert [(one.code, one.section) for one in diagnostics] == [("section-changed", "tone")]
    assert diagnostics[0].span.line == SOURCE[: SOURCE.index("{#tone")].count("\n") + 1


def test_words_of_documents_cannot_be_markup(tmp_path: Path) -> None:
    found, _ = impact(tmp_path, TONE)
    hostile = msgspec.structs.replace(
        found,
        sections=(msgspec.structs.replace(found.sections[0], id="x|<img src=y>", what="a\n# b"),),
    )
    row = next(line for line in impact_markdown(hostile).splitlines() if "img" in line)
    assert row.startswith("| x\\|\\<img src=y\\> | guideline | a \\# b |")


@pytest.mark.parametrize("prompts", [True, False])
def test_the_published_spec_from_one_release_to_the_next(data_dir: Path, prompts: bool) -> None:
    """Five sections change, two are added; 12 of 114 files of prompts have to run again."""
    releases = data_dir / "openai_model_spec"
    folder = releases / "2025-12-18-rev2" / "examples"
    found = find_impact(
        str(releases / "2025-10-27"), str(releases / "2025-12-18"),
        Wanted(prompts=folder if prompts else None), max_bytes=DEFAULT_MAX_BYTES,
    )  # fmt: skip
    assert sum(one.substance for one in found.sections) == 7
    if prompts:
        assert len(found.files) == 114
        assert sorted(one.marker for one in found.files if one.run) == [
            "21ox", "35cm", "6x4h", "7zjr", "duy8", "hcvn", "hscu", "i271", "lie0", "nyxg", "o92b",
            "omek",
        ]  # fmt: skip
        figures = next(one for one in found.suites if one.name == "files of prompts")
        assert (figures.suspect, figures.new, figures.clean) == (20, 0, 250)
    else:
        assert found.files == ()
