"""A call as a service writes it, as the gate reads it. Pure."""

from __future__ import annotations

from adhere.conversation import ToolCall
from adhere.conversation.fields import strict_json


def read_call(name: str, written: str, id_: str) -> ToolCall:
    """Return a call with its arguments decoded; as written where they are no JSON object."""
    if not written.strip():
        return ToolCall(name, {}, id_)
    try:
        arguments = strict_json(written)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        return ToolCall(name, {}, id_, unparsed=written)
    return ToolCall(name, arguments, id_)
