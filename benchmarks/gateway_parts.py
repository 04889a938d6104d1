"""What stands around the gateway in its benchmark: a service, a load, and a bare pass-through.

``python gateway_parts.py upstream PORT``, ``… load PORT CONNECTIONS SECONDS KIND`` (prints JSON),
``… bare PORT UPSTREAM_PORT [LOG_FOLDER]``. Service and load speak just enough HTTP, so that they
cost little beside what is measured.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import uvicorn
import uvloop

from adhere.audit import SCHEMA, Admitted, AuditLog, Completed, create_log, keys_beside

ANSWER = json.dumps(
    {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [
            {
                "index": 0, "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": "It is mild in Paris today, with some clouds in the afternoon. "
                    "Take a light jacket if you go out in the evening.",
                },
            }
        ],
        "usage": {"prompt_tokens": 41, "completion_tokens": 25, "total_tokens": 66},
    }
).encode()  # fmt: skip
SYSTEM = (
    "You are the assistant of a shop for travel goods. Keep the rules of discounts to yourself."
)
COUNT = itertools.count()


def question(stream: bool) -> bytes:
    """A request nobody has made before: its last message is new each time."""
    said = f"What is the weather like in Paris today, and what should I pack? ({next(COUNT)})"
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": said}]
    return json.dumps({"model": "m", "messages": messages, "stream": stream}).encode()


HISTORY = [
    {
        "role": role,
        "content": f"Turn {turn}: " + "the quick brown fox jumps over the lazy dog; " * 7,
    }
    for turn in range(100)
    for role in ("user", "assistant")
]


def long_history() -> bytes:
    """69 kB of 200 messages, the last of which is new each time."""
    messages = [*HISTORY[:-1], {"role": "user", "content": f"And now? {next(COUNT)}" + " why" * 70}]
    return json.dumps({"model": "m", "messages": messages}).encode()


def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    piece = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    data = b"data: " + json.dumps({**piece, "choices": [choice]}).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


WORDS = "It is mild in Paris today, with some clouds in the afternoon.".split()  # noqa: SIM905
STREAM = [chunk({"role": "assistant", "content": ""})]
STREAM += [chunk({"content": f"{word} "}) for word in WORDS]
STREAM += [chunk({}, "stop"), b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n\r\n"
WHOLE = HEAD % (b"application/json", b"Content-Length: %d" % len(ANSWER)) + ANSWER
STREAM_HEAD = HEAD % (b"text/event-stream", b"Transfer-Encoding: chunked")


class Upstream(asyncio.Protocol):
    """Answers at once; a stream a word every ten milliseconds."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.data) < end + 4 + size:
                return
            body = self.data[end + 4 : end + 4 + size]
            self.data = self.data[end + 4 + size :]
            if b'"stream":true' in body or b'"stream": true' in body:
                self.transport.write(STREAM_HEAD + STREAM[0] + STREAM[1])
                self.task = asyncio.ensure_future(self.rest())
            else:
                self.transport.write(WHOLE)

    async def rest(self) -> None:
        for piece in STREAM[2:]:
            await asyncio.sleep(0.01)
            self.transport.write(piece)


class Load(asyncio.Protocol):
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, kind: str, until: float, found: dict[str, list[float]]) -> None:
        self.kind, self.until, self.found = kind, until, found

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        body = long_history() if self.kind == "history" else question(self.kind == "stream")
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.data, self.first = b"", 0.0
        self.began = time.perf_counter()
        self.transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.data += data
        if self.kind == "stream":
            if not self.first and b'"content":"It ' in self.data.replace(b": ", b":"):
                self.first = now - self.began
            if not self.data.endswith(b"0\r\n\r\n"):
                return
            self.found["first"].append(self.first)
        elif not self.whole():
            return
        if not self.data.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"no answer: {self.data[:300]!r}")
        self.found["took"].append(now - self.began)
        if now < self.until:
            self.ask()
        else:
            self.transport.close()

    def whole(self) -> bool:
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self.data[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            return self.data.endswith(b"0\r\n\r\n")
        return len(self.data) >= end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0])


async def load(port: int, connections: int, seconds: float, kind: str) -> None:
    loop = asyncio.get_running_loop()
    found: dict[str, list[float]] = {"took": [], "first": []}
    until = time.perf_counter() + seconds
    for _ in range(connections):
        await loop.create_connection(lambda: Load(kind, until, found), "127.0.0.1", port)
    await asyncio.sleep(seconds + 1.0)
    while not found["took"]:  # the first answer of some takes long
        await asyncio.sleep(0.5)
    took = sorted(found["took"])
    first = sorted(found["first"]) or [0.0]
    print(
        json.dumps(
            {
                "rate": len(took) / seconds,
                "p50": took[len(took) // 2] * 1e3,
                "p99": took[int(len(took) * 0.99)] * 1e3,
                "first": first[len(first) // 2] * 1e3,
            }
        )
    )


async def upstream(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


def bare(port: int, service: int, log: str) -> None:
    """The least a gateway in Python can be: ASGI and aiohttp, with or without a durable log."""
    url = f"http://127.0.0.1:{service}/v1/chat/completions"
    state: dict[str, object] = {}

    async def app(scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            state["session"] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
            if log:
                create_log(Path(log), keys_beside(Path(log)), "bench.example/bare")
                state["log"] = AuditLog(Path(log), keys_beside(Path(log)))
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await state["session"].close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        name = f"req_{next(COUNT):032x}"
        now = datetime.now(UTC)
        if log:
            await state["log"].append_async(
                Admitted(schema=SCHEMA, time=now, request=name, key_id="k", upstream="m")
            )
        headers = {"Content-Type": "application/json"}
        async with state["session"].post(url, data=body, headers=headers) as response:
            kind = response.headers["Content-Type"].encode()
            stream = kind == b"text/event-stream"
            if stream:
                await send({"type": "http.response.start", "status": 200,
                            "headers": [(b"content-type", kind)]})  # fmt: skip
                async for piece in response.content.iter_any():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                data = b""
            else:
                data = await response.read()
        if log:
            await state["log"].append_async(
                Completed(schema=SCHEMA, time=now, request=name, outcome="answered", key_id="k")
            )
        if not stream:
            length = str(len(data)).encode()
            told = [(b"content-type", kind), (b"content-length", length)]
            await send({"type": "http.response.start", "status": 200, "headers": told})
        await send({"type": "http.response.body", "body": data})

    uvicorn.run(
        app, port=port, loop="uvloop", http="httptools", log_level="error", access_log=False
    )


if __name__ == "__main__":
    role, port, *rest = sys.argv[1:]
    if role == "upstream":
        uvloop.run(upstream(int(port)))
    elif role == "load":
        uvloop.run(load(int(port), int(rest[0]), float(rest[1]), rest[2]))
    else:
        bare(int(port), int(rest[0]), rest[1] if len(rest) > 1 else "")
