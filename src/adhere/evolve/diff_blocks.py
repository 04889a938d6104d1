"""Sequences of texts aligned: the blocks of a section, the lines of an example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from adhere.compiler.meaning import meaning, section_meaning
from adhere.evolve.diff_model import BlockChange
from adhere.evolve.diff_words import Effort, align, mark, shingles, similarity, whole
from adhere.spec import Block, Section, Spec

T = TypeVar("T")

ALIKE: Final = 0.3
"""Two texts in the same place are versions of one text from this similarity on."""
_MAX_GAP: Final = 2_500
"""Most pairs of texts to compare between two equal ones (50 by 50)."""


@dataclass
class Item(Generic[T]):
    """Something with a text, to be aligned.

    Attributes:
        value: The thing itself.
        key: Equal keys mean the same.
        group: Only things of one group are versions of each other.
        text: What to compare where keys differ.
    """

    value: T
    key: str
    group: str
    text: str

    @cached_property
    def shingles(self) -> frozenset[tuple[str, str]]:
        return shingles(self.text)


class Step(NamedTuple, Generic[T]):
    """One step through both sequences; ``same`` where the keys are equal."""

    old: Item[T] | None
    new: Item[T] | None
    same: bool
    coarse: bool


def align_items(old: Sequence[Item[T]], new: Sequence[Item[T]], effort: Effort) -> list[Step[T]]:
    """Walk through both sequences in order: equal items, versions, removed ones, added ones."""
    pairs, coarse = align([item.key for item in old], [item.key for item in new], effort)
    steps: list[Step[T]] = []
    for (row, column), (to_row, to_column) in pairwise([(-1, -1), *pairs, (len(old), len(new))]):
        if row >= 0:
            steps.append(Step(old[row], new[column], True, False))
        steps += _gap(old[row + 1 : to_row], new[column + 1 : to_column], effort, coarse)
    return steps


def _gap(
    old: Sequence[Item[T]], new: Sequence[Item[T]], effort: Effort, coarse: bool
) -> list[Step[T]]:
    pairs: list[tuple[int, int]] = []
    if old and new and not coarse:
        coarse = len(old) * len(new) > _MAX_GAP or not effort.allow_texts(
            [len(item.shingles) for item in old], [len(item.shingles) for item in new]
        )
        pairs = [] if coarse else _versions(old, new)
    steps: list[Step[T]] = []
    for (row, column), (to_row, to_column) in pairwise([(-1, -1), *pairs, (len(old), len(new))]):
        if row >= 0:
            steps.append(Step(old[row], new[column], False, False))
        steps += [Step(item, None, False, coarse) for item in old[row + 1 : to_row]]
        steps += [Step(None, item, False, coarse) for item in new[column + 1 : to_column]]
    return steps


def _versions(old: Sequence[Item[T]], new: Sequence[Item[T]]) -> list[tuple[int, int]]:
    """Return the pairs, rising in both, that are most alike in sum."""
    if [item.key for item in old] > [item.key for item in new]:  # see diff_words._common
        return [(row, column) for column, row in _versions(new, old)]
    alike = [[_alike(before, after) for after in new] for before in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for row in reversed(range(len(old))):
        for column in reversed(range(len(new))):
            score = alike[row][column]
            paired = score + best[row + 1][column + 1] if score else 0.0
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    pairs = []
    row = column = 0
    while row < len(old) and column < len(new):
        here = best[row][column]
        if here == best[row + 1][column]:
            row += 1
        elif here == best[row][column + 1]:
            column += 1
        else:
            pairs.append((row, column))
            row, column = row + 1, column + 1
    return pairs


def _alike(old: Item[T], new: Item[T]) -> float:
    """Return the similarity, or 0 where they are no versions of each other."""
    if old.group != new.group:
        return 0.0
    score = similarity(old.shingles, new.shingles)
    return score if score >= ALIKE else 0.0


def body(section: Section) -> list[Item[Block]]:
    """Return the blocks of a section, examples and settings aside, by what they mean."""
    own = section_meaning(replace(section, examples=(), settings=(), children=()))
    blocks = [block for block in section.blocks if block.kind not in ("example", "setting")]
    return [
        Item(block, f"{kind}\0{text}", kind, text)
        for block, (kind, text) in zip(blocks, own["body"], strict=True)
    ]


def preamble(spec: Spec) -> list[Item[Block]]:
    """Return what stands before the first heading, likewise."""
    texts = meaning(replace(spec, sections=()))["preamble"]
    return [
        Item(block, text, block.kind, text)
        for block, text in zip(spec.preamble, texts, strict=True)
    ]


def compare_blocks(
    old: Sequence[Item[Block]], new: Sequence[Item[Block]], effort: Effort
) -> tuple[BlockChange, ...]:
    """Return what changed between two bodies, in reading order."""
    changes = []
    for step in align_items(old, new, effort):
        before, after = step.old, step.new
        if step.same:
            continue
        if before is not None and after is not None:
            kind = after.value.kind
            runs, coarse = mark(before.text, after.text, effort, exact=kind == "code")
            spans = before.value.span, after.value.span
            change = BlockChange("changed", kind, runs, *spans, coarse)
        elif after is not None:
            block, runs = after.value, whole("insert", after.text)
            change = BlockChange("added", block.kind, runs, new=block.span, coarse=step.coarse)
        else:
            assert before is not None
            block, runs = before.value, whole("delete", before.text)
            change = BlockChange("removed", block.kind, runs, block.span, coarse=step.coarse)
        changes.append(change)
    return tuple(changes)
