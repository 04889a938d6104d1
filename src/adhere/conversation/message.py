"""Messages, as chat interfaces exchange them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import msgspec


class Role(StrEnum):
    """Who a message comes from. The role is the container that gives text its authority."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ContentPart(msgspec.Struct, frozen=True):
    """A stretch of a message's content.

    ``untrusted`` has no authority whoever sent it; ``settings`` holds facts, one ``name: value``
    a line, and counts only in a system message.
    """

    type: Literal["text", "untrusted", "settings"]
    text: str


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """The assistant's request to run a tool with these arguments."""

    name: str
    arguments: dict[str, Any] = {}
    id: str = ""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message.

    Attributes:
        role: Who speaks.
        content: Text, or parts where not all of it has the role's authority.
        name: The tool that speaks, for ``role="tool"``.
        tool_calls: What an assistant asks to be run.
        tool_call_id: The call a tool answers.
    """

    role: Role
    content: str | tuple[ContentPart, ...] = ""
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """The content without its structure; settings left out."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if part.type != "settings")
