"""Examples of a spec as conversations."""

from __future__ import annotations

from adhere.conversation import ContentPart, Conversation, Message, Role, ToolCall
from adhere.spec import Example, Turn


def conversation_of(example: Example) -> Conversation:
    """Return the conversation that an example's answers are compared in.

    What an assistant sends to a tool is a call of that tool; as examples do not say in which form,
    it is kept as written (`ToolCall.unparsed`).
    """
    return tuple(_message(turn) for turn in example.turns)


def _message(turn: Turn) -> Message:
    role = Role(turn.role)
    if turn.recipient is not None:
        call = ToolCall(turn.recipient, unparsed=turn.text)
        return Message(role, tool_calls=(call,))
    parts = tuple(ContentPart(part.kind, part.text) for part in turn.parts)
    if len(parts) == 1 and parts[0].speaks:
        return Message(role, parts[0].text, name=turn.name)
    return Message(role, parts if parts else "", name=turn.name)
