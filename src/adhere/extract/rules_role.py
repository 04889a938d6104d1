"""Rules about who the assistant is, what it talks of, what it keeps secret, whom it obeys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adhere.extract.extracted import Kind, Polarity
from adhere.extract.reading import (
    Hit,
    Reading,
    compiled,
    is_leave,
    is_negated,
    matches,
    polarity_of,
    slug,
    switch,
    wished,
)
from adhere.resolve import one_of

_BEING: Final = compiled(
    r"^(?:(?:hi|hello|hey|ok|okay|please|so|now|from now on|for this \w+|imagine|pretend|"
    r"suppose|assume|"
    r"and|that|act as if|act as though|respond as if)[,:]? (?:that )?)*"
    r"(?:you are|you're|you will be|you shall be|you'll be|your (?:name|role|job|persona) is)"
    r"(?: now| currently| playing| acting| operating)* ?(?:the role of|as|to act as|to be)? ?"
    r"(?P<who>(?:(?:an?|the|part of|my|our|one of)\b)[^.;:,!?\n]{1,120}|"
    r"(?-i:[A-Z])[^.;:!?\n,]{1,60}(?:, an? [^.;:!?\n,]{1,80})?)"
)
_ACTING: Final = compiled(
    r"\b(?:(?:act|behave|respond|answer|reply|speak|write|talk|function|serve|"
    r"pose)(?: \w+){0,3}? (?:as|like)(?: if you (?:are|were))? |"
    r"pretend (?:to be|you are|you're|that you are) |role-?play(?:ing)?(?: as| being|"
    r" the (?:part|role) of)? |"
    r"imagine (?:that )?you(?: are|'re) |impersonate |play(?:ing)? the (?:role|part) of |"
    r"(?:take on|assume|adopt) the (?:role|persona|identity|character) of |"
    r"from the (?:point of view|perspective|viewpoint|standpoint) of |in the (?:voice|persona|"
    r"character) of |"
    r"(?:sound|as if it is|as if it was|as though it were) (?:like it is |like it was |"
    r"as if it were )?(?:being )?(?:said|written|spoken|told) by |call yourself |your name is )"
    r"(?P<who>[^.;:,!?\n]{2,120})"
)
_AS: Final = compiled(r"^as (?:an?|the) (?P<who>[^.;:,!?\n]{2,80}), (?:you|your|please)\b")
_NO_PERSONA: Final = compiled(
    r"^(?:in|on|about|at|to|not|given|asked|allowed|right|wrong|welcome|very|so|free|if|able|"
    r"follows|much|many|possible|soon|usual|well|provided|writing|participating|one of (?:them|us)|"
    r"the (?:most|best|worst|only|same))\b"
)
_NO_ROLE: Final = compiled(
    r"^(?:an? |the )?(?:\S+ ){0,2}?(?:json|xml|html|yaml|csv|lists?|tables?|array|strings?|"
    r"numbers?|integers?|markdown|code|briefly|concisely|short|words?|sentences?|paragraphs?)\b"
)
"""What follows "answer as" and names nobody: "as a JSON object", "as briefly as possible"."""

_SERVING: Final = compiled(
    r"[,;] (?:(?:who |that |and )?(?:help(?:s|ing)?|assist(?:s|ing)?|provid(?:es|ing)|"
    r"support(?:s|ing)?|answer(?:s|ing)? questions)\b)"
    r"(?P<what>[^.;:!?\n]{3,140})"
)
_SERVED: Final = compiled(
    r"^(?: (?:the |our |your )?(?:users?|customers?|people|clients?|"
    r"students?|them)\b)?(?: with| about| get information on| on| in| to)? ?"
)


def persona(reading: Reading) -> Iterator[Hit]:
    """``persona``: "you are a ...", "act as ...", "from the point of view of ..."."""
    match = _BEING.search(reading.text) or _AS.search(reading.text)
    if match and not _NO_PERSONA.match(match["who"]) and not reading.text.endswith("?"):
        yield Hit(Kind.PERSONA, "persona", one_of(slug(match["who"])), match.start(), match.end())
        served = _SERVING.search(reading.text, match.end() - 1)
        if served and reading.operator:
            what = _SERVED.sub("", served["what"], count=1)
            yield Hit(
                Kind.TOPIC, "topics", one_of(slug(what)), served.start() + 2, served.end(),
                "require", "implicit",
            )  # fmt: skip
        return
    for clause, match, start, end in matches(reading, _ACTING):
        if _NO_PERSONA.match(match["who"]) or _NO_ROLE.match(match["who"]):
            continue
        polarity = polarity_of(reading, clause, start)
        yield Hit(
            Kind.PERSONA, "persona", wished(slug(match["who"]), polarity), start, end, polarity
        )


_ONLY_ABOUT: Final = compiled(
    r"\b(?:(?:only|exclusively|solely) (?:talk|speak|discuss|answer|respond|help|assist|engage|"
    r"write|provide|cover|handle)(?:\s+\S+){0,5}?\s+(?:about|on|related to|regarding|concerning)|"
    r"(?:only|exclusively|solely) (?:help|assist|engage|deal)(?:\s+\S+){0,3}?\s+(?:with|in)|"
    r"(?:talk|speak|answer|respond|help|assist|engage)(?:\s+\S+){0,3}? "
    r"(?:only|exclusively|solely) (?:about|on|to questions (?:about|on)|questions (?:about|on))|"
    r"(?:discuss|cover) (?:only|exclusively|solely)|stick(?: only)? to|limit(?: \w+){0,4} to|"
    r"restrict(?: \w+){0,4} to|steer (?:\S+ ){0,4}(?:back )?to|redirect (?:\S+ ){0,4}to|"
    r"focus (?:only |solely |exclusively )on)\s+(?P<what>[^.;!?\n]{3,140})"
)
_ABOUT: Final = compiled(
    r"\b(?:discuss(?:ing)?|talk(?:ing)? (?:about|of)|speak(?:ing)? (?:about|of)|mention(?:ing)?|"
    r"bring(?:ing)? up|comment(?:ing)? on|engag(?:e|ing) (?:in|with)|"
    r"disparag(?:e|ing)|recommend(?:ing)?|promot(?:e|ing)|endors(?:e|ing)|"
    r"answer(?:ing)? (?:any )?questions (?:about|on|regarding|related to)|"
    r"(?:give|giving|provide|providing|offer|offering) (?:\S+ ){0,4}?(?:advice|information|"
    r"opinions?|recommendations?|help|guidance|content|comments)(?: (?:on|about|regarding))?|"
    r"(?:write|generate|produce|create) (?:any )?(?:content|anything|material|"
    r"stories))\b(?P<what>[^.;!?\n]{0,140})"
)
_LABELLED: Final = compiled(r"^(?:the )?(?:topic|subject|theme)(?: is)?: ?(?P<what>.{2,120})")
_QUOTED_WORD: Final = compiled(r"^(?: the)?(?: (?:key)?words?\b| names?\b| phrases?\b)|^ ?[\"'`]")


def topic(reading: Reading) -> Iterator[Hit]:
    """``topics``: the only ones; ``topic.NAME``: what is to be left out, or may be had."""
    match = _LABELLED.match(reading.text)
    if match:
        yield Hit(Kind.TOPIC, "topics", one_of(slug(match["what"])), 0, len(reading.text))
        return
    for clause, match, start, end in matches(reading, _ONLY_ABOUT):
        if is_negated(reading, clause, start) or _STYLE.search(match["what"]):
            continue
        yield Hit(Kind.TOPIC, "topics", one_of(slug(match["what"])), start, end)
    for clause, match, start, end in matches(reading, _ABOUT):
        if _QUOTED_WORD.match(match["what"]):
            continue
        polarity = polarity_of(reading, clause, start)
        if polarity == "require" or (polarity == "allow" and not is_leave(reading, clause)):
            continue
        name = slug(match["what"] or match[0])
        yield Hit(Kind.TOPIC, f"topic.{name}", switch(polarity), start, end, polarity)


_STYLE: Final = compiled(
    r"\b(?:words?|sentences?|paragraphs?|characters?|lines?|"
    r"function calls?|tools?|json|english)\b"
)

_PRIVATE: Final = (
    r"(?P<what>(?:(?:\S+ ){0,7}?)(?:system|developer|initial|hidden|original|"
    r"internal)?(?:[ /]\S+)? ?"
    r"(?:(?P<instructions>instructions?|prompts?|system messages?|developer messages?|messages?|"
    r"guidelines|rules|configuration|system/developer)\b|"
    r"(?P<identity>identity|based on|who (?:made|built|created) you|which model|what model|"
    r"you are an? (?:ai|bot|language model))\b|"
    r"(?P<secret>passwords?|secrets?|api keys?|keys?|credentials|tokens?|confidential\S*|"
    r"private|sensitive|personal|proprietary|internal|information|details?|codes?|contents?|"
    r"data)\b|\(\d+\))[^.;!?\n]{0,60})"
)
_TELL: Final = compiled(
    r"\b(?:reveal(?:ing)?|shar(?:e|ing)|disclos(?:e|ing)|divulg(?:e|ing)|tell(?:ing)?|expos(?:e|"
    r"ing)|leak(?:ing)?|repeat(?:ing)?|show(?:ing)?|confirm(?:ing)?|discuss(?:ing)?|"
    r"mention(?:ing)?|print|output|display|acknowledge|give away|give out|hand over|quote|"
    r"paraphrase|summarize|admit)\b " + _PRIVATE
)
_ALWAYS_PRIVATE: Final = compiled(r"\b(?:reveal|disclos|divulg|leak|expos|give away)\w*")
_KEPT: Final = compiled(
    r"\bkeep(?:ing)? (?P<what>.{2,80}?) (?:secret|confidential|private|to yourself|hidden)\b|"
    r"\b(?P<that>.{2,80}?) (?:is|are|must (?:remain|stay|be kept)|should (?:remain|stay|"
    r"be kept)) (?:strictly )?(?:confidential|secret|private)\b|"
    r"\b(?:we |i |they )?(?:do not|don't|doesn't|does not) want (?:the )?(?:users?|anyone|"
    r"customers?|people|them) to (?:know|learn|find out|see)\b(?P<matter>.{0,60})|"
    r"\b(?:users?|customers?|anyone|nobody|no one) (?:must|should|may|can|is allowed to)(?: not|"
    r"n't|not)? (?:know|learn|find out|see)\b(?P<fact>.{0,60})|"
    r"\bsay (?:that )?you (?:do not|don't|cannot|can't) (?:know|share|say|disclose)\b.{0,40}"
)
_PROMPTED: Final = compiled(
    r"\b(?:what (?:is|are|were|does)|repeat|show|tell me|print|give me|reveal|output|list|"
    r"display|share|copy|recite) (?:\S+ ){0,6}?(?:system prompt|system message|"
    r"developer message|system/developer message|(?:your|initial|previous|original|hidden|"
    r"above) (?:\S+ )?(?:instructions|prompt|guidelines|rules|message))\b.{0,40}"
)


def secrecy(reading: Reading) -> Iterator[Hit]:
    """``reveal.instructions``, ``reveal.NAME``: whether something is kept or may be told."""
    told = _PROMPTED.search(reading.text)
    if told and not reading.operator:
        yield Hit(
            Kind.SECRECY, "reveal.instructions", one_of(True), told.start(), told.end(), "allow"
        )
        return
    kept = _KEPT.search(reading.text)
    if kept:
        said = next((word for word in kept.groups() if word), "")
        yield Hit(
            Kind.SECRECY, _reveal(said), one_of(False), kept.start(), kept.end(), "forbid",
            "implicit" if " want " in kept[0] else "explicit",
        )  # fmt: skip
    for clause, match, start, end in matches(reading, _TELL):
        polarity = polarity_of(reading, clause, start)
        strong = bool(_ALWAYS_PRIVATE.match(match[0]))
        if not strong and (polarity == "require" or not reading.operator):
            continue
        kind: Polarity = "forbid" if polarity == "forbid" else "allow"
        key = "reveal.instructions" if match["instructions"] else _reveal(match["what"])
        yield Hit(Kind.SECRECY, key, switch(kind), start, end, kind)


_IDENTITY: Final = compiled(
    r"\b(?:identity|based on|gpt|which model|what model|"
    r"you are an? (?:ai|bot|language model))\b"
)


_THESE_WORDS: Final = compiled(
    r"\b(?:this|these|your|the|my|our|system|developer|hidden|initial) (?:\S+ )?"
    r"(?:messages?|prompts?|instructions?|guidelines|rules|configuration)\b"
)


def _reveal(words: str) -> str:
    if _THESE_WORDS.search(words):
        return "reveal.instructions"
    if _IDENTITY.search(words):
        return "reveal.identity"
    return f"reveal.{slug(words, most=4) or 'this'}"


_RULES: Final = (
    r"(?:instructions?|rules?|prompts?|directions?|directives?|guidelines?|polic(?:y|ies)|"
    r"restrictions?|"
    r"constraints?|safeguards?|safety \w+|programming|training|filters?|limitations?|"
    r"system messages?|orders|commands?|context)"
)
_IGNORE: Final = compiled(
    rf"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|ing)|bypass(?:ing)?|"
    rf"set aside|stop following|(?:do not|don't|no longer|never) (?:follow|obey)|"
    rf"pay no attention to|discard|drop|cancel|supersede)\s+"
    rf"(?:(?:all|any|every|everything|each|of|the|your|my|our|these|those|that|this|previous|"
    rf"prior|earlier|above|preceding|existing|former|other|initial|original|system|developer|"
    rf"safety|old|past|about|content|ethical|and)\s+)*{_RULES}\b(?P<which>[^.;!?\n]{{0,80}})"
)
_WHOSE: Final = compiled(
    r"\b(?:all|previous|prior|earlier|above|preceding|your|safety|system|"
    r"developer|initial|original|existing|everything|old|other|ethical)\b"
)
_NARROW: Final = compiled(
    r"^ (?:that|which|in|from|inside|within|contained|found|embedded|"
    r"appearing|of the)\b"
)
_MODES: Final = compiled(
    r"\b(?:everything|anything) (?:above|before (?:this|that)|(?:that )?you (?:were|have been|"
    r"'ve been) told)\b|"
    r"\b(?:special )?\"?(?:safety testing|developer|debug|god|jailbreak|dan|unrestricted|admin|"
    r"maintenance|sudo) mode\b|\bdo anything now\b|"
    r"\b(?:no longer|not) (?:bound|restricted|limited|constrained) by\b|"
    r"\bwithout (?:any )?(?:restrictions|filters|safeguards|limitations)\b|"
    r"\b(?:new|updated|real|actual) (?:instructions?|task|system prompt)(?:\s*:| (?:is|are)\b)|"
    r"\b(?:takes?|has|have) (?:precedence|priority) over\b|"
    r"\bbefore (?:you )?(?:can |could |may )?(?:solv\w*|continu\w*|complet\w*|finish\w*|"
    r"proceed\w*|answer\w*|do\w*|start\w*)\b.{0,80}\b(?:task|request|question|"
    r"this)\b.{0,80}\bfirst\b|"
    r"\binstead of (?:the |your |doing )?(?:original|previous|user's|given|current) (?:task|"
    r"request|instructions?)\b"
)


def override(reading: Reading) -> Iterator[Hit]:
    """``earlier_instructions`` ignored: "ignore all previous instructions", "developer mode"."""
    for _, match, start, end in matches(reading, _IGNORE):
        if _WHOSE.search(match[0]) and not (
            _NARROW.match(match["which"]) and not _WHOSE.search(match[0][:40])
        ):
            yield Hit(Kind.OVERRIDE, "earlier_instructions", one_of("ignored"), start, end)
            return
    match = _IGNORE.search(reading.text) if not reading.clauses else None
    match = match or _MODES.search(reading.text)
    if match and not reading.text.endswith("?"):
        yield Hit(
            Kind.OVERRIDE, "earlier_instructions", one_of("ignored"), match.start(), match.end()
        )
