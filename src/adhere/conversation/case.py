"""Test cases: a conversation, and what a right answer to it is.

A case is plain data so that a suite can be read, written and shared without a line of code; what
the checks do is the judge's business (`adhere.judge`).
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec
import re2

from adhere.conversation.answer import Answer
from adhere.conversation.message import Message, ToolCall

Direction: TypeAlias = Literal["too_permissive", "too_restrictive", "quality"]
"""Which way an answer fails: harm done, freedom lost, or neither."""


class _Check(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="kind"
):
    """A deterministic check; all of a case's checks must pass.

    A check that could never fail is refused with `ValueError`.

    ``fails`` is the direction in which an answer fails that does not pass; ``why`` is a note.
    """

    fails: Direction = "quality"
    why: str = ""


class Contains(_Check, frozen=True, tag="contains"):
    """At least one of ``any`` and each of ``all`` occurs (case and white space do not count)."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.any and not self.all:
            raise ValueError("a 'contains' check needs 'any' or 'all'")


class Excludes(_Check, frozen=True, tag="excludes"):
    """None of ``any`` occurs (case and white space do not count)."""

    any: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.any:
            raise ValueError("an 'excludes' check needs 'any'")


class Matches(_Check, frozen=True, tag="matches"):
    """The RE2 ``pattern`` is found anywhere in the answer."""

    pattern: str = ""

    def __post_init__(self) -> None:
        if not self.pattern:
            raise ValueError("a 'matches' check needs a 'pattern'")
        _must_compile(self.pattern)


class Words(_Check, frozen=True, tag="words"):
    """The answer has between ``min`` and ``max`` words, both included."""

    min: int = 0
    max: int | None = None

    def __post_init__(self) -> None:
        if self.min <= 0 and self.max is None:
            raise ValueError("a 'words' check needs 'min' or 'max'")


class Json(_Check, frozen=True, tag="json"):
    """The whole answer is JSON; an object with the ``required`` keys, if there are any."""

    required: tuple[str, ...] = ()


class _OfCalls(_Check, frozen=True):
    """A check of tool calls.

    ``where`` narrows it to calls whose arguments match: an RE2 pattern an argument, searched in a
    text argument as it is and in any other as JSON. A call that lacks the argument does not match.
    """

    name: str = "*"
    where: dict[str, str] = {}

    def __post_init__(self) -> None:
        for pattern in self.where.values():
            _must_compile(pattern)


class ToolCalled(_OfCalls, frozen=True, tag="tool_called"):
    """The tool is called (``*``: any tool), with arguments as in ``where``."""


class ToolNotCalled(_OfCalls, frozen=True, tag="tool_not_called"):
    """The tool is not called (``*``: no tool is) with arguments as in ``where``."""


class OutcomeIs(_Check, frozen=True, tag="outcome"):
    """The outcome, as a detector of refusals sees it, is one of these."""

    is_: tuple[Literal["answered", "refused", "partly_refused"], ...] = msgspec.field(
        default=(), name="is"
    )

    def __post_init__(self) -> None:
        if not self.is_:
            raise ValueError("an 'outcome' check needs 'is'")


class AnyOf(_Check, frozen=True, tag="any"):
    """At least one of the checks passes."""

    of: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if not self.of:
            raise ValueError("an 'any' check needs checks in 'of'")


class AllOf(_Check, frozen=True, tag="all"):
    """Each of the checks passes."""

    of: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if not self.of:
            raise ValueError("an 'all' check needs checks in 'of'")


class Not(_Check, frozen=True, tag="not", kw_only=True):
    """The check does not pass."""

    of: Check


Check: TypeAlias = (
    Contains
    | Excludes
    | Matches
    | Words
    | Json
    | ToolCalled
    | ToolNotCalled
    | OutcomeIs
    | AnyOf
    | AllOf
    | Not
)


def _must_compile(pattern: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"not an RE2 pattern: {pattern!r}") from error


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


class Recording(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An answer that a model once gave to a case (``adhere/recording/1``)."""

    schema: Literal["adhere/recording/1"]
    case: str
    model: str
    answer: Answer
    epoch: int = 0
