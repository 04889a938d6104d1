"""Privileged texts, prepared once so that any number of answers can be held against them.

What is compared are letters (`letters`), so the same text with other spaces, signs, case or
look-alikes is the same text. A match is a chain of common runs of eight letters or more, at most
`GAP` letters apart on both sides, one of them of fifteen (of 16 and 23 where the privileged texts
are large, since shorter ones are common to any two texts then). A leak are `NEEDED`
letters of a chain within `SPAN` letters of an answer; or three quarters of a sentence of `SENTENCE`
letters or more, or of a text that is shorter. Letters that stand in what the reader may see do not
count.

The search is that of rsync and of winnowing (Schleimer, Wilkerson, Aiken, "Winnowing: Local
Algorithms for Document Fingerprinting", SIGMOD 2003) turned round: all grams of the privileged
text are in a set, and only every eighth place of an answer is looked up; a common run of 15 (23)
letters contains one of these places wherever it begins. What is looked up are eight bytes as one
number, made by a cast of the whole buffer. Each hit is then aligned with the text itself, so no
finding rests on a hash.
"""

from __future__ import annotations

import itertools
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

import msgspec
import re2

from adhere.detect.alignment import GAP, Block, chain, common_run
from adhere.detect.letters import letters

SHORTEST: Final = 15
"""Letters of the shortest text that is looked for."""
LARGE: Final = 40_000
"""Letters, counted both ways, from which on runs of eight are common to any two texts."""
NEEDED: Final = 64
SENTENCE: Final = 48
SPAN: Final = 2 * NEEDED
_SHARE: Final = 0.75
_SENTENCES: Final = re2.compile(r"[.!?]+[\s\"')*_]+|\n+|[。！？]")
_PIECE: Final = 16
"""Letters by which public text is told from privileged."""
_STEP: Final = 4
_MOST_PLACES: Final = 64
"""Places of the privileged texts that one gram is aligned with."""

Segment: TypeAlias = tuple[int, int]


class PrivilegedText(msgspec.Struct, frozen=True):
    """A text that an answer must not give away.

    Attributes:
        id: What findings call it. Never the text.
        text: The text. Of fewer than 15 letters it is no text to be found by its words; give it
            to `Phrases` as a secret.
    """

    id: str
    text: str


class Match(msgspec.Struct, frozen=True, gc=False):
    """Where letters of a privileged text stand among the letters of an answer.

    Attributes:
        id: The privileged text.
        start: First letter.
        end: One past the last.
        size: Letters that match, without those the reader may see.
        whole: Whether they are one run.
        backwards: Whether the answer says it backwards.
    """

    id: str
    start: int
    end: int
    size: int
    whole: bool
    backwards: bool


class _Form(msgspec.Struct, frozen=True, gc=False):
    """A text, forwards or backwards, and where its letters stand among all."""

    id: str
    start: int
    end: int
    needed: int
    backwards: bool
    sentences: tuple[Segment, ...]


class PrivilegedIndex:
    """Privileged texts, ready to be looked for.

    Making one takes about 0.1 ms a kilobyte; keep it with the digest of the texts.

    Args:
        texts: The texts.
    """

    def __init__(self, texts: Iterable[PrivilegedText]) -> None:
        self._forms: list[_Form] = []
        parts = [b"\n"]
        at = 1
        for text in texts:
            said = letters(text.text)
            if len(said) < SHORTEST:
                continue
            needed = min(NEEDED, max(SHORTEST, int(len(said) * _SHARE)))
            told = tuple(_in_letters(text.text))
            for form, backwards in ((said, False), (said[::-1], True)):
                if backwards:
                    told = tuple((len(said) - end, len(said) - start)
                                 for start, end in reversed(told))  # fmt: skip
                placed = tuple((at + start, at + end) for start, end in told)
                self._forms.append(_Form(text.id, at, at + len(form), needed, backwards, placed))
                parts += (form, b"\n")
                at += len(form) + 1
        self._letters = b"".join(parts)
        self._starts = [form.start for form in self._forms]
        self.run = 8 if at < LARGE else 16
        """Letters of the shortest run that counts."""
        self._grams = frozenset(self._numbers(_rows(self._letters, 8)))

    def __bool__(self) -> bool:
        return bool(self._forms)

    def matches(self, said: bytes, public: Callable[[], bytes] = bytes) -> Iterator[Match]:
        """Yield what an answer says of the texts, in its order.

        Args:
            said: The answer's letters.
            public: Returns letters that the reader may see, texts apart by line ends; asked
                only where something matches.
        """
        done = 0
        numbers = list(self._numbers(_rows(said, 1)))
        if self._grams.isdisjoint(numbers):
            return
        for place in [8 * at for at, number in enumerate(numbers) if number in self._grams]:
            if place < done:
                continue
            best = max(self._at(said, place, public), key=lambda match: match.size, default=None)
            if best is not None:
                done = best.end
                yield best

    def live(self, said: bytes) -> int:
        """Return from which letter on the end of an answer may be the beginning of a match.

        The length of the answer where nothing has begun.
        """
        size = len(said)
        near = GAP + self.run
        if not self._stirs(said[-near:]):
            return size
        first = max(size - SPAN, 0)
        hits = sorted(
            first + 8 * at + shift
            for shift, row in enumerate(_rows(said[first:], 8))
            for at, number in enumerate(self._numbers((row,)))
            if number in self._grams
        )
        begin = hits.pop()
        while hits and begin - hits[-1] <= near:
            begin = hits.pop()
        return begin

    def _stirs(self, tail: bytes) -> bool:
        """Whether any gram of a few letters is in the texts."""
        if self.run != 8:
            return not self._grams.isdisjoint(self._numbers(_rows(tail, 8)))
        return not self._grams.isdisjoint(every_gram(tail))

    def _anchored(self, said: bytes, place: int) -> bool:
        """Whether a gram may be part of 15 common letters: one four before or after is known."""
        return any(
            int.from_bytes(said[at : at + 8], sys.byteorder) in self._grams
            for at in (place - 4, place + 4)
            if 0 <= at <= len(said) - 8
        )

    def _numbers(self, rows: Iterable[memoryview]) -> Iterator[int]:
        """Return grams of `run` letters as numbers; of sixteen, two eights put into one."""
        if self.run == 8:
            return itertools.chain.from_iterable(rows)
        return (one + 3 * other for row in rows for one, other in itertools.pairwise(row))

    def _at(self, said: bytes, place: int, public: Callable[[], bytes]) -> Iterator[Match]:
        """Yield the matches that a gram at a place is part of, one for each alignment."""
        if self.run == 8 and not self._anchored(said, place):
            return
        gram = said[place : place + self.run]
        at = -1
        seen: set[Block] = set()
        for _ in range(_MOST_PLACES):
            at = self._letters.find(gram, at + 1)
            if at < 0:
                return
            anchor = common_run(said, place, self._letters, at)
            if anchor.size < self.run + 7 or anchor in seen:
                continue
            seen.add(anchor)
            form = self._forms[bisect_right(self._starts, anchor.there) - 1]
            blocks = chain(said, self._letters, anchor, (form.start, form.end), self.run)
            pieces = [one for block in blocks for one in _novel(said, block, public())]
            found = _dense(pieces, form.needed) or _whole(pieces, form.sentences)
            if found is not None:
                start, end = found
                size = sum(max(min(piece.end, end) - max(piece.here, start), 0) for piece in pieces)
                yield Match(form.id, start, end, size, len(blocks) == 1, form.backwards)


def sentences(text: str) -> Iterator[Segment]:
    """Yield where the sentences, or lines, of a text begin and end."""
    first = 0
    for match in _SENTENCES.finditer(text):
        yield first, match.end()
        first = match.end()
    yield first, len(text)


def _in_letters(text: str) -> Iterator[Segment]:
    """Yield where sentences that count by themselves begin and end among the letters of a text."""
    at = 0
    for first, last in sentences(text):
        size = len(letters(text[first:last]))
        if SENTENCE <= size < NEEDED / _SHARE:
            yield at, at + size
        at += size


def every_gram(said: bytes) -> memoryview:
    """Return the eight letters that begin at each place as numbers, in their order."""
    every = b"".join([said[at : at + 8] for at in range(len(said) - 7)])
    return memoryview(every).cast("Q")


def _rows(data: bytes, shifts: int) -> Iterator[memoryview]:
    """Yield the grams of eight that begin at each place modulo eight, as numbers."""
    buffer = memoryview(data)
    for shift in range(min(shifts, max(len(data) - 7, 0))):
        yield buffer[shift : shift + (len(data) - shift) // 8 * 8].cast("Q")


class _Piece(msgspec.Struct, frozen=True, gc=False):
    """A stretch of an answer that the reader may not see, and where it stands in the texts."""

    here: int
    end: int
    there: int


def _novel(said: bytes, block: Block, public: bytes) -> Iterator[_Piece]:
    """Yield the stretches of a run that the reader may not see.

    Letters are judged four at a time by the `_PIECE` that ends with them, or by all that the run
    has up to there: by what comes before them only, so that more text changes nothing. The rest
    of a run that goes on to the end of the answer is not judged yet.
    """
    start, end = block.here, block.here + block.size
    if not public:
        yield _Piece(start, end, block.there)
        return
    if said[start:end] in public:
        return
    for first in range(start, end, _STEP):
        last = min(first + _STEP, end)
        whole = last - first == _STEP or end < len(said)
        if whole and said[max(last - _PIECE, start) : last] not in public:
            yield _Piece(first, last, block.there + first - start)


def _dense(pieces: list[_Piece], needed: int) -> Segment | None:
    """Return where pieces first have so many letters within `SPAN`, up to the last such place."""
    start = end = -1
    for number, piece in enumerate(pieces):
        before = pieces[: number + 1]
        if start < 0:
            for at in range(piece.here + 1, min(piece.end, piece.here + SPAN) + 1):
                reached, begin = _within(before, at)
                if reached >= needed:
                    start, end = begin, at
                    break
        if start >= 0 and _within(before, piece.end)[0] >= needed:
            end = max(end, piece.end)
    return None if start < 0 else (start, end)


def _within(pieces: list[_Piece], at: int) -> tuple[int, int]:
    """Return how many letters of pieces stand in the `SPAN` before a place, and the first."""
    low = at - SPAN
    total, begin = 0, at
    for piece in reversed(pieces):
        if piece.end <= low:
            break
        begin = max(piece.here, low)
        total += min(piece.end, at) - begin
    return total, begin


def _whole(pieces: list[_Piece], sentences: tuple[Segment, ...]) -> Segment | None:
    """Return where pieces first give most of a sentence."""
    found: Segment | None = None
    for first, last in sentences:
        needed = int((last - first) * _SHARE)
        begin = total = 0
        for piece in pieces:
            low = max(first, piece.there)
            size = min(last, piece.there + piece.end - piece.here) - low
            if size <= 0:
                continue
            here = piece.here + low - piece.there
            begin = begin if total else here
            if total + size >= needed:
                end = here + needed - total
                if end - begin <= SPAN and (found is None or end < found[1]):
                    found = begin, end
                break
            total += size
    return found
