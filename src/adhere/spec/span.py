"""Positions in a source document."""

from __future__ import annotations

import msgspec


class SourceSpan(msgspec.Struct, frozen=True, gc=False, order=True):
    """A range of a document.

    Attributes:
        start: First byte, counted from 0 in the UTF-8 source.
        end: One past the last byte.
        line: Line of the first byte, counted from 1.
        column: Column of the first byte in characters (code points), counted from 1.
    """

    start: int
    end: int
    line: int
    column: int

    def of(self, source: bytes) -> bytes:
        """Return the bytes this span covers in ``source``."""
        return source[self.start : self.end]
