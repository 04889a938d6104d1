"""Rules about what is done in the world, with which tools, and the rest that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from adhere.extract.extracted import Kind, Polarity
from adhere.extract.reading import (
    Hit,
    Reading,
    compiled,
    is_leave,
    is_negated,
    number_of,
    slug,
    switch,
)
from adhere.extract.sentences import Clause
from adhere.extract.verbs import DEEDS, TASKS
from adhere.resolve import between, one_of

_HOLDERS: Final = (
    r"(?:\S+ ){0,6}?(?:password|account|address|e-?mail|settings?|order|reservation|booking|"
    r"repositor(?:y|ies)|"
    r"issue|pull request|branch|event|calendar|cart|discount|permission|profile|subscription|"
    r"file|files|folder|"
    r"payment|money|invitation|appointment|meeting|ticket|ssh key|token|webhook|collaborator)\b"
)
_CHANGED: Final = compiled(
    rf"^(?:change|update|create|open|propose|add|apply|set|modify|remove|make|edit|rename|"
    rf"replace|put|give|submit|reset|return|exchange|fulfil+|complete|use|check out|place|"
    rf"read) {_HOLDERS}"
)
_STAR: Final = compiled(
    r"^give (?:\S+ ){0,3}star\b|^(?:place|make) (?:an? |the )?(?:order|"
    r"purchase|payment|reservation|booking|transfer)\b|^check ?out\b|^fulfil+ "
)
_WISH: Final = compiled(
    rf"\bi(?: (?:want|need|would like|wish)|'d like) to (?:also |"
    rf"then )?(?P<verb>{'|'.join(sorted(DEEDS))})\b(?P<rest>[^.;!?\n]{{0,80}})"
)
_WORLDLY: Final = compiled(
    r"^(?:log|text|note|file|close|order|post|share|export|import|start|"
    r"reset|return|message|sign|open|run|call|charge|store|copy|download|publish|book|email|"
    r"star|block|backup|click|ship|visit|send|mail|push|pull|sell|commit|update|merge|accept|"
    r"approve|reject|grant|move|notify|ping|reserve|schedule|assign)$"
)
_SPENT: Final = compiled(
    r"^(?:\S+ ){0,3}?(?P<verb>spend|pay|buy|charge|purchase|send|delete|"
    r"transfer|cancel|refund|book)\b[^.;!?\n]{0,80}"
)
_MENTION: Final = compiled(
    r"^(?:call (?:it|me|him|her|them|yourself)|text\b.{0,3}$|open with|"
    r"close with|book (?:title|report|review)|share (?:your|a story|with me|an?|some|"
    r"the information|\(|this (?:info|message)|more)|store name|order them|move on|run through|"
    r"post ?script|start with|email (?:should|must)|return (?:only|just|a|an|the|"
    r"your) (?:\S+ )?(?:json|list|code|form|answer|result|string|response|output|value))"
)


def action(reading: Reading) -> Iterator[Hit]:
    """``action.VERB``: "send ... to ...", "buy one", "change the password"."""
    for clause in reading.clauses:
        words = _bare(reading, clause)
        verb = clause.verb
        stem = verb.removesuffix("ing")
        if verb not in DEEDS and stem in DEEDS:
            verb = stem
        deed = verb in DEEDS and not _MENTION.match(words)
        if clause.verb and (deed or _CHANGED.match(words) or _STAR.match(words)):
            if not deed and clause.verb in ("use", "read", "give", "make", "complete", "put"):
                inner = _inner_deed(words)
                if not inner and not _STAR.match(words):
                    continue
                verb = inner or "give"
            polarity = _polarity(reading, clause)
            yield Hit(
                Kind.ACTION, f"action.{verb}", switch(polarity), clause.start, clause.end, polarity
            )
        elif clause.asked == "polite" and clause.negated and (match := _SPENT.match(words)):
            verb = match["verb"]
            yield Hit(
                Kind.ACTION, f"action.{verb}", one_of(False), clause.start, clause.end, "forbid"
            )
    for match in _WISH.finditer(reading.text):
        yield Hit(
            Kind.ACTION, f"action.{match['verb'].casefold()}", one_of(True),
            match.start(), match.end(), "require", "implicit",
        )  # fmt: skip


_INNER: Final = compiled(
    r"\b(?:to|and) (?P<verb>buy|purchase|send|email|transfer|delete|refund|pay|book|order|"
    r"cancel|post|upload|forward|download)\b"
)


def _inner_deed(words: str) -> str:
    match = _INNER.search(words)
    return match["verb"].casefold() if match else ""


def _bare(reading: Reading, clause: Clause) -> str:
    """Return a clause from its verb on."""
    at = max(clause.start, clause.head - len(clause.verb))
    return reading.text[at : clause.end].casefold().lstrip()


def _polarity(reading: Reading, clause: Clause) -> Polarity:
    if clause.negated:
        return "forbid"
    return "allow" if is_leave(reading, clause) and not reading.text.endswith("?") else "require"


_TOOL: Final = compiled(
    r"\b(?:use|using|call(?:ing)?|invoke|run|via|with|through|by means of|make|making|"
    r"respond via|prefer)\b(?: \S+){0,5}? (?P<name>\S+ )?(?:tools?|functions?|function calls?|"
    r"tool calls?|apis?|plugins?|browser|web search|search engine|calculator|"
    r"interpreter)\b[^.;!?\n]{0,60}"
)
_TICKED: Final = compiled(r"`(?P<name>[A-Za-z_][\w.-]{1,60})`")
_ONE_AT_A_TIME: Final = compiled(
    r"\b(?P<number>one|two|three|\d+|single) (?:tool|"
    r"function) calls? (?:at a time|per|at once)\b"
)
_SUBJECT: Final = compiled(r"^(?:if|when|before|after) .{0,40}\b(?:tool|function|api)s?\b")
_HANDOVER: Final = compiled(
    r"\b(?:transfer|hand over|escalate|forward|"
    r"redirect)\b(?: \S+){0,4}? to (?:an? |the )?(?:human|live|real|support|store|"
    r"sales)(?: \w+)?\b[^.;!?\n]{0,60}"
)
_CONFIRM: Final = compiled(
    r"\b(?:obtain|ask(?:ing)? for|get|request(?:ing)?|require|seek|"
    r"wait for|without)\b(?: \S+){0,4}? (?:confirmation|approval|permission|"
    r"consent)\b[^.;!?\n]{0,40}|\bconfirm with the user\b"
)
_ARGUMENTS: Final = compiled(
    r"\b(?:values?|arguments?|parameters?|"
    r"plug)\b.{0,30}\b(?:functions?|tools?)\b|\b(?:calling|before using) (?:the )?(?:api|tools?|"
    r"functions?)\b"
)


def tool(reading: Reading) -> Iterator[Hit]:
    """``tool.NAME`` used or not; ``tool.calls_at_once``; ``confirmation`` before acting."""
    for clause in reading.clauses:
        words = reading.text[clause.start : clause.end]
        found = _TOOL.search(words) or _HANDOVER.search(words) or _ARGUMENTS.search(words)
        confirmed = _CONFIRM.search(words)
        counted = _ONE_AT_A_TIME.search(words)
        polarity = _polarity(reading, clause)
        start, end = clause.start, clause.end
        if counted:
            most = between(0, number_of(counted["number"]))
            yield Hit(Kind.TOOL, "tool.calls_at_once", most, start, end)
        elif confirmed:
            at = clause.start + confirmed.start()
            wanted = not is_negated(reading, clause, at) and not confirmed[0].casefold().startswith(
                "without"
            )
            asked: Polarity = "require" if wanted else "forbid"
            yield Hit(Kind.TOOL, "confirmation", one_of(wanted), start, end, asked)
        elif found:
            named = _TICKED.search(words)
            name = (
                "human" if _HANDOVER.search(words) else _name(named["name"] if named else "", words)
            )
            yield Hit(Kind.TOOL, f"tool.{name}", switch(polarity), start, end, polarity)
        elif _SUBJECT.match(clause.condition):
            yield Hit(Kind.TOOL, "tool.any", switch(polarity), start, end, polarity)
    if not reading.clauses and reading.operator and _USER_OF_TOOLS.search(reading.text):
        yield Hit(Kind.TOOL, "tool.any", one_of(True), 0, len(reading.text))


_USER_OF_TOOLS: Final = compiled(
    r"\bby using (?:\S+ ){0,3}tools\b|"
    r"\byou have access to (?:\S+ ){0,6}(?:tools?|functions?)\b"
)
_NAMED: Final = compiled(
    r"\b(?P<name>[a-z_][\w-]*) (?:tool|function|api|plugin)\b|"
    r"\b(?P<thing>browser|web search|search engine|calculator|interpreter)\b"
)
_NO_NAMES: Final = frozenset(
    """
    provided given available the a any one this that these your no right same appropriate via using
    through by only
    """.split()  # noqa: SIM905
)


def _name(ticked: str, words: str) -> str:
    match = _NAMED.search(words)
    name = ticked or ((match["name"] or match["thing"]) if match else "")
    return "any" if not name or name.casefold() in _NO_NAMES else slug(name)


def task(reading: Reading, hits: list[Hit]) -> Iterator[Hit]:
    """``other.N``: what asks for something that no other rule understood, and the task itself.

    Args:
        reading: The sentence.
        hits: What other rules found in it.
    """
    for clause in reading.clauses:
        if clause.asked == "fragment" or _EMPTY.match(reading.text[clause.start : clause.end]):
            continue
        if hits and clause.asked == "polite" and not clause.verb and clause.negated:
            continue
        inside = [hit for hit in hits if hit.start < clause.end and clause.start < hit.end]
        covered = sum(min(hit.end, clause.end) - max(hit.start, clause.start) for hit in inside)
        whole = any(hit.kind in _WHOLE and hit.start <= clause.head for hit in inside)
        if whole or (
            inside and (clause.verb not in _MAKING or covered > 0.6 * (clause.end - clause.start))
        ):
            continue
        if (
            clause.asked == "modal"
            and not inside
            and not reading.operator
            and not _ABOUT_ANSWER.match(reading.text[clause.start : clause.end])
        ):
            continue
        polarity = _polarity(reading, clause)
        mode: Literal["explicit", "implicit"] = (
            "implicit"
            if clause.asked == "modal" and _PASSIVE.search(reading.text[clause.start : clause.end])
            else "explicit"
        )
        yield Hit(Kind.OTHER, "other", switch(polarity), clause.start, clause.end, polarity, mode)


_EMPTY: Final = compiled(
    r"^(?:please )?(?:follow|obey|note|keep in mind|remember) (?:these|"
    r"the following|this|that)\b.{0,40}:?$|^(?:then )?(?:give|provide|write) (?:your|the|"
    r"an) (?:answer|response)\W*$"
)
_WHOLE: Final = frozenset(
    [Kind.ACTION, Kind.TOOL, Kind.OVERRIDE, Kind.SECRECY, Kind.TOPIC, Kind.PERSONA]
)
_MAKING: Final = TASKS - frozenset(
    """
    use include mention say end finish start keep contain have put mark separate highlight
    wrap repeat respond reply answer output return speak limit avoid add make ensure
    insert print be format
    """.split()  # noqa: SIM905
)
_ABOUT_ANSWER: Final = compiled(
    r"^(?:and |but |then |the |your |each |every |it |this |that |"
    r"all |both |these |submitting )"
)
_PASSIVE: Final = compiled(
    r"\b(?:can|cannot|can not|can't) (?:be|have|use|only|add|modify)\b|"
    r"\bneeds? to\b"
)
