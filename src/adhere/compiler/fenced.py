"""The text of a fence and where each byte of it stands in the document."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from adhere.compiler.markdown import Fence


class Content:
    """What a fence holds, without the indentation and the marks of what it stands in.

    Attributes:
        data: The lines, joined.
    """

    def __init__(self, source: bytes, fence: Fence) -> None:
        ranges = fence.content
        self._first, last = ranges[0][0], ranges[-1][1]
        self._ranges: list[tuple[int, int]] = []
        self._ends: list[int] = []
        total = 0
        for start, end in ranges:
            total += end - start
            self._ends.append(total)
        if total == last - self._first:  # in one piece
            self.data = source[self._first : last]
        else:
            self._ranges = ranges
            self.data = b"".join([source[start:end] for start, end in ranges])

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the range in the document of a range of the content."""
        if not self._ranges:
            return self._first + start, self._first + end
        piece = min(bisect_right(self._ends, start), len(self._ends) - 1)
        first = self._ranges[piece][1] - self._ends[piece] + start
        if end <= start:
            return first, first
        piece = bisect_left(self._ends, end)  # the end belongs to the piece before it
        return first, self._ranges[piece][1] - self._ends[piece] + end

    def character(self, at: int) -> tuple[int, int]:
        """Return the range in the content of the character that byte ``at`` is part of."""
        data = self.data
        start = min(max(at, 0), len(data))
        end = start + 1
        while 0 < start < len(data) and data[start] & 0xC0 == 0x80:
            start -= 1
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1
        return start, min(end, len(data))
