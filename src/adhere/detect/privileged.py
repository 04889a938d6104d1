"""Privileged texts, prepared once so that any number of answers can be held against them.

What is compared are letters (`view.letters`), so the same text with other spaces, signs, case or
look-alikes is the same text. A match is a chain of common runs of `RUN` letters or more, at most
`GAP` letters apart on both sides, one of them an *anchor* of `ANCHOR` letters. `NEEDED` letters of
a chain within `SPAN` letters of an answer are a leak (of a shorter text, nine tenths of it).
Letters that stand in what the reader may see do not count.

The search is that of rsync and of winnowing (Schleimer, Wilkerson, Aiken, "Winnowing: Local
Algorithms for Document Fingerprinting", SIGMOD 2003) turned round: all grams of the privileged
text are in a set, and only every eighth place of an answer is looked up; a common run of 15
letters contains one of these places wherever it begins. What is looked up are eight bytes as one
number, made by a cast of the whole buffer. Each hit is then aligned with the text itself, so no
finding rests on a hash.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import msgspec

from adhere.detect.alignment import GAP, Block, chain, common_run
from adhere.detect.letters import letters

RUN: Final = 8
ANCHOR: Final = 15
NEEDED: Final = 40
SPAN: Final = 2 * NEEDED
_SHARE: Final = 0.9
_PIECE: Final = 16
"""Letters by which public text is told from privileged."""
_STEP: Final = 4
_MOST_PLACES: Final = 64
"""Places of the privileged texts that one gram is aligned with."""
_LIVE: Final = GAP + RUN

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
            if len(said) < ANCHOR:
                continue
            needed = min(NEEDED, max(ANCHOR, int(len(said) * _SHARE)))
            for form, backwards in ((said, False), (said[::-1], True)):
                self._forms.append(_Form(text.id, at, at + len(form), needed, backwards))
                parts += (form, b"\n")
                at += len(form) + 1
        self._letters = b"".join(parts)
        self._starts = [form.start for form in self._forms]
        self._grams = frozenset(itertools.chain.from_iterable(grams(self._letters)))

    def __bool__(self) -> bool:
        return bool(self._forms)

    def may_match(self, said: bytes) -> bool:
        """Whether an answer has a gram in common with the texts; what is asked first."""
        return not self._grams.isdisjoint(memoryview(said)[: len(said) // RUN * RUN].cast("Q"))

    def matches(self, said: bytes, public: bytes = b"") -> Iterator[Match]:
        """Yield what an answer says of the texts, in its order.

        Args:
            said: The answer's letters.
            public: Letters that the reader may see, texts apart by line ends.
        """
        numbers = memoryview(said)[: len(said) // RUN * RUN].cast("Q")
        done = 0
        for place in [RUN * at for at, number in enumerate(numbers) if number in self._grams]:
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
        tail = said[-_LIVE:]
        if all(self._grams.isdisjoint(row) for row in grams(tail)):
            return size
        first = max(size - SPAN, 0)
        hits = sorted(
            first + RUN * at + shift
            for shift, row in enumerate(grams(said[first:]))
            for at, number in enumerate(row)
            if number in self._grams
        )
        begin = hits.pop()
        while hits and begin - hits[-1] <= _LIVE:
            begin = hits.pop()
        return begin

    def _at(self, said: bytes, place: int, public: bytes) -> Iterator[Match]:
        """Yield the matches that a gram at a place is part of, one for each alignment."""
        gram = said[place : place + RUN]
        at = -1
        seen: set[Block] = set()
        for _ in range(_MOST_PLACES):
            at = self._letters.find(gram, at + 1)
            if at < 0:
                return
            anchor = common_run(said, place, self._letters, at)
            if anchor.size < ANCHOR or anchor in seen:
                continue
            seen.add(anchor)
            form = self._forms[bisect_right(self._starts, anchor.there) - 1]
            blocks = chain(said, self._letters, anchor, (form.start, form.end))
            segments = [one for block in blocks for one in _novel(said, block, public)]
            if (found := _dense(segments, form.needed)) is not None:
                start, end = found
                size = sum(min(last, end) - max(first, start) for first, last in segments
                           if first < end and last > start)  # fmt: skip
                whole = len(blocks) == 1
                yield Match(form.id, start, end, size, whole, form.backwards)


def grams(data: bytes) -> Iterator[memoryview]:
    """Yield the grams of a buffer as numbers: those that begin at each place modulo eight."""
    buffer = memoryview(data)
    for shift in range(min(RUN, max(len(data) - RUN + 1, 0))):
        yield buffer[shift : shift + (len(data) - shift) // RUN * RUN].cast("Q")


def _novel(said: bytes, block: Block, public: bytes) -> Iterator[Segment]:
    """Yield the stretches of a run that the reader may not see.

    Letters are judged four at a time by the `_PIECE` that ends with them, or by all that the run
    has up to there: by what comes before them only, so that more text changes nothing.
    """
    start, end = block.here, block.here + block.size
    if not public:
        yield start, end
        return
    if said[start:end] in public:
        return
    for at in range(start + _STEP, end + 1, _STEP):
        if said[max(at - _PIECE, start) : at] not in public:
            yield at - _STEP, at


def _dense(segments: list[Segment], needed: int) -> Segment | None:
    """Return where the segments first have so many letters within `SPAN`, up to the last such."""
    start = end = -1
    for number, (first, last) in enumerate(segments):
        if start < 0:
            for at in range(first + 1, min(last, first + SPAN) + 1):
                reached, begin = _within(segments[: number + 1], at)
                if reached >= needed:
                    start, end = begin, at
                    break
        if start >= 0 and _within(segments[: number + 1], last)[0] >= needed:
            end = max(end, last)
    return None if start < 0 else (start, end)


def _within(segments: list[Segment], at: int) -> tuple[int, int]:
    """Return how many letters of segments stand in the `SPAN` before a place, and the first."""
    low = at - SPAN
    total, begin = 0, at
    for first, last in reversed(segments):
        if last <= low:
            break
        begin = max(first, low)
        total += min(last, at) - begin
    return total, begin
