"""From the records of a run to its figures. Nothing is counted while running."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from adhere.conversation import Answer, Case, Direction, Outcome
from adhere.evaluate.group_figures import GroupFigures, group_figures
from adhere.evaluate.observation import observe
from adhere.evaluate.run import (
    AnswerRecord,
    Key,
    RunManifest,
    read_cases,
    read_manifest,
    read_records,
    read_spec,
)
from adhere.evaluate.statistics import Rate, rate
from adhere.judge import Verdict
from adhere.spec import Authority, Spec

NOT_IN_SPEC = "not in the spec"


class Cell(msgspec.Struct, frozen=True):
    """The figures of one group of cases for one model.

    Both denominators: ``rate`` is over the answers that could be scored; ``of_all`` is the same
    hits over everything that was asked, so that errors and blocked answers cannot flatter.

    Attributes:
        asked: Answers asked for.
        missing: Of these, how many have no verdict yet.
        rate: Share of the scored answers that adhere.
        of_all: Adherent answers over all asked, or None where nothing was asked.
        too_restrictive: Failures by withholding, over the scored cases where help is right.
        too_permissive: Failures by giving, over the scored cases where declining is right.
        quality: Failures of neither kind.
        outcomes: How many of each outcome.
    """

    asked: int
    missing: int
    rate: Rate
    of_all: float | None
    too_restrictive: Rate
    too_permissive: Rate
    quality: int
    outcomes: dict[Outcome, int]


class Row(msgspec.Struct, frozen=True):
    """A group of cases and its figures, one cell a model in the order of the manifest."""

    id: str
    title: str
    authority: Authority
    cases: int
    cells: tuple[Cell, ...]


class Failure(msgspec.Struct, frozen=True):
    """An answer that does not adhere, or could not be scored."""

    model: str
    case: str
    epoch: int
    answer: Answer
    verdict: Verdict


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found (``adhere/report/1``).

    A case that names several sections counts in each of them, and once in the total.
    """

    schema: Literal["adhere/report/1"]
    manifest: RunManifest
    complete: bool
    scripted: bool
    """Whether any of the models is scripted: then no figure here is about a real model."""
    total: Row
    by_authority: tuple[Row, ...]
    by_section: tuple[Row, ...]
    sections_without_cases: tuple[str, ...]
    failures: tuple[Failure, ...]
    groups: tuple[GroupFigures, ...] = ()
    """Pairs, sets of variants and stated confidence, one entry a model."""


def report_on(folder: Path) -> Report:
    """Compute the report of the run in ``folder``.

    Raises:
        InputError: The folder holds no run, or a file of it cannot be read.
    """
    manifest, spec, cases = read_manifest(folder), read_spec(folder), read_cases(folder)
    answers: dict[Key, Answer] = {}
    verdicts: dict[Key, Verdict] = {}
    for record in read_records(folder):
        if isinstance(record, AnswerRecord):
            answers[record.key] = record.answer
        else:
            verdicts[record.key] = record.verdict
    tally = _Tally(manifest, spec, verdicts)
    by_section = tally.by_section(cases)
    covered = {row.id for row in by_section}
    return Report(
        schema="adhere/report/1",
        manifest=manifest,
        complete=len(verdicts) == manifest.expected,
        scripted=any(name.startswith("scripted:") for name in manifest.models),
        total=tally.row("total", "All cases", Authority.NONE, cases),
        by_authority=tally.by_authority(cases),
        by_section=by_section,
        sections_without_cases=tuple(
            section.id
            for section in spec.walk()
            if section.authority is not None
            and section.no_test_reason is None
            and section.id not in covered
        ),
        failures=tuple(
            Failure(*key, answers[key], verdict)
            for key, verdict in verdicts.items()
            if verdict.adherent is not True and key in answers
        ),
        groups=tuple(_groups(manifest, cases, answers, verdicts)),
    )


def _groups(
    manifest: RunManifest,
    cases: tuple[Case, ...],
    answers: dict[Key, Answer],
    verdicts: dict[Key, Verdict],
) -> Iterator[GroupFigures]:
    for model in manifest.models:
        seen = (
            observe(case, epoch, answers[key], verdicts[key])
            for case in cases
            for epoch in range(manifest.epochs)
            if (key := (model, case.id, epoch)) in verdicts and key in answers
        )
        yield group_figures(model, [one for one in seen if one is not None])


class _Tally:
    """Counts verdicts by group."""

    def __init__(self, manifest: RunManifest, spec: Spec, verdicts: dict[Key, Verdict]) -> None:
        self._manifest, self._spec, self._verdicts = manifest, spec, verdicts
        self._level: dict[str, tuple[str, str, Authority]] = {}
        for section in spec.walk():
            level = spec.effective_authority(section.id)
            for name in (*section.old_ids, section.id):
                self._level[name] = (section.id, section.title, level)

    def by_section(self, cases: Iterable[Case]) -> tuple[Row, ...]:
        """Rows in the order of the spec; sections the spec lacks come last."""
        groups: dict[str, list[Case]] = {}
        for case in cases:
            for name in dict.fromkeys(self._level.get(s, (s, "", ""))[0] for s in case.sections):
                groups.setdefault(name, []).append(case)
        order = {name: place for place, name in enumerate(self._level)}
        names = sorted(groups, key=lambda name: (order.get(name, len(order)), name))
        return tuple(
            self.row(name, *self._level.get(name, (name, NOT_IN_SPEC, Authority.NONE))[1:],
                     groups[name])
            for name in names
        )  # fmt: skip

    def by_authority(self, cases: Iterable[Case]) -> tuple[Row, ...]:
        """Rows from the strongest level to the weakest."""
        groups: dict[Authority, list[Case]] = {}
        for case in cases:
            levels = {self._level[s][2] for s in case.sections if s in self._level}
            for level in levels or {Authority.NONE}:
                groups.setdefault(level, []).append(case)
        order = sorted(groups, key=lambda level: -level.rank)
        return tuple(self.row(level, level.capitalize(), level, groups[level]) for level in order)

    def row(self, name: str, title: str, level: Authority, cases: Iterable[Case]) -> Row:
        """Count one group of cases for every model."""
        group = tuple(cases)
        cells = tuple(self._cell(model, group) for model in self._manifest.models)
        return Row(name, title, level, len(group), cells)

    def _cell(self, model: str, cases: tuple[Case, ...]) -> Cell:
        scored: list[tuple[Case, Verdict]] = []
        outcomes: dict[Outcome, int] = {}
        missing = 0
        for case in cases:
            for epoch in range(self._manifest.epochs):
                verdict = self._verdicts.get((model, case.id, epoch))
                if verdict is None:
                    missing += 1
                    continue
                outcomes[verdict.outcome] = outcomes.get(verdict.outcome, 0) + 1
                if verdict.adherent is not None:
                    scored.append((case, verdict))
        asked = len(cases) * self._manifest.epochs
        adherent = _rate([(case, bool(verdict.adherent)) for case, verdict in scored])
        return Cell(
            asked=asked,
            missing=missing,
            rate=adherent,
            of_all=adherent.hits / asked if asked else None,
            too_restrictive=_direction(scored, "too_restrictive", "help"),
            too_permissive=_direction(scored, "too_permissive", "decline"),
            quality=sum(verdict.failure == "quality" for _, verdict in scored),
            outcomes=dict(sorted(outcomes.items())),
        )


def _direction(scored: list[tuple[Case, Verdict]], failure: Direction, right: str) -> Rate:
    return _rate([(case, v.failure == failure) for case, v in scored if case.right == right])


def _rate(pairs: list[tuple[Case, bool]]) -> Rate:
    return rate(
        [hit for _, hit in pairs],
        [case.id for case, _ in pairs],
        [case.focus or case.id for case, _ in pairs],
    )
