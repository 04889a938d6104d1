"""Characters that show nothing, where writing does not need them.

Emoji, Indic and Arabic writing, text from right to left and typesetting use such characters all
the time, and none of that is reported. What is left has two uses: to break up a word so that a
filter misses it, and to carry a text that only a machine reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

HiddenKind: TypeAlias = Literal["tags", "selectors", "broken_word", "run", "direction"]


class Hidden(msgspec.Struct, frozen=True, gc=False):
    """A stretch of characters that show nothing and have no business where they stand.

    Attributes:
        kind: ``tags`` and ``selectors`` carry a text; ``broken_word`` stands inside a Latin word;
            ``run`` is a row of four or more; ``direction`` turns Latin text around.
        start: First character.
        end: One past the last.
        text: The text it carries, if any.
    """

    kind: HiddenKind
    start: int
    end: int
    text: str = ""


_TAGS: Final = "\U000e0001\U000e0020-\U000e007f"
_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_ZERO_WIDTH: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064"
    "\u206a-\u206f\u3164\ufeff\uffa0"
)
_TURNS: Final = "\u202b\u202d\u202e\u2067"
"""Right-to-left embedding, both overrides, right-to-left isolate."""
_RUNS: Final = re.compile(
    f"(?P<tags>[{_TAGS}]+)|(?P<selectors>[{_SELECTORS}]+)|(?P<zero>[{_ZERO_WIDTH}]+)"
    f"|(?P<turn>[{_TURNS}])"
)
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_FLAG: Final = "\U0001f3f4"
_OVERRIDES: Final = "\u202d\u202e"
_OFTEN_TYPESET: Final = "\u00ad"  # a soft hyphen is where a word may be broken
_LONG_RUN: Final = 4


def hidden_characters(text: str) -> Iterator[Hidden]:
    r"""Yield each stretch of invisible characters that writing does not need, in order.

    >>> [found.kind for found in hidden_characters("i\u200bgnore, na\u00advely, \u2764\ufe0f")]
    ['broken_word']
    """
    if text.isascii():
        return
    turns_needed: bool | None = None
    for match in _RUNS.finditer(text):
        start, end = match.span()
        before, after = text[start - 1 : start], text[end : end + 1]
        if match["tags"]:
            if before != _FLAG or not match[0].endswith("\U000e007f"):
                yield Hidden("tags", start, end, _from_tags(match[0]))
        elif match["selectors"]:
            if end - start > 1 or (before and before.isascii() and before not in "0123456789#*"):
                yield Hidden("selectors", start, end, _from_selectors(match[0]))
        elif match["zero"]:
            if end - start >= _LONG_RUN and set(match[0]) != {"\u3164"}:
                yield Hidden("run", start, end)
            elif match[0] != _OFTEN_TYPESET and _is_latin(before) and _is_latin(after):
                yield Hidden("broken_word", start, end)
        else:
            if turns_needed is None:
                turns_needed = _RIGHT_TO_LEFT.search(text) is not None
            if match[0] in _OVERRIDES or not turns_needed:
                yield Hidden("direction", start, end)


def _is_latin(char: str) -> bool:
    return char.isalpha() and (char.isascii() or unicodedata.name(char, "").startswith("LATIN "))


def _from_tags(tags: str) -> str:
    return "".join(chr(ord(tag) - 0xE0000) for tag in tags if 0xE0020 <= ord(tag) < 0xE007F)


def _from_selectors(selectors: str) -> str:
    """Each selector stands for a byte; where the bytes are no text, nothing is carried."""
    numbers = [ord(one) - 0xFE00 if ord(one) < 0x10000 else ord(one) - 0xE00F0 for one in selectors]
    try:
        return bytes(numbers).decode()
    except UnicodeDecodeError:
        return ""
