"""Answers of the chat completions interface, as far as they are passed on.

What is not named here does not leave the gateway: a field that nobody knows is a text that nobody
checked. Tokens with their probabilities (`logprobs`) are such a field.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Text = str | None | UnsetType


class Function(msgspec.Struct):
    """The function of a call, or a piece of it."""

    name: Text = UNSET
    arguments: Text = UNSET


class Custom(msgspec.Struct):
    """A tool that takes text, or a piece of a call of it."""

    name: Text = UNSET
    input: Text = UNSET


class Call(msgspec.Struct):
    """A call, or a piece of it."""

    index: int | UnsetType = UNSET
    id: Text = UNSET
    type: Text = UNSET
    function: Function | UnsetType = UNSET
    custom: Custom | UnsetType = UNSET


class Said(msgspec.Struct):
    """A message, or a piece of one."""

    role: Text = UNSET
    content: Text = UNSET
    refusal: Text = UNSET
    reasoning_content: Text = UNSET
    reasoning: Text = UNSET
    tool_calls: list[Call] | UnsetType | None = UNSET
    annotations: list[Any] | UnsetType | None = UNSET


class Choice(msgspec.Struct):
    """One of the answers, whole (``message``) or in pieces (``delta``)."""

    index: int = 0
    message: Said | UnsetType = UNSET
    delta: Said | UnsetType = UNSET
    finish_reason: str | None = None


class Answer(msgspec.Struct):
    """An answer, or a piece of it."""

    choices: list[Choice]
    id: str = ""
    object: str = "chat.completion"
    created: int = 0
    model: str = ""
    usage: dict[str, Any] | UnsetType | None = UNSET
    system_fingerprint: Text = UNSET
    service_tier: Text = UNSET
    adhere: Any = UNSET


TEXTS = ("content", "refusal", "reasoning_content", "reasoning")
"""The fields of `Said` that hold text."""

decode = msgspec.json.Decoder(Answer).decode
encode = msgspec.json.Encoder().encode


def read_usage(usage: dict[str, Any] | UnsetType | None) -> tuple[int, int] | None:
    """Return the tokens of request and answer, where a service says so."""
    if not isinstance(usage, dict):
        return None
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    given, made = (one if type(one) is int and one > 0 else 0 for one in counts)
    return given, made
