"""Anthropic's messages interface."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from adhere.conversation import Answer, Message, Outcome, Role, ToolCall, Usage
from adhere.models.http import HttpModel, Unreadable, text_only
from adhere.models.port import Request

VERSION: Final = "2023-06-01"

_MAX_TOKENS: Final = 4096
"""The interface asks for a limit; this one is generous for a case."""


class AnthropicMessages(HttpModel):
    """``POST /v1/messages``.

    System and developer messages go into ``system``, in order: the interface knows no developer.
    """

    version = VERSION

    def body(self, request: Request) -> dict[str, Any]:
        """Return the request; neighbours of the same role become one message."""
        sent_messages = text_only(request.messages)
        system = [it.text for it in sent_messages if it.role in (Role.SYSTEM, Role.DEVELOPER)]
        messages: list[dict[str, Any]] = []
        for message in sent_messages:
            if message.role in (Role.SYSTEM, Role.DEVELOPER):
                continue
            role = "assistant" if message.role is Role.ASSISTANT else "user"
            if messages and messages[-1]["role"] == role:
                messages[-1]["content"] += _blocks(message)
            else:
                messages.append({"role": role, "content": _blocks(message)})
        limit = self.sampling.max_tokens or _MAX_TOKENS
        sent: dict[str, Any] = {"model": self.model, "max_tokens": limit, "messages": messages}
        if request.tools:
            sent["tools"] = [
                {
                    "name": tool.function.name,
                    "description": tool.function.description,
                    "input_schema": tool.function.parameters or {"type": "object"},
                }
                for tool in request.tools
            ]
        if self.sampling.temperature is not None:
            sent["temperature"] = self.sampling.temperature
        return {**sent, "system": "\n\n".join(system)} if system else sent

    def read(self, data: bytes) -> Answer:
        """Return the text and tool calls.

        Raises:
            Unreadable: There is neither.
        """
        response = msgspec.json.decode(data, type=_Response)
        usage = response.usage
        content = "".join(block.text for block in response.content if block.type == "text")
        if response.stop_reason == "refusal":
            return Answer(
                content, problem=Outcome.FILTER_BLOCKED, usage=usage,
                detail="stop_reason is refusal: the service stopped it",
            )  # fmt: skip
        calls = tuple(
            ToolCall(block.name, block.input, block.id)
            for block in response.content
            if block.type == "tool_use"
        )
        if not content and not calls:
            raise Unreadable("the answer has neither text nor a tool call")
        return Answer(content, calls, usage=usage)


class _Block(msgspec.Struct):
    type: str
    text: str = ""
    name: str = ""
    id: str = ""
    input: dict[str, Any] = {}


class _Response(msgspec.Struct):
    content: list[_Block]
    stop_reason: str | None = None
    usage: Usage | None = None


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role is Role.TOOL:
        call = message.tool_call_id or ""
        return [{"type": "tool_result", "tool_use_id": call, "content": message.text}]
    blocks: list[dict[str, Any]] = []
    if message.text:
        blocks.append({"type": "text", "text": message.text})
    blocks += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
        for call in message.tool_calls
    ]
    return blocks
