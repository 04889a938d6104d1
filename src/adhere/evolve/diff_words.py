"""Texts compared word by word.

Alignment is a longest common subsequence by bit vectors (Hyyrö 2004): one row of the matrix is one
Python integer, so that a row costs a few machine instructions per 30 words. The cost is rows times
columns whatever the words are, known before it is paid. `difflib` was measured and set aside: on
400 distinct words it is slower, and two alternating sequences of 1,000 words took it 4 seconds
against 1 millisecond here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from adhere.evolve.diff_model import Run

MAX_CELLS: Final = 200_000_000
"""The largest matrix: 25 MB of rows, about 50 ms."""
TOTAL_CELLS: Final = 4_000_000_000
"""The most that one diff may spend, about a second."""
_CELLS_A_SHINGLE: Final = 100
_SHORT: Final = 3
"""Equal words, that many or fewer, between two longer edits are marked with them."""

# Scripts without spaces count by character; other words may hold apostrophes; what remains is
# punctuation, one character a token.
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTERS = rf"[^\s!-/:-@\[-\^`{{-~\u2010-\u2027\u2030-\u205e\u3000-\u303f\uff00-\uffef{_SINGLE}]+"
_WORD = rf"(?:{_LETTERS}(?:['’]{_LETTERS})*|\S)"
_PROSE = re.compile(rf"\s*{_WORD}")
_EXACT = re.compile(rf"\n|[^\S\n]+|{_WORD}")


class Effort:
    """What one diff may still spend, in cells of a matrix.

    Counted, so that the result is the same on every machine, where a clock would make it differ.
    """

    def __init__(self, cells: int = TOTAL_CELLS) -> None:
        self.left = cells

    def allow(self, cells: int) -> bool:
        """Spend ``cells`` if they are there."""
        if cells > self.left:
            return False
        self.left -= cells
        return True

    def allow_texts(self, old: Sequence[int], new: Sequence[int]) -> bool:
        """Spend what comparing each of two groups of texts with each costs; sizes in shingles."""
        shingles = min(len(new) * sum(old), len(old) * sum(new))
        return self.allow(shingles * _CELLS_A_SHINGLE)


class Alignment(NamedTuple):
    """Pairs of equal items, rising in both; ``coarse`` where there may be more."""

    pairs: list[tuple[int, int]]
    coarse: bool


def align(old: Sequence[str], new: Sequence[str], effort: Effort) -> Alignment:
    """Align two sequences; the other way round gives the same pairs, turned."""
    head, least = 0, min(len(old), len(new))
    while head < least and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < least - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    pairs = [(at, at) for at in range(head)]
    first, second = old[head : len(old) - tail], new[head : len(new) - tail]
    shared = set(first) & set(second)
    rows = [at for at, item in enumerate(first) if item in shared]
    columns = [at for at, item in enumerate(second) if item in shared]
    cells = len(rows) * len(columns)
    coarse = cells > MAX_CELLS or not effort.allow(cells)
    if not coarse:
        found = _common([first[at] for at in rows], [second[at] for at in columns])
        pairs += [(head + rows[row], head + columns[column]) for row, column in found]
    pairs += [(len(old) - tail + at, len(new) - tail + at) for at in range(tail)]
    return Alignment(pairs, coarse)


def _common(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return a longest common subsequence as pairs of positions."""
    if old > new:  # of several longest ones, the same whichever comes first
        return [(row, column) for column, row in _common(new, old)]
    masks: dict[str, int] = {}
    for column, item in enumerate(new):
        masks[item] = masks.get(item, 0) | 1 << column
    full = (1 << len(new)) - 1
    vector, rows = full, []
    for item in old:
        matches = vector & masks.get(item, 0)
        vector = ((vector + matches) | (vector - matches)) & full
        rows.append(vector)
    # A bit is 0 where the subsequence grows from the column before to this one.
    pairs = []
    row, column = len(old), len(new)
    while row and column:
        if rows[row - 1] >> (column - 1) & 1:
            column -= 1
            continue
        row -= 1
        if row == 0 or rows[row - 1] >> (column - 1) & 1:
            column -= 1
            pairs.append((row, column))
    return pairs[::-1]


class Marked(NamedTuple):
    """A text with its words marked; ``coarse`` where more is marked than had to be."""

    runs: tuple[Run, ...]
    coarse: bool


def mark(old: str, new: str, effort: Effort, *, exact: bool = False) -> Marked:
    """Mark what was deleted and inserted between two texts.

    Args:
        old: The text before.
        new: The text after.
        effort: What may be spent.
        exact: White space is marked by itself; otherwise it goes with the word it precedes, which
            reads better where its amount hardly ever matters.
    """
    pattern = _EXACT if exact else _PROSE
    before, after = _tokens(pattern, old), _tokens(pattern, new)
    keys = (before, after) if exact else _keys(before, after)
    pairs, coarse = align(*keys, effort)
    runs: list[Run] = []
    shown, space = 0, ""
    for gap in _slide(_gaps(pairs, *keys), keys, (before, after)):
        _add(runs, "equal", "".join(after[shown : gap.to_start]).removeprefix(space))
        removed, added = (
            "".join(before[gap.start : gap.end]),
            "".join(after[gap.to_start : gap.to_end]),
        )
        # A word that begins one text and not the other is the same word (see _keys); its space
        # goes with what stands before it.
        space = ""
        if gap.end < len(before) and gap.to_end < len(after):
            longer = len(before[gap.end]) - len(after[gap.to_end])
            removed += before[gap.end][: max(longer, 0)]
            space = after[gap.to_end][: max(-longer, 0)]
        _add(runs, "delete", removed)
        _add(runs, "insert", added + space)
        shown = gap.to_end
    _add(runs, "equal", "".join(after[shown:]).removeprefix(space))
    return Marked(tuple(runs), coarse)


def whole(op: str, text: str) -> tuple[Run, ...]:
    """Return the runs of a text that is all equal, all inserted or all deleted."""
    runs: list[Run] = []
    _add(runs, op, text)
    return tuple(runs)


def _add(runs: list[Run], op: str, text: str) -> None:
    if text:
        runs.append(Run(op, text))  # type: ignore[arg-type]


def _tokens(pattern: re.Pattern[str], text: str) -> list[str]:
    """Cut a text into words; white space at its end, if any is left, goes with the last."""
    tokens = pattern.findall(text)
    rest = text[sum(map(len, tokens)) :]
    if tokens and rest:
        tokens[-1] += rest
    return tokens or [rest] * bool(rest)


def _keys(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """What is compared: a text's first word counts as if it began a line, or came after a space."""
    if not old or not new or old[0][0].isspace() or new[0][0].isspace():
        return old, new
    lead = "\n" if any("\n" in token for token in (*old, *new)) else " "
    return [lead + old[0], *old[1:]], [lead + new[0], *new[1:]]


class _Gap(NamedTuple):
    """What lies between equal words: a range of the old ones, and of the new ones."""

    start: int
    end: int
    to_start: int
    to_end: int


def _gaps(pairs: list[tuple[int, int]], old: list[str], new: list[str]) -> list[_Gap]:
    """Return the edits.

    A few equal words between two longer edits are equal by chance, and marking around them makes
    the text harder to read: they become part of the edit.
    """
    words_old, words_new = _words_before(old), _words_before(new)

    def size(gap: _Gap) -> int:
        return max(
            words_old[gap.end] - words_old[gap.start],
            words_new[gap.to_end] - words_new[gap.to_start],
        )

    gaps: list[_Gap] = []
    for (row, column), (to_row, to_column) in pairwise([(-1, -1), *pairs, (len(old), len(new))]):
        gap = _Gap(row + 1, to_row, column + 1, to_column)
        if gap.start == gap.end and gap.to_start == gap.to_end:
            continue
        if gaps:
            before = gaps[-1]
            between = words_old[gap.start] - words_old[before.end]
            if between <= _SHORT and between < min(size(before), size(gap)):
                gaps[-1] = _Gap(before.start, gap.end, before.to_start, gap.to_end)
                continue
        gaps.append(gap)
    return gaps


def _words_before(tokens: list[str]) -> list[int]:
    """How many tokens before each place are more than space and punctuation."""
    return [0, *accumulate(token.strip()[:1].isalnum() for token in tokens)]


def _slide(
    gaps: list[_Gap], keys: tuple[list[str], list[str]], texts: tuple[list[str], list[str]]
) -> list[_Gap]:
    """Let each pure insertion or deletion begin with a line or a sentence, if it can."""
    slid: list[_Gap] = []
    for number, gap in enumerate(gaps):
        if gap.start != gap.end and gap.to_start != gap.to_end:
            slid.append(gap)
            continue
        side = 0 if gap.start != gap.end else 1
        items, start, end = keys[side], *gap[2 * side : 2 * side + 2]
        least = gap.start - slid[-1].end if slid else min(gap.start, gap.to_start)
        following = gaps[number + 1].start if number + 1 < len(gaps) else len(keys[0])
        most = following - gap.end
        back = forth = 0
        while back < least and items[start - back - 1] == items[end - back - 1]:
            back += 1
        while forth < most and items[start + forth] == items[end + forth]:
            forth += 1
        by = max(
            range(-back, forth + 1), key=lambda by: (_opens(texts[side], start + by), -abs(by))
        )
        slid.append(_Gap(*(place + by for place in gap)))
    return slid


def _opens(text: list[str], at: int) -> int:
    """How well an edit may begin with this token: a line, a sentence, a word, punctuation."""
    token = text[at]
    if at == 0 or "\n" in token or text[at - 1] == "\n":
        return 3
    if token[0].isspace() and text[at - 1].strip() in (".", "!", "?"):
        return 2
    return 1 if token[0].isspace() or token.isalnum() else 0


def shingles(text: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of neighbouring words of a text, letter case and spacing aside."""
    words = [token.strip() for token in _PROSE.findall(text.lower())]
    return frozenset(pairwise(["", *words]))


def similarity(old: frozenset[tuple[str, str]], new: frozenset[tuple[str, str]]) -> float:
    """Return the Dice coefficient of two sets of shingles, 0 to 1; 0 where one is empty.

    Pairs of words tell texts apart where words do not: of the sections of a real spec, no two
    different ones reach 0.26 by pairs, and some reach 0.52 by words; sections that were renamed
    and reworked keep 0.57 and more.
    """
    return 2 * len(old & new) / (len(old) + len(new)) if old and new else 0.0
