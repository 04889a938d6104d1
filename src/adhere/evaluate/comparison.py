"""Two models on the same cases: what differs, what may be noise, where to improve first."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from adhere.conversation import Case
from adhere.errors import InputError, UsageError
from adhere.evaluate.inference import Estimate, cases_needed, holm, mcnemar, smallest_gap
from adhere.evaluate.labelled import corrected_gaps, judged, trusted
from adhere.evaluate.labels import read_labels
from adhere.evaluate.model_gaps import FEWEST, Says, concluded, testable_gap
from adhere.evaluate.numbering import Numbers
from adhere.evaluate.run import (
    Key,
    RunManifest,
    VerdictRecord,
    read_cases,
    read_manifest,
    read_records,
    read_spec,
)
from adhere.evaluate.table import Score
from adhere.evaluate.tally import Cell, CellCount
from adhere.evaluate.uncertainty import GAP_ASKED
from adhere.judge import Corrected, Judged, Verdict
from adhere.spec import Authority, Spec


class Side(msgspec.Struct, frozen=True):
    """One of the two: a model of a run."""

    run: str
    model: str
    judge: str
    spec_digest: str
    suite_digest: str


class Gap(msgspec.Struct, frozen=True):
    """The difference of two models on a group of cases both were scored on.

    Attributes:
        id, title, authority: The group.
        cases: How many cases of it both models were scored on.
        first, second: Mean share of right answers.
        estimate: The first minus the second, clustered by focus; None where there are too few
            cases or groups.
        p: Its probability under no difference, corrected (Holm) over the groups of its kind.
        first_only, second_only: Cases that only one of them passes (more than half of its answers).
        smallest: The smallest true gap these cases would show with a power of 80 %; None where
            nothing varies, so that nothing can be said.
        needed: How many cases such as these would show a true gap of 5 points so.
        says: What can be concluded.
    """

    id: str
    title: str
    authority: Authority
    cases: int
    first: float
    second: float
    estimate: Estimate | None
    p: float | None
    first_only: int
    second_only: int
    smallest: float | None
    says: Says
    needed: int | None = None


class Priority(msgspec.Struct, frozen=True):
    """A section where the second model should improve first.

    They are ordered by how many answers fail times the rank of the section's level: a failure
    against a stronger rule weighs more.
    """

    section: str
    title: str
    authority: Authority
    failing: int
    asked: int
    too_restrictive: int
    too_permissive: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison found (``adhere/comparison/1``)."""

    schema: Literal["adhere/comparison/1"]
    first: Side
    second: Side
    warnings: tuple[str, ...]
    scripted: bool
    only_first: int
    """Cases only the first was scored on; they are left out of every gap."""
    only_second: int
    total: Gap
    mcnemar: float
    by_authority: tuple[Gap, ...]
    by_section: tuple[Gap, ...]
    improve: tuple[Priority, ...]
    by_focus: tuple[Gap, ...] = ()
    """Behaviours with enough cases to be tested."""
    by_tag: tuple[Gap, ...] = ()
    sides: tuple[Cell, Cell] | None = None
    """The figures of each on the common cases: both denominators, both directions of failure."""
    rogan_gladen: Corrected | None = None
    """The gap once the judge's errors count, where people labelled answers of both."""
    prediction_powered: Corrected | None = None


class Scored:
    """One side's verdicts, by case."""

    def __init__(self, folder: Path, model: str | None) -> None:
        self.manifest: RunManifest = read_manifest(folder)
        models = self.manifest.models
        if model is None and len(models) > 1:
            raise UsageError(
                f"the run holds several models: {', '.join(models)}", place=str(folder),
                remedy=f"name one: {folder}#{models[0]}",
            )  # fmt: skip
        self.model = model or models[0]
        if self.model not in models:
            raise UsageError(
                f'the run has no model "{self.model}"', place=str(folder),
                remedy=f"it has {', '.join(models)}",
            )  # fmt: skip
        self.side = Side(
            str(folder), self.model, self.manifest.judge, self.manifest.spec.spec_digest,
            self.manifest.suite.digest,
        )  # fmt: skip
        self.folder = folder
        self.verdicts: dict[str, list[Verdict]] = {}
        self.by_key: dict[Key, Verdict] = {}
        for record in read_records(folder):
            if isinstance(record, VerdictRecord) and record.model == self.model:
                self.verdicts.setdefault(record.case, []).append(record.verdict)
                self.by_key[record.key] = record.verdict

    def rates(self) -> dict[str, float]:
        """Share of right answers of each case that has a scored one."""
        scored = {
            case: [bool(v.adherent) for v in verdicts if v.adherent is not None]
            for case, verdicts in self.verdicts.items()
        }
        return {case: sum(hits) / len(hits) for case, hits in scored.items() if hits}

    def cell(self, cases: list[Case]) -> Cell:
        """Return its figures on some cases."""
        clusters, count = Numbers(), CellCount()
        numbered = [(clusters.add(case.focus or case.id), case) for case in cases]
        for cluster, case in sorted(numbered, key=lambda pair: pair[0]):
            scores = [Score(v.outcome, v.adherent, v.failure) for v in self.verdicts[case.id]]
            count.add(cluster, case.right, scores)
        return count.cell(len(cases) * self.manifest.epochs)

    def judged(self, cases: list[Case]) -> Judged:
        """Return its verdicts on some cases, beside what people say of them."""
        truth = trusted(read_labels(self.folder))
        foci = {case.id: case.focus for case in cases}
        verdicts = {
            key: verdict.adherent
            for key, verdict in self.by_key.items()
            if key[1] in foci and verdict.adherent is not None
        }
        return judged(self.model, verdicts, truth, foci)


def compare(first: str, second: str) -> Comparison:
    """Compare two models on the cases both were scored on.

    Args:
        first: The folder of a run, with ``#MODEL`` where it holds several.
        second: Another, or the same with another model.

    Raises:
        UsageError: A model is not named or not there, or there is no common case.
        InputError: A folder holds no run, or a file of it cannot be read.
    """
    one, other = open_scored(first), open_scored(second)
    folder = Path(second.partition("#")[0])
    cases = {case.id: case for case in read_cases(folder)}
    spec = read_spec(folder)
    rates, others = one.rates(), other.rates()
    shared = [cases[case] for case in others if case in rates and case in cases]
    if not shared:
        raise UsageError(
            "the two have no scored case in common", place=f"{first}, {second}",
            remedy="compare runs of the same suite",
        )  # fmt: skip
    groups = _Groups(spec, rates, others)
    total = groups.gap("total", "All cases", Authority.NONE, shared)
    corrected = corrected_gaps(one.judged(shared), other.judged(shared))
    return Comparison(
        schema="adhere/comparison/1",
        first=one.side,
        second=other.side,
        warnings=tuple(_warnings(one.side, other.side)),
        scripted=any(side.model.startswith("scripted:") for side in (one.side, other.side)),
        only_first=len(rates.keys() - others.keys()),
        only_second=len(others.keys() - rates.keys()),
        total=_concluded([total])[0],
        mcnemar=mcnemar(total.first_only, total.second_only),
        by_authority=_concluded(groups.by_authority(shared)),
        by_section=_concluded(groups.by_section(shared)),
        improve=_priorities(spec, cases.values(), other),
        by_focus=_concluded(groups.by_focus(shared)),
        by_tag=_concluded(groups.by_tag(shared)),
        sides=(one.cell(shared), other.cell(shared)),
        rogan_gladen=corrected[0],
        prediction_powered=corrected[1],
    )


def open_scored(name: str) -> Scored:
    """Open a run: its folder, with ``#MODEL`` where it holds several.

    Raises:
        UsageError: The model is not named, or not there.
        InputError: There is no such run, or a file of it cannot be read.
    """
    folder, _, model = name.partition("#")
    if not Path(folder).is_dir():
        raise InputError(
            "there is no such run", place=folder, remedy="name the folder of a run, or FOLDER#MODEL"
        )
    return Scored(Path(folder), model or None)


def _warnings(first: Side, second: Side) -> Iterable[str]:
    if first.suite_digest != second.suite_digest:
        yield "the suites differ: only cases of the same id are compared, whatever they say"
    if first.spec_digest != second.spec_digest:
        yield "the specs differ: sections and levels are those of the second"
    if first.judge != second.judge:
        yield "the judges differ: a gap may be theirs"


class _Groups:
    """Gaps by section and level."""

    def __init__(self, spec: Spec, rates: dict[str, float], others: dict[str, float]) -> None:
        self._rates, self._others = rates, others
        self._sections = {section.id: section for section in spec.walk()}
        self._levels = {name: spec.effective_authority(name) for name in self._sections}

    def by_section(self, cases: Iterable[Case]) -> list[Gap]:
        groups: dict[str, list[Case]] = {name: [] for name in self._sections}
        for case in cases:
            for name in dict.fromkeys(case.sections):
                groups.setdefault(name, []).append(case)
        return [
            self.gap(name, self._title(name), self._levels.get(name, Authority.NONE), group)
            for name, group in groups.items()
            if group
        ]

    def by_authority(self, cases: Iterable[Case]) -> list[Gap]:
        groups: dict[Authority, list[Case]] = {}
        for case in cases:
            for level in {self._levels.get(name, Authority.NONE) for name in case.sections}:
                groups.setdefault(level, []).append(case)
        order = sorted(groups, key=lambda level: -level.rank)
        return [self.gap(level, level.capitalize(), level, groups[level]) for level in order]

    def by_focus(self, cases: Iterable[Case]) -> list[Gap]:
        """Return the gaps of behaviours that enough cases test."""
        groups: dict[str, list[Case]] = {}
        for case in cases:
            if case.focus:
                groups.setdefault(case.focus, []).append(case)
        # Within one behaviour a case is its own cluster: there is no other to go by.
        return [
            self.gap(name, name, Authority.NONE, group, clustered=False)
            for name, group in groups.items()
            if len(group) >= FEWEST
        ]

    def by_tag(self, cases: Iterable[Case]) -> list[Gap]:
        groups: dict[str, list[Case]] = {}
        for case in cases:
            sections = [self._sections[name] for name in case.sections if name in self._sections]
            for tag in dict.fromkeys(tag for section in sections for tag in section.tags):
                groups.setdefault(tag, []).append(case)
        return [self.gap(tag, tag, Authority.NONE, groups[tag]) for tag in sorted(groups)]

    def gap(
        self, name: str, title: str, level: Authority, cases: list[Case], *, clustered: bool = True
    ) -> Gap:
        first = [self._rates[case.id] for case in cases]
        second = [self._others[case.id] for case in cases]
        foci = [(case.focus if clustered else "") or case.id for case in cases]
        estimate = testable_gap(first, second, foci)
        passes = [(a > 0.5, b > 0.5) for a, b in zip(first, second, strict=True)]
        return Gap(
            name, title, level, len(cases), math.fsum(first) / len(cases),
            math.fsum(second) / len(cases), estimate, None,
            passes.count((True, False)), passes.count((False, True)),
            smallest_gap(estimate) if estimate and estimate.half_width else None, "too few cases",
            cases_needed(estimate, GAP_ASKED) if estimate and estimate.half_width else None,
        )  # fmt: skip

    def _title(self, name: str) -> str:
        return self._sections[name].title if name in self._sections else "not in the spec"


def _concluded(gaps: list[Gap]) -> tuple[Gap, ...]:
    """Correct the p-values over the groups and say what follows from them."""
    tested = [gap for gap in gaps if gap.estimate is not None]
    corrected = holm([gap.estimate.p for gap in tested if gap.estimate])
    by_id = {gap.id: p for gap, p in zip(tested, corrected, strict=True)}
    said = []
    for gap in gaps:
        p = by_id.get(gap.id)
        if p is None or gap.estimate is None:
            said.append(gap)
            continue
        said.append(msgspec.structs.replace(gap, p=p, says=concluded(gap.estimate, p)))
    return tuple(said)


def _priorities(spec: Spec, cases: Iterable[Case], scores: Scored) -> tuple[Priority, ...]:
    counts: dict[str, list[int]] = {}
    for case in cases:
        for verdict in scores.verdicts.get(case.id, ()):
            for name in case.sections[:1]:
                row = counts.setdefault(name, [0, 0, 0, 0])
                row[0] += verdict.adherent is False
                row[1] += 1
                row[2] += verdict.failure == "too_restrictive"
                row[3] += verdict.failure == "too_permissive"
    known = {section.id: section for section in spec.walk()}
    found = [
        Priority(name, known[name].title, spec.effective_authority(name), *row)
        for name, row in counts.items()
        if row[0] and name in known
    ]
    return tuple(sorted(found, key=lambda it: (-it.failing * it.authority.rank, it.section)))
