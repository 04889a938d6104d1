"""Sentences of prose and the clauses in them that ask for something, with their positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import re2

from adhere.extract.verbs import VERBS

LONGEST: Final = 1_200
"""Characters of one sentence that are read; a longer one is cut into pieces."""

_PLAIN: Final = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\u2011": "-"}
)
_ENDS: Final = frozenset(".!?")
_CLOSERS: Final = frozenset("\"')]*_")
_ABBREVIATIONS: Final = frozenset(
    ["e.g", "i.e", "vs", "mr", "mrs", "ms", "dr", "prof", "st", "fig", "p.s", "p.p.s", "cf"]
)
_HEADING: Final = 6
"""A heading of fewer words, its mark counted, asks for nothing."""

_LEAD: Final = re2.compile(
    r"\s*(?:(?:[-*\x{2022}>]+|#{1,6}|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+|\*\*|\(|\\)*\s*"
)
"""What stands before a sentence at the beginning of a line or bracket: bullets and numbers."""

_TAGS: Final = re2.compile(
    r"(?m)^[ \t]*(?:</?[A-Za-z][\w.:-]{0,60}>[ \t]*)+|(?:[ \t]*</?[A-Za-z][\w.:-]{0,60}>)+[ \t]*$"
)
"""Tags at the edges of a line: they head a section of a prompt and belong to no sentence."""

_VERB: Final = "(?:" + "|".join(sorted(VERBS, key=len, reverse=True)) + ")"
_ADVERB: Final = (
    r"(?:please|kindly|just|also|then|now|next|first(?:ly)?|second(?:ly)?|finally|instead|always|"
    r"only|simply|again|rather|okay|ok|so|and|but|moreover|furthermore|"
    r"carefully|briefly|directly|additionally|lastly|explicitly|immediately|clearly|strictly|"
    r"exactly|"
    r"politely|actually|completely|absolutely|ideally|generally|specifically|importantly|kindly)"
)
_NEGATION: Final = (
    r"(?:(?:please )?(?:do not|don't|dont|never|refrain from|avoid|stop|no longer|"
    r"under no circumstances|(?:should|must|shall) not|shouldn't|mustn't|i (?:do not|"
    r"don't) want(?: you to)?|you (?:must|should|may|can|shall)(?: not|n't)|"
    r"you (?:mustn't|shouldn't|can't|cannot|won't)|you (?:are|'re) not (?:allowed|permitted) to))"
)
_POLITE: Final = (
    r"(?:(?:can|could|would|will) you(?: please| kindly| also| just)*|i(?:'d| would) (?:like|"
    r"love) you "
    r"to|i (?:want|need) you to|i(?: want| need|(?:'d| would) like)(?: to see| to have)? (?:the|"
    r"your|it|"
    r"this|for|that|all)\b|(?:should|must|shall)|make sure (?:to|that|you|your)?|be sure to|"
    r"ensure (?:that|to)?|remember to|try to|feel free to|let's|you (?:must|should|shall|will|"
    r"need "
    r"to|have to|may|can|are to|are (?:allowed|required|asked|expected|instructed|encouraged) to)"
    r"(?: also| always| only| never| just)*)"
)
_START: Final = re2.compile(
    rf"(?i)(?:\d{{1,2}}[.)] )?(?:{_ADVERB}[,:]? )*(?:(?P<no>{_NEGATION}(?: ever)?)|"
    rf"(?P<ask>{_POLITE})"
    r"(?P<not> not to| to not| not| to avoid| to never| you do not| you don't| don't| do not|"
    r" never)?)?"
    rf"(?: ?{_ADVERB})* ?(?P<verb>{_VERB}|\w+ing)?\b"
)
_IF: Final = re2.compile(
    r"(?i)^(?:but |and |however,? |then |so |instead,? )*(?P<if>(?:if|when|whenever|unless|"
    r"in case|"
    r"once|should the user|until)\b[^,;]{3,240}),\s*"
)
_MODAL: Final = re2.compile(
    r"(?i)^(?:and |but |then |also |"
    r"please )*(?P<subject>(?:[\w'\"`/-]+(?: \([^()]{1,60}\))?,? ){1,14}?)"
    r"(?P<modal>(?:should|must|shall|cannot|can only|may only|needs? to|ha(?:s|ve) to|may not|"
    r"can not|"
    r"can (?:be|have|use)|can't|(?:is|are) (?:not )?(?:to be|allowed|permitted|forbidden|"
    r"prohibited|required|"
    r"authori[sz]ed))\b(?: not|n't)?)"
)
"""A statement that binds: "your answer must be short", "refunds cannot be given"."""

_SPEAKERS: Final = re2.compile(
    r"(?i)^(?:and |but |then |also |please |only )*(?:i|we|he|she|what|how|why|when|where|who|"
    r"which|if|"
    r"there (?:is|are|was|were|can|could|might|may)|people|someone|anyone|one (?:should|must|"
    r"can|has|needs)|my|to|is|are|do|does|did|would|could|should|can|that|after|"
    r"before|whether)\b"
)
"""Beginnings of statements and questions that bind nobody."""

_NO_VERB: Final = re2.compile(r"(?i)^(?:,|:|(?:\s+(?:is|are|was|were|of|has|will)\b))")
"""After a word that is no verb here: "transfer is needed", "change of plan"."""

_LABEL: Final = re2.compile(r"^[A-Z][\w/&-]*(?: [\w/&-]+){0,4}:\s+")
"""What an item of a list is about: "Payment methods: ..."."""

_SETTING: Final = re2.compile(
    r"(?i)^(?:for|in|using|given|based|before|after|to|with|from|as|by|at|on|during|please|while|"
    r"finally|first|next|then|also|ok|okay|hi|hello|hey|thanks|yes|no)\b"
)
"""Beginnings after whose comma a bare verb is an imperative."""

_SURE: Final = re2.compile(r"(?i)^(?:make sure|be sure|ensure|i\b)")
_NOT: Final = re2.compile(r"(?i)\b(?:not|cannot|no|never|forbidden|prohibited|only)\b|n't\b")
_FRAGMENT: Final = re2.compile(
    r"(?i)^(?:no|in|with|without|at least|at most|max(?:imum)?|min(?:imum)?|only|exactly|"
    r"between|up to|"
    r"under|less than|fewer than|more than|about|around|\d+|length|format|language|tone|style|"
    r"output|"
    r"response|reply|answer|topic|subject)\b"
)
_CODE: Final = re2.compile(r"[={}]|::|//|^(?:def|import|return|class|type|from) ")
_SPLIT: Final = re2.compile(
    r"(?i)\s*;\s+|\s+--?\s+|\s*\x{2014}\s*|:\s+|,\s+(?:and |but |then |so |instead,? |"
    r"rather,? )*|"
    r"\s+(?:and|but|then)\s+|\s*[()]\s*"
)


class Clause(NamedTuple):
    """A stretch that asks for something.

    Attributes:
        start: First character in the sentence.
        end: One past the last.
        verb: What is to be done, lower case; empty for a statement ("you must").
        negated: It is not to be done.
        asked: How it is asked for: ``imperative``, ``polite`` ("could you", "do not"), ``modal``
            ("your answer must"), or ``fragment`` ("In two lines.").
        head: One past the words that ask.
        condition: What it depends on.
    """

    start: int
    end: int
    verb: str
    negated: bool
    asked: str
    condition: str
    head: int


class Sentence(NamedTuple):
    """A sentence, typographic quotes made plain so that rules see one kind."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """One past the last character, in the message."""
        return self.start + len(self.text)


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a message, without bullets and numbers; positions are the message's.

    A line that begins with a small letter continues the line before it. Takes linear time.

    >>> [s.text for s in sentences("Be brief, e.g. one\\nline. 1. No lists!")]
    ['Be brief, e.g. one line.', 'No lists!']
    """
    text = _TAGS.sub(lambda tags: " " * len(tags[0]), text.translate(_PLAIN))
    begin = 0
    for end in _bounds(text):
        if end <= begin:
            continue
        piece = text[begin:end]
        lead = _LEAD.match(piece[:200])
        skip = lead.end() if lead else 0
        marks = piece[:skip].strip()
        if marks.startswith("#") and len(piece.split()) < _HEADING:
            begin = end
            continue
        label = _LABEL.match(piece[skip : skip + 100]) if marks else None
        skip += label.end() if label else 0
        for at in range(skip, len(piece), LONGEST):
            part = piece[at : at + LONGEST].rstrip().replace("\n", " ")
            if any(map(str.isalnum, part)):
                yield Sentence(begin + at, part)
        begin = end


def _bounds(text: str) -> Iterator[int]:
    """Yield where sentences end."""
    size = len(text)
    begin = 0  # of the current sentence
    at = 0
    while at < size:
        char = text[at]
        if char == "\n":
            following = at + 1
            while following < size and text[following] in " \t":
                following += 1
            if following >= size or not text[following].islower() or text[at - 1 : at] == ":":
                yield at
                begin = at + 1
        elif char in _ENDS:
            after = at + 1
            while after < size and text[after] in _ENDS:
                after += 1
            while after < size and text[after] in _CLOSERS:
                after += 1
            if _is_end(text, begin, at, after):
                yield after
                begin = after
            at = after
            continue
        at += 1
    yield size


def _is_end(text: str, begin: int, at: int, after: int) -> bool:
    """Whether the mark at ``at`` ends a sentence, and no abbreviation, number or quotation."""
    if after < len(text) and not text[after].isspace():
        return False
    if text[after + 1 : after + 2].islower():
        return False
    if text[at] != "." or after > at + 1:
        return True
    words = text[max(begin, at - 12) : at].split()
    last = words[-1].strip("(\"'").casefold() if words else ""
    return last not in _ABBREVIATIONS and not (last.isdigit() and len(words) == 1)


def clauses(sentence: str) -> list[Clause]:
    """Return the clauses that ask for something, in order.

    >>> [(c.verb, c.negated) for c in clauses("Write a poem and do not use commas.")]
    [('write', False), ('use', True)]
    """
    found: list[Clause] = []
    condition, begin = "", 0
    match = _IF.match(sentence)
    if match:
        condition, begin = match["if"], match.end()
    starts = [begin, *_split_points(sentence, begin)]
    for start, stop in zip(starts, [*starts[1:], len(sentence)], strict=True):
        if found and start < found[-1].head:
            continue
        clause = _clause(sentence, start, stop, condition)
        if clause is None or (
            clause.asked == "imperative" and not _may_begin(sentence, clause, found)
        ):
            continue
        if found:
            found[-1] = found[-1]._replace(end=_trimmed(sentence, found[-1].start, clause.start))
        found.append(clause._replace(end=len(sentence)))
    if (
        not found
        and len(sentence) < 90
        and not sentence.endswith("?")
        and _FRAGMENT.match(sentence)
    ):
        return [Clause(0, len(sentence), "", False, "fragment", "", 0)]
    return found


def _may_begin(sentence: str, clause: Clause, found: list[Clause]) -> bool:
    """Whether a bare verb there is an imperative: at a beginning, or after another request."""
    if sentence.endswith("?") and clause.verb in ("do", "have", "say") and not found:
        return False
    if _NO_VERB.match(sentence[clause.head :]):
        return False
    before = sentence[: clause.start].rstrip()
    if found or not before or clause.condition or before[-1] in ":;-\u2014)":
        return True
    return before[-1] == "," and bool(_SETTING.match(before))


def _trimmed(sentence: str, start: int, end: int) -> int:
    words = sentence[start:end].rstrip()
    for joint in (" and", " but", " then", " ("):
        words = words.removesuffix(joint).rstrip()
    return start + len(words)


def _split_points(sentence: str, begin: int) -> list[int]:
    """Return where clauses may begin: after a joint that is not inside a quotation."""
    quoted, position = False, begin
    paired = sentence.count('"') % 2 == 0  # else the sentence itself begins or ends inside one
    points = []
    for match in _SPLIT.finditer(sentence, begin):
        quoted ^= bool(sentence.count('"', position, match.start()) % 2)
        position = match.start()
        if not (quoted and paired):
            points.append(match.end())
    return [point for point in points if point < len(sentence)]


def _clause(sentence: str, start: int, stop: int, condition: str) -> Clause | None:
    """Return the clause that begins at ``start``, or None where nothing is asked for."""
    head = sentence[start : start + 160]
    match = _START.match(head)
    verb = (match["verb"] or "").lower() if match else ""
    if match and (match["no"] or match["ask"]):
        question = sentence.endswith("?") and (match["no"] or "").lower() in ("don't", "do not")
        if question or not (verb or match["no"] or _SURE.match(match["ask"])):
            return _statement(head, start, stop, condition)
        negated = bool(match["no"] or match["not"]) or match["ask"].lower().endswith(" never")
        return Clause(start, stop, verb, negated, "polite", condition, start + match.end())
    if match and verb in VERBS and not _CODE.search(sentence):
        return Clause(start, stop, verb, False, "imperative", condition, start + match.end())
    return _statement(head, start, stop, condition)


def _statement(head: str, start: int, stop: int, condition: str) -> Clause | None:
    match = None if _SPEAKERS.match(head) else _MODAL.match(head)
    if not match:
        return None
    negated = bool(_NOT.search(match["subject"])) != bool(_NOT.search(match["modal"]))
    return Clause(start, stop, "", negated, "modal", condition, start + match.end())
