"""Words and sentences of an answer, as verifiable instructions count them."""

from __future__ import annotations

import re
from typing import Final

import re2

_WORD: Final = re.compile(r"\w+")
_TOKEN: Final = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_ABBREVIATIONS: Final = {
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "inc", "ltd", "co", "corp",
    "vol", "fig", "approx", "dept", "est", "gen", "col", "lt", "capt", "sgt", "rev", "hon", "gov",
    "sen", "rep", "mt", "ave", "blvd", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep",
    "sept", "oct", "nov", "dec", "e.g", "i.e", "a.m", "p.m", "u.s", "u.k", "ph.d", "p.s", "p.p.s",
}  # fmt: skip
_END: Final = re2.compile(r"""([.?!…]+)["'”’)\]*_]*(?:\s+|$)""")


def count_words(text: str) -> int:
    """Count the runs of letters, digits and underscores.

    >>> count_words("It's 3 o'clock.")
    5
    """
    return len(_WORD.findall(text))


def capital_words(text: str) -> list[str]:
    """Return the words without a lower-case letter.

    >>> capital_words("I saw NASA's X-ray of the USS-1, U.S. property.")
    ['I', 'USS-1', 'U.S']
    """
    return [word for word in _TOKEN.findall(text) if word.isupper()]


def count_sentences(text: str) -> int:
    """Count the stretches that end in a full stop, a question or an exclamation mark.

    A full stop after an abbreviation or a single letter ends none; nor does one after a number, nor
    dots, where the text goes on in lower case. The number of a list item that goes on with a
    capital counts: so it does for those whose verdicts these are compared with.

    >>> count_sentences("Dr. Who? Well... maybe at 3.5 p.m. on Mars! The end")
    3
    """
    count, start = 0, 0
    for end in _END.finditer(text):
        following = text[end.end() : end.end() + 1]
        if following.islower() and end[1] in ("...", "…"):
            continue
        if following and end[1] == "." and _goes_on(text[start : end.start()], following):
            continue
        count += 1
        start = end.end()
    return count + bool(text[start:].strip())


def _goes_on(stretch: str, following: str) -> bool:
    last = stretch[-40:].rsplit(None, 1)[-1:]  # no abbreviation is longer
    word = last[0].lstrip("\"'([*_").lower() if last else ""
    if word.isdigit():
        return following.islower()
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha())
