"""A service on loopback that answers from a script: what the gateway stands before without one.

It is no model. Questions of the reference suite get the good answer that stands beside them there;
anything else gets a sentence that says what it is.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiohttp import web

from adhere.conversation import Message, Role, parse_conversation
from adhere.errors import InputError

NAME: Final = "scripted"
OTHERWISE: Final = (
    "This is a scripted model: it knows the questions of the reference suite and nothing else. "
    "Name an upstream in adhere.toml to reach a real one."
)


class ScriptedService:
    """Answers chat completions and Responses, whole or as a stream.

    Args:
        script: By the last words of a user: the answer.
    """

    def __init__(self, script: Mapping[str, str]) -> None:
        self._script = script
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen on a free port of loopback; `url` says where."""
        runner = web.ServerRunner(web.Server(self._handle, access_log=None))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0.1)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/v1"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = msgspec.json.decode(await request.read())
        try:
            said = self._answer(parse_conversation(asked))
        except InputError as error:
            error_body = {"error": {"message": error.message, "type": "invalid_request_error"}}
            return _json(error_body, 400)
        if request.path.endswith("/responses"):
            return await _respond(request, asked, said)
        return await _complete(request, asked, said)

    def _answer(self, conversation: tuple[Message, ...]) -> str:
        words = [message.text for message in conversation if message.role is Role.USER]
        return self._script.get(words[-1].strip() if words else "", OTHERWISE)


async def _complete(request: web.BaseRequest, asked: Any, said: str) -> web.StreamResponse:
    head = {"id": "chatcmpl-scripted", "created": int(time.time()), "model": NAME}
    usage = _usage(asked, said, "prompt_tokens", "completion_tokens")
    if not asked.get("stream"):
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return _json({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    pieces: list[dict[str, Any]] = [{"delta": {"role": "assistant", "content": ""}}]
    pieces += [{"delta": {"content": word}} for word in _words(said)]
    pieces.append({"delta": {}, "finish_reason": "stop"})
    events = [
        {**head, "object": "chat.completion.chunk", "choices": [{"index": 0, **piece}]}
        for piece in pieces
    ]
    events.append({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    return await _stream(request, [(b"", one) for one in events], done=True)


async def _respond(request: web.BaseRequest, asked: Any, said: str) -> web.StreamResponse:
    part = {"type": "output_text", "text": said, "annotations": []}
    item = {"id": "msg_scripted", "type": "message", "role": "assistant", "status": "completed"}
    whole = {
        "id": "resp_scripted", "object": "response", "created_at": int(time.time()),
        "model": NAME, "status": "completed", "output": [{**item, "content": [part]}],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": _usage(asked, said, "input_tokens", "output_tokens"),
    }  # fmt: skip
    if not asked.get("stream"):
        return _json(whole)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    empty = {**part, "text": ""}
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
        ("response.output_item.added",
         {"output_index": 0, "item": {**item, "status": "in_progress", "content": []}}),
        ("response.content_part.added", {**at, "part": empty}),
        *(("response.output_text.delta", {**at, "delta": word}) for word in _words(said)),
        ("response.output_text.done", {**at, "text": said}),
        ("response.content_part.done", {**at, "part": part}),
        ("response.output_item.done", {"output_index": 0, "item": whole["output"][0]}),  # type: ignore[index]
        ("response.completed", {"response": whole}),
    ]  # fmt: skip
    numbered = [
        (name.encode(), {"type": name, "sequence_number": number, **one})
        for number, (name, one) in enumerate(events)
    ]
    return await _stream(request, numbered, done=False)


async def _stream(
    request: web.BaseRequest, events: list[tuple[bytes, dict[str, Any]]], *, done: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for name, one in events:
        head = b"event: " + name + b"\n" if name else b""
        await response.write(head + b"data: " + msgspec.json.encode(one) + b"\n\n")
    if done:
        await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _words(said: str) -> list[str]:
    return [f"{word} " for word in said.split(" ")[:-1]] + [said.rsplit(" ", 1)[-1]]


def _usage(asked: Any, said: str, given: str, made: str) -> dict[str, int]:
    """Words, which is what this model counts for tokens."""
    words = len(msgspec.json.encode(asked).split())
    return {given: words, made: len(said.split()), "total_tokens": words + len(said.split())}


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(value), content_type="application/json"
    )
