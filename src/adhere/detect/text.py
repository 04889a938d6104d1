"""Text as detectors compare it."""

from __future__ import annotations

import unicodedata
from typing import Final

_PUNCTUATION: Final = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "…": "..."}
)


def fold(text: str) -> str:
    """Return ``text`` so that look-alikes compare equal.

    Compatibility forms, case, typographic quotes and dashes, invisible format characters and runs
    of white space make no difference afterwards.

    >>> fold("I\u2019m  SO\\n sorry\u200b")
    "i'm so sorry"
    """
    if not text.isascii():
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
        # Case folding may undo a normal form, and a normal form may bring back a capital.
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        text = text.translate(_PUNCTUATION)
    return " ".join(text.casefold().split())
