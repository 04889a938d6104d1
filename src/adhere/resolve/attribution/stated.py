"""Facts that a conversation states, and who may state them.

A fact can move what a principle says (whether the user is under 18, say), so it counts only where
nobody below the operator of the system can have written it: in the settings of a system message.
The same words anywhere else are reported as refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from adhere.conversation import Conversation, Message, Role
from adhere.resolve.attribution.quoting import block_regions
from adhere.resolve.attribution.region import Reason, masked
from adhere.resolve.chain.facts import Fact
from adhere.resolve.chain.values import Scalar
from adhere.spec import Authority

_BLOCK: Final = re.compile(r"<settings(?:\s[^<>]{0,200})?>", re.I)
_END: Final = "</settings>"
_LINE: Final = re.compile(r"\s*([A-Za-z_][\w.-]{0,63})\s*:\s*(.*?)\s*")


class RefusedStatement(msgspec.Struct, frozen=True, gc=False):
    """A line of settings that sets nothing.

    Attributes:
        name: The fact it would set; empty where the line cannot be read.
        value: What it would set it to, as written.
        role: Who sent it.
        message: The message it stands in.
        reason: Why it sets nothing.
    """

    name: str
    value: str
    role: Role
    message: int
    reason: str


class StatedFacts(msgspec.Struct, frozen=True):
    """What a conversation states.

    Attributes:
        facts: By name, set by the system; of several messages that set one, the last counts.
        refused: In order.
    """

    facts: dict[str, Fact]
    refused: tuple[RefusedStatement, ...]


def facts_from(conversation: Conversation) -> StatedFacts:
    r"""Read the facts that a conversation's system messages set.

    Where one message sets a fact twice, to different values, neither counts: whoever got to write
    into it could otherwise choose.

    >>> said = "<settings>\nunder_18: true\n</settings>"
    >>> facts_from((Message(Role.SYSTEM, said),)).facts["under_18"].value
    True
    >>> facts_from((Message(Role.USER, said),)).refused[0].reason
    'only a system message sets facts'
    """
    facts: dict[str, Fact] = {}
    refused: list[RefusedStatement] = []
    for number, message in enumerate(conversation):
        stated: dict[str, list[str]] = {}
        for text, reason in _statements(message):
            for name, value in _lines(text):
                why = reason or ("" if name else "it is not of the form 'name: value'")
                if why:
                    refused.append(RefusedStatement(name, value, message.role, number, why))
                else:
                    stated.setdefault(name, []).append(value)
        for name, values in stated.items():
            if len({_value(value) for value in values}) > 1:
                facts.pop(name, None)
                refused += [
                    RefusedStatement(
                        name, value, message.role, number, "the message says two things about it"
                    )
                    for value in values
                ]
            else:
                facts[name] = Fact(_value(values[0]), Authority.SYSTEM)
    return StatedFacts(facts, tuple(refused))


def _statements(message: Message) -> Iterator[tuple[str, str]]:
    """Yield what each block of settings says, and why it does not count, if so."""
    foreign = "" if message.role is Role.SYSTEM else "only a system message sets facts"
    quoted = foreign or "it is quoted"
    if isinstance(message.content, str):
        yield from _in_text(message.content, foreign, quoted)
        return
    for part in message.content:
        if part.type == "settings":
            yield part.text, foreign
        elif part.speaks:
            yield from _in_text(part.text, foreign, quoted)
        else:
            yield from _in_text(part.text, quoted, quoted)


def _in_text(text: str, plain: str, quoted: str) -> Iterator[tuple[str, str]]:
    if _END not in text:
        return
    blocks = [region for region in block_regions(text) if region.reason is Reason.SETTINGS]
    for block in blocks:
        written = text[block.start : block.end].strip()
        yield html.unescape(written.partition(">")[2].removesuffix(_END)), plain
    rest = masked(text, blocks)
    at = 0
    for match in _BLOCK.finditer(rest):
        end = rest.find(_END, match.end())
        if end < 0:
            return
        if match.start() >= at:
            yield html.unescape(rest[match.end() : end]), quoted
            at = end


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.strip():
            match = _LINE.fullmatch(line)
            yield (match[1], match[2]) if match else ("", line.strip())


def _value(written: str) -> Scalar:
    if written.lower() in ("true", "false"):
        return written.lower() == "true"
    return int(written) if re.fullmatch(r"-?\d{1,15}", written) else written
