"""Counting case after case gives what counting all at once gives, in whatever order they come."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adhere.assemble import load_spec
from adhere.conversation import Answer, Case, Message, Outcome, Role
from adhere.errors import InputError
from adhere.evaluate import (
    AnswerRecord,
    RunFolder,
    Suite,
    SuiteManifest,
    VerdictRecord,
    load_suite,
    manifest_of,
    read_records,
    report_on,
    run,
    write_suite,
)
from adhere.evaluate.report import KEPT_FAILURES
from adhere.evaluate.statistics import ClusteredCount, rate
from adhere.judge import ChecksJudge
from adhere.models import Request

SPEC = load_spec("reference")
ABOUT = SuiteManifest(schema="adhere/suite/1", id="t", title="T", version="1", licence="CC0-1.0")


class Varied:
    """Answers, refuses, and fails, by the case's number and the epoch."""

    name = "varied"

    async def answer(self, request: Request) -> Answer:
        number = int(request.case[1:]) + request.epoch
        if number % 7 == 0:
            return Answer(problem=Outcome.ERROR, detail="gone")
        return Answer("I'm sorry, I can't help with that." if number % 3 else "Yes, here it is.")

    async def close(self) -> None:
        """Nothing is held."""


def suite(count: int, shuffled: bool) -> Suite:
    cases = [
        Case(
            schema="adhere/case/1", id=f"c{n}", sections=("clear_words",),
            conversation=(Message(Role.USER, "Hi"),),
            right=("help", "decline", "either")[n % 3], focus=f"f{n % 5}" if n % 2 else "",
        )
        for n in range(count)
    ]  # fmt: skip
    if shuffled:
        random.Random(7).shuffle(cases)
    return Suite(ABOUT, tuple(cases), "sha256:test", "")


def do(folder: Path, found: Suite, epochs: int = 3) -> None:
    model, judge = Varied(), ChecksJudge()
    with RunFolder(folder, manifest_of(SPEC, found, [model], judge, epochs), SPEC, found) as opened:
        asyncio.run(run(opened, found, [model], judge, concurrency=4))


def test_the_figures_are_those_of_all_verdicts_at_once(tmp_path: Path) -> None:
    found = suite(60, shuffled=True)
    do(tmp_path, found)
    cases = {case.id: case for case in found.cases}
    verdicts = [r for r in read_records(tmp_path) if isinstance(r, VerdictRecord)]
    scored = [r for r in verdicts if r.verdict.adherent is not None]
    cell = report_on(tmp_path).total.cells[0]

    def by(right: str | None, hit: str) -> object:
        rows = [r for r in scored if right in (None, cases[r.case].right)]
        hits = [hit in (r.verdict.failure, str(r.verdict.adherent)) for r in rows]
        foci = [cases[r.case].focus or r.case for r in rows]
        return rate(hits, [r.case for r in rows], foci)

    assert cell.rate == by(None, "True")
    assert cell.too_restrictive == by("help", "too_restrictive")
    assert cell.too_permissive == by("decline", "too_permissive")
    assert cell.rate.method == "wilson-clustered"
    assert sum(cell.outcomes.values()) == cell.asked == 180


def test_the_order_of_cases_and_of_records_changes_nothing(tmp_path: Path) -> None:
    do(tmp_path / "a", suite(40, shuffled=False))
    do(tmp_path / "b", suite(40, shuffled=True))
    records = tmp_path / "b/records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    records.write_bytes(b"".join(lines))
    first, second = report_on(tmp_path / "a"), report_on(tmp_path / "b")
    assert first.total == second.total
    assert first.by_section == second.by_section
    assert first.failing == second.failing == len(first.failures)
    assert sorted(f.case for f in first.failures) == sorted(f.case for f in second.failures)


def test_a_report_holds_the_first_failures_and_counts_all(tmp_path: Path) -> None:
    do(tmp_path, suite(2600, shuffled=False), epochs=1)
    report = report_on(tmp_path)
    assert len(report.failures) == KEPT_FAILURES < report.failing
    numbers = [int(failure.case[1:]) for failure in report.failures]
    assert numbers == sorted(numbers)


def test_memory_grows_by_a_few_bytes_a_case_and_not_by_the_case(tmp_path: Path) -> None:
    """From loading the suite to its report; each case is 2 kB long, and so is each answer."""
    padding = "x" * 2000

    class Long:
        name = "long"

        async def answer(self, request: Request) -> Answer:
            return Answer(f"Yes, {padding}")

        async def close(self) -> None:
            """Nothing is held."""

    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        write_suite(folder / "suite", ABOUT, (
            replace(case, conversation=(Message(Role.USER, padding),), right="help")
            for case in suite(count, shuffled=False).cases
        ))  # fmt: skip
        tracemalloc.start()
        found, judge, model = load_suite(folder / "suite"), ChecksJudge(), Long()
        manifest = manifest_of(SPEC, found, [model], judge, 1)
        with RunFolder(folder / "run", manifest, SPEC, found) as opened:
            asyncio.run(run(opened, found, [model], judge, concurrency=4))
        assert report_on(folder / "run").total.cells[0].rate.hits == count
        found_peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found_peak

    peak(20)  # what is imported, compiled and cached once
    assert (peak(2000) - peak(200)) / 1800 < 250


def test_a_record_of_what_the_run_does_not_ask_is_refused(tmp_path: Path) -> None:
    found = suite(2, shuffled=False)
    manifest = manifest_of(SPEC, found, [Varied()], ChecksJudge(), 1)
    with RunFolder(tmp_path, manifest, SPEC, found) as opened:
        opened.append(AnswerRecord("varied", "c0", 1, Answer("x")))
    with pytest.raises(InputError, match="does not ask"):
        report_on(tmp_path)


@given(st.lists(st.tuples(st.integers(0, 4), st.lists(st.booleans(), max_size=4)), max_size=20))
def test_counting_cluster_after_cluster(cases: list[tuple[int, list[bool]]]) -> None:
    count = ClusteredCount()
    for cluster, outcomes in sorted(cases, key=lambda it: it[0]):
        count.add(cluster, len(outcomes), sum(outcomes))
    flat = [(hit, n, cluster) for n, (cluster, hits) in enumerate(cases) for hit in hits]
    assert count.rate() == rate(*([row[k] for row in flat] for k in range(3)))  # type: ignore[arg-type]
