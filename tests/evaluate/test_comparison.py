"""Comparing two models: what is paired, what is corrected, what is said."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from adhere.assemble import find_judge, find_models, find_suite, load_spec
from adhere.cli import cli
from adhere.errors import InputError, UsageError
from adhere.evaluate import (
    AnswerRecord,
    RunFolder,
    VerdictRecord,
    compare,
    manifest_of,
    read_records,
    run,
)

SPEC, SUITE, JUDGE = load_spec("reference"), find_suite("reference"), find_judge("checks")
GOOD, OBEYS = "scripted:keeps-chain-of-command", "scripted:obeys-last-speaker"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs") / "both"
    models = find_models([GOOD, OBEYS], SUITE)
    with RunFolder(place, manifest_of(SPEC, SUITE, models, JUDGE, 1), SPEC, SUITE) as opened:
        asyncio.run(run(opened, SUITE, models, JUDGE))
    return place


def test_a_model_against_itself_differs_in_nothing(folder: Path) -> None:
    found = compare(f"{folder}#{OBEYS}", f"{folder}#{OBEYS}")
    assert (found.total.first_only, found.total.second_only, found.mcnemar) == (0, 0, 1.0)
    assert {gap.says for gap in (found.total, *found.by_authority, *found.by_section)} <= {
        "may be noise", "too few cases"
    }  # fmt: skip
    assert found.total.smallest is None


def test_the_two_sides_mirror_each_other(folder: Path) -> None:
    one = compare(f"{folder}#{GOOD}", f"{folder}#{OBEYS}")
    other = compare(f"{folder}#{OBEYS}", f"{folder}#{GOOD}")
    assert one.total.estimate is not None
    assert other.total.estimate is not None
    assert one.total.estimate.value == -other.total.estimate.value
    assert (one.total.says, other.total.says) == ("first is higher", "second is higher")
    assert one.total.first_only > 50
    assert one.total.second_only == 0
    assert other.improve == ()
    assert one.scripted


def test_correction_over_sections_only_raises_p(folder: Path) -> None:
    found = compare(f"{folder}#{GOOD}", f"{folder}#{OBEYS}")
    tested = [gap for gap in found.by_authority if gap.estimate is not None]
    assert len(tested) == 5
    assert all(gap.p is not None and gap.estimate and gap.p >= gap.estimate.p for gap in tested)


def test_the_strongest_rules_come_first_where_to_improve(folder: Path) -> None:
    found = compare(f"{folder}#{GOOD}", f"{folder}#{OBEYS}")
    weights = [it.failing * it.authority.rank for it in found.improve]
    assert weights == sorted(weights, reverse=True)
    assert sum(it.failing for it in found.improve) == found.total.first_only


def test_cases_that_only_one_was_scored_on_are_left_out_and_counted(
    folder: Path, tmp_path: Path
) -> None:
    models = find_models([OBEYS], SUITE)
    with RunFolder(tmp_path, manifest_of(SPEC, SUITE, models, JUDGE, 1), SPEC, SUITE) as opened:
        for record in read_records(folder):
            if record.model == OBEYS and record.case != SUITE.cases[0].id:
                assert isinstance(record, AnswerRecord | VerdictRecord)
                opened.append(record)
    found = compare(str(tmp_path), f"{folder}#{OBEYS}")
    every = compare(f"{folder}#{OBEYS}", f"{folder}#{OBEYS}").total.cases
    assert (found.only_first, found.only_second, found.total.cases) == (0, 1, every - 1)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("{}", UsageError, "several models"),
        ("{}#nobody", UsageError, "no model"),
        ("{}/nowhere", InputError, "no such run"),
        ("/", InputError, "not a run"),
    ],
)
def test_what_cannot_be_compared(
    folder: Path, name: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        compare(name.format(folder), f"{folder}#{GOOD}")


def test_the_command_says_it_plainly_and_as_json(folder: Path) -> None:
    words = ["compare", f"{folder}#{GOOD}", f"{folder}#{OBEYS}"]
    text = CliRunner().invoke(cli, words, standalone_mode=False)
    assert text.return_value == 0
    assert "first is higher" in text.output
    assert "sections have too few common cases" in text.output
    assert "Where scripted:obeys-last-speaker should improve first" in text.output
    as_json = CliRunner().invoke(cli, [*words, "--json"], standalone_mode=False)
    assert json.loads(as_json.output)["schema"] == "adhere/comparison/1"
