"""How rates went from one version to the next: of a model, of a spec, of both.

Points are runs, in the order given, or scores that others published. A step is the gap of two
neighbouring points, and there is one more from the first to the last. Runs are compared case by
case on what both were asked, clustered by focus. Of published scores only a mean is known, so that
the gap is that of strangers, with the largest spread that rates from 0 to 1 with this mean can
have: such a step is called a difference less often than it is one, never more often. All steps of
one kind of group are corrected together (Holm).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec

from adhere.conversation import Case
from adhere.errors import UsageError
from adhere.evaluate.comparison import Scored, open_scored
from adhere.evaluate.inference import Estimate, holm
from adhere.evaluate.model_gaps import FEWEST, SIGNIFICANT, testable_gap
from adhere.evaluate.run import read_cases, read_spec
from adhere.evaluate.statistics import rate, upper_normal
from adhere.sources.scores import PublishedGap, Scores


class TrendPoint(msgspec.Struct, frozen=True):
    """One version.

    Attributes:
        label: What it is called: a date, a version, a model.
        model: Which model.
        spec: Version of the spec; empty where it is not known.
        spec_digest: What tells one spec from another; empty likewise.
        judge: Who judged; empty likewise.
    """

    label: str
    model: str
    spec: str = ""
    spec_digest: str = ""
    judge: str = ""


class TrendValue(msgspec.Struct, frozen=True):
    """The rate of a group at one point, with its 95 % interval."""

    value: float
    low: float
    high: float
    cases: int


class TrendStep(msgspec.Struct, frozen=True):
    """What changed between two points.

    Attributes:
        first, second: Places of the points.
        gap: The second minus the first.
        half_width: Half of its 95 % interval.
        p: Its probability under no change, corrected.
        cases: On how many cases.
        paired: Whether the same cases were compared.
        says: What can be concluded.
    """

    first: int
    second: int
    gap: float
    half_width: float
    p: float
    cases: int
    paired: bool
    says: Literal["rose", "fell", "may be noise"]


class TrendRow(msgspec.Struct, frozen=True):
    """A group: all cases, a level of authority, a section or chapter.

    ``values`` holds one a point, None where nothing is known; ``steps`` leaves out those that
    cannot be tested.
    """

    id: str
    title: str
    kind: Literal["total", "level", "section"]
    values: tuple[TrendValue | None, ...]
    steps: tuple[TrendStep, ...]


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A trend (``adhere/trend/1``)."""

    schema: Literal["adhere/trend/1"]
    title: str
    points: tuple[TrendPoint, ...]
    rows: tuple[TrendRow, ...]
    notes: tuple[str, ...]
    scripted: bool = False


def trend_of_runs(runs: Sequence[tuple[str, str]]) -> Trend:
    """Return the trend over runs.

    Args:
        runs: For each, its label (empty: the model's name) and its folder, with ``#MODEL`` where
            it holds several.

    Raises:
        UsageError: There are fewer than two, or a model is not named or not there.
        InputError: A folder holds no run, or a file of it cannot be read.
    """
    if len(runs) < 2:
        raise UsageError("a trend needs two runs or more", remedy="name them in their order")
    scored = [open_scored(name) for _, name in runs]
    points = tuple(
        TrendPoint(
            label or one.model, one.model, one.manifest.spec.version, one.side.spec_digest,
            one.side.judge,
        )
        for (label, _), one in zip(runs, scored, strict=True)
    )  # fmt: skip
    last = Path(runs[-1][1].partition("#")[0])
    groups = _Groups(scored, last)
    rows = [
        TrendRow(name, title, kind, *groups.row(cases))
        for (kind, name, title), cases in groups.cases.items()
    ]
    return Trend(
        schema="adhere/trend/1", title="Runs", points=points, rows=_corrected(rows),
        notes=tuple(_notes(scored)),
        scripted=any(one.model.startswith("scripted:") for one in scored),
    )  # fmt: skip


def trend_of_scores(scores: Scores) -> Trend:
    """Return the trend over the models of published scores.

    Sections that fewer than three models have a score for are left out.
    """
    points = tuple(TrendPoint(model, model) for model in scores.models)
    known = {(score.section, score.model): score for score in scores.scores}
    gaps = {(gap.first, gap.second): gap for gap in scores.gaps}
    rows = []
    for section in dict.fromkeys(score.section for score in scores.scores):
        found = [known.get((section, model)) for model in scores.models]
        if sum(one is not None for one in found) < min(3, len(scores.models)):
            continue
        values = tuple(None if one is None else _bounded(one.value, one.cases) for one in found)
        kind: Literal["total", "section"] = "section" if section else "total"
        steps = tuple(
            _published(first, second, values, scores, None if section else gaps)
            for first, second in _pairs(len(values))
            if values[first] and values[second]
        )
        rows.append(TrendRow(section or "total", section or "All cases", kind, values, steps))
    notes = (
        "of published scores only means are known: intervals are the widest that rates of 0 to 1 "
        "allow, and steps take answers to the same prompt for strangers",
        *(("steps marked as paired are as they were published",) if gaps else ()),
    )
    return Trend(
        schema="adhere/trend/1", title=scores.title, points=points, rows=_corrected(rows),
        notes=notes,
    )  # fmt: skip


class _Groups:
    """The groups of cases of several runs, named by the last run's spec."""

    def __init__(self, scored: Sequence[Scored], last: Path) -> None:
        self._scored = scored
        self._rates = [one.rates() for one in scored]
        spec = read_spec(last)
        sections = {section.id: section for section in spec.walk()}
        self.cases: dict[tuple[Literal["total", "level", "section"], str, str], dict[str, Case]] = {
            ("total", "total", "All cases"): {}
        }
        every: dict[str, Case] = {}
        for one in scored:  # of cases that changed, the latest version names the sections
            every.update((case.id, case) for case in read_cases(one.folder))
        for case in every.values():
            self.cases["total", "total", "All cases"][case.id] = case
            names = [name for name in dict.fromkeys(case.sections) if name in sections]
            for level in {spec.effective_authority(name) for name in names}:
                key = ("level", str(level), level.capitalize())
                self.cases.setdefault(key, {})[case.id] = case  # type: ignore[arg-type]
            for name in names:
                self.cases.setdefault(("section", name, sections[name].title), {})[case.id] = case

    def row(
        self, cases: Mapping[str, Case]
    ) -> tuple[tuple[TrendValue | None, ...], tuple[TrendStep, ...]]:
        """Return the values and the steps of a group."""
        values = tuple(_value(one, cases) for one in self._scored)
        steps = []
        for first, second in _pairs(len(self._rates)):
            before, after = self._rates[first], self._rates[second]
            shared = [name for name in cases if name in before and name in after]
            estimate = testable_gap(
                [after[name] for name in shared], [before[name] for name in shared],
                [cases[name].focus or name for name in shared],
            )  # fmt: skip
            if estimate is not None:
                steps.append(_step(first, second, estimate))
        return values, tuple(steps)


def _value(scored: Scored, cases: Mapping[str, Case]) -> TrendValue | None:
    """Return the rate of a group, as the run's report has it."""
    answers = [
        (bool(verdict.adherent), name, case.focus or name)
        for name, case in cases.items()
        for verdict in scored.verdicts.get(name, ())
        if verdict.adherent is not None
    ]
    if not answers:
        return None
    found = rate(
        [hit for hit, _, _ in answers], [n for _, n, _ in answers], [f for *_, f in answers]
    )
    known = len({name for _, name, _ in answers})
    return TrendValue(found.hits / found.total, found.low, found.high, known)


def _pairs(count: int) -> list[tuple[int, int]]:
    """Return the neighbours, and the first with the last where they are none."""
    pairs = list(pairwise(range(count)))
    return [*pairs, (0, count - 1)] if count > 2 else pairs


def _step(first: int, second: int, found: Estimate) -> TrendStep:
    return TrendStep(
        first, second, found.value, found.half_width, found.p, found.cases, True, "may be noise"
    )


def _bounded(value: float, cases: int) -> TrendValue:
    """A published mean with its widest interval: nothing spreads more than noughts and ones."""
    whole = rate([True] * round(value * cases) + [False] * round((1 - value) * cases),
                 range(cases), range(cases))  # fmt: skip
    return TrendValue(value, whole.low, whole.high, cases)


def _published(
    first: int,
    second: int,
    values: Sequence[TrendValue | None],
    scores: Scores,
    gaps: Mapping[tuple[str, str], PublishedGap] | None,
) -> TrendStep:
    """Return a step as it was published, else that of strangers."""
    names = (scores.models[first], scores.models[second])
    for sign, key in ((-1, names), (1, names[::-1])):  # a gap is the first minus the second
        found = (gaps or {}).get((key[0], key[1]))
        if found is not None:
            return TrendStep(
                first, second, sign * found.value, found.half_width, found.p, found.cases, True,
                "may be noise",
            )  # fmt: skip
    one, other = values[first], values[second]
    assert one is not None
    assert other is not None
    return _strangers(first, second, one, other)


def _strangers(first: int, second: int, one: TrendValue, other: TrendValue) -> TrendStep:
    variance = sum(at.value * (1 - at.value) / at.cases for at in (one, other))
    gap, error = other.value - one.value, math.sqrt(variance)
    p = math.erfc(abs(gap / error) / math.sqrt(2)) if error else float(not gap)
    cases = min(one.cases, other.cases)
    return TrendStep(
        first, second, gap, upper_normal() * error, p, cases, False, "may be noise"
    )  # fmt: skip


def _corrected(rows: Sequence[TrendRow]) -> tuple[TrendRow, ...]:
    """Correct the steps of each kind of group together, and say what follows."""
    done = []
    for kind in dict.fromkeys(row.kind for row in rows):
        of = [row for row in rows if row.kind == kind]
        ps = iter(holm([step.p for row in of for step in row.steps]))
        for row in of:
            steps = []
            for step in row.steps:
                p = next(ps)
                says: Literal["rose", "fell", "may be noise"] = "may be noise"
                if p < SIGNIFICANT:
                    says = "rose" if step.gap > 0 else "fell"
                steps.append(msgspec.structs.replace(step, p=p, says=says))
            done.append(msgspec.structs.replace(row, steps=tuple(steps)))
    return tuple(done)


def _notes(scored: Sequence[Scored]) -> list[str]:
    notes = []
    if len({one.side.suite_digest for one in scored}) > 1:
        notes.append("the suites differ: steps are on cases of the same id, values on all")
    if len({one.side.spec_digest for one in scored}) > 1:
        notes.append("the specs differ: sections and levels are those of the last")
    if len({one.side.judge for one in scored}) > 1:
        notes.append("the judges differ: a step may be theirs")
    if any(len(one.rates()) < FEWEST for one in scored):
        notes.append("a run has hardly any scored case")
    return notes
