"""Labelled examples: a conversation and the answers that would be right or wrong in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from adhere.spec.span import SourceSpan

TurnRole: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]


class Verdict(StrEnum):
    """What the document says of an answer."""

    GOOD = "good"
    OK = "ok"
    BAD = "bad"


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A stretch of a turn's content, in source order.

    Attributes:
        kind: ``text`` speaks for the turn's role; ``untrusted`` has no authority whoever sent it;
            ``settings`` holds facts, one ``name: value`` a line.
        text: The characters, entities resolved.
        span: Where they stand in the document (entities unresolved).
    """

    kind: Literal["text", "untrusted", "settings"]
    text: str
    span: SourceSpan


class Turn(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One message of an example.

    Attributes:
        role: Who speaks.
        parts: What is said, in order.
        span: The whole element, tags included.
        recipient: The tool an assistant's message goes to, if it goes to one.
        name: The tool that speaks, for ``role="tool"``.
        comment: A note for readers (``comment="…"`` on the element).
        end_turn: False where the assistant goes on after this message.
    """

    role: TurnRole
    parts: tuple[Part, ...]
    span: SourceSpan
    recipient: str | None = None
    name: str | None = None
    comment: str | None = None
    end_turn: bool = True

    @property
    def text(self) -> str:
        """All parts but settings, joined."""
        return "".join(part.text for part in self.parts if part.kind != "settings")


class Answer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A possible answer of the assistant and what the document says of it.

    Attributes:
        turn: The answer itself.
        after: How many of the example's turns stand before it; they are its conversation.
        comparison: Which comparison of the example it belongs to, counted from 0.
        verdict: The label, or None where the document gives none.
        reason: The words after the colon of the label.
        condition: The words after the comma ("GOOD, given high uncertainty").
        sections: Section ids that the label cites (``BAD[#id]``).
    """

    turn: Turn
    after: int
    comparison: int = 0
    verdict: Verdict | None = None
    reason: str = ""
    condition: str = ""
    sections: tuple[str, ...] = ()


class Example(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A labelled example.

    Attributes:
        id: ``section_id/slug-of-the-title``; it survives edits to other examples and to answers.
        title: The words after ``**Example**:``, as Markdown; empty where there are none.
        turns: The conversation.
        answers: What the assistant might say, each with its place in the conversation.
        span: Title and fence.
    """

    id: str
    title: str
    turns: tuple[Turn, ...]
    answers: tuple[Answer, ...]
    span: SourceSpan
