"""What a text says once its encodings are taken off, with the way back to the text.

Percent signs, HTML entities and backslash escapes are taken off the whole text at once; base64 and
hexadecimal by the stretch, where it decodes to text. Decoding goes a few layers deep and never
over more characters than a fixed multiple of the original.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from adhere.detect.invisible import Hidden
from adhere.detect.skeleton import Derived, derive

MAX_LAYERS: Final = 3
_GROWTH: Final = 4
"""How often the length of the original may be decoded in all."""
_LEAST: Final = 20_000
"""Characters that may be decoded however short the original is."""

_MARKS: Final = re.compile(r"[%&\\]")
_ESCAPES: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+"
    r"|(?:&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,15});)+"
    r"|(?:\\u[0-9A-Fa-f]{4})+|(?:\\x[0-9A-Fa-f]{2})+|\\u\{[0-9A-Fa-f]{1,6}\}"
    r"|(?:\\[nrt\"'/\\])+"
)
"""Runs, so that a text of nothing else is not taken apart one by one."""
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}")
_HEX: Final = re.compile(r"(?:0x)?(?:[0-9A-Fa-f]{2}[ :,]?){8,}")
_SHORT: Final = str.maketrans({"n": "\n", "r": "\r", "t": "\t"})


class TooMuchToDecodeError(Exception):
    """More is encoded in a text than was decoded."""


class Layer:
    """A text that was found inside another one.

    Attributes:
        text: What it says.
        through: The encodings around it, the outermost first.
    """

    def __init__(
        self, text: str, through: tuple[str, ...], back: Callable[[int, int], tuple[int, int]],
        differs: Callable[[int, int], bool] = lambda _start, _end: True,
    ) -> None:  # fmt: skip
        self.text = text
        self.through = through
        self.back = back
        """Turns a stretch of the text into one of the original."""
        self.differs = differs
        """Whether the layer around it does not say the same at a stretch."""

    def inside(self, texts: list[tuple[str, int, int]], how: str) -> Layer:
        """Return texts that stand, encoded, between two positions of this one, as one text."""
        starts = [0]
        for said, _, _ in texts:
            starts.append(starts[-1] + len(said) + 1)

        def back(start: int, end: int) -> tuple[int, int]:
            first = bisect_right(starts, start) - 1
            last = max(bisect_right(starts, end - 1) - 1, first)
            return self.back(texts[first][1], texts[min(last, len(texts) - 1)][2])

        return Layer("\n".join(said for said, _, _ in texts), (*self.through, how), back)

    def over(self, derived: Derived, how: str) -> Layer:
        """Return another reading of the whole text."""
        return Layer(
            derived.text,
            (*self.through, how),
            lambda start, end: self.back(*derived.span(start, end)),
            derived.differs,
        )


def layers(text: str, hidden: tuple[Hidden, ...]) -> Iterator[Layer]:
    """Yield the text itself, then what it says under each encoding, layer by layer.

    Args:
        text: The original.
        hidden: What invisible characters in it carry.

    Raises:
        TooMuchToDecodeError: After the last layer that is yielded, where there are more.
    """
    left = _GROWTH * len(text) + _LEAST
    pending = [Layer(text, (), lambda start, end: (start, end))]
    for kind in ("tags", "selectors"):
        carried = [
            (one.text, one.start, one.end) for one in hidden if one.kind == kind and one.text
        ]
        if carried:
            pending.append(pending[0].inside(carried, kind))
    while pending:
        layer = pending.pop(0)
        yield layer
        if len(layer.through) == MAX_LAYERS or "rot13" in layer.through:
            continue
        for inner in _inner(layer):
            left -= len(inner.text)
            if left < 0:
                raise TooMuchToDecodeError
            pending.append(inner)


def _inner(layer: Layer) -> Iterator[Layer]:
    text = layer.text
    if _MARKS.search(text):
        plain = derive(text, _ESCAPES, unescape)
        if plain.text != text:
            yield layer.over(plain, "escapes")
    for how, pattern, decode in (("hex", _HEX, _from_hex), ("base64", _BASE64, _from_base64)):
        found = [one for match in pattern.finditer(text) for one in _said(match, decode)]
        if found:
            yield layer.inside(found, how)
    if "escapes" not in layer.through:
        yield Layer(codecs.encode(text, "rot13"), (*layer.through, "rot13"), layer.back)


def _said(match: re.Match[str], decode: Callable[[str], str]) -> Iterator[tuple[str, int, int]]:
    """Decode a stretch; where its lines are not one text, each by itself."""
    if said := decode(match[0]):
        yield said, *match.span()
        return
    for line in re.finditer(r"\S{16,}", match[0]) if "\n" in match[0] else ():
        if said := decode(line[0]):
            yield said, match.start() + line.start(), match.start() + line.end()


def unescape(written: str) -> str:
    """Return what a run of escapes of one kind (`_ESCAPES`) stands for."""
    if written[0] == "%":
        return unquote_to_bytes(written).decode("utf-8", "replace")
    if written[0] == "&":
        return html.unescape(written)
    if written.startswith("\\u{"):
        number = int(written[3:-1], 16)
        return chr(number) if number < 0x110000 else written
    if written[1] == "u":
        units = bytes.fromhex(written.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    if written[1] == "x":
        octets = bytes.fromhex(written.replace("\\x", ""))
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    return written[1::2].translate(_SHORT)


def _from_hex(written: str) -> str:
    digits = re.sub(r"[ :,]", "", written.removeprefix("0x"))
    return _as_text(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _from_base64(written: str) -> str:
    body = re.sub(r"[\s=]", "", written).replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        body = body[:-1]
    try:
        return _as_text(base64.b64decode(body + "=" * (-len(body) % 4)))
    except binascii.Error:
        return ""


def _as_text(data: bytes) -> str:
    """Return what bytes say, or nothing where they are not text."""
    try:
        said = data.decode()
    except UnicodeDecodeError:
        return ""
    start = said[:200]
    shown = sum(char.isprintable() or char in "\n\r\t" for char in start)
    return said if shown > 0.9 * len(start) else ""
