"""Which thing of the new document is which of the old: sections, and places in an order."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from adhere.evolve.diff_model import Move, Rename
from adhere.evolve.diff_words import Effort, shingles, similarity
from adhere.spec import Section, Spec

RENAMED: Final = 0.5
"""Two sections are taken for one under another id from this similarity on."""


def by_occurrence(
    old: Sequence[Hashable | None], new: Sequence[Hashable | None]
) -> list[tuple[int, int]]:
    """Pair equal keys, the n-th of the old with the n-th of the new; None pairs with nothing."""
    places: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(old):
        if key is not None:
            places[key].append(row)
    for rows in places.values():
        rows.reverse()
    return [(places[key].pop(), column) for column, key in enumerate(new) if places.get(key)]


def best_first(scores: Iterable[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """Take pairs (score, row, column) from the highest score down, each row and column once.

    Ties go to the pair nearest to the start and to the diagonal, so that the other way round gives
    the same pairs, turned.
    """
    rows: set[int] = set()
    columns: set[int] = set()
    taken = []
    for score, row, column in sorted(
        scores, key=lambda pair: (-pair[0], pair[1] + pair[2], abs(pair[1] - pair[2]))
    ):
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            taken.append((score, row, column))
    return taken


def displaced(pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Return the fewest columns to take out so that the rest is in the same order in both."""
    order = sorted(pairs, key=lambda pair: pair[1])
    tails: list[int] = []  # the smallest row that ends a rising run of each length
    at: list[int] = []
    before: list[int] = []
    for index, (row, _) in enumerate(order):
        length = bisect_left(tails, row)
        if length == len(tails):
            tails.append(row)
            at.append(index)
        else:
            tails[length], at[length] = row, index
        before.append(at[length - 1] if length else -1)
    kept = set()
    index = at[-1] if at else -1
    while index >= 0:
        kept.add(order[index][1])
        index = before[index]
    return {column for _, column in order if column not in kept}


class Node(NamedTuple):
    """A section with the number (in document order) of the one it stands under, -1 at the top."""

    section: Section
    parent: int


def nodes(spec: Spec) -> list[Node]:
    """Return the sections of a document in order."""
    found: list[Node] = []

    def visit(sections: Sequence[Section], parent: int) -> None:
        for section in sections:
            found.append(Node(section, parent))
            visit(section.children, len(found) - 1)

    visit(spec.sections, -1)
    return found


class Match(NamedTuple):
    """Which section is which.

    Attributes:
        pairs: Numbers of a section in the old and in the new document.
        renames: For numbers in the new document.
        searched: Whether every section without a counterpart was compared with every other.
    """

    pairs: list[tuple[int, int]]
    renames: dict[int, Rename]
    searched: bool


def match_sections(old: Sequence[Node], new: Sequence[Node], effort: Effort) -> Match:
    """Pair sections: by id, by what ``oldids`` declares, by equal content, by similar content."""
    pairs = by_occurrence([node.section.id for node in old], [node.section.id for node in new])
    renames: dict[int, Rename] = {}

    def take(found: Iterable[tuple[int, int]], declared: bool) -> None:
        for row, column in found:
            first, second = old[row].section, new[column].section
            score = similarity(shingles(_content(first)), shingles(_content(second)))
            pairs.append((row, column))
            renames[column] = Rename(first.id, declared, round(score, 4))

    rows, columns = _left(old, new, pairs)
    take(_declared(old, new, rows, columns), True)
    rows, columns = _left(old, new, pairs)
    before = [_content(old[row].section) for row in rows]
    after = [_content(new[column].section) for column in columns]
    found, searched = pair_texts(before, after, RENAMED, effort)
    take([(rows[row], columns[column]) for row, column in found], False)
    return Match(sorted(pairs), renames, searched)


def pair_texts(
    old: Sequence[str], new: Sequence[str], least: float, effort: Effort
) -> tuple[list[tuple[int, int]], bool]:
    """Pair equal texts, then the most alike ones; and say whether all were compared."""
    pairs = by_occurrence([text or None for text in old], [text or None for text in new])
    done = {row for row, _ in pairs}, {column for _, column in pairs}
    before = {row: shingles(text) for row, text in enumerate(old) if row not in done[0]}
    after = {column: shingles(text) for column, text in enumerate(new) if column not in done[1]}
    if not effort.allow_texts(
        [len(first) for first in before.values()], [len(second) for second in after.values()]
    ):
        return pairs, False
    scores = (
        (similarity(first, second), row, column)
        for row, first in before.items()
        for column, second in after.items()
    )
    found = best_first(score for score in scores if score[0] >= least)
    return [*pairs, *((row, column) for _, row, column in found)], True


def _left(
    old: Sequence[Node], new: Sequence[Node], pairs: Sequence[tuple[int, int]]
) -> tuple[list[int], list[int]]:
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    return (
        [row for row in range(len(old)) if row not in rows],
        [column for column in range(len(new)) if column not in columns],
    )


def _declared(
    old: Sequence[Node], new: Sequence[Node], rows: Sequence[int], columns: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs where one names the id of the other among its old ids: a rename, or one taken back."""
    found = {
        *_naming(old, new, rows, columns),
        *((row, column) for column, row in _naming(new, old, columns, rows)),
    }
    return [(row, column) for _, row, column in best_first((1.0, *pair) for pair in found)]


def _naming(
    named: Sequence[Node], naming: Sequence[Node], rows: Sequence[int], columns: Sequence[int]
) -> list[tuple[int, int]]:
    place = {named[row].section.id: row for row in reversed(rows)}
    return [
        (place[name], column)
        for column in columns
        for name in naming[column].section.old_ids
        if name in place
    ]


def _content(section: Section) -> str:
    return " ".join([section.title, *(block.text for block in section.blocks)])


def moves(
    old: Sequence[Node], new: Sequence[Node], pairs: Sequence[tuple[int, int]]
) -> dict[int, Move]:
    """Return which sections stand elsewhere, by their number in the new document."""
    counterpart = dict(pairs) | {-1: -1}
    siblings: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    why: defaultdict[int, list[str]] = defaultdict(list)
    for row, column in pairs:
        before, after = old[row], new[column]
        if counterpart.get(before.parent) != after.parent:
            why[column].append("parent")
        else:
            siblings[after.parent].append((row, column))
        if _level(old, before) != _level(new, after):
            why[column].append("level")
    for group in siblings.values():
        for column in displaced(group):
            why[column].append("order")
    row_of = {column: row for row, column in pairs}
    return {
        column: Move(
            tuple(reasons),  # type: ignore[arg-type]
            _id(old, old[row_of[column]].parent),
            _id(new, new[column].parent),
        )
        for column, reasons in why.items()
    }


def _level(side: Sequence[Node], node: Node) -> int:
    above = side[node.parent].section.depth if node.parent >= 0 else 0
    return node.section.depth - above


def _id(side: Sequence[Node], at: int) -> str | None:
    return side[at].section.id if at >= 0 else None
