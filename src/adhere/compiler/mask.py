"""A copy of the document that a CommonMark parser understands, byte for byte as long.

The dialect has two things CommonMark has not: ``+++`` front matter, and ``!!! kind "Title"`` boxes
whose content is indented by four spaces. Because the masked copy has the same length, every byte
offset the parser reports holds in the document:

* a byte order mark and front matter become spaces;
* the line that opens a box becomes a list item with an empty heading (``+   #``). What is indented
  by four spaces below it is then its content, blank lines and code fences included.

Such a line in a code fence is masked too, which does no harm: text is always read from the
document itself, and a masked line can neither open nor close a fence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adhere.compiler.source import bom_length

_HEAD = re.compile(
    rb"!!![ \t]++(?P<kind>[A-Za-z][\w-]*+)?[ \t]*+"  # possessive: nothing is looked at twice
    rb'(?:"(?P<title>[^"\r\n]*+)"[ \t]*+)?(?=\r?\n|\Z)'
)
_MASKED_HEAD = b"+   #"  # as long as the shortest head, "!!! x"
_OPENING = re.compile(rb"\+\+\+[ \t]*(?:\r?\n|\Z)")
_CLOSING = re.compile(rb"^\+\+\+[ \t]*(?:\r?\n|\Z)", re.M)
_NOT_NEWLINE = re.compile(rb"[^\r\n]")


@dataclass(frozen=True, slots=True)
class BoxHead:
    """A line that opens a box, where it is not in a code fence."""

    kind: str
    title: str
    end: int
    """Where the line ends, its line end left out."""


@dataclass(frozen=True, slots=True)
class Masked:
    """The masked text and what was masked.

    Attributes:
        text: What to give the parser.
        start: Where the document proper begins, after byte order mark and front matter.
        heads: Lines that open a box, by the offset they begin at.
        broken_heads: Ranges of lines that begin like a box and are not one.
        front_matter: Byte range of the TOML between the ``+++`` lines.
        open_front_matter: Byte range of a first ``+++`` line that has no second.
    """

    text: str
    start: int
    heads: dict[int, BoxHead]
    broken_heads: tuple[tuple[int, int], ...]
    front_matter: tuple[int, int] | None = None
    open_front_matter: tuple[int, int] | None = None


def mask(data: bytes) -> Masked:
    """Mask ``data``, which is valid UTF-8."""
    bom = start = bom_length(data)
    front = unclosed = None
    if opening := _OPENING.match(data, start):
        if closing := _CLOSING.search(data, opening.end()):
            front, start = (opening.end(), closing.start()), closing.end()
        else:
            unclosed = opening.span()
    heads: dict[int, BoxHead] = {}
    broken: list[tuple[int, int]] = []
    at = start if data.startswith(b"!!!", start) else _next_head(data, start)
    while at >= 0:
        found = _HEAD.match(data, at)
        if found and (found["kind"] or found["title"] is not None):
            kind, title = found["kind"] or b"", found["title"] or b""
            heads[at] = BoxHead(kind.decode(), title.decode(), found.end())
        else:
            newline = data.find(b"\n", at)
            broken.append((at, len(data) if newline < 0 else newline))
        at = _next_head(data, at)
    return Masked(_masked(data, bom, start, heads), start, heads, tuple(broken), front, unclosed)


def _next_head(data: bytes, at: int) -> int:
    found = data.find(b"\n!!!", at)
    return found + 1 if found >= 0 else -1


def _masked(data: bytes, bom: int, start: int, heads: dict[int, BoxHead]) -> str:
    if not start and not heads:
        return data.decode()
    out = bytearray(data)
    # Line ends stay, so that the parser sees the blank lines that people see.
    out[:start] = b" " * bom + _NOT_NEWLINE.sub(b" ", data[bom:start])
    for at, head in heads.items():
        out[at : head.end] = _MASKED_HEAD.ljust(head.end - at)
    return bytes(out).decode()  # several times faster than from a bytearray
