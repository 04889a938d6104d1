"""Rules about words: those that must or must not be said, and how an answer begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from adhere.extract.extracted import Kind
from adhere.extract.reading import (
    NUMBER,
    Hit,
    Reading,
    bounds,
    compiled,
    mark_of,
    matches,
    number_of,
    polarity_of,
    slug,
    wished,
)
from adhere.extract.sentences import Clause
from adhere.resolve import Values, between, one_of

_QUOTED: Final = compiled(r"\"([^\"]{1,80})\"|(?:^|[\s(,])'([^']{1,60})'|`([^`]{1,60})`")
_WORDS: Final = compiled(
    r"\b(?:include|mention(?:ing)?|contain(?:s|ing)?|use|using|say(?:ing)?|add|incorporate|"
    r"write|employ|have|has|respond with|includ(?:es|ing)|insert|put|with (?:the|these)|avoid|"
    r"omit|exclude|skip|without)\b"
    r"(?: (?:any of|all of|both|each of|either|one of|the|any|a|an|following|these|and|this|"
    r"exact|special|single|at|least|only|in|your|response|answer|text|story|poem|essay|"
    r"following:))*"
    r" ?(?P<noun>\b(?:key ?words?|words?|phrases?|terms?|hash ?tags?|sentence|line|expression|"
    r"name|sayings?)\b)(?P<rest>.*)"
)
_DIRECT: Final = compiled(
    r"\b(?:mention(?:ing)?|include|say(?:ing)?|use|using|write|writing|add|respond with|"
    r"reply with|answer with)(?: (?:always|the|just|only|exactly|at least|once|a|following|"
    r"exact))* (?P<rest>[\"'`].*)"
)
_APPEARS: Final = compiled(
    r"\b(?:key ?)?(?:words?|phrases?|terms?) (?P<words>(?:[\"'`][^\"'`]{1,60}[\"'`]|\S+)(?:(?:,|"
    r" and| or|, and) [\"'`]?[\w-]{2,30}[\"'`]?){0,6}) (?:should |must |needs? to |has to |"
    r"have to |can |may |to |shall )?(?:not |only )?(?:appears?|be used|be included|"
    r"be mentioned|be contained|occurs?|is used|are used|used|show up)\b(?P<rest>.{0,60})"
)
_SIGNS: Final = compiled(
    rf"\b(?:(?P<relation>at least|at most|less than|more than|fewer than|no more than|exactly|"
    rf"a total of|a minimum of) )?(?P<number>{NUMBER})(?P<after> or (?:more|less|"
    rf"fewer))? (?:\S+ )?(?P<sign>exclamation marks?|question marks?|hash ?tags?|quotes|"
    rf"semicolons?)\b.{{0,30}}"
)
_TIMES: Final = compiled(
    rf"\b(?:(?P<relation>at least|at most|less than|more than|fewer than|no more than|exactly|"
    rf"a minimum of|not more than) )?(?:(?P<often>once|twice|thrice)\b|"
    rf"(?P<number>{NUMBER})(?P<after> or (?:more|less|fewer))? times\b)"
)
_LETTER: Final = compiled(
    r"\bletters? ['\"`]?(?P<letter>[a-z#!])['\"`]?(?:\W).{0,60}|"
    r"\b['\"`](?P<sign>[a-z])['\"`] (?:should|must|to) .{0,40}"
)
_EDGES: Final = compiled(
    r"\b(?P<edge>end(?:ing|s)?|finish(?:ing)?|conclude|close|begin(?:ning)?|start(?:ing|"
    r"s)?)\b(?: (?:your|the|it|this|each|entire|whole|response|answer|letter|reply|message|"
    r"email|essay|paragraph|up|out|off|with|by|exactly|saying|exact|phrase|word|words|sentence|"
    r"a|following|:|in))*? with (?P<what>.{2,160})"
)
_LAST: Final = compiled(
    r"\b(?P<place>last|final|first) (?:sentence|word|words|line|"
    r"phrase)\b.{0,40}?\b(?:should|must|has to|needs to)(?: exactly)? be\b(?P<what>.{2,160})"
)
_REPEAT: Final = compiled(
    r"\b(?:first,? )?(?:repeat|copy|restate)(?:ing)? (?:\S+ ){0,4}?(?:request|prompt|question|"
    r"sentence|instructions?|query|statement)\b.{0,80}|"
    r"\bdo not (?:say|output|write|answer|add) (?:any|anything|the).{0,40}\b(?:before|"
    r"yet)\b.{0,30}"
)
_POSTSCRIPT: Final = compiled(r"\b(?:post ?script|p\.? ?p?\.? ?s\b\.?).{0,40}")
_CHOICE: Final = compiled(
    r"\b(?:answer|respond|reply|choose|choosing|pick|"
    r"say)\b.{0,40}\b(?:one of the (?:following|options)|from the following|"
    r"with exactly one)\b.{0,120}"
)
_NO_OTHER: Final = compiled(
    r"\bno (?:other|more|further|additional) (?:words?|text|phrases?|"
    r"response)\b.{0,60}|\bnothing (?:else )?(?:after|should follow)\b.{0,40}"
)


def wording(reading: Reading) -> Iterator[Hit]:
    """``word.NAME``: how often a word is said; ``begins``, ``ends``: with which words."""
    taken: list[tuple[int, int]] = []
    for pattern in (_LAST, _EDGES, _REPEAT, _NO_OTHER, _CHOICE, _POSTSCRIPT, _SIGNS, _LETTER):
        for clause, match, start, end in matches(reading, pattern):
            if not any(start < b and a < end for a, b in taken):
                for hit in _one(pattern, reading, clause, match, start, end):
                    taken.append((start, end))
                    yield hit
    for clause, match, start, end in matches(reading, _APPEARS):
        if any(start < b and a < end for a, b in taken) or match["words"].casefold() in (
            "with",
            "in",
        ):
            continue
        taken.append((start, end))
        forbidden = clause.negated or " not " in match[0]
        for word in _listed(match["words"], "")[:12]:
            allowed = _times(match["rest"], negated=forbidden)
            yield Hit(
                Kind.WORDING,
                f"word.{word.casefold()}",
                allowed,
                start,
                end,
                "forbid" if forbidden else "require",
            )
    for pattern in (_WORDS, _DIRECT):
        for clause, match, start, end in matches(reading, pattern):
            if any(start < b and a < end for a, b in taken):
                continue
            taken.append((start, end))
            yield from _said(reading, clause, match, start, end)


def _one(
    pattern: Any, reading: Reading, clause: Clause, match: Any, start: int, end: int
) -> Iterator[Hit]:
    said = match.groupdict()
    if pattern is _LAST:
        key = "begins" if said["place"].casefold() == "first" else "ends"
        yield Hit(Kind.WORDING, key, one_of(mark_of(_first_quoted(said["what"]))), start, end)
    elif pattern is _EDGES:
        if clause.verb in ("mark", "highlight") or "section" in match[0][:40].casefold():
            return
        key = "begins" if said["edge"].casefold().startswith(("b", "s")) else "ends"
        polarity = polarity_of(reading, clause, start)
        yield Hit(
            Kind.WORDING,
            key,
            wished(mark_of(_first_quoted(said["what"])), polarity),
            start,
            end,
            polarity,
        )
    elif pattern is _REPEAT:
        if clause.asked == "modal":
            return
        if clause.negated:
            yield Hit(Kind.WORDING, "begins", one_of("the request"), start, end, "forbid")
        else:
            yield Hit(Kind.WORDING, "begins", one_of("the request"), start, end)
    elif pattern is _NO_OTHER:
        yield Hit(Kind.WORDING, "word.others", between(0, 0), start, end, "forbid")
    elif pattern is _CHOICE:
        yield Hit(Kind.WORDING, "word.choice", one_of(True), start, end)
    elif pattern is _POSTSCRIPT:
        yield Hit(Kind.WORDING, "ends", one_of("postscript"), start, end)
    elif pattern is _SIGNS:
        allowed = bounds(
            said["relation"] or "",
            number_of(said["number"]),
            said["after"] or "",
            negated=clause.negated,
        )
        yield Hit(Kind.WORDING, f"word.{slug(said['sign'].rstrip('s'))}", allowed, start, end)
    else:
        letter = said["letter"] or said["sign"]
        yield Hit(
            Kind.WORDING,
            f"letter.{letter.casefold()}",
            _times(match[0], negated=clause.negated),
            start,
            end,
        )


def _said(reading: Reading, clause: Clause, match: Any, start: int, end: int) -> Iterator[Hit]:
    polarity = polarity_of(reading, clause, start)
    if match[0].casefold().startswith("without"):
        polarity = "forbid"
    noun = (match.groupdict().get("noun") or "").casefold()
    for word in _listed(match["rest"], noun)[:12]:
        allowed = between(0, 0) if polarity == "forbid" else _times(match["rest"], negated=False)
        yield Hit(Kind.WORDING, f"word.{word.casefold()}", allowed, start, end, polarity)


def _times(words: str, *, negated: bool) -> Values:
    """Return how often, where words say so; at least once where they do not."""
    match = _TIMES.search(words)
    if not match:
        return between(0, 0) if negated else between(1, None)
    number = number_of(match["often"] or match["number"])
    if not match["relation"] and not match["after"]:
        return between(number, None)
    return bounds(match["relation"] or "", number, match["after"] or "", negated=negated)


def _first_quoted(words: str) -> str:
    match = _QUOTED.search(words)
    return next(one for one in match.groups() if one) if match else words


_STOP: Final = compiled(
    r"\b(?:in|at|throughout|within|more|less|exactly|somewhere|anywhere|for|should|must|when|as|"
    r"that|to|on|with)\b.*|[.;:()].*"
)


def _listed(rest: str, noun: str) -> list[str]:
    """Return the words of a list: those in quotation marks, or else all up to the next phrase."""
    quoted = [next(one for one in match.groups() if one) for match in _QUOTED.finditer(rest)]
    if quoted:
        return [" ".join(one.split()).strip(" .,!?") or one for one in quoted]
    plain = _STOP.sub("", rest.lstrip(": ")).strip()
    parts = [
        part.strip(" .,'\"") for part in plain.replace(" and ", ",").replace(" or ", ",").split(",")
    ]
    words = [part.removeprefix("and ").removeprefix("or ").strip() for part in parts if part]
    if noun.startswith(("phrase", "sentence", "saying", "expression")):
        return words[:1]
    return [word for word in words if 0 < len(word.split()) <= 3]
