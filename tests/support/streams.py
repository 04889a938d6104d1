"""Streams as a model's service sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web


def pieces(*said: str, finish: str = "stop") -> list[dict[str, Any]]:
    """The chunks of a chat completion that says these pieces."""
    deltas: list[dict[str, Any]] = [{"delta": {"role": "assistant", "content": ""}}]
    deltas += [{"delta": {"content": piece}} for piece in said]
    deltas.append({"delta": {}, "finish_reason": finish})
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return [{**head, "choices": [{"index": 0, **delta}]} for delta in deltas]


async def stream(
    request: web.Request, chunks: Iterable[dict[str, Any]], *, done: bool = True
) -> web.StreamResponse:
    """Send chunks as events, each in a write of its own."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for chunk in chunks:
        name = f"event: {chunk['type']}\n" if "type" in chunk else ""
        await response.write(f"{name}data: {json.dumps(chunk)}\n\n".encode())
    if done:
        await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response
