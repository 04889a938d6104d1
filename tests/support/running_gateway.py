"""A gateway in a thread of its own, before whatever service a test gives it."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from adhere.assemble.serve_config import parse_config
from adhere.assemble.serving import Source, run_gateway
from adhere.audit import LogFolder, Record, decode_record
from adhere.serve.keys import hash_key
from adhere.serve.server import listen

SHOP, OTHER, PLATFORM = "shop-key", "other-key", "platform-key"


def config_text(upstream: str, more: str = "", tokens: int = 0) -> str:
    """A configuration with two developers and the platform."""
    return f"""
[prompt]
tokens = {tokens}
[upstreams.up]
url = "{upstream}"
attempts = 1
[models.m]
upstreams = ["up"]
[keys.shop]
hash = "{hash_key(SHOP)}"
developer = "shop"
[keys.other]
hash = "{hash_key(OTHER)}"
developer = "other"
[keys.platform]
hash = "{hash_key(PLATFORM)}"
platform = true
[developers.shop]
[developers.other]
{more}
"""


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """What a stream says, without its end marker."""
        found = [line[6:] for line in self.body.decode().split("\n") if line.startswith("data: ")]
        return [json.loads(one) for one in found if one != "[DONE]"]

    @property
    def text(self) -> str:
        """What the first choice of a chat completion says, streamed or not."""
        if "event-stream" not in self.headers.get("Content-Type", ""):
            return str(self.json["choices"][0]["message"]["content"])
        return "".join(
            choice["delta"].get("content") or ""
            for event in self.events
            for choice in event.get("choices", [])
        )


class RunningGateway:
    """Runs until the test is done; its log is read when it has ended."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self._config = parse_config(text.encode(), name="adhere.toml")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._sock = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self.problem: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(20)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        if self._thread.is_alive() and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(40)
        self._sock.close()  # where it never got to serve, nobody else does
        if self.problem is not None:
            raise self.problem

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - told by `stop`
            self.problem = error
        finally:
            self._started.set()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._loop.call_soon(self._started.set)
        source = Source(self.folder, config=self._config)
        await run_gateway(source, self._sock, self._stop)

    def post(self, path: str, body: Any, key: str = SHOP, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._send(
            urllib.request.Request(
                self.url + path, data,
                {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers},
            )
        )  # fmt: skip

    def get(self, path: str, key: str = SHOP) -> Answer:
        return self._send(
            urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"})
        )

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def chat(self, *said: tuple[str, str], key: str = SHOP, **more: Any) -> Answer:
        messages = [{"role": role, "content": content} for role, content in said]
        body = {"model": "m", "messages": messages, **more}
        return self.post("/v1/chat/completions", body, key)

    def records(self) -> list[Record]:
        """Every record of the log; ends the gateway first."""
        self.stop()
        log = LogFolder(self.folder / "adhere-audit")
        size = log.checkpoint().checkpoint.size
        return [decode_record(entry, str(at)) for at, entry in log.entries(0, size)]
