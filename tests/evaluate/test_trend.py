"""Trends: over runs of our own, dated, and over the published scores of five models."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from adhere.assemble import find_judge, find_models, find_suite, load_spec
from adhere.assemble.scores import read_replication
from adhere.cli import cli
from adhere.errors import UsageError
from adhere.evaluate import RunFolder, compare, manifest_of, report_on, run
from adhere.evaluate.trend import Trend, trend_of_runs, trend_of_scores
from adhere.sources.scores import parse_gaps

SPEC, SUITE, JUDGE = load_spec("reference"), find_suite("reference"), find_judge("checks")
GOOD, OBEYS, STRICT = (
    f"scripted:{name}"
    for name in ("keeps-chain-of-command", "obeys-last-speaker", "refuses-too-much")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs") / "all"
    models = find_models([GOOD, OBEYS, STRICT], SUITE)
    with RunFolder(place, manifest_of(SPEC, SUITE, models, JUDGE, 1), SPEC, SUITE) as opened:
        asyncio.run(run(opened, SUITE, models, JUDGE))
    return place


def of(folder: Path, *models: str) -> Trend:
    return trend_of_runs([("", f"{folder}#{model}") for model in models])


def test_the_same_run_twice_shows_no_step(folder: Path) -> None:
    found = of(folder, OBEYS, OBEYS, OBEYS)
    assert {step.says for row in found.rows for step in row.steps} == {"may be noise"}
    assert {step.gap for row in found.rows for step in row.steps} == {0.0}


def test_values_are_those_of_the_report_and_steps_those_of_compare(folder: Path) -> None:
    found = of(folder, OBEYS, GOOD, STRICT)
    total = found.rows[0]
    assert total.id == "total"
    cells = report_on(folder).total.cells
    for value, place in zip(total.values, (1, 0, 2), strict=True):
        assert value is not None
        assert value.value == pytest.approx(cells[place].rate.value)
        assert (value.low, value.high) == pytest.approx(
            (cells[place].rate.low, cells[place].rate.high)
        )
    assert [(step.first, step.second) for step in total.steps] == [(0, 1), (1, 2), (0, 2)]
    rose = total.steps[0]
    gap = compare(f"{folder}#{GOOD}", f"{folder}#{OBEYS}").total
    assert gap.estimate is not None
    assert (rose.gap, rose.half_width) == pytest.approx(
        (gap.estimate.value, gap.estimate.half_width)
    )
    assert (rose.says, rose.paired) == ("rose", True)
    assert total.steps[1].says == "fell"
    assert found.scripted


def test_every_step_of_a_kind_is_corrected_together(folder: Path) -> None:
    two, three = of(folder, OBEYS, GOOD), of(folder, OBEYS, GOOD, STRICT)
    for row in two.rows:
        again = next(one for one in three.rows if one.id == row.id and one.kind == row.kind)
        for step, other in zip(row.steps, again.steps, strict=False):
            assert other.gap == step.gap
            assert other.p >= step.p or other.p == pytest.approx(step.p)


def test_one_run_is_no_trend(folder: Path) -> None:
    with pytest.raises(UsageError, match="two runs"):
        trend_of_runs([("", f"{folder}#{GOOD}")])
    with pytest.raises(UsageError, match="several models"):
        trend_of_runs([("", str(folder)), ("", str(folder))])


def test_dated_runs_come_in_the_order_of_their_dates(folder: Path) -> None:
    arguments = [
        "trend", f"2026-06-30={folder}#{GOOD}", f"2026-01-05={folder}#{OBEYS}", "--json",
    ]  # fmt: skip
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    found = json.loads(done.output)
    assert [point["label"] for point in found["points"]] == ["2026-01-05", "2026-06-30"]
    shown = CliRunner().invoke(cli, arguments[:-1], standalone_mode=False).output
    assert "2026-01-05 → 2026-06-30: +" in shown
    assert "rose" in shown
    arguments[1] = f"new={folder}#{GOOD}"
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert [point["label"] for point in json.loads(done.output)["points"]] == ["new", "2026-01-05"]


# -- the replication's five models -----------------------------------------------------------------
def test_the_published_trend(data_dir: Path) -> None:
    scores = read_replication(data_dir / "model_spec_evals_replication")
    found = trend_of_scores(scores)
    assert [row.id for row in found.rows] == [
        "total", "chain_of_command", "seek_truth", "best_work", "stay_in_bounds", "style"
    ]  # fmt: skip
    shown = {
        row.id: [f"{100 * value.value:.1f}" for value in row.values if value] for row in found.rows
    }
    assert shown["chain_of_command"] == ["93.1", "88.5", "87.9", "86.9", "89.2"]
    assert shown["seek_truth"] == ["91.5", "86.2", "86.5", "85.2", "92.2"]
    assert shown["best_work"] == ["86.9", "81.9", "81.7", "81.8", "88.8"]
    assert shown["stay_in_bounds"] == ["87.2", "83.4", "83.4", "83.8", "84.5"]
    assert shown["style"] == ["91.3", "87.1", "88.6", "89.4", "91.8"]
    says = {(step.first, step.second): (step.paired, step.says) for step in found.rows[0].steps}
    assert says == {
        (0, 1): (True, "fell"), (1, 2): (False, "may be noise"), (2, 3): (False, "may be noise"),
        (3, 4): (True, "rose"), (0, 4): (True, "may be noise"),
    }  # fmt: skip
    assert all(not step.paired for row in found.rows[1:] for step in row.steps)


def test_strangers_are_never_surer_than_pairs(data_dir: Path) -> None:
    """The bound without pairing is wider than the published paired interval, on the same models."""
    scores = read_replication(data_dir / "model_spec_evals_replication")
    paired = trend_of_scores(scores).rows[0].steps
    alone = trend_of_scores(replace(scores, gaps=())).rows[0].steps
    for one, other in zip(paired, alone, strict=True):
        if one.paired:
            assert other.half_width > one.half_width
            assert other.gap == pytest.approx(one.gap, abs=0.003)


def test_gaps_are_read_once_a_pair_and_prose_is_none(data_dir: Path) -> None:
    path = data_dir / "model_spec_evals_replication" / "astra_final_analysis_5ep.txt"
    gaps = parse_gaps(path.read_text(encoding="utf-8"))
    assert len(gaps) == 7
    assert ("GPT-5 Thinking", "GPT-5.6 Sol") in {(gap.first, gap.second) for gap in gaps}
    assert parse_gaps("  vs GPT-5.4 as published: +1.00 ±1.00 p=1 n=5") == ()
