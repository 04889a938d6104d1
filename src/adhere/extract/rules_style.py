"""Rules about the answer's language and length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adhere.extract.extracted import Kind
from adhere.extract.languages import CODES
from adhere.extract.reading import (
    NUMBER,
    Hit,
    Reading,
    bounds,
    compiled,
    is_negated,
    matches,
    number_of,
    polarity_of,
    wished,
)
from adhere.resolve import between, one_of

_NAMES: Final = "|".join(sorted(CODES, key=len, reverse=True))
_LANGUAGE: Final = compiled(
    rf"\b(?:(?:written|writing|speak(?:ing)?|use|using|answers?|respond|reply|only|entirely|all|"
    rf"completely|fully|is|be|it|text|in|language:) )?(?:(?:in|use|using|speak(?:ing)?)\s+)"
    rf"(?:only |entirely |just |completely |all |fully |plain |the |fluent |proper |simple |"
    rf"formal |"
    rf"both )*(?P<name>{_NAMES})\b(?P<after>(?: language| words| text| script)?(?: only)?)"
)
_NAMED_BEFORE: Final = compiled(
    rf"\b(?:only (?:the )?(?P<only>{_NAMES})|(?:the )?(?P<name>{_NAMES})(?: language)? (?:only|"
    rf"is "
    rf"(?:allowed|permitted)|language should be used)|language: ?(?P<label>{_NAMES}))\b"
)
_NOT_THE_ANSWER: Final = compiled(
    r"(?:translat\w*|taught|classes?|class|learn\w*|fluen\w*|stud\w+|spoken|major\w*|interested|"
    r"grammar|word|called|teacher|expert|from|degree|background)(?:\s+\S+){0,6}\s*$"
)
"""Before the name of a language: what the text is about, or what it is translated from or into."""


def language(reading: Reading) -> Iterator[Hit]:
    """``language``, by its code: "entirely in Finnish", "only use German", "French only"."""
    for pattern in (_LANGUAGE, _NAMED_BEFORE):
        for clause, match, start, end in matches(reading, pattern):
            name = next(value for value in match.groupdict().values() if value in _spellings(value))
            before = reading.text[clause.start : start]
            if _NOT_THE_ANSWER.search(before):
                continue
            polarity = polarity_of(reading, clause, start)
            if "only" in match[0].casefold() and clause.verb not in ("use", "speak"):
                polarity = "require"
            yield Hit(
                Kind.LANGUAGE, "language", wished(CODES[name.casefold()], polarity), start, end,
                polarity,
            )  # fmt: skip


def _spellings(value: str | None) -> tuple[str, ...]:
    return (value,) if value and value.casefold() in CODES else ()


_UNIT: Final = (
    r"(?P<unit>words?|sentences?|paragraphs?|characters?|letters long|lines?|sections?|bullet "
    r"?points?|bullets?|items?|stanzas?|verses?|pages?|tokens?|responses|answers|parts|chapters?|"
    r"steps|points|ideas|examples|suggestions|tips|reasons|questions)"
)
_BEFORE: Final = (
    r"(?P<before>(?:(?:has|have|having|be|is|contain(?:s|ing)?|with|use|using|write|of|in|into|"
    r"keep\w*|should|must|include|provide|give|list|generate|create|make|answer|than|to|a|the|"
    r"limit\w*|around|about) )*?(?:(?:a )?(?:minimum|maximum|total|limit) of|at least|at most|"
    r"no (?:more|less|fewer|longer) than|not (?:more|less|fewer|exceed(?:ing)?)(?: than)?|"
    r"(?:more|less|fewer|longer|shorter) than|under|over|above|below|exactly|around|about|"
    r"approximately|roughly|within|up to|only|precisely|just|exceed(?:ing)?|"
    r"limit(?:ed)? (?:\S+ ){0,4}?"
    r"to|maximum|minimum|max|min) )"
)
_AFTER: Final = r"(?P<after>(?: or |-or-)(?:more|less|fewer|above|under|below|longer|shorter)|\+)?"
_ADJECTIVES: Final = (
    r"(?:(?:different|short|long|distinct|separate|full|complete|concise|main|key|unique|"
    r"numbered|total|English|small|brief|or so|well-\w+) ){0,2}"
)

_COUNTED: Final = compiled(
    rf"\b{_BEFORE}(?P<number>{NUMBER}){_AFTER}[ -]{_ADJECTIVES}{_UNIT}\b"
    r"(?P<late>(?: or (?:more|less|fewer))?)"
)
_BARE: Final = compiled(
    rf"\b(?:in|with|into|down to|of|have|has|having|contains?|containing|be|includes?|use|write|"
    rf"give|provide|"
    rf"list|long as|exactly|as) (?:a )?(?P<number>{NUMBER}){_AFTER}[ -]{_ADJECTIVES}{_UNIT}\b"
    r"(?P<late>(?: or (?:more|less|fewer)| (?:max(?:imum)?|min(?:imum)?|at most|at least|long))?)"
)
_EITHER: Final = compiled(
    rf"\b(?:between )?(?P<low>{NUMBER})(?: ?(?:-|to|and|"
    rf"or) ?)(?P<high>{NUMBER})[ -]{_ADJECTIVES}{_UNIT}\b"
)
_HYPHENATED: Final = compiled(
    rf"\b(?P<number>{NUMBER})(?P<after>\+)?[- ](?P<unit>word|sentence|"
    rf"paragraph|line|page|character)\b"
)
_VAGUE: Final = compiled(
    r"\b(?:(?:very |extremely |as )?(?P<short>brief(?:ly)?|short(?:er)?|concise(?:ly)?|"
    r"succinct(?:ly)?|terse(?:ly)?|to the point)|"
    r"(?:very |more )?(?P<long>detailed|lengthy|long(?:er)?|comprehensive|in[- ]depth|"
    r"thorough(?:ly)?|in (?:\w+ )?detail|at length|verbose))\b"
    r"(?: (?:as possible|poem|essay|story|summary|answers?|responses?|reply|replies|article|"
    r"paragraph|description|explanation|\S+))?"
)
_UNITS: Final = {
    "bullet point": "bullets", "bullet points": "bullets", "bulletpoint": "bullets",
    "bulletpoints": "bullets", "bullet": "bullets", "letters long": "characters",
    "response": "answers", "responses": "answers",
}  # fmt: skip
_SET_APART: Final = ("highlight", "italicize", "italicise", "bold", "mark")
_MARKED: Final = compiled(r"^.{0,40}\bhighlighted\b")
_TOTAL: Final = compiled(
    rf"\b(?:number of (?P<unit>words|sentences|lines|paragraphs|characters)|(?P<count>word|line|"
    rf"sentence) count|length)\b.{{0,60}}?\b"
    rf"(?P<before>at least|at most|no more than|less than|more than|under|over|exactly|between|"
    rf"be|of|to|within|around|about) (?P<number>{NUMBER})"
    rf"(?:(?: to | and |-)(?P<high>{NUMBER}))?(?P<after> or (?:more|less|fewer)| words|"
    rf" characters)?"
)
_ABOUT_LENGTH: Final = frozenset(
    """
    be keep make write give provide respond answer reply explain describe create generate
    summarize compose draft produce have
    """.split()  # noqa: SIM905
) | {""}
"""Verbs whose object is the answer, so that "short" and "long" beside them are about it."""


def _unit(word: str) -> str:
    word = word.casefold()
    return _UNITS.get(word) or (word if word.endswith("s") else word + "s")


def length(reading: Reading) -> Iterator[Hit]:
    """``length.words`` and the like as ranges; ``length`` is short or long where nothing counts."""
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        if any(start < b and a < end for a, b in taken):
            return False
        taken.append((start, end))
        return True

    for _, match, start, end in matches(reading, _EITHER):
        if free(start, end):
            low, high = sorted((number_of(match["low"]), number_of(match["high"])))
            yield Hit(Kind.LENGTH, f"length.{_unit(match['unit'])}", between(low, high), start, end)
    for _, match, start, end in matches(reading, _TOTAL):
        if (unit := match["unit"] or match["count"]) and free(start, end):
            number = number_of(match["number"])
            allowed = bounds(match["before"], number, match["after"] or "")
            if match["high"]:
                allowed = between(number, max(number, number_of(match["high"])))
            yield Hit(Kind.LENGTH, f"length.{_unit(unit)}", allowed, start, end)
    for pattern in (_COUNTED, _BARE):
        for clause, match, start, end in matches(reading, pattern):
            said = match.groupdict()
            if (
                clause.verb in _SET_APART
                or _MARKED.match(reading.text[end:])
                or not free(start, end)
            ):
                continue
            allowed = bounds(
                said.get("before") or "", number_of(said["number"]),
                f"{said.get('after') or ''} {said.get('late') or ''}", negated=clause.negated,
            )  # fmt: skip
            if allowed.is_empty:
                continue
            yield Hit(Kind.LENGTH, f"length.{_unit(said['unit'])}", allowed, start, end)
    for _, match, start, end in matches(reading, _HYPHENATED):
        if free(start, end):
            allowed = bounds("", number_of(match["number"]), match["after"] or "")
            yield Hit(Kind.LENGTH, f"length.{_unit(match['unit'])}", allowed, start, end)
    for clause, match, start, end in matches(reading, _VAGUE):
        if clause.verb not in _ABOUT_LENGTH or end - clause.start > 60:
            continue
        if free(start, end):
            short = bool(match["short"]) != is_negated(reading, clause, start)
            allowed = one_of("short" if short else "long")
            yield Hit(Kind.LENGTH, "length", allowed, start, end)
