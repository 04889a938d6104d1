"""Text as the eye reads it, with the way back to the text as it is.

A word can be written so that it looks the same and compares different: letters of other alphabets,
compatibility forms, accents, characters that show nothing. `skeleton` takes all of that off. What
is found in it is reported where it stands in the original, through `Derived.span`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import Final, TypeAlias

Piece: TypeAlias = tuple[int, int, int, int]
"""A stretch that differs: where it begins and ends in the derived text, and in the source."""


class Derived:
    """A text made from another one, and where each stretch of it came from.

    Args:
        text: The derived text.
        pieces: Returns the stretches that differ, in order; between them both texts are the same.
            Called once, and only where something was found.
    """

    def __init__(self, text: str, pieces: Callable[[], list[Piece]]) -> None:
        self.text = text
        self._find_pieces = pieces

    @cached_property
    def _pieces(self) -> list[Piece]:
        return self._find_pieces()

    @cached_property
    def _starts(self) -> list[int]:
        return [piece[0] for piece in self._pieces]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the source that a stretch of the text, not empty, came from."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        if first >= 0:
            _, piece_end, source_start, source_end = self._pieces[first]
            start = source_start if start < piece_end else source_end + start - piece_end
        if last >= 0:
            _, piece_end, _, source_end = self._pieces[last]
            end = source_end + max(end - piece_end, 0)
        return start, end

    def differs(self, start: int, end: int) -> bool:
        """Whether any of a stretch, or what stands right at its ends, is not as in the source."""
        number = bisect_right(self._starts, end) - 1
        return number >= 0 and self._pieces[number][1] >= start


def derive(text: str, changes: re.Pattern[str], change: Callable[[str], str]) -> Derived:
    """Return ``text`` with each match of ``changes`` replaced.

    Args:
        text: The source.
        changes: What is to be replaced.
        change: Called with what was matched; what it returns unchanged stays as it is.
    """
    return Derived(
        changes.sub(lambda match: change(match[0]), text), lambda: _pieces(text, changes, change)
    )


def _pieces(text: str, changes: re.Pattern[str], change: Callable[[str], str]) -> list[Piece]:
    pieces: list[Piece] = []
    shift = 0
    for match in changes.finditer(text):
        new = change(match[0])
        if new != match[0]:
            start, end = match.span()
            pieces.append((start + shift, start + shift + len(new), start, end))
            shift += len(new) - (end - start)
    return pieces


_LOOKALIKES: Final = {
    "a": "аАαΑɑᴀ⍺ᎪꓮⲀ", "b": "ВΒʙᏴꓐЬƅᏏ", "c": "сСϲϹᴄꓚᏟⲥᏨ", "d": "ԁᴅɗᎠꓓᏧԀ", "e": "еЕΕεєЄҽᴇᎬꓰ℮ɛ",
    "f": "ꞙꓝϝᖴғ", "g": "ɡցԍɢᏀꓖᶃ", "h": "һНΗհʜᎻꓧᏂҺ", "i": "іІιΙıɪᎥꓲⲓɩ", "j": "јЈϳᴊꓙᎫ",
    "k": "кКκΚᴋꓗᏦⲕ", "l": "ӏӀʟᏞꓡⳑ", "m": "мМΜᴍᎷꓟⲙᗰ", "n": "ΝոɴꓠηпᑎⲚ", "o": "оОοΟօᴏσՕꓳⲟס",
    "p": "рРρΡᴘᏢꓑⲣ", "q": "ԛգ", "r": "гᴦʀᎡᏒꓣⲅᖇ", "s": "ѕЅꜱᏚꓢՏƽʂ", "t": "тТτΤᴛᎢꓔⲧ", "u": "υսᴜꓴʋՍцᑌ",
    "v": "ѵѴνᴠᏙꓦ", "w": "ѡԝԜᴡᎳꓪաɯ", "x": "хХχΧꓫⲭ᙭", "y": "уУγΥүҮʏꓬᎩყ", "z": "ᴢΖᏃꓜ",
    "<": "‹❮˂ᐸ〈⟨❬❰", ">": "›❯˃ᐳ〉⟩❭❱", "|": "ǀ│┃∣❘⏐¦׀", ":": "ː꞉∶׃։˸", "[": "【〔⟦", "]": "】〕⟧",
    "#": "♯", "/": "∕⁄", "-": "‐‑‒–—−", '"': "“”„", "'": "‘’ʼ",
    "\n": "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029",
}  # fmt: skip
_KNOWN: Final = {like: plain for plain, group in _LOOKALIKES.items() for like in group}
_CHANGES: Final = re.compile(r"[^\n\t\x20-\x7e]")
_SHOWS_NOTHING: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


class _Table(dict[int, str]):
    """Each character's plain form by its number, worked out when it is first met."""

    def __missing__(self, number: int) -> str:
        char = chr(number)
        plain = char
        if char in _KNOWN:
            plain = _KNOWN[char]
        elif char in _SHOWS_NOTHING or unicodedata.category(char) in ("Cf", "Cc", "Mn", "Me"):
            plain = ""
        elif number > 127:
            plain = "".join(
                _KNOWN.get(one) or _KNOWN.get(one.lower(), one)
                for one in unicodedata.normalize("NFKD", char)
                if unicodedata.category(one) not in ("Mn", "Me", "Cf")
            )
        if len(self) < 70_000:  # a text can hold a million different characters
            self[number] = plain
        return plain


_TABLE: Final = _Table({10: "\n", 9: "\t"})


def skeleton(text: str) -> Derived:
    """Return ``text`` with look-alikes in ASCII, accents off, and nothing that does not show.

    >>> view = skeleton("ѕуstem\u200b: hé")
    >>> view.text, view.span(0, 6)
    ('system: he', (0, 6))
    """
    return Derived(
        text.translate(_TABLE), lambda: _pieces(text, _CHANGES, lambda char: _TABLE[ord(char)])
    )
