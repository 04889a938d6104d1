"""From untrusted bytes to text the parser may see, and from byte offsets to lines and columns."""

from __future__ import annotations

from bisect import bisect_right

from adhere.compiler.diagnostic import Diagnostic, Severity
from adhere.spec import SourceSpan

_BOM = b"\xef\xbb\xbf"


class Source:
    """A document's bytes with a map from offsets to places."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self._starts = [0]
        find, at = data.find, data.find(b"\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = find(b"\n", at + 1)

    def span(self, start: int, end: int) -> SourceSpan:
        """Return the span of ``data[start:end]``."""
        line = bisect_right(self._starts, start)
        column = len(self.data[self._starts[line - 1] : start].decode(errors="replace"))
        return SourceSpan(start, end, line, column + 1)

    def text(self, start: int, end: int) -> str:
        """Return the characters of ``data[start:end]``, which must be valid UTF-8."""
        return self.data[start:end].decode()


def refuse(source: Source, max_bytes: int) -> Diagnostic | None:
    """Return why these bytes cannot be a document at all, or None if they can."""
    data = source.data
    if len(data) > max_bytes:
        # The place is the first byte too many; computing a column there would cost what the
        # limit is there to save.
        span = SourceSpan(max_bytes, len(data), 1, 1)
        return Diagnostic(
            "too-large",
            Severity.ERROR,
            f"the document has {len(data):,} bytes; the limit is {max_bytes:,}",
            "raise the limit (--max-bytes) if the document is meant to be this large",
            span,
            source.name,
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return Diagnostic(
            "invalid-utf8",
            Severity.ERROR,
            f"byte 0x{data[error.start]:02x} at offset {error.start} is not valid UTF-8",
            "save the document as UTF-8",
            source.span(error.start, error.end),
            source.name,
        )
    at = data.find(b"\0")
    if at >= 0:
        return Diagnostic(
            "nul-byte",
            Severity.ERROR,
            f"NUL byte at offset {at}",
            "remove it",
            source.span(at, at + 1),
            source.name,
        )
    return None


def bom_length(data: bytes) -> int:
    """Return 3 where ``data`` starts with a UTF-8 byte order mark, else 0."""
    return len(_BOM) if data.startswith(_BOM) else 0
