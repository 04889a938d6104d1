"""Raw HTML in a document: the comments in it, and whether it ever ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What runs to its own end, over blank lines, however far that is (CommonMark, HTML blocks 1 to 5).
_ELEMENT = re.compile(rb"<(?:script|pre|style|textarea)(?=[\s>]|\Z)", re.I)
_ELEMENT_END = re.compile(rb"</(?:script|pre|style|textarea)>", re.I)
_ENDS = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<![CDATA[", b"]]>"), (b"<!", b">"))


def is_closed(piece: bytes) -> bool:
    """Whether a piece of HTML that would run to the end of the document does end before."""
    if _ELEMENT.match(piece):
        return _ELEMENT_END.search(piece) is not None
    for start, end in _ENDS:
        if piece.startswith(start):
            return end in piece  # <!--> is a comment too
    return True


def comments(piece: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield the byte range and the words of every comment in a piece of HTML."""
    at = piece.find(b"<!--")
    while at >= 0 and (stop := piece.find(b"-->", at + 2)) >= 0:
        yield at, stop + 3, piece[at + 4 : stop].decode().strip()
        at = piece.find(b"<!--", stop + 3)
