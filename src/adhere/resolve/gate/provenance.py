"""Where a value comes from: the stretches of earlier messages it was taken, made or decoded from.

Trust must not be found where there is none, and taint must not be lost. So the two directions are
searched differently: that a principal said a value needs its very words, whole and in order; that
untrusted text said it is believed on much less (other spelling, pieces put together, encodings).

The cost is bounded: each text is prepared once, and looking a value up is a handful of substring
searches in it.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import itertools
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import unquote

import msgspec

from adhere.conversation import Message, Role
from adhere.detect import fold
from adhere.resolve.gate.decision import DecisionSpan

MAX_VALUE: Final = 4096
"""Characters of a value that are traced; what follows is traced no further."""
MAX_TEXT: Final = 200_000
"""Characters of a text that are searched; of a longer one nothing can be excluded."""
MIN_PIECE: Final = 4
"""Shortest piece (letters and digits) that counts when a value was put together from pieces."""
MAX_PIECES: Final = 8
_MIN_LOOSE: Final = 5


class Derivation(StrEnum):
    """How a value came out of a text, the most direct way first."""

    EXACT = "exact"
    """Character for character."""
    NORMALISED = "normalised"
    """The same letters and digits: case, spaces and punctuation differ."""
    RECOMBINED = "recombined"
    """Put together from pieces of the text."""
    DECODED = "decoded"
    """One is an encoding of the other: base64, base32, hex, URL, HTML, rot13, or backwards."""


class ValueOrigin(msgspec.Struct, frozen=True, gc=False):
    """A text that a value came from.

    Attributes:
        message: Its number in the conversation.
        role: Who spoke. ``TOOL`` also for a part of a message that is marked untrusted.
        how: The most direct way.
        spans: Where it stands; the encoded stretch where it was decoded.
    """

    message: int
    role: Role
    how: Derivation
    spans: tuple[DecisionSpan, ...]


class Text(msgspec.Struct, frozen=True):
    """A stretch of a message with one authority, and where it begins in the message's text."""

    message: int
    role: Role
    content: str
    start: int = 0

    @property
    def principal(self) -> bool:
        """Whether a principal said it."""
        return self.role in PRINCIPALS

    @property
    def untrusted(self) -> bool:
        """Whether it has no authority, and may have been written by anyone."""
        return self.role is Role.TOOL


PRINCIPALS: Final = frozenset({Role.SYSTEM, Role.DEVELOPER, Role.USER})


def texts_of(number: int, message: Message) -> Iterator[Text]:
    """Split a message into stretches of one authority; settings are facts and left out."""
    if isinstance(message.content, str):
        if message.content:
            yield Text(number, message.role, message.content)
        return
    at = 0
    for part in message.content:
        if part.type == "settings" or not part.text:
            continue
        role = message.role if part.speaks else Role.TOOL
        yield Text(number, role, part.text, at)
        at += len(part.text)


def origins(value: str, texts: Sequence[Text]) -> tuple[ValueOrigin, ...]:
    """Return where a value may come from, by message.

    What a principal said is found by its words only; every other text also by looser ways, each
    of which is tried where no more direct one succeeds.

    Args:
        value: The value, ``MAX_VALUE`` characters of it.
        texts: What came before.
    """
    value = value[:MAX_VALUE].strip()
    if not value:
        return ()
    found = []
    for text in texts:
        how_spans = _in_text(value, text)
        if how_spans is not None:
            how, spans = how_spans
            placed = tuple(
                DecisionSpan(text.message, text.start + start, text.start + end)
                for start, end in spans
            )
            found.append(ValueOrigin(text.message, text.role, how, placed))
    return tuple(found)


_Spans = tuple[tuple[int, int], ...]


def _in_text(value: str, text: Text) -> tuple[Derivation, _Spans] | None:
    prepared = _prepare(text.content[:MAX_TEXT])
    exact = _whole_words(value, prepared.content)
    if exact is not None:
        return Derivation.EXACT, (exact,)
    words = words_of(value)
    if words and f" {words} " in prepared.words:
        start = prepared.words.index(f" {words} ")
        begin = len(prepared.words[:start].replace(" ", ""))
        return Derivation.NORMALISED, (prepared.span(begin, len(words.replace(" ", ""))),)
    squeezed = words.replace(" ", "")
    if text.principal:
        at = prepared.whole_words(squeezed) if len(squeezed) >= _MIN_LOOSE else -1
        return None if at < 0 else (Derivation.NORMALISED, (prepared.span(at, len(squeezed)),))
    return _loosely(value, squeezed, prepared)


def _loosely(value: str, squeezed: str, text: _Prepared) -> tuple[Derivation, _Spans] | None:
    if len(squeezed) < _MIN_LOOSE:
        return None
    at = text.squeezed.find(squeezed)
    if at >= 0:
        return Derivation.NORMALISED, (text.span(at, len(squeezed)),)
    for disguise in _disguises(squeezed):
        at = text.squeezed.find(disguise)
        if at >= 0:
            return Derivation.DECODED, (text.span(at, len(disguise)),)
    for start, end, decoded in text.decoded:
        if squeezed in decoded:
            return Derivation.DECODED, ((start, end),)
    for _, _, decoded in _decoded_value(value):
        if len(decoded) >= _MIN_LOOSE and (at := text.squeezed.find(decoded)) >= 0:
            return Derivation.DECODED, (text.span(at, len(decoded)),)
    pieces = _pieces(squeezed, text.squeezed)
    if pieces:
        return Derivation.RECOMBINED, tuple(text.span(at, size) for at, size in pieces)
    return None


def _whole_words(value: str, content: str) -> tuple[int, int] | None:
    """Find ``value`` where it is not a part of a longer word or number."""
    at = content.find(value)
    while at >= 0:
        end = at + len(value)
        glued = (at > 0 and content[at - 1].isalnum() and value[0].isalnum()) or (
            end < len(content) and content[end].isalnum() and value[-1].isalnum()
        )
        if not glued:
            return at, end
        at = content.find(value, at + 1)
    return None


@lru_cache(maxsize=8192)
def words_of(text: str) -> str:
    """Return the letters and digits of ``text``, folded, one space between words."""
    return " ".join(_WORD.findall(fold(text)))


_WORD: Final = re.compile(r"[^\W_]+")


class _Prepared:
    """A text, and the forms of it that are searched."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.words = f" {words_of(content)} "
        self.squeezed = self.words.replace(" ", "")
        self.decoded = tuple(_decoded(content))
        self._offsets: list[int] | None = None

    def whole_words(self, squeezed: str) -> int:
        """Find words that, written together, are ``squeezed`` ("Ann Lee" for annlee), or -1."""
        at = self.squeezed.find(squeezed)
        while at >= 0:
            if {at, at + len(squeezed)} <= self._seams:
                return at
            at = self.squeezed.find(squeezed, at + 1)
        return -1

    @cached_property
    def _seams(self) -> frozenset[int]:
        """Where words begin and end in the squeezed form."""
        ends = itertools.accumulate(len(word) for word in self.words.split())
        return frozenset((0, *ends))

    def span(self, at: int, size: int) -> tuple[int, int]:
        """Turn a stretch of the squeezed form into one of the text."""
        if self._offsets is None:
            # Folding can change how many characters there are: each one's share is counted.
            self._offsets = [
                position
                for position, char in enumerate(self.content)
                for _ in words_of(char).replace(" ", "")
            ]
        last = len(self._offsets) - 1
        if last < 0:
            return 0, len(self.content)
        return self._offsets[min(at, last)], self._offsets[min(at + size - 1, last)] + 1


@lru_cache(maxsize=2048)
def _prepare(content: str) -> _Prepared:
    return _Prepared(content)


def _disguises(squeezed: str) -> Iterator[str]:
    yield codecs.encode(squeezed, "rot13")
    yield squeezed[::-1]


_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:]?){4,}")
_TOKEN: Final = re.compile(r"\S+")
_ENTITY: Final = re.compile(r"(?:&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);\w*)+")


def _decoded(content: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and the squeezed decoding of stretches that decode to text."""
    for pattern, decode in (
        (_TOKEN, unquote), (_ENTITY, html.unescape), (_HEX, _from_hex), (_BASE64, _from_base64),
    ):  # fmt: skip
        for match in pattern.finditer(content):
            plain = decode(match[0])
            if plain and plain != match[0]:
                yield match.start(), match.end(), words_of(plain).replace(" ", "")


@lru_cache(maxsize=256)
def _decoded_value(value: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(_decoded(value))


def _from_hex(text: str) -> str:
    try:
        return bytes.fromhex(text.replace(":", "")).decode("utf-8")
    except ValueError:
        return ""


def _from_base64(text: str) -> str:
    body = text.rstrip("=").replace("-", "+").replace("_", "/")
    for decode in (base64.b64decode, base64.b32decode):
        width = 4 if decode is base64.b64decode else 8
        try:
            plain = decode(body + "=" * (-len(body) % width)).decode("utf-8")
        except (binascii.Error, ValueError):
            continue
        if plain.isprintable() or not plain.strip().isascii():
            return plain
    return ""


def _pieces(squeezed: str, text: str) -> list[tuple[int, int]]:
    """Cover ``squeezed`` with pieces of ``text``, the longest first from the left.

    Returns:
        Where the pieces stand in ``text``, and their lengths; none if it cannot be covered.
    """
    pieces: list[tuple[int, int]] = []
    at = 0
    limit = max(MAX_PIECES, len(squeezed) // 24)  # long values may have more seams
    while at < len(squeezed):
        low, high = 0, len(squeezed) - at
        where = -1
        while low < high:
            middle = (low + high + 1) // 2
            position = text.find(squeezed[at : at + middle])
            if position >= 0:
                low, where = middle, position
            else:
                high = middle - 1
        if low < min(MIN_PIECE, len(squeezed)) or len(pieces) == limit:
            return []
        pieces.append((where, low))
        at += low
    return pieces
