"""What extractors are given and what they give back, and the port they stand behind."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from adhere.conversation import Conversation
from adhere.resolve import Values
from adhere.spec import Authority


class Kind(StrEnum):
    """What an instruction is about."""

    LANGUAGE = "language"
    LENGTH = "length"
    """How long an answer is, and of how many parts."""
    FORMAT = "format"
    """Its form: JSON, lists, case, punctuation, what separates its parts."""
    WORDING = "wording"
    """Words it must have or must not have, and how it begins and ends."""
    PERSONA = "persona"
    TOPIC = "topic"
    SECRECY = "secrecy"
    OVERRIDE = "override"
    """That other instructions shall not count."""
    ACTION = "action"
    """Something done in the world: sending, buying, changing, deleting."""
    TOOL = "tool"
    """Which tools are used, when and how."""
    OTHER = "other"
    """The task itself, rules of a business, and whatever else is asked for."""


Polarity: TypeAlias = Literal["require", "forbid", "allow"]


class Span(Protocol):
    """A stretch of a message with one level of authority, as attribution gives it."""

    @property
    def message(self) -> int:
        """Number of the message."""
        ...

    @property
    def start(self) -> int:
        """First character in the message's text."""
        ...

    @property
    def end(self) -> int:
        """One past the last."""
        ...

    @property
    def level(self) -> Authority:
        """Whose authority it has."""
        ...

    @property
    def source(self) -> str:
        """For text without authority, where it comes from."""
        ...


class Extracted(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An instruction as it was found in prose.

    Attributes:
        kind: What it is about.
        key: What has a value, such as ``language`` or ``length.words``.
        allowed: The values it admits.
        polarity: Whether it asks for something, forbids it, or allows it.
        message: Number of the message.
        start: First character in the message's text.
        end: One past the last.
        level: The authority of the text it stands in.
        mode: Whether it is said or only implied.
        condition: The words after "if" or "when" that it depends on; empty where it always holds.
        source: For text without authority, where that comes from.
        text: Its words.
        extractor: Who found it.
    """

    kind: Kind
    key: str
    allowed: Values
    polarity: Polarity = "require"
    message: int
    start: int
    end: int
    level: Authority
    mode: Literal["explicit", "implicit"] = "explicit"
    condition: str = ""
    source: str = ""
    text: str
    extractor: str


class Extractor(Protocol):
    """Finds instructions in prose.

    ``name`` stands in everything it finds. Extraction is fallible whoever does it: what is found
    is where it says it is, but what it means is a conclusion, and nobody vouches for what is
    missed.
    """

    name: str

    async def extract(
        self, conversation: Conversation, spans: Sequence[Span]
    ) -> tuple[Extracted, ...]:
        """Return the instructions of a conversation in the order in which they stand in it.

        Args:
            conversation: What was said.
            spans: Who has authority over each character of it. What is in none is not read.

        Raises:
            ServiceError: A service that was asked failed, or did not answer as it was asked to.
        """
        ...


class Voices:
    """Whose words each character of a conversation is.

    Args:
        spans: In any order; those of a message do not overlap.
    """

    def __init__(self, spans: Sequence[Span]) -> None:
        self._by_message: dict[int, list[Span]] = {}
        for span in sorted(spans, key=lambda one: (one.message, one.start)):
            if span.end > span.start:
                self._by_message.setdefault(span.message, []).append(span)

    def weakest(self, message: int, positions: Iterable[int]) -> Span | None:
        """Return the span with the least authority among those at some characters of a message.

        None where nobody speaks at one of them.
        """
        found: Span | None = None
        for position in positions:
            span = self._at(message, position)
            if span is None:
                return None
            if found is None or found.level.outranks(span.level):
                found = span
        return found

    def weakest_within(self, message: int, start: int, end: int) -> Span | None:
        """Return the span with the least authority that reaches into a stretch of a message."""
        found: Span | None = None
        for span in self._by_message.get(message, []):
            inside = span.start < end and start < span.end
            if inside and (found is None or found.level.outranks(span.level)):
                found = span
        return found

    def _at(self, message: int, position: int) -> Span | None:
        spans = self._by_message.get(message, [])
        index = bisect_right(spans, position, key=lambda span: span.end)
        return spans[index] if index < len(spans) and spans[index].start <= position else None


class Stretch(NamedTuple):
    """The plainest `Span`."""

    message: int
    start: int
    end: int
    level: Authority
    source: str = ""
