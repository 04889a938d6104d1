"""What stretches of a text say once base64, base32, hexadecimal or bits are taken off them.

Beside `encoded`, which believes a stretch only where it decodes to proper text, this believes
nothing: each stretch is decoded at every alignment, forwards, backwards and turned by ROT13, and
the bytes are handed on, for a reader that knows what it looks for. So a damaged encoding, one with
something before it, and the first half of one say as much as they hold.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import re2

from adhere.detect.encoded import unescape
from adhere.detect.letters import letters_of_bytes, rot13
from adhere.detect.skeleton import Derived, derive

MAX_LAYERS: Final = 3
_GROWTH: Final = 16
"""How often the length of the original may be decoded in all."""
_LEAST: Final = 50_000
"""Bytes that may be decoded however short the original is."""

_RUN: Final = rb"[A-Za-z0-9+/_-]{16,}(?:[ \t]?\r?\n[ \t>]{0,8}[A-Za-z0-9+/_-]{4,})*"
_JOINED: Final = re2.compile(_RUN)
_APART: Final = re2.compile(
    rb"(?:[0-9A-Fa-f]{2}[ :,-]{1,2}){7,}[0-9A-Fa-f]{2}|[01]{8}(?:[ ,]{1,2}[01]{8}){3,}"
)
_LINES: Final = re2.compile(_RUN + rb"[ \t]?\r?\n[ \t>]{0,8}\z")
_BEGUN_APART: Final = re2.compile(
    rb"(?:(?:[0-9A-Fa-f]{2}[ :,-]{1,2})+[0-9A-Fa-f]{0,2}|(?:[01]{8}[ ,]{1,2})+[01]{0,8})\z"
)
_HEX_DIGITS: Final = b"0123456789abcdefABCDEF"
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_ESCAPE: Final = re.compile(
    r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+"
    r"|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,15});"
    r"|(?:\\u[dD][89a-fA-F][0-9A-Fa-f]{2})+|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}"
    r"|\\x[0-7][0-9A-Fa-f]|(?:\\x[89A-Fa-f][0-9A-Fa-f])+|\\[nrt\"'/\\]"
)
"""One escaped character: as in `encoded`, but each by itself, so that a place can be told."""
_ESCAPED: Final = re2.compile(_ESCAPE.pattern)
_MARKS: Final = "%&\\"
_HALF_ESCAPE: Final = re2.compile(
    r"(?:%[0-9A-Fa-f]?|&#?[A-Za-z0-9]{0,16}|\\(?:[ux][0-9A-Fa-f{]{0,7})?)\z"
)
_LONGEST_ESCAPE: Final = 18
_HEX: Final = re2.compile(rb"[0-9A-Fa-f]{16,}")
_BITS: Final = re2.compile(rb"[01]{24,}")
_BASE32: Final = re2.compile(rb"[A-Z2-7]{16,}|[a-z2-7]{16,}")
_BASE64: Final = re2.compile(rb"[A-Za-z0-9+/]{16,}")
_WORDS: Final = re2.compile(
    rb"(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)(?:[-/_+](?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+))*"
)
_RESTS: Final = {2: (), 4: (2, 3), 8: (2, 4, 5, 7)}
"""By the characters of a unit (hexadecimal, base64, base32): how many of one may be the last."""
_LONG: Final = 40
"""Characters from which on a stretch is looked into even if it could be words."""
_LEAST_DIFFERENT: Final = 6
_SEPARATORS: Final = b" :,-\r\n\t>"
_BREAKS: Final = b" \r\n\t>"
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


class Unwrapped(msgspec.Struct, frozen=True, gc=False):
    """The letters that a stretch stands for.

    Attributes:
        letters: What it says, as `letters.letters` writes it; noise where it was no encoding.
        start: First byte of the stretch.
        end: One past its last.
        through: The encodings that were taken off, the outermost first.
    """

    letters: bytes
    start: int
    end: int
    through: tuple[str, ...]


def unescaped(text: str) -> Derived | None:
    """Return a text without percent signs, entities and backslash escapes, if it has any."""
    if not any(mark in text for mark in _MARKS) or not _ESCAPED.search(text):
        return None
    return derive(text, _ESCAPE, unescape)


def half_escape(text: str) -> int:
    """Return where an escape begins that the end of a text cuts off; its length for nowhere."""
    tail = text[-_LONGEST_ESCAPE:]
    if not any(mark in tail for mark in _MARKS):
        return len(text)
    half = _HALF_ESCAPE.search(tail)
    return len(text) - len(tail) + half.start() if half else len(text)


def unwrapped(data: bytes) -> Iterator[Unwrapped]:
    """Yield what each encoded stretch of a text in UTF-8 says, under each way to read it.

    Work is bounded: after a fixed multiple of the length of the text no more is decoded.

    >>> said = unwrapped(b"see 5468652073656372657420776f7264")
    >>> [one.through for one in said if one.letters == b"thesecretword"]
    [('hex',)]
    """
    left = _GROWTH * len(data) + _LEAST
    for match in _stretches(data):
        for inner, through in _peeled(match[0], ()):
            left -= len(inner)
            if left < 0:
                return
            yield Unwrapped(letters_of_bytes(inner), *match.span(), through)


def unfinished(data: bytes) -> int:
    """Return where the end of a text may be the beginning of a stretch; its length for nowhere."""
    start = len(data.rstrip(_ALPHABET))
    if data[:start].rstrip(b" \t>").endswith(b"\n"):
        lines = _LINES.search(data[:start])
        start = lines.start() if lines else start
    before = data.rstrip(_HEX_DIGITS).rstrip(b" :,-")[-2:]
    if len(before) == 2 and before.strip(_HEX_DIGITS) == b"":
        apart = _BEGUN_APART.search(data)
        start = min(start, apart.start()) if apart else start
    return start


def _stretches(data: bytes) -> Iterator[re.Match[bytes]]:
    for match in _JOINED.finditer(data):
        run = match[0]
        if len(set(run)) >= _LEAST_DIFFERENT and not (len(run) < _LONG and _WORDS.fullmatch(run)):
            yield match
    yield from _APART.finditer(data)


def _peeled(run: bytes, through: tuple[str, ...]) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    for data, how in _decoded(run):
        outer = (*through, *how)
        yield data, outer
        if len(through) + 1 < MAX_LAYERS:
            for inner in _stretches(data):
                yield from _peeled(inner[0], outer)


def _decoded(run: bytes) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    joined = run.translate(None, _SEPARATORS)
    for match in _BITS.finditer(joined):
        for shift in range(8):
            bits = match[0][shift : shift + (len(match[0]) - shift) // 8 * 8]
            yield int(bits, 2).to_bytes(len(bits) // 8, "big"), ("bits",)
    for match in _HEX.finditer(joined):
        for turned, how in ((match[0], ()), (match[0][::-1], ("reversed",))):
            yield from _aligned(turned, 2, bytes.fromhex, (*how, "hex"))
    body = run.translate(_STANDARD, _BREAKS)
    for match in _BASE32.finditer(body):
        yield from _aligned(match[0].upper(), 8, base64.b32decode, ("base32",))
    for part in _BASE64.findall(body):
        for turned, how in (
            (part, ()), (part[::-1], ("reversed",)), (rot13(part), ("rot13",)),
        ):  # fmt: skip
            yield from _aligned(turned, 4, base64.b64decode, (*how, "base64"))


def _aligned(
    body: bytes, unit: int, decode: Callable[[str], bytes], how: tuple[str, ...]
) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    """Decode from each place within a unit, as far as whole bytes go."""
    text = body.decode("ascii")
    for shift in range(unit):
        rest = (len(text) - shift) % unit
        more = max((size for size in _RESTS[unit] if size <= rest), default=0)
        whole = text[shift : len(text) - rest + more]
        if whole:
            yield decode(whole + "=" * (-more % unit if more else 0)), how
