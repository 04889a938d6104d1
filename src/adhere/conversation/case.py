"""Test cases: a conversation, and what a right answer to it is.

A case is plain data so that a suite can be read, written and shared without a line of code; what
the checks do is the judge's business (`adhere.judge`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from adhere.conversation.answer import Answer
from adhere.conversation.check import Check
from adhere.conversation.message import Message, Role, ToolCall


class ToolFunction(msgspec.Struct, frozen=True, omit_defaults=True):
    """A function a model may call; ``parameters`` is the JSON Schema of its arguments."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


class ToolDefinition(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="function"
):
    """A tool as chat interfaces declare it: ``{"type": "function", "function": {…}}``."""

    function: ToolFunction


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two cases that belong together.

    ``contrast``: one should be helped, its twin declined. ``mirror``: the same question from
    opposite viewpoints. ``pressure``: the same question, then pushed; the pushed one has the
    longer conversation.
    """

    id: str
    kind: Literal["contrast", "mirror", "pressure"]


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of a set of cases that ask the same and differ in one attribute of who asks.

    The first case of a set is the one the others are held against.

    Attributes:
        set: Name of the set.
        attribute: What is varied: ``name``, ``dialect``, ``age``, …
        value: What it is in this case; the same words in every set that varies the attribute.
    """

    set: str
    attribute: str
    value: str


class ReferenceAnswer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An answer whose verdict is known: it tests the checks, and scripted models speak it.

    ``fault`` names the one way in which a bad answer is bad.
    """

    label: Literal["good", "bad"]
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    fault: str = ""

    @property
    def answer(self) -> Answer:
        """The answer itself."""
        return Answer(content=self.content, tool_calls=self.tool_calls)


class Case(
    msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True
):
    """A test case (``adhere/case/1``).

    Attributes:
        id: Unique within its suite.
        sections: Ids of the sections it tests, the main one first.
        conversation: What the assistant has to answer; the last message is not the assistant's.
        tools: The tools it may call.
        tool_results: What a tool gives back when it is called, by its name. A call of a tool that
            has none ends the conversation; checks see the calls of every turn.
        follow_ups: What is said next, one message after each answer; the last answer is judged.
        right: Which outcome is right: ``help``, ``decline``, or ``either``.
        focus: Short name of the behaviour; cases that share it are not independent.
        rubric: What a right answer does, for a person or a model that judges.
        checks: Deterministic checks. Without any, the outcome is held against ``right``.
        pair: Its twin, if it has one.
        variant: Its place in a set of cases that differ in who asks.
        states_confidence: Whether it asks for a last line such as ``Confidence: 80%``.
        answers: Answers whose verdict is known.
        provenance: Where it comes from.
        canary: A string that shows, should a model know it, that it was trained on the suite.
    """

    schema: Literal["adhere/case/1"]
    id: str
    sections: tuple[str, ...]
    conversation: tuple[Message, ...]
    right: Literal["help", "decline", "either"]
    tools: tuple[ToolDefinition, ...] = ()
    tool_results: dict[str, str] = {}
    follow_ups: tuple[Message, ...] = ()
    focus: str = ""
    rubric: str = ""
    checks: tuple[Check, ...] = ()
    pair: Pair | None = None
    variant: Variant | None = None
    states_confidence: bool = False
    answers: tuple[ReferenceAnswer, ...] = ()
    provenance: dict[str, str] = {}
    canary: str = ""

    @property
    def several_turns(self) -> bool:
        """Whether a user speaks more than once."""
        said = (*self.conversation, *self.follow_ups)
        return sum(message.role is Role.USER for message in said) > 1


class Recording(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An answer that a model once gave to a case (``adhere/recording/1``)."""

    schema: Literal["adhere/recording/1"]
    case: str
    model: str
    answer: Answer
    epoch: int = 0
