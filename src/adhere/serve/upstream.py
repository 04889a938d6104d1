"""Asking the services behind the gateway: in turn, with time-outs, and none once one answers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from adhere.models.limits import RETRIED, Patience, retry_after
from adhere.serve.config import Config, UpstreamChoice
from adhere.serve.reading import Interface

_LONGEST: Final = 2.0
"""Seconds between two attempts; a service that asks for more is left for the next one."""
_ERROR_BYTES: Final = 65_536


class UpstreamFault(Exception):
    """No service answered.

    Args:
        status: What the client is to be told.
        code: One word for programs.
        message: A sentence; never what a service said of its own keys or machines.
        upstream: Who failed last.
        retry_after: Seconds after which to try again, where a service said so.
    """

    def __init__(
        self, status: int, code: str, message: str, upstream: str, wait: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.upstream = upstream
        self.retry_after = wait


class Begun:
    """An answer that has begun. Read to its end, or close.

    Args:
        upstream: Who answers.
        response: The open response.
        first: Its first bytes.
    """

    def __init__(self, upstream: str, response: aiohttp.ClientResponse, first: bytes) -> None:
        self.upstream = upstream
        self.stream = response.content_type == "text/event-stream"
        self._response = response
        self._first = first

    async def read(self) -> bytes:
        """Return what has come; nothing at the end.

        Raises:
            UpstreamFault: It broke off.
        """
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            return await self._response.content.readany()
        except TimeoutError as error:
            raise _timed_out(self.upstream) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _broken(self.upstream) from error

    async def read_all(self, most: int) -> bytes:
        """Return the whole answer.

        Raises:
            UpstreamFault: It broke off, or is longer than ``most`` bytes.
        """
        parts, size = [], 0
        while part := await self.read():
            parts.append(part)
            size += len(part)
            if size > most:
                raise UpstreamFault(
                    502, "upstream_failed", "the model's answer is too long", self.upstream
                )
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Give the connection back where the answer was read to its end; else end it."""
        self._response.close()


def _timed_out(upstream: str) -> UpstreamFault:
    return UpstreamFault(504, "upstream_timeout", "the model did not answer in time", upstream)


def _broken(upstream: str) -> UpstreamFault:
    return UpstreamFault(502, "upstream_failed", "the connection to the model failed", upstream)


class Upstream:
    """One service.

    Args:
        name: What the configuration calls it.
        choice: Where it is, and how patient to be.
    """

    def __init__(self, name: str, choice: UpstreamChoice) -> None:
        self.name = name
        self.choice = choice
        base = choice.url.rstrip("/")
        self._urls: dict[Interface, URL] = {
            "chat": URL(f"{base}/chat/completions"), "responses": URL(f"{base}/responses"),
        }  # fmt: skip
        self.headers: CIMultiDict[str] = CIMultiDict({"Content-Type": "application/json"})
        key = os.environ.get(choice.key_variable, "") if choice.key_variable else ""
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        self._timeout = aiohttp.ClientTimeout(
            total=choice.total, connect=choice.connect, sock_read=choice.silence
        )

    async def begin(
        self, session: aiohttp.ClientSession, interface: Interface, body: bytes
    ) -> Begun:
        """Send a request, and wait until its answer begins.

        Raises:
            UpstreamFault: It did not answer, or with an error.
        """
        response: aiohttp.ClientResponse | None = None
        try:
            async with asyncio.timeout(self.choice.first_byte):
                response = await session.post(
                    self._urls[interface], data=body, headers=self.headers, timeout=self._timeout,
                    allow_redirects=False,
                )  # fmt: skip
                if response.status != 200:
                    raise await self._refused(response)
                first = await response.content.readany()
        except TimeoutError as error:
            _close(response)
            raise _timed_out(self.name) from error
        except (aiohttp.ClientError, OSError) as error:
            _close(response)
            raise _broken(self.name) from error
        except BaseException:
            _close(response)
            raise
        return Begun(self.name, response, first)

    async def _refused(self, response: aiohttp.ClientResponse) -> UpstreamFault:
        """Turn a service's error into ours. What the client did wrong is told in its words."""
        said = await response.content.read(_ERROR_BYTES)
        wait = retry_after(response.headers.get("Retry-After"), time.time())
        if response.status == 429:
            return UpstreamFault(
                429, "upstream_rate_limit", "the model is asked too much", self.name, wait
            )
        if response.status in (400, 404, 413, 422):
            return UpstreamFault(400, "upstream_refused", _message(said), self.name)
        return UpstreamFault(
            502 if response.status not in RETRIED else 503, "upstream_failed",
            f"the model's service answered {response.status}", self.name, wait,
        )  # fmt: skip


class _Said(msgspec.Struct):
    message: str = ""


class _ErrorBody(msgspec.Struct):
    error: _Said


def _message(data: bytes) -> str:
    try:
        said = msgspec.json.decode(data, type=_ErrorBody).error.message
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = ""
    text = "".join(char if char.isprintable() else " " for char in said[:500])
    return f"the model's service refused the request: {text}" if text else (
        "the model's service refused the request"
    )  # fmt: skip


class Upstreams:
    """All services of a configuration, and which of them answers for which model."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known = {name: Upstream(name, one) for name, one in config.upstreams.items()}
        self._session: aiohttp.ClientSession | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models that clients can ask for."""
        return tuple(self._config.models)

    def route(self, model: str) -> tuple[str, Sequence[Upstream]] | None:
        """Return what the services call a model, and who answers for it, in turn."""
        choice = self._config.models.get(model)
        if choice is None:
            return None
        return choice.name or model, [self._known[name] for name in choice.upstreams]

    async def begin(
        self, turn: Sequence[Upstream], interface: Interface, bodies: Mapping[str, bytes]
    ) -> Begun:
        """Ask one after the other until an answer begins.

        Args:
            turn: Who answers for the model.
            interface: Which of the two interfaces.
            bodies: What is sent, by what a service calls a developer's messages.

        Raises:
            UpstreamFault: Nobody answered; the last one's.
        """
        fault = UpstreamFault(503, "upstream_failed", "no service was asked", "")
        for upstream in turn:
            patience = Patience(attempts=upstream.choice.attempts, backoff=0.2, longest=_LONGEST)
            body = bodies[upstream.choice.developer_role]
            for attempt in range(1, patience.attempts + 1):
                try:
                    return await upstream.begin(self._open(), interface, body)
                except UpstreamFault as error:
                    fault = error
                if fault.status == 400:  # the request's own fault: nobody else is asked
                    raise fault
                if fault.retry_after is not None and fault.retry_after > _LONGEST:
                    break
                if attempt < patience.attempts:
                    await asyncio.sleep(patience.wait(attempt, fault.retry_after))
        raise fault

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


def _close(response: aiohttp.ClientResponse | None) -> None:
    if response is not None:
        response.close()
