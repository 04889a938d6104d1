"""Messages, as chat interfaces exchange them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, TypeAlias

import msgspec


class Role(StrEnum):
    """Who a message comes from. The role is the container that gives text its authority."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ContentPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of a message's content.

    Attributes:
        type: ``text`` speaks for the message's role. ``untrusted`` has no authority whoever sent
            it, and neither have a ``file``, an ``image``, ``audio`` and hidden ``reasoning``.
            ``settings`` holds facts, one ``name: value`` a line, and counts only in a system
            message.
        text: What it says; of a file, an image or audio the words in it, where they are known.
        name: The file's name.
        url: Where its data is, or the data themselves (``data:…``).
    """

    type: Literal["text", "untrusted", "settings", "file", "image", "audio", "reasoning"]
    text: str = ""
    name: str = ""
    url: str = ""

    @property
    def speaks(self) -> bool:
        """Whether its words have the authority of the message's role."""
        return self.type == "text"


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """The assistant's request to run a tool with these arguments.

    Attributes:
        name: The tool.
        arguments: What it is given.
        id: What the tool's answer refers to.
        unparsed: What was given instead of arguments where it is not one JSON object, exactly as
            written; a call that is to be judged by its arguments cannot be judged then.
    """

    name: str
    arguments: dict[str, Any] = {}
    id: str = ""
    unparsed: str = ""


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


Conversation: TypeAlias = tuple[Message, ...]
"""What was said, in order."""
