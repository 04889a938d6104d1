"""A chat completions service on loopback that costs as little as Python can, for benchmarks.

It answers every request after the same latency; what it says depends on who seems to ask, so that
the graders of adhere, Inspect and promptfoo each get a grade they can read.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def reply(text: str) -> bytes:
    """A whole response."""
    message = {"role": "assistant", "content": text}
    body = json.dumps({
        "id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24},
    }).encode()  # fmt: skip
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


ANSWER = reply("It is Lisbon.")
GRADES = (
    (b"You grade one answer", reply('{"reason": "kept", "score": 7}')),
    (b"[BEGIN DATA]", reply("It fits.\n\nGRADE: C")),
    (b"You are grading output", reply('{"reason": "fits", "pass": true, "score": 1}')),
)


class Service(asyncio.Protocol):
    """Reads requests of one connection, one after the other."""

    latency = 0.0

    def __init__(self) -> None:
        self._data = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            body, self._data = (
                self._data[end + 4 : end + 4 + length],
                self._data[end + 4 + length :],
            )
            said = next((grade for mark, grade in GRADES if mark in body), ANSWER)
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self._say, said)
            else:
                self._say(said)

    def _say(self, said: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(said)


def _serve(port: Any, latency: float) -> None:
    async def main() -> None:
        Service.latency = latency
        server = await asyncio.get_running_loop().create_server(
            Service, "127.0.0.1", 0, backlog=4096
        )
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def loopback(latency: float) -> Iterator[str]:
    """Serve in a process of its own; yields the address."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(there, latency), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.terminate()
        process.join()
