"""Authority that a message hands on: "follow the rules in <notes>", or a file of guidance.

*Explicit*: an operator or user asks to follow what stands in a named source. It hands on what its
author has, for every key, to that source alone.

*Implied* (published spec since 2025-10-27, on untrusted data): whoever has an assistant work in a
project means the files that projects keep for assistants, such as AGENTS.md. Such a delegation is
``inferred``. What is handed on ranks below everything else of its level, so that such a file can
override guidelines and nothing that anybody says, or that the spec leaves to users.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from adhere.conversation import Conversation, Role
from adhere.extract.extracted import Voices
from adhere.extract.reading import compiled
from adhere.extract.sentences import Clause, clauses, sentences
from adhere.resolve import ANY, Attribution, Delegation, Instruction, Origin, one_of
from adhere.resolve.attribution.attribute import GUIDANCE
from adhere.spec import Authority

FOLLOWS: Final = "follows."
"""What keys of delegations begin with; the source follows."""

_FOLLOW: Final = compiled(
    r"^(?:follow|obey|adhere to|comply with|act on|apply|carry out|execute|use|do)\s+"
    r"(?:(?:all|any|every|each|of|the|these|those|its|their|exactly|closely)\s+)*"
    r"(?:what|(?:\w+ ){0,2}(?:instructions?|rules?|directions?|guidelines?|guidance|steps|"
    r"polic(?:y|ies)|requirements|conventions|orders|commands))\b(?P<rest>.{0,160})"
)
_FOLLOW_IT: Final = compiled(
    r"^(?:follow|obey|adhere to|comply with|act on|apply)\s+(?:the\s+)?(?P<rest>.{1,160})"
)
_TAG: Final = compiled(
    r"<(?P<tag>[a-z][\w:-]{0,60})>|\b(?P<named>[a-z][\w:-]{1,60}) (?:tags?|element|block)\b"
)
_FILE: Final = compiled(r"(?:^|[\s`\"'(])(?P<file>[\w-]{1,60}\.[a-z]{1,5})(?:$|[\s`\"'),.:])")
_ATTACHED: Final = compiled(r"\b(?:attached|uploaded|enclosed) (?:file|document|text)\b")
_TOOL: Final = compiled(
    r"\b(?:returned|given|sent|provided|output|produced) by (?:the )?[`\"']?(?P<by>[\w-]{2,60})|"
    r"\b(?:output|outputs|results?) of (?:the )?[`\"']?(?P<of>[\w-]{2,60})|"
    r"\bthe [`\"']?(?P<tool>[\w-]{2,60})[`\"']? tool\b"
)


def delegations(conversation: Conversation, attribution: Attribution) -> tuple[Instruction, ...]:
    """Return the instructions of a conversation that hand on authority, in order.

    Args:
        conversation: What was said.
        attribution: Whose words each character is.
    """
    voices = Voices(attribution.spans)
    files = [
        span.source.partition(":")[2]
        for span in attribution.spans
        if span.source.startswith("file:")
    ]
    found = list(_implied(conversation, attribution))
    for number, message in enumerate(conversation):
        if message.role in (Role.ASSISTANT, Role.TOOL):
            continue
        for sentence in sentences(message.text):
            for clause in clauses(sentence.text):
                start = sentence.start + clause.start
                voice = voices.weakest(number, {start})
                if clause.negated or voice is None or voice.level is Authority.NONE:
                    continue
                end = start + len(sentence.text[clause.start : clause.end].rstrip())
                for source in dict.fromkeys(_sources(sentence.text, clause, files)):
                    origin = Origin("message", f"message {number}", number, start, end)
                    said = message.text[start:end]
                    found.append(_hands_on(origin, voice.level, source, said))
    return tuple({one.id: one for one in found}.values())


def _sources(text: str, clause: Clause, files: Sequence[str]) -> Iterator[str]:
    """Yield the sources that a clause asks to follow."""
    words = text[max(clause.start, clause.head - len(clause.verb)) : clause.end].lstrip()
    match = _FOLLOW.match(words)
    named = match is not None
    match = match or _FOLLOW_IT.match(words)
    if match is None:
        return
    rest = match["rest"]
    for file in _FILE.finditer(rest):
        yield f"file:{file['file']}"
    for tag in _TAG.finditer(rest):
        yield f"xml:{tag['tag'] or tag['named']}"
    if not named:
        return  # "follow the browser tool" says nothing of what it returns
    if _ATTACHED.search(rest):
        yield from (f"file:{name}" for name in files)
    for tool in _TOOL.finditer(rest):
        yield f"tool:{tool['by'] or tool['of'] or tool['tool']}"


def _implied(conversation: Conversation, attribution: Attribution) -> Iterator[Instruction]:
    """Yield a delegation to each file of guidance, by the last user message before it."""
    for span in attribution.spans:
        name = span.source.partition(":")[2]
        if not span.source.startswith("file:") or name.casefold() not in GUIDANCE:
            continue
        asking = [
            number
            for number, message in enumerate(conversation[: span.message + 1])
            if message.role is Role.USER
        ]
        if asking:
            origin = Origin("message", f"message {asking[-1]}", asking[-1])
            yield _hands_on(origin, Authority.USER, span.source, "", implied=True)


def _hands_on(
    origin: Origin, level: Authority, source: str, text: str, *, implied: bool = False
) -> Instruction:
    key = f"{FOLLOWS}{source}"
    return Instruction(
        id=f"m{origin.position}.{origin.start}.{key}", level=level, origin=origin, key=key,
        allowed=one_of(True), inferred=implied,
        delegates=Delegation(source, (ANY,), level), text=text, extractor="rules:1",
    )  # fmt: skip
