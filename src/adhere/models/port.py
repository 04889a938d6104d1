"""The port behind which every model stands."""

from __future__ import annotations

from typing import Protocol

import msgspec

from adhere.conversation import Answer, Message, ToolDefinition


class Request(msgspec.Struct, frozen=True):
    """What a model is asked.

    Attributes:
        messages: The conversation so far; it ends with what has to be answered.
        case: Id of the case it comes from. Models that talk to a service never send it.
        epoch: Which repetition of the case this is, counted from 0.
        tools: What the model may call.
    """

    messages: tuple[Message, ...]
    case: str
    epoch: int = 0
    tools: tuple[ToolDefinition, ...] = ()


class Sampling(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a service is asked to answer; None leaves it to the service.

    Attributes:
        temperature: 0 for always the likeliest word, as far as a service keeps to it.
        max_tokens: The longest answer.
        seed: Where an interface takes one; the epoch is added, so that repetitions differ.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None


class Model(Protocol):
    """Answers requests.

    ``name`` stands in every record. A scripted model's begins with ``scripted:``, so that no
    figure obtained on it can pass for one about a real model.
    """

    name: str

    async def answer(self, request: Request) -> Answer:
        """Return the answer; what goes wrong is an `Answer` with its ``problem``, not a raise."""
        ...

    async def close(self) -> None:
        """Give back what the model holds; it can be asked again afterwards."""
        ...
