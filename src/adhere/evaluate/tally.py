"""Counting a run by section and level, case after case: memory does not grow with the cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

import msgspec

from adhere.conversation import Case, Outcome
from adhere.evaluate.model_gaps import ModelGap, ModelGaps
from adhere.evaluate.run import RunManifest
from adhere.evaluate.statistics import ClusteredCount, Rate
from adhere.evaluate.table import CaseIndex, Score, Table
from adhere.evaluate.uncertainty import Behind, Uncertainty
from adhere.spec import Authority, Spec

NOT_IN_SPEC: Final = "not in the spec"
MOST_FOCI: Final = 200
"""How many behaviours get a row of their own."""


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
        uncertainty: What lies behind the rate; None where nothing was scored.
    """

    asked: int
    missing: int
    rate: Rate
    of_all: float | None
    too_restrictive: Rate
    too_permissive: Rate
    quality: int
    outcomes: dict[Outcome, int]
    uncertainty: Uncertainty | None = None


class Row(msgspec.Struct, frozen=True):
    """A group of cases and its figures, one cell a model in the order of the manifest."""

    id: str
    title: str
    authority: Authority
    cases: int
    cells: tuple[Cell, ...]


class Tally:
    """Counts the scores of a run by group of cases.

    Args:
        manifest: The models and epochs.
        spec: The sections and their levels.
        index: The cases.
    """

    def __init__(self, manifest: RunManifest, spec: Spec, index: CaseIndex) -> None:
        self._manifest, self._index = manifest, index
        self._level: dict[str, tuple[str, str, Authority]] = {}
        self._tags_of: dict[str, tuple[str, ...]] = {}
        for section in spec.walk():
            self._tags_of[section.id] = section.tags
            level = spec.effective_authority(section.id)
            for name in (*section.old_ids, section.id):
                self._level[name] = (section.id, section.title, level)
        self._all = _Group(manifest)
        self._sections: dict[str, _Group] = {}
        self._levels: dict[Authority, _Group] = {}
        self._tags: dict[str, _Group] = {}
        self._foci = {cluster: _Group(manifest) for cluster in _shared(index)}
        self._gaps = ModelGaps(manifest.models)
        self._groups_of = [tuple(self._groups(sections)) for sections, _ in index.kinds]

    def count(self, table: Table) -> None:
        """Count every case. Those of a cluster come one after another."""
        index = self._index
        order: Iterator[int] | range | list[int] = range(len(index))
        if not all(a <= b for a, b in pairwise(index.cluster_of)):
            order = sorted(order, key=index.cluster_of.__getitem__)
        for number in order:
            kind, cluster = index.kind_of[number], index.cluster_of[number]
            groups, right = self._groups_of[kind], index.kinds[kind][1]
            if cluster in self._foci:
                groups = (*groups, self._foci[cluster])
                groups[-1].example = number
            rates: list[float | None] = []
            for group in groups:
                group.cases += 1
            for place, model in enumerate(self._manifest.models):
                scores = table.scores(model, number)
                rates.append(_rate(scores))
                for group in groups:
                    group.cells[place].add(cluster, right, scores)
            self._gaps.add(cluster, rates)

    def total(self) -> Row:
        """Return the row of all cases."""
        return self._row("total", "All cases", Authority.NONE, self._all)

    def by_section(self) -> tuple[Row, ...]:
        """Rows in the order of the spec; sections the spec lacks come last."""
        order = {name: place for place, name in enumerate(self._level)}
        names = sorted(self._sections, key=lambda name: (order.get(name, len(order)), name))
        return tuple(
            self._row(name, *self._level.get(name, (name, NOT_IN_SPEC, Authority.NONE))[1:],
                      self._sections[name])
            for name in names
        )  # fmt: skip

    def by_authority(self) -> tuple[Row, ...]:
        """Rows from the strongest level to the weakest."""
        order = sorted(self._levels, key=lambda level: -level.rank)
        return tuple(
            self._row(level, level.capitalize(), level, self._levels[level]) for level in order
        )

    def by_tag(self) -> tuple[Row, ...]:
        """Rows of the tags that sections carry, by name."""
        return tuple(
            self._row(tag, tag, Authority.NONE, group) for tag, group in sorted(self._tags.items())
        )

    def by_focus(self, cases: Sequence[Case]) -> tuple[Row, ...]:
        """Rows of behaviours that several cases test: the first `MOST_FOCI`.

        Args:
            cases: Where their names stand.
        """
        rows = []
        for group in self._foci.values():
            name = cases[group.example].focus
            rows.append(self._row(name, name, Authority.NONE, group))
        return tuple(rows)

    def model_gaps(self) -> tuple[ModelGap, ...]:
        """Return every two models, paired by case."""
        return self._gaps.gaps()

    def _groups(self, sections: tuple[str, ...]) -> Iterator[_Group]:
        """Return the groups that a case with these sections counts in, each once."""
        yield self._all
        names = tuple(dict.fromkeys(self._level.get(s, (s, "", ""))[0] for s in sections))
        for name in names:
            yield self._sections.setdefault(name, _Group(self._manifest))
        for tag in dict.fromkeys(tag for name in names for tag in self._tags_of.get(name, ())):
            yield self._tags.setdefault(tag, _Group(self._manifest))
        levels = {self._level[s][2] for s in sections if s in self._level}
        for level in levels or {Authority.NONE}:
            yield self._levels.setdefault(level, _Group(self._manifest))

    def _row(self, name: str, title: str, level: Authority, group: _Group) -> Row:
        epochs = self._manifest.epochs
        cells = tuple(cell.cell(group.cases * epochs) for cell in group.cells)
        return Row(name, title, level, group.cases, cells)


class _Group:
    """Cases that are counted together, one count a model."""

    def __init__(self, manifest: RunManifest) -> None:
        self.cases = 0
        self.example = 0
        self.cells = tuple(CellCount() for _ in manifest.models)


def _shared(index: CaseIndex) -> list[int]:
    """Return the first clusters that hold several cases."""
    sizes = bytearray(len(index))  # 0, 1, or 2 for more
    for cluster in index.cluster_of:
        sizes[cluster] += sizes[cluster] < 2
    shared = (cluster for cluster, size in enumerate(sizes) if size > 1)
    return list(islice(shared, MOST_FOCI))


def _rate(scores: list[Score]) -> float | None:
    scored = [score.adherent for score in scores if score.adherent is not None]
    return sum(scored) / len(scored) if scored else None


class CellCount:
    """Gathers what a `Cell` is made of; the cases of a cluster one after another."""

    def __init__(self) -> None:
        self._had = self._quality = 0
        self._outcomes: dict[Outcome, int] = {}
        self._adherent, self._strict, self._lax = (ClusteredCount() for _ in range(3))
        self._behind = Behind()

    def add(self, cluster: int, right: str, scores: list[Score]) -> None:
        """Count the scores of one case."""
        self._had += len(scores)
        scored = hits = strict = lax = 0
        for score in scores:
            self._outcomes[score.outcome] = self._outcomes.get(score.outcome, 0) + 1
            if score.adherent is not None:
                scored += 1
                hits += score.adherent
                strict += score.failure == "too_restrictive"
                lax += score.failure == "too_permissive"
                self._quality += score.failure == "quality"
        self._adherent.add(cluster, scored, hits)
        self._behind.add(cluster, scored, hits)
        if right == "help":
            self._strict.add(cluster, scored, strict)
        elif right == "decline":
            self._lax.add(cluster, scored, lax)

    def cell(self, asked: int) -> Cell:
        """Return the figures; so many answers were asked for."""
        adherent = self._adherent.rate()
        return Cell(
            asked=asked,
            missing=asked - self._had,
            rate=adherent,
            of_all=adherent.hits / asked if asked else None,
            too_restrictive=self._strict.rate(),
            too_permissive=self._lax.rate(),
            quality=self._quality,
            outcomes=dict(sorted(self._outcomes.items())),
            uncertainty=self._behind.uncertainty(),
        )
