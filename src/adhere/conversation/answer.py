"""What a model answered."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from adhere.conversation.message import Message, ToolCall


class Outcome(StrEnum):
    """What came of asking, typed so that nothing becomes a silent zero."""

    ANSWERED = "answered"
    REFUSED = "refused"
    PARTLY_REFUSED = "partly_refused"
    FILTER_BLOCKED = "filter_blocked"
    """A filter of the service stopped it; the model itself was not heard."""
    ERROR = "error"
    UNPARSED = "unparsed"
    """Something came, but whoever had to read it could not."""

    @property
    def heard(self) -> bool:
        """Whether there is an answer of the model to score."""
        return self in (Outcome.ANSWERED, Outcome.REFUSED, Outcome.PARTLY_REFUSED)


class Usage(msgspec.Struct, frozen=True):
    """Tokens that a service says it counted; what it is paid for."""

    input_tokens: int
    output_tokens: int


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer, or why there is none.

    Attributes:
        content: The text.
        tool_calls: What the assistant asked to be run, in every turn.
        problem: ``filter_blocked``, ``error`` or ``unparsed`` where there is no answer.
        detail: What the service said about the problem.
        labels: What others said of this very answer, by who said it (``{"human": "refused"}``):
            outcomes as words where a judge is to read them, else any word.
        usage: Tokens, where the service told.
        said: What was said after the case's conversation and before this answer: former answers,
            results of tools, follow-ups.
    """

    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    problem: Outcome | None = None
    detail: str = ""
    labels: dict[str, str] = {}
    usage: Usage | None = None
    said: tuple[Message, ...] = ()
