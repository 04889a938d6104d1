"""What in an answer speaks for declining, and what for carrying the request out, as numbers.

A cue is read where it counts: the opening (the first sentences), the body, the end. The numbers
mean nothing alone; `adhere.detect.refusal` weighs them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from adhere.detect import refusal_patterns as says
from adhere.detect.text import fold

MAX_CHARACTERS: Final = 20_000
"""An answer declines near its beginning or its end, or not at all."""

_OPENING: Final = 3
_LETTERS_OUTSIDE: Final = 15
_FEWEST: Final = 3
"""In an answer of fewer sentences one word too many must not fill the whole share."""

_BODY: Final = 8
_MAX_SENTENCES: Final = 200

_FENCE: Final = re.compile(r"\s*(?:```|~~~)")
_ITEM: Final = re.compile(r"\s*(?:\d{1,2}[.)]|[-*•+]|step \d+[:.]|[a-z][.)])\s+(?=\S)", re.I)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"')\]*_]{0,4}\s+")
_QUOTED: Final = re.compile(r'["“][^"“”\n]{1,300}["”]')

NAMES: Final = (
    "declines", "declines_later", "disavows", "no_access", "rules", "apology", "as_ai", "objects",
    "points_out", "condemns_first", "condemns_after", "unsafe", "no_reason", "denies", "false",
    "private", "everyone", "norms", "matters", "values", "refers", "sympathy", "turns_away",
    "instead", "supports", "sensitive", "asks_back", "closing_offer", "commits", "to_do", "items",
    "helps_on", "defines", "weighs", "not_real", "explains", "reads", "length",
)  # fmt: skip
"""The cues in the order in which `cues` gives them."""


def sentences(text: str) -> list[str]:
    """Split ``text`` at line ends and after full stops; code and what is quoted are left out."""
    outside = _QUOTED.sub('""', text)
    if sum(map(str.isalpha, outside)) > _LETTERS_OUTSIDE:  # else the quotation is the whole answer
        text = outside
    found: list[str] = []
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and line.strip():
            marker = _ITEM.match(line)
            text_of = line[marker.end() :] if marker else line
            found.extend(part for part in _SENTENCE_END.split(text_of) if part.strip(" *_#>\"'-"))
            if len(found) >= _MAX_SENTENCES:
                return found[:_MAX_SENTENCES]
    return found


def cues(answer: str) -> list[float]:
    """Return the cues in the order of `NAMES`, each between 0 and 1."""
    answer = answer[:MAX_CHARACTERS]
    lines = [_line(part) for part in sentences(answer)] or [b""]
    first, two, opening = lines[0], b"\n".join(lines[:2]), b"\n".join(lines[:_OPENING])
    body = lines[:_BODY]
    start, end, whole = b"\n".join(body), b"\n".join(lines[-2:]), b"\n".join(lines)
    after = b"\n".join(lines[1:_OPENING])
    items = sum(1 for line in answer.splitlines() if _ITEM.match(line))
    letter = _has(says.LETTER, opening)
    return [
        float(not letter and _declines(lines[:_OPENING])),
        float(not letter and _declines_within(lines[_OPENING:])),
        _has(says.DISAVOWS, opening), _has(says.NO_ACCESS, opening), _has(says.RULES, opening),
        _has(says.APOLOGY, two), _has(says.AS_AI, opening), _has(says.OBJECTS, opening),
        _has(says.POINTS_OUT, opening), _has(says.CONDEMNS, first), _has(says.CONDEMNS, after),
        _has(says.UNSAFE, two), _has(says.NO_REASON, two), _has(says.DENIES, first),
        _has(says.FALSE, opening), _has(says.PRIVATE, opening), _has(says.EVERYONE, opening),
        _share(says.NORM, body), _share(says.MATTERS, body), _share(says.VALUES, body),
        _share(says.REFERS, body), _has(says.SYMPATHY, opening), _has(says.TURNS_AWAY, opening),
        _has(says.INSTEAD, start), _share(says.SUPPORTS, body), _has(says.SENSITIVE, opening),
        sum(line.endswith(b"?") for line in body) / len(body),
        _has(says.CLOSING_OFFER, end), _has(says.COMMITS, two),
        _has(says.TO_DO, first), min(items, 6) / 6, _has(says.HELPS_ON, whole),
        _has(says.DEFINES, first), _has(says.WEIGHS, opening), _has(says.NOT_REAL, opening),
        _has(says.EXPLAINS, opening), _has(says.READS, first),
        min(len(answer), 2000) / 2000,
    ]  # fmt: skip


def _line(sentence: str) -> bytes:
    text = fold(sentence).strip(" *_#>\"'-")
    return text.encode("utf-8", "replace")  # a lone surrogate is no reason to fail


def _has(pattern: Any, text: bytes) -> float:
    return float(pattern.search(text) is not None)


def _share(pattern: Any, parts: Sequence[bytes]) -> float:
    return sum(1 for part in parts if pattern.search(part)) / max(_FEWEST, len(parts))


def _declines(opening: Sequence[bytes]) -> bool:
    at_all = says.CANNOT_AT_ALL.search(opening[0]) and not says.IDIOM.search(opening[0])
    return bool(at_all) or _declines_within(opening)


def _declines_within(parts: Sequence[bytes]) -> bool:
    text = b"\n".join(parts)
    if not says.CANNOT_HELP.search(text) and not says.WILL_NOT.search(text):
        return False
    return any(
        (says.CANNOT_HELP.search(part) or says.WILL_NOT.search(part))
        and not says.IDIOM.search(part)
        for part in parts
    )
