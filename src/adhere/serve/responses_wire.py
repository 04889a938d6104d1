"""Answers of the Responses interface, as far as they are passed on: events, parts, items."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from adhere.serve.answering import Unreadable

DELTAS: Final = {
    "response.output_text.delta": "output_text",
    "response.refusal.delta": "refusal",
    "response.reasoning_text.delta": "reasoning_text",
    "response.reasoning_summary_text.delta": "summary_text",
}
"""Events that bring a piece of text, with the type of the part it is of."""
DONES: Final = {
    "response.output_text.done": ("output_text", "text"),
    "response.refusal.done": ("refusal", "refusal"),
    "response.reasoning_text.done": ("reasoning_text", "text"),
    "response.reasoning_summary_text.done": ("summary_text", "text"),
}
"""Events that bring the whole of a text: the type of its part, and the field it stands in."""
PARTS: Final = {
    "response.content_part.added", "response.content_part.done",
    "response.reasoning_summary_part.added", "response.reasoning_summary_part.done",
}  # fmt: skip
WHOLE: Final = {"response.completed", "response.incomplete", "response.failed"}
BEGINNING: Final = {"response.created", "response.in_progress", "response.queued"}
CALLS: Final = {"function_call": "arguments", "custom_tool_call": "input"}
TEXT_OF: Final = {
    "output_text": "text", "refusal": "refusal", "reasoning_text": "text", "summary_text": "text",
}  # fmt: skip


def parts_of(item: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the parts of an item that hold text, with their type."""
    found = []
    for name in ("content", "summary"):
        parts = item.get(name)
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict) and part.get("type") in TEXT_OF:
                found.append((str(part["type"]), part))
    return found


def strip(part: dict[str, Any]) -> None:
    """Take off what cannot be checked: tokens with their probabilities."""
    if "logprobs" in part:
        part["logprobs"] = []


def message(text: str) -> dict[str, Any]:
    """Return a message of the gateway's own."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {
        "id": "msg_adhere", "type": "message", "role": "assistant", "status": "completed",
        "content": [part],
    }  # fmt: skip


def member(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside an event.

    Raises:
        Unreadable: There is none.
    """
    found = value.get(name)
    if not isinstance(found, dict):
        raise Unreadable(f"an event has no {name}")
    return found


def decode(data: bytes) -> dict[str, Any]:
    """Decode an answer, or an event of one.

    Raises:
        Unreadable: It is no object.
    """
    try:
        value: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("the service's answer cannot be read") from error
    return value
