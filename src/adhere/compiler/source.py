"""From untrusted bytes to text the parser may see, and from byte offsets to lines and columns."""

from __future__ import annotations

import re
from math import inf
from typing import Final

from adhere.compiler.diagnostic import Diagnostic, Severity
from adhere.spec import SourceSpan

MAX_NESTING: Final = 100
"""How deep quotes and lists may be nested: the parser looks at every open one on every line."""

MAX_PARTS: Final = 1_000_000
"""How many headings, blocks, gaps, messages, marks and findings a document may have: the memory
they take is bounded by this, and a document of the largest allowed size has a fifth of it."""

BLANK: Final = b" \t\r\n\x0b\x0c"

_BOM = b"\xef\xbb\xbf"
_STEP = 1024
_CONTINUATION = bytes(range(0x80, 0xC0))
_BARE_RETURN = re.compile(rb"\r(?!\n)")

# Bytes that may stand before the words of a nested line, as one byte that is quick to search for.
_NESTING_BYTES = bytes.maketrans(b" \t>-+*.)0123456789", b"\0" * 18)
_NESTING = re.compile(rb"^(?:[ \t]|[>*+-]|[0-9]{1,9}[.)])*+", re.M)
_CONTAINER = re.compile(rb">|(?:[*+-]|[0-9]{1,9}[.)])(?=[ \t]|\Z)")


class TooManyPlaces(Exception):
    """Carries the offset of the first place too many."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Source:
    """A document's bytes with a map from offsets to places.

    The map has an entry per kilobyte rather than per line, so that neither a document of empty
    lines nor one that is a single line costs more than any other.
    """

    def __init__(self, data: bytes, name: str, max_places: float = inf) -> None:
        self.data = data
        self.name = name
        self._places_left = max_places
        self._lines: list[int] = []
        """Number of the line that is open where the step begins; filled when first needed."""
        self._starts: list[int] = []
        """Where that line begins."""
        self._characters: list[int] = []
        """Characters before the step; filled when first needed."""
        self._ascii = data.isascii()
        self._last = (0, 1, bom_length(data))
        """The last place that was looked up, its line, and where that line begins."""

    def _index(self) -> None:
        data = self.data
        line, start = 1, bom_length(data)
        for at in range(0, len(data) + 1, _STEP):
            self._lines.append(line)
            self._starts.append(start)
            if count := data.count(b"\n", at, at + _STEP):
                line += count
                start = data.rfind(b"\n", at, at + _STEP) + 1

    def span(self, start: int, end: int) -> SourceSpan:
        """Return the span of ``data[start:end]``."""
        return SourceSpan(start, end, *self.place(start))

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of a byte; quickest where it follows the last one asked for.

        Raises:
            TooManyPlaces: More places were asked for than the source was made for.
        """
        self._places_left -= 1
        if self._places_left < 0:
            raise TooManyPlaces(offset)
        data = self.data
        at, line, begin = self._last
        if not 0 <= offset - at <= _STEP:
            at, line, begin = self._step(offset)
        if count := data.count(b"\n", at, offset):
            line += count
            begin = data.rfind(b"\n", at, offset) + 1
        self._last = offset, line, begin
        if begin >= offset:
            return line, 1
        if self._ascii:
            return line, offset - begin + 1
        if offset - begin <= 8 * _STEP:
            return line, len(data[begin:offset].decode(errors="replace")) + 1
        return line, self._count(offset) - self._count(begin) + 1

    def _step(self, offset: int) -> tuple[int, int, int]:
        """Return a place not far before ``offset``, its line, and where that line begins."""
        if not self._lines:
            self._index()
        step = offset // _STEP
        return step * _STEP, self._lines[step], self._starts[step]

    def text(self, start: int, end: int) -> str:
        """Return the characters of ``data[start:end]``, which must be valid UTF-8."""
        return self.data[start:end].decode()

    def trim(self, start: int, end: int) -> int:
        """Return where ``data[start:end]`` ends without the white space after it."""
        if end > start and self.data[end - 1] in BLANK:
            return start + len(self.data[start:end].rstrip(BLANK))
        return end

    def _count(self, offset: int) -> int:
        """Count the characters before ``offset``."""
        if not self._characters:
            total = 0
            for at in range(0, len(self.data) + 1, _STEP):
                self._characters.append(total)
                total += _characters(self.data[at : at + _STEP])
        step = offset // _STEP
        return self._characters[step] + _characters(self.data[step * _STEP : offset])


def _characters(data: bytes) -> int:
    return len(data.translate(None, _CONTINUATION))


def refuse(source: Source, max_bytes: int) -> Diagnostic | None:
    """Return why these bytes cannot be a document at all, or None if they can."""
    data = source.data

    def because(code: str, message: str, remedy: str, span: SourceSpan) -> Diagnostic:
        return Diagnostic(code, Severity.ERROR, message, remedy, span, source.name)

    if len(data) > max_bytes:
        return because(
            "too-large",
            f"the document is larger than the limit of {max_bytes:,} bytes",
            "raise the limit (--max-bytes) if the document is meant to be this large",
            # The place is the first byte too many; finding its line would cost what the limit
            # is there to save.
            SourceSpan(max_bytes, len(data), 1, 1),
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return because(
            "invalid-utf8",
            f"byte 0x{data[error.start]:02x} at offset {error.start} is not valid UTF-8",
            "save the document as UTF-8",
            source.span(error.start, error.end),
        )
    at = data.find(b"\0")
    if at >= 0:
        return because("nul-byte", f"NUL byte at offset {at}", "remove it", source.span(at, at + 1))
    if deep := _too_deep(data):
        return because(
            "too-deep",
            f"quotes and lists are nested more than {MAX_NESTING} deep",
            "nest less, or indent less",
            source.span(*deep),
        )
    return None


def bare_return(source: Source) -> Diagnostic | None:
    """Return a finding where a carriage return stands without a line feed.

    Markdown ends a line there, our own rules do not, and the two would disagree silently.
    """
    found = _BARE_RETURN.search(source.data) if b"\r" in source.data else None
    if found is None:
        return None
    return Diagnostic(
        "bare-return",
        Severity.ERROR,
        "a carriage return without a line feed: it is unclear whether the line ends here",
        "end lines with LF or CRLF",
        source.span(*found.span()),
        source.name,
    )


def _too_deep(data: bytes) -> tuple[int, int] | None:
    """Return the range of the first line start that nests deeper than the parser can bear.

    Each level takes a marker on the line itself or, below an open list item, two columns of white
    space, so what stands before a line's last marker bounds its depth from above.
    """
    shortest = MAX_NESTING // 2  # of tabs: each is four columns, so two levels
    if b"\0" * shortest not in data.translate(_NESTING_BYTES):
        return None
    for line in _NESTING.finditer(data):
        if line.end() - line.start() < shortest:
            continue
        prefix = line[0].replace(b"\t", b"    ")
        columns = at = 0
        for markers, marker in enumerate(_CONTAINER.finditer(prefix), 1):
            columns += prefix.count(b" ", at, marker.start())
            at = marker.end()
            if markers + columns // 2 > MAX_NESTING:
                return line.span()
    return None


def bom_length(data: bytes) -> int:
    """Return 3 where ``data`` starts with a UTF-8 byte order mark, else 0."""
    return len(_BOM) if data.startswith(_BOM) else 0
