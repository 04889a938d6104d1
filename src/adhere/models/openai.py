"""OpenAI-compatible services: chat completions and Responses.

Hosted services, vLLM, Ollama, llama.cpp's server and gateways speak the first; OpenAI the second.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from adhere.conversation import (
    Answer,
    Message,
    Outcome,
    Role,
    ToolCall,
    Usage,
    for_services,
    render_chat,
)
from adhere.models.http import HttpModel, Unreadable, text_only
from adhere.models.port import Request


class OpenAIChat(HttpModel):
    """``POST /chat/completions``."""

    def body(self, request: Request) -> dict[str, Any]:
        """Return the request: messages in chat form."""
        messages = render_chat(for_services(request.messages))
        sent: dict[str, Any] = {"model": self.model, "messages": messages}
        if request.tools:
            sent["tools"] = [msgspec.to_builtins(tool) for tool in request.tools]
        asked = self.sampling
        if asked.temperature is not None:
            sent["temperature"] = asked.temperature
        if asked.max_tokens is not None:
            # The vendor's newer models refuse the old name, others know no new one.
            own = urlsplit(self.url).hostname == "api.openai.com"
            sent["max_completion_tokens" if own else "max_tokens"] = asked.max_tokens
        if asked.seed is not None:
            sent["seed"] = asked.seed + request.epoch
        return sent

    def read(self, data: bytes) -> Answer:
        """Return the first choice.

        Raises:
            Unreadable: There is no choice, or a tool call's arguments are not an object.
        """
        response = msgspec.json.decode(data, type=_ChatResponse)
        if not response.choices:
            raise Unreadable("the response has no choice")
        choice = response.choices[0]
        usage = _chat_usage(response.usage)
        if choice.finish_reason == "content_filter":
            return Answer(
                choice.message.content or "", problem=Outcome.FILTER_BLOCKED, usage=usage,
                detail="finish_reason is content_filter",
            )  # fmt: skip
        calls = tuple(
            ToolCall(call.function.name, _arguments(call.function.arguments), call.id)
            for call in choice.message.tool_calls or ()
        )
        # A refusal comes in a field of its own; it is the model's word all the same.
        content = choice.message.content or choice.message.refusal or ""
        if not content and not calls:
            raise Unreadable("the answer has neither text nor a tool call")
        return Answer(content, calls, usage=usage)


class OpenAIResponses(HttpModel):
    """``POST /responses``."""

    def body(self, request: Request) -> dict[str, Any]:
        """Return the request: input items."""
        items = [item for message in text_only(request.messages) for item in _items(message)]
        sent: dict[str, Any] = {"model": self.model, "input": items, "store": False}
        if request.tools:
            sent["tools"] = [
                {"type": "function", **msgspec.to_builtins(tool.function)} for tool in request.tools
            ]
        if self.sampling.temperature is not None:
            sent["temperature"] = self.sampling.temperature
        if self.sampling.max_tokens is not None:
            sent["max_output_tokens"] = self.sampling.max_tokens
        return sent

    def read(self, data: bytes) -> Answer:
        """Return the output's text and tool calls.

        Raises:
            Unreadable: There is neither, or a tool call's arguments are not an object.
        """
        response = msgspec.json.decode(data, type=_Response)
        usage = response.usage
        if response.incomplete_details and response.incomplete_details.reason == "content_filter":
            return Answer(
                problem=Outcome.FILTER_BLOCKED, usage=usage, detail="cut off by content_filter"
            )
        text, calls = [], []
        for item in response.output:
            if item.type == "function_call":
                calls.append(ToolCall(item.name, _arguments(item.arguments), item.call_id))
            elif item.type == "message":
                text += [part.text or part.refusal for part in item.content]
        content = "".join(text)
        if not content and not calls:
            raise Unreadable("the answer has neither text nor a tool call")
        return Answer(content, tuple(calls), usage=usage)


class _Function(msgspec.Struct):
    name: str
    arguments: str = "{}"


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""


class _ChatMessage(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    message: _ChatMessage
    finish_reason: str | None = None


class _ChatUsage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _ChatResponse(msgspec.Struct):
    choices: list[_Choice]
    usage: _ChatUsage | None = None


class _OutputPart(msgspec.Struct):
    text: str = ""
    refusal: str = ""


class _Item(msgspec.Struct):
    type: str
    content: list[_OutputPart] = []
    name: str = ""
    arguments: str = "{}"
    call_id: str = ""


class _Incomplete(msgspec.Struct):
    reason: str | None = None


class _Response(msgspec.Struct):
    output: list[_Item]
    incomplete_details: _Incomplete | None = None
    usage: Usage | None = None


def _chat_usage(usage: _ChatUsage | None) -> Usage | None:
    return None if usage is None else Usage(usage.prompt_tokens, usage.completion_tokens)


def _items(message: Message) -> list[dict[str, Any]]:
    if message.role is Role.TOOL:
        call = message.tool_call_id or ""
        return [{"type": "function_call_output", "call_id": call, "output": message.text}]
    items: list[dict[str, Any]] = []
    if message.text:
        items.append({"role": message.role, "content": message.text})
    items += [
        {
            "type": "function_call",
            "call_id": call.id,
            "name": call.name,
            "arguments": _encoded(call.arguments),
        }
        for call in message.tool_calls
    ]
    return items


def _encoded(arguments: dict[str, Any]) -> str:
    return msgspec.json.encode(arguments).decode()


def _arguments(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"the arguments of a tool call are not a JSON object: {error}") from error
