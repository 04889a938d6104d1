"""What runs say of each section, and what an evaluation has not looked at."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from adhere.conversation import Answer, Case
from adhere.evaluate import Cell, Rate, Report, Row
from adhere.evaluate.report import sample_seed
from adhere.judge import Verdict
from adhere.sources.scores import Score, Scores
from adhere.spec import Section, Spec

TRANSCRIPTS: Final = 5
"""How many transcripts a suite shows, drawn at random so that nobody chose them."""

SHOWN_CASES: Final = 60
"""How many cases of a section its page shows; the run's files have all."""

WORST: Final = 8
"""How many sections the page names as areas to improve."""


class Transcript(msgspec.Struct, frozen=True):
    """An answer as it was given, with its verdict."""

    model: str
    case: Case
    epoch: int
    answer: Answer
    verdict: Verdict | None


class RunEvidence(msgspec.Struct, frozen=True):
    """A run as the site shows it.

    Attributes:
        slug: Its name in addresses.
        title: Its name for people.
        report: The figures.
        cases: What was asked.
        transcripts: Five drawn at random, and ``seed``, which draws the same ones again.
        downloads: Names of the files to download, beside each other in ``data/SLUG/``.
    """

    slug: str
    title: str
    report: Report
    cases: Iterable[Case]
    transcripts: tuple[Transcript, ...]
    seed: int
    downloads: tuple[str, ...] = ()


class Measured(msgspec.Struct, frozen=True):
    """A section's figures for one model of one run."""

    run: RunEvidence
    model: str
    cell: Cell
    cases: int


class Gap(msgspec.Struct, frozen=True):
    """A section of weight that nothing tests; ``reason`` says why none is needed, if it does."""

    section: Section
    reason: str
    examples: int
    markers: int


class Weak(msgspec.Struct, frozen=True):
    """A section where a model falls short.

    ``direction`` is the more frequent of the two directions of failure, as words; empty where
    neither is.
    """

    section: Row
    run: RunEvidence
    model: str
    rate: Rate
    direction: str


def seed_of(report: Report) -> int:
    """Return the seed of a run's transcripts: from what was asked, so nobody can choose it."""
    return sample_seed(report.manifest)


def draw(
    keys: Iterable[tuple[str, str, int]], seed: int, many: int = TRANSCRIPTS
) -> list[tuple[str, str, int]]:
    """Return some of the answers, drawn by ``seed`` from all in the order of their names.

    >>> draw([("m", "b", 0), ("m", "a", 0)], 1, 1) == draw([("m", "a", 0), ("m", "b", 0)], 1, 1)
    True
    """
    ordered = sorted(keys)
    return random.Random(seed).sample(ordered, min(many, len(ordered)))  # noqa: S311  (not secret)


class Evidence:
    """The runs of a site, looked at by section of one spec."""

    def __init__(
        self, spec: Spec, runs: Sequence[RunEvidence], scores: Sequence[Scores] = ()
    ) -> None:
        self._spec, self._scores = spec, scores
        self._current = {
            name: section.id for section in spec.walk() for name in (*section.old_ids, section.id)
        }
        self._measured: dict[str, list[Measured]] = {}
        self._cases: dict[str, list[tuple[RunEvidence, Case]]] = {}
        self._counts: Counter[str] = Counter()
        suites: set[str] = set()
        for run in runs:
            for row in run.report.by_section:
                name = self._current.get(row.id)
                if name is not None:
                    self._measured.setdefault(name, []).extend(
                        Measured(run, model, cell, row.cases)
                        for model, cell in zip(run.report.manifest.models, row.cells, strict=True)
                    )
            digest = run.report.manifest.suite.digest
            if digest not in suites:  # two runs of one suite ask the same
                suites.add(digest)
                self._note_cases(run)

    def _note_cases(self, run: RunEvidence) -> None:
        for case in run.cases:
            names = {self._current[name] for name in case.sections if name in self._current}
            self._counts.update(names)
            for name in names:
                if len(kept := self._cases.setdefault(name, [])) < SHOWN_CASES:
                    kept.append((run, case))

    def measured(self, section: str) -> Sequence[Measured]:
        """Return a section's figures, run after run."""
        return self._measured.get(section, ())

    def published(self, section: str) -> list[tuple[Scores, Score]]:
        """Return what others have published about a section."""
        return [
            (scores, score)
            for scores in self._scores
            for score in scores.scores
            if self._current.get(score.section) == section
        ]

    def cases(self, section: str) -> Sequence[tuple[RunEvidence, Case]]:
        """Return the first cases that test a section, each suite once."""
        return self._cases.get(section, ())

    def count(self, section: str) -> int:
        """Return how many cases test a section, each suite once."""
        return self._counts[section]

    def span(self, section: str) -> tuple[float, float] | None:
        """Return the lowest and the highest rate of real models, or None where nothing is known."""
        real = [m for m in self.measured(section) if not m.model.startswith("scripted:")]
        values = [m.cell.rate.value for m in real]
        values += [score.value for _, score in self.published(section)]
        known = [value for value in values if value is not None]
        return (min(known), max(known)) if known else None

    def gaps(self) -> list[Gap]:
        """Return the sections with an authority that no case of any run tests."""
        return [
            Gap(section, section.no_test_reason or "", len(section.examples), len(section.markers))
            for section in self._spec.walk()
            if section.authority is not None and not self._counts[section.id]
        ]


def weakest(runs: Sequence[RunEvidence], most: int = WORST) -> list[Weak]:
    """Return where models fall short most surely: the lowest upper ends of the intervals.

    A section counts once, for the run and model it is worst in; scripted models do not count, and
    neither do groups of cases without an interval.
    """
    worst: dict[str, Weak] = {}
    for run in runs:
        for row in run.report.by_section:
            for model, cell in zip(run.report.manifest.models, row.cells, strict=True):
                rate = cell.rate
                if model.startswith("scripted:") or rate.value is None or rate.method == "none":
                    continue
                known = worst.get(row.id)
                if known is None or rate.high < known.rate.high:
                    worst[row.id] = Weak(row, run, model, rate, _direction(cell))
    ordered = sorted(worst.values(), key=lambda weak: (weak.rate.high, weak.section.id))
    return [weak for weak in ordered if weak.rate.value is not None and weak.rate.value < 1][:most]


def _direction(cell: Cell) -> str:
    strict, lax = cell.too_restrictive.hits, cell.too_permissive.hits
    if strict == lax:
        return ""
    return "too restrictive" if strict > lax else "too permissive"


def csv_of(report: Report) -> str:
    """Return the figures by section and model as CSV (RFC 4180)."""
    lines = ["section,authority,model,cases,scored,adherent,rate,low,high,method"]
    for row in (report.total, *report.by_section):
        for model, cell in zip(report.manifest.models, row.cells, strict=True):
            rate = cell.rate
            value = "" if rate.value is None else f"{rate.value:.6f}"
            fields = (
                row.id, row.authority, model, row.cases, rate.total, rate.hits, value,
                f"{rate.low:.6f}", f"{rate.high:.6f}", rate.method,
            )  # fmt: skip
            lines.append(",".join(_field(str(field)) for field in fields))
    return "\r\n".join(lines) + "\r\n"


def _field(text: str) -> str:
    if text[:1] in "=+-@\t" and text:  # a spreadsheet would take it for a formula
        text = f"'{text}"
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if set(text) & set(',"\r\n') else text


def by_model(runs: Sequence[RunEvidence]) -> Mapping[str, list[tuple[RunEvidence, Cell]]]:
    """Return each model's totals, run after run."""
    found: dict[str, list[tuple[RunEvidence, Cell]]] = {}
    for run in runs:
        cells = run.report.total.cells
        for model, cell in zip(run.report.manifest.models, cells, strict=True):
            found.setdefault(model, []).append((run, cell))
    return found
