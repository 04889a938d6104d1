"""A copy of the document that a CommonMark parser understands, byte for byte as long.

The dialect has three things CommonMark has not: ``+++`` front matter, ``!!! kind "Title"`` boxes
whose content is indented by four spaces, and ``[^name]`` markers without a definition. Because the
masked copy has the same length, every byte offset the parser reports holds in the document:

* a byte order mark and front matter become spaces;
* each line of a box becomes a line of a block quote;
* each marker gets a definition *after* the end of the text, and what the parser reports from there
  on is dropped.

What stands in a code fence is masked too, which does no harm: text is always read from the
document itself, and a masked line can neither open nor close a fence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adhere.compiler.source import bom_length

_BOX_HEAD = re.compile(
    rb'^!!!(?P<head>[ \t]*(?P<kind>[A-Za-z][\w-]*)?[ \t]*(?:"(?P<title>[^"\r\n]*)")?[^\r\n]*)', re.M
)
_BOX_LINE = re.compile(rb"(?:[ \t]*\r?\n)*(?P<indent>    |\t)(?P<rest>[^\n]*)(?:\n|\Z)")
_FRONT_MATTER = re.compile(rb"\+\+\+[ \t]*\r?\n(?P<toml>(?:[^\n]*\n)*?)\+\+\+[ \t]*(?:\r?\n|\Z)")
_MARKER = re.compile(rb"\[\^(?P<name>[^\s\[\]^]{1,80})\]")
_NOT_NEWLINE = re.compile(rb"[^\r\n]")


@dataclass(frozen=True, slots=True)
class BoxMask:
    """A line that opens a box, and how far the box reaches."""

    start: int
    end: int
    kind: str
    title: str
    lines: tuple[tuple[int, int], ...]
    """Byte ranges of the content's lines without their indentation, line ends included."""


@dataclass(frozen=True, slots=True)
class Masked:
    """The masked text (with the synthetic definitions at its end) and what was masked."""

    text: str
    boxes: tuple[BoxMask, ...]
    front_matter: tuple[int, int] | None
    """Byte range of the TOML between the ``+++`` lines."""


def mask(data: bytes) -> Masked:
    """Mask ``data``, which is valid UTF-8."""
    out = bytearray(data)
    start = bom_length(data)
    out[:start] = b" " * start
    front: tuple[int, int] | None = None
    if head := _FRONT_MATTER.match(data, start):
        front = head.span("toml")
        out[: head.end()] = _NOT_NEWLINE.sub(b" ", data[: head.end()])
    boxes = tuple(_mask_boxes(data, out, front[1] if front else start))
    names = {found["name"] for found in _MARKER.finditer(data)}
    if names:
        out += b"".join(b"\n\n[^%s]: -" % name for name in sorted(names))
    return Masked(out.decode(), boxes, front)


def _mask_boxes(data: bytes, out: bytearray, start: int) -> list[BoxMask]:
    boxes = []
    at = start
    while head := _BOX_HEAD.search(data, at):
        out[head.start() : head.start() + 3] = b">  "
        out[head.start("head") : head.end("head")] = b" " * (head.end("head") - head.start("head"))
        newline = data.find(b"\n", head.end())
        at = len(data) if newline < 0 else newline + 1
        end, lines = at, []
        while line := _BOX_LINE.match(data, at):
            indent = line.start("indent")
            out[indent] = ord(">")
            lines.append((line.start("rest"), line.end()))
            at = end = line.end()
        kind, title = head["kind"] or b"", head["title"] or b""
        boxes.append(BoxMask(head.start(), end, kind.decode(), title.decode(), tuple(lines)))
    return boxes
