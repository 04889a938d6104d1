"""Runs: nothing lost, nothing asked twice, reports from the records alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from adhere.assemble import (
    SCRIPTED,
    find_judge,
    find_models,
    find_suite,
    load_spec,
    shipped_suites,
)
from adhere.conversation import Answer, Case, Message, Outcome, Role
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evaluate import (
    AnswerRecord,
    GroupFigures,
    Report,
    RunFolder,
    RunManifest,
    Suite,
    SuiteManifest,
    manifest_of,
    read_manifest,
    read_records,
    report_on,
    run,
)
from adhere.judge import ChecksJudge
from adhere.models import Request

SPEC = load_spec("reference")
ABOUT = SuiteManifest(schema="adhere/suite/1", id="t", title="T", version="1", licence="CC0-1.0")


def suite(count: int = 6, right: str = "help") -> Suite:
    cases = tuple(
        Case(
            schema="adhere/case/1",
            id=f"c{number}",
            sections=("clear_words", "no_such_section"),
            conversation=(Message(Role.USER, "Hi"),),
            right=right,  # type: ignore[arg-type]
        )
        for number in range(count)
    )
    return Suite(ABOUT, cases, "sha256:test", "")


class Counting:
    """A model that counts what it is asked, and can fail or stop."""

    name = "counting"

    def __init__(self, stop_after: int = 1_000_000, text: str = "Yes.") -> None:
        self.asked: list[str] = []
        self._stop_after, self._text = stop_after, text

    async def answer(self, request: Request) -> Answer:
        if len(self.asked) >= self._stop_after:
            raise KeyboardInterrupt
        self.asked.append(f"{request.case}/{request.epoch}")
        await asyncio.sleep(0)
        return Answer(self._text)

    async def close(self) -> None:
        self.closed = True


def do(folder: Path, found: Suite, model: Counting, epochs: int = 1) -> Report:
    manifest = manifest_of(SPEC, found, [model], ChecksJudge(), epochs)
    with RunFolder(folder, manifest, SPEC, found) as opened:
        asyncio.run(run(opened, found, [model], ChecksJudge(), concurrency=2))
    return report_on(folder)


def test_a_run_that_was_cut_off_is_taken_up_without_asking_again(tmp_path: Path) -> None:
    whole, found = Counting(), suite()
    undisturbed = do(tmp_path / "a", found, whole, epochs=2)
    first = Counting(stop_after=5)
    with pytest.raises(KeyboardInterrupt):
        do(tmp_path / "b", found, first, epochs=2)
    cut = report_on(tmp_path / "b")
    assert not cut.complete
    assert cut.total.cells[0].missing == 12 - cut.total.cells[0].rate.total
    second = Counting()
    resumed = do(tmp_path / "b", found, second, epochs=2)
    assert resumed == undisturbed
    stored = {record.key for record in read_records(tmp_path / "b")}
    assert len(stored) == 12
    assert len(first.asked) + len(second.asked) <= 12 + 2  # at most what was under way


def test_an_answer_is_stored_before_it_is_judged_and_judged_later_if_need_be(
    tmp_path: Path,
) -> None:
    found, model = suite(1), Counting()
    manifest = manifest_of(SPEC, found, [model], ChecksJudge(), 1)
    with RunFolder(tmp_path, manifest, SPEC, found) as opened:
        opened.append(AnswerRecord("counting", "c0", 0, Answer("Yes.")))
    report = do(tmp_path, found, model)
    assert model.asked == []
    assert report.complete


def test_a_torn_last_line_is_cut_off_and_asked_again(tmp_path: Path) -> None:
    found = suite(2)
    do(tmp_path, found, Counting())
    path = tmp_path / "records.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    model = Counting()
    assert do(tmp_path, found, model).complete
    assert model.asked == []  # only the verdict was torn; its answer was there
    assert path.read_bytes() == whole


def test_a_disk_that_is_full_is_one_error_and_not_a_group(tmp_path: Path) -> None:
    found, model = suite(4), Counting()
    manifest = manifest_of(SPEC, found, [model], ChecksJudge(), 1)
    with RunFolder(tmp_path, manifest, SPEC, found) as opened:

        def full(_record: object) -> None:
            raise SystemFault("cannot write it: no space left")

        opened.append = full  # type: ignore[method-assign]
        with pytest.raises(SystemFault, match="no space"):
            asyncio.run(run(opened, found, [model], ChecksJudge(), concurrency=2))


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    do(tmp_path, suite(2), Counting())
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"garbage\n" + path.read_bytes())
    with pytest.raises(InputError) as caught:
        report_on(tmp_path)
    assert caught.value.place.endswith("records.jsonl:1")


def test_another_run_is_not_mixed_in(tmp_path: Path) -> None:
    do(tmp_path, suite(2), Counting())
    with pytest.raises(UsageError, match="something else"):
        do(tmp_path, suite(3), Counting())


def test_a_run_has_one_process_at_a_time(tmp_path: Path) -> None:
    found, model = suite(2), Counting()
    manifest = manifest_of(SPEC, found, [model], ChecksJudge(), 1)
    with (
        RunFolder(tmp_path, manifest, SPEC, found),
        pytest.raises(UsageError, match="another process"),
    ):
        do(tmp_path, found, model)
    assert do(tmp_path, found, model).complete


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        do(tmp_path, suite(1), Counting())
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_manifest_round_trips_and_names_the_spec(tmp_path: Path) -> None:
    do(tmp_path, suite(1), Counting())
    manifest = read_manifest(tmp_path)
    assert isinstance(manifest, RunManifest)
    assert manifest.spec.spec_digest == SPEC.spec_digest


def test_directions_and_both_denominators(tmp_path: Path) -> None:
    refusing = do(tmp_path / "r", suite(4), Counting(text="I'm sorry, I can't help with that."))
    cell = refusing.total.cells[0]
    assert (cell.too_restrictive.hits, cell.too_restrictive.total) == (4, 4)
    assert (cell.too_permissive.total, cell.of_all, cell.rate.value) == (0, 0.0, 0.0)
    lax = do(tmp_path / "l", suite(4, "decline"), Counting())
    assert lax.total.cells[0].too_permissive.hits == 4


def test_what_could_not_be_had_counts_in_one_denominator_only(tmp_path: Path) -> None:
    class Failing(Counting):
        async def answer(self, request: Request) -> Answer:
            if request.case == "c0":
                return Answer(problem=Outcome.ERROR, detail="gone")
            return Answer("Yes.")

    report = do(tmp_path, suite(4), Failing())
    cell = report.total.cells[0]
    assert (cell.rate.hits, cell.rate.total, cell.asked) == (3, 3, 4)
    assert cell.of_all == 0.75
    assert cell.outcomes == {Outcome.ANSWERED: 3, Outcome.ERROR: 1}
    assert [(f.case, f.verdict.outcome) for f in report.failures] == [("c0", Outcome.ERROR)]


def test_a_section_the_spec_lacks_is_shown_and_comes_last(tmp_path: Path) -> None:
    report = do(tmp_path, suite(1), Counting())
    assert [row.id for row in report.by_section] == ["clear_words", "no_such_section"]
    assert report.by_section[-1].title == "not in the spec"
    assert "clear_words" not in report.sections_without_cases


@pytest.mark.parametrize("name", shipped_suites())
def test_scripted_assistants_fail_exactly_where_a_fault_was_planted(
    tmp_path: Path, name: str
) -> None:
    found, judge = find_suite(name), find_judge("checks")
    models = find_models([f"scripted:{model}" for model in SCRIPTED], found)
    with RunFolder(tmp_path, manifest_of(SPEC, found, models, judge, 1), SPEC, found) as opened:
        asyncio.run(run(opened, found, models, judge))
    report = report_on(tmp_path)
    assert report.complete
    assert report.scripted
    for place, (model, fault) in enumerate(SCRIPTED.items()):
        planted = [
            case for case in found.cases if fault and any(a.fault == fault for a in case.answers)
        ]
        failed = {f.case for f in report.failures if f.model == f"scripted:{model}"}
        assert failed == {case.id for case in planted}
        for row in report.by_section:  # in each section as many as were planted there
            cell = row.cells[place]
            failures = sum(row.id in case.sections for case in planted)
            assert (cell.rate.total - cell.rate.hits, cell.missing) == (failures, 0), row.id
        for row in report.by_authority:
            levels = [{SPEC.effective_authority(s) for s in case.sections} for case in planted]
            cell = row.cells[place]
            failures = sum(row.authority in of_case for of_case in levels)
            assert cell.rate.total - cell.rate.hits == failures, row.id


def test_the_planted_faults_show_in_the_figures_of_groups(tmp_path: Path) -> None:
    """Sycophancy in the pairs, unequal treatment in the sets, overconfidence in the calibration."""
    figures: dict[str, dict[str, GroupFigures]] = {}
    for name in shipped_suites():
        found, judge = find_suite(name), find_judge("checks")
        models = find_models([f"scripted:{model}" for model in SCRIPTED], found)
        folder = tmp_path / name.replace("/", "-")
        with RunFolder(folder, manifest_of(SPEC, found, models, judge, 1), SPEC, found) as opened:
            asyncio.run(run(opened, found, models, judge))
        groups = report_on(folder).groups
        figures[name] = {one.model.removeprefix("scripted:"): one for one in groups}
    own, sets, truth = figures.values()
    pairs = {model: {one.kind: one for one in of_model.pairs} for model, of_model in own.items()}
    assert [one.both.value for one in pairs["keeps-chain-of-command"].values()] == [1.0] * 3
    assert pairs["keeps-chain-of-command"]["pressure"].flips.hits == 0
    assert pairs["flatters"]["pressure"].flips.hits > 0
    assert pairs["flatters"]["contrast"].both.value == 1.0
    assert pairs["obeys-last-speaker"]["contrast"].first_only == 56  # declines nothing
    assert pairs["refuses-too-much"]["contrast"].first_only == 0
    fair = [gap for part in sets["keeps-chain-of-command"].disparities for gap in part.gaps]
    for gap in fair:
        assert gap.refusal is not None
        assert gap.length is not None
        assert (gap.refusal.value, round(gap.length.value, 9)) == (0.0, 1.0)
    unfair = [part.gaps[-1].adherence for part in sets["treats-some-worse"].disparities]
    assert len(unfair) == 6
    assert all(gap is not None and gap.high < 0 for gap in unfair)
    honest, boasting = (
        truth[name].calibration for name in ("keeps-chain-of-command", "sure-of-everything")
    )
    assert honest is not None
    assert boasting is not None
    assert (honest.answers, honest.unstated, honest.accuracy) == (40, 0, 1.0)
    assert (boasting.accuracy, round(boasting.ece, 2)) == (0.0, 0.99)
    assert honest.ece < 0.1


def test_reports_are_computed_from_records_alone(tmp_path: Path) -> None:
    found = suite(3)
    first = do(tmp_path, found, Counting())
    lines = (tmp_path / "records.jsonl").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"c1"' not in line]
    (tmp_path / "records.jsonl").write_bytes(b"".join(kept))
    again = report_on(tmp_path)
    assert (first.total.cells[0].rate.total, again.total.cells[0].rate.total) == (3, 2)
    assert not again.complete
    assert msgspec.json.decode(msgspec.json.encode(again), type=Report) == again
