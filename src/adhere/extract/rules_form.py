"""Rules about the answer's form."""

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
    is_negated,
    mark_of,
    matches,
    number_of,
    polarity_of,
    slug,
    switch,
    wished,
)
from adhere.resolve import between, one_of

_FORMS: Final = {
    "json": r"json",
    "xml": r"xml",
    "html": r"html",
    "yaml": r"yaml",
    "csv": r"csv|comma[- ]separated",
    "latex": r"latex",
    "table": r"tables?|tabular",
    "bullet_list": r"bullet(?:ed)?(?:[- ]?points?)?(?: lists?| form)?|bullets",
    "numbered_list": r"numbered lists?|ordered list",
    "list": r"list form(?:at)?",
    "code_block": r"code blocks?",
    "dialogue": r"dialog(?:ue)?",
    "questions_and_answers": r"q ?(?:&|and)? ?a|question[- ]and[- ]answer",
    "plain_text": r"plain ?text(?: message)?",
    "markdown": r"markdown",
    "letter": r"letter",
    "email": r"e-?mail",
}
_FORM_NAMES: Final = "|".join(
    f"(?P<{name}>{words})" for name, words in _FORMS.items() if name not in ("letter", "email")
)
_FORM: Final = compiled(
    rf"\b(?:in|as|into|using|use|with|return|output|respond|reply|answer|format(?:ted)?|produce|"
    rf"be|is|"
    rf"create|generate|provide|give|valid|basic|without|no|not|contain|include|only|standard|"
    rf"write)"
    rf"(?:\s+(?:it|them|me|just|only|with|as|in|a|an|the|valid|well-formed|proper|pure|raw|"
    rf"simple|basic|"
    rf"any|form|of|to|your|entire|whole|output|answers?|responses?|list|format|short|single|"
    rf"standard|"
    rf"using|use|bulleted|user|\d+|{NUMBER}|exactly|at|least|following|"
    rf"strict))*\s+(?:{_FORM_NAMES})"
    r"(?: (?:format(?:ting)?|form|list|object|syntax|output|bullet points|ticks))?\b"
)
_SWITCHES: Final[tuple[tuple[str, Any], ...]] = (
    ("commas", compiled(r"\bcommas?\b")),
    ("emoji", compiled(r"\bemojis?\b|\bemoticons?\b")),
    ("quotes", compiled(r"\bquotes\b")),
    (
        "title",
        compiled(
            r"\btitle\b.{0,40}(?:angular|angle) brackets?.*|\bdouble (?:angular|"
            r"angle) brackets?\b.*"
        ),
    ),
    (
        "wrapped_in_quotes",
        compiled(
            r"\b(?:wrap\w*|enclose\w*|surround\w*|put|inside|within|in|"
            r"with)\b.{0,50}\b(?:double )?(?:quotation marks?|quotes)\b|\bdouble (?:quotes|"
            r"quotation marks)\b.{0,30}\baround\b.*"
        ),
    ),
    ("indentation", compiled(r"\bindentation\b")),
    ("formatting", compiled(r"\b(?:no|without|any|special|rich|avoid)(?: \w+){0,4} formatting\b")),
    ("headings", compiled(r"\b(?:headings?|headers)\b")),
    ("rhyme", compiled(r"\brhym(?:e|es|ing)\b")),
    (
        "explanations",
        compiled(
            r"\b(?:no|without|any) (?:additional |further |extra |"
            r"other )?(?:explanations?|commentary|preamble|comments)\b"
        ),
    ),
)
_CASE: Final = compiled(
    r"\b(?:(?P<lower>(?:all )?lower ?-?case|small letters|no capital|"
    r"without (?:using )?(?:any )?capital|"
    r"(?:not|avoid|never)(?: \w+){0,3} (?:capital|uppercase))|"
    r"(?P<upper>(?:all )?(?:in )?(?:all caps|capital letters|upper ?-?case|caps)|"
    r"capitali[sz]e (?:every|all|each) (?:letters?|words?)|all capital))"
    r"(?: letters?| words?| text)?\b"
)
_RARE_CASE: Final = compiled(
    rf"\b(?P<relation>at least|at most|less than|more than|fewer than|"
    rf"no more than|exactly)? ?(?P<number>{NUMBER})(?: times|"
    rf" words)? .{{0,20}}(?:all )?(?:capital|uppercase|caps)\b"
)
_CAPITALS: Final = compiled(
    rf"\bwords\b.{{0,40}}\b(?:capital\w*|caps|"
    rf"uppercase)\b.{{0,60}}?(?P<relation>at least|at most|less than|more than|fewer than|"
    rf"no more than|exactly)? (?P<number>{NUMBER}) times\b"
)
_SEPARATOR: Final = compiled(
    r"\b(?:separat\w+|divid\w+|split)\b.{0,60}?\b(?:with|by|using|from each other (?:with|by)|"
    r"are|the markdown divider)\b:? ?(?P<what>.{2,60})"
)
_SECTIONS: Final = compiled(
    r"\b(?:mark|begin|start|label|indicate|highlight)\b.{0,30}\b(?:beginning|each|every|"
    r"sections?|paragraph)\b.{0,40}?\b(?:with|by|as)\b ?(?P<what>.{1,40})|"
    r"\bsections?\b.{0,40}\b(?:should|must|have to|start|begin)\b.{0,20}\b(?:start|begin|"
    r"marked)\b.{0,10}\bwith\b ?(?P<mark>.{1,40})"
)
_HIGHLIGHT: Final = compiled(
    rf"\b(?:highlight|italici[sz]e|bold|emphasi[sz]e)\w*\b.{{0,20}}?(?:(?P<relation>at least|"
    rf"at most|less than|more than|exactly|no more than) )?(?P<number>{NUMBER})\b.{{0,60}}|"
    rf"\b(?P<least>at least|exactly|more than)? ?(?P<count>{NUMBER}) (?:\w+ )?(?:highlighted|"
    rf"italic\w*|bold\w*)\b.{{0,40}}"
)
_PLACEHOLDERS: Final = compiled(
    rf"\b(?:(?P<relation>at least|at most|less than|more than|"
    rf"exactly) )?(?P<number>{NUMBER}) placeholders?\b|"
    rf"\bplaceholders?\b.{{0,40}}\bsquare brackets\b"
)
_UNITS: Final = compiled(r"\b(?P<metric>metric)\b|\b(?P<imperial>imperial)\b")
_ONLY: Final = compiled(  # up to "without"
    r"\b(?:(?:only|just|exclusively) (?:output|return|respond with|reply with|answer with|give|"
    r"provide|print|write)|(?:output|return|respond|reply|answer|print)(?: \w+)? (?:only|"
    r"(?:with )?(?:just|only|nothing but|a single)|"
    r"exclusively))\b(?: with)? ?(?P<what>[^,;.]{2,60})"
)


def form(reading: Reading) -> Iterator[Hit]:
    """``format``: JSON, lists, tables and their like; a form that is ruled out is ``except``."""
    for clause, match, start, end in matches(reading, _FORM):
        name = next(key for key in _FORMS if match.groupdict().get(key))
        if name == "markdown" and clause.verb in ("highlight", "italicize", "bold"):
            continue
        if clause.verb in ("validate", "translate", "parse", "convert") and name in ("json", "xml"):
            continue
        polarity = polarity_of(reading, clause, start)
        if polarity == "require" and match[0].split()[0].casefold() in ("without", "no", "not"):
            polarity = "forbid"
        yield Hit(Kind.FORMAT, "format", wished(name, polarity), start, end, polarity)


def details(reading: Reading) -> Iterator[Hit]:
    """``format.commas``, ``format.title`` and others that are there or not."""
    for name, pattern in _SWITCHES:
        for clause, match, start, end in matches(reading, pattern):
            polarity = polarity_of(reading, clause, start)
            if polarity == "require" and match[0].split()[0].casefold() in (
                "without",
                "no",
                "avoid",
            ):
                polarity = "forbid"
            wanted = name in ("title", "wrapped_in_quotes", "rhyme", "headings")
            if (polarity == "require") != wanted and name not in ("emoji", "headings", "rhyme"):
                continue
            yield Hit(Kind.FORMAT, f"format.{name}", switch(polarity), start, end, polarity)


def case(reading: Reading) -> Iterator[Hit]:
    """``format.case``: lower or upper; ``format.capital_words`` where they are counted."""
    for clause, match, start, end in matches(reading, _RARE_CASE):
        allowed = bounds(
            match["relation"] or "", number_of(match["number"]), negated=clause.negated
        )
        yield Hit(Kind.FORMAT, "format.capital_words", allowed, start, end)
        return
    for clause, match, start, end in matches(reading, _CAPITALS):
        allowed = bounds(
            match["relation"] or "", number_of(match["number"]), negated=clause.negated
        )
        yield Hit(Kind.FORMAT, "format.capital_words", allowed, start, end)
        return
    for clause, match, start, end in matches(reading, _CASE):
        upper = bool(match["upper"]) and not is_negated(reading, clause, start)
        if (
            "capital words" in match[0].casefold()
            or "words with all capital" in reading.text.casefold()
        ):
            continue
        yield Hit(Kind.FORMAT, "format.case", one_of("upper" if upper else "lower"), start, end)
        return


def layout(reading: Reading) -> Iterator[Hit]:
    """What stands between parts, at their beginning, and how many are set apart."""
    for clause, match, start, end in matches(reading, _SEPARATOR):
        if clause.verb not in ("classify", "sort"):
            yield Hit(Kind.FORMAT, "format.separator", one_of(mark_of(match["what"])), start, end)
    for _, match, start, end in matches(reading, _SECTIONS):
        mark = mark_of(match["what"] or match["mark"] or "")
        yield Hit(Kind.FORMAT, "format.section_mark", one_of(mark), start, end)
    for clause, match, start, end in matches(reading, _HIGHLIGHT):
        relation = match["relation"] or match["least"] or ""
        number = number_of(match["number"] or match["count"])
        allowed = bounds(relation, number, negated=clause.negated)
        yield Hit(Kind.FORMAT, "format.highlights", allowed, start, end)
    for clause, match, start, end in matches(reading, _PLACEHOLDERS):
        allowed = between(1, None)
        if match["number"]:
            allowed = bounds(
                match["relation"] or "", number_of(match["number"]), negated=clause.negated
            )
        yield Hit(Kind.FORMAT, "format.placeholders", allowed, start, end)
    for clause, match, start, end in matches(reading, _UNITS):
        if match["imperial"] and is_negated(reading, clause, start) and "metric" in reading.text:
            continue
        name = "metric" if match["metric"] else "imperial"
        polarity = polarity_of(reading, clause, start)
        yield Hit(Kind.FORMAT, "format.units", wished(name, polarity), start, end, polarity)
    for clause, match, start, end in matches(reading, _ONLY):
        if not clause.negated and "function" not in match["what"] and "tool" not in match["what"]:
            yield Hit(
                Kind.FORMAT,
                "format.only",
                one_of(slug(match["what"].partition(" without ")[0])),
                start,
                end,
            )
