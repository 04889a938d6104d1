"""The HTTP side: paths, keys, bodies, and how an answer or an error is written.

Built on aiohttp's low-level server: one handler, no routing table, no middlewares. The choice is
measured; see docs/decisions/0080.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import PurePath
from typing import Final

import msgspec
from aiohttp import web

from adhere.errors import AdhereError
from adhere.serve.attempts import Attempts
from adhere.serve.explaining import Explainer
from adhere.serve.faults import Refused, error_body
from adhere.serve.gateway import Gateway, new_request_id
from adhere.serve.keys import Principal
from adhere.serve.metrics import CONTENT_TYPE
from adhere.serve.openapi import document
from adhere.serve.passage import ClientGone, Passage
from adhere.serve.reading import Interface

_POSTS: Final[dict[str, Interface]] = {
    "/v1/chat/completions": "chat", "/v1/responses": "responses",
}  # fmt: skip
_JSON: Final = "application/json"
_log = logging.getLogger("adhere.serve")


class Client:
    """The client of one request, as aiohttp knows it."""

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request
        self.response: web.StreamResponse | None = None

    async def whole(self, body: bytes, headers: dict[str, str]) -> None:
        """Keep an answer in one piece; it is sent when the handler returns."""
        self.response = web.Response(body=body, content_type=_JSON, headers=headers)

    async def begin(self, headers: dict[str, str]) -> None:
        """Send the head of a stream."""
        response = web.StreamResponse(
            headers={
                **headers, "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-cache", "X-Accel-Buffering": "no",
            }
        )  # fmt: skip
        try:
            await response.prepare(self._request)
        except OSError as error:
            raise ClientGone from error
        self.response = response

    async def send(self, data: bytes) -> None:
        """Send a piece of it; waits where the client reads slowly."""
        assert self.response is not None
        try:
            await self.response.write(data)
        except OSError as error:
            raise ClientGone from error

    async def end(self) -> None:
        """End it."""
        assert self.response is not None
        try:
            await self.response.write_eof()
        except OSError as error:
            raise ClientGone from error


class App:
    """Answers every request of a process.

    Args:
        gateway: What all requests share.
        explainer: Answers for ``/v1/decisions``.
    """

    def __init__(self, gateway: Gateway, explainer: Explainer) -> None:
        self._gateway = gateway
        self._explainer = explainer
        self._attempts = Attempts()
        self._gets: dict[str, Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
            "/healthz": self._health, "/readyz": self._ready, "/metrics": self._metrics,
            "/openapi.json": self._openapi, "/v1/models": self._models,
            "/v1/settings": self._settings,
        }  # fmt: skip

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever it is."""
        name = new_request_id()
        try:
            interface = _POSTS.get(request.path)
            if interface is not None:
                if request.method != "POST":
                    raise _wrong_method("POST")
                return await self._post(request, interface, name)
            found = self._gets.get(request.path)
            if found is None and request.path.startswith("/v1/decisions/"):
                found = self._decision
            if found is None:
                raise Refused(404, "not_found", "there is no such path here")
            if request.method not in ("GET", "HEAD"):
                raise _wrong_method("GET")
            return await found(request)
        except Refused as refused:
            self._gateway.metrics.refused(refused.code)
            return _refusal(refused, name)
        except AdhereError as error:
            _log.error("%s: %s", name, error.message)
            return _json(503, error_body(503, "unavailable", "the gateway cannot do its part now"))
        except ClientGone:
            return web.Response(status=499)
        except Exception as error:  # noqa: BLE001 - told in the shape that clients know
            # Its message may hold what people wrote; where it was raised does not.
            _log.error("%s: %s at %s", name, type(error).__name__, _place(error))
            body = error_body(500, "internal_error", "the gateway failed", request=name)
            return _json(500, body)

    async def _post(
        self, request: web.BaseRequest, interface: Interface, name: str
    ) -> web.StreamResponse:
        gateway = self._gateway
        if gateway.draining:
            raise Refused(503, "draining", "the gateway is ending", retry_after=1)
        who = self._who(request)
        if gateway.under_way >= gateway.config.limits.requests:
            raise Refused(
                429, "too_many_requests", "too many requests are under way", retry_after=1
            )
        gateway.begin(who)
        try:
            body = await self._body(request)
            client = Client(request)
            await Passage(gateway, who, interface, name).run(body, client)
        finally:
            gateway.end(who)
        assert client.response is not None
        return client.response

    def _who(self, request: web.BaseRequest) -> Principal:
        """Return whose request it is.

        Raises:
            Refused: Nobody's we know.
        """
        said = request.headers.getall("Authorization", [])
        who = self._gateway.keys.find(said[0]) if len(said) == 1 else None
        if who is None:
            self._attempts.failed(request.remote or "")
            raise Refused(401, "invalid_api_key", "this key is not known here")
        return who

    async def _body(self, request: web.BaseRequest) -> bytes:
        limits = self._gateway.config.limits
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused(415, "unsupported_encoding", "send the body as it is, not compressed")
        if (request.content_length or 0) > limits.body_bytes:
            raise _too_long(limits.body_bytes)
        if request.content.is_eof():  # it came with the head
            body = request.content.read_nowait()
            if len(body) > limits.body_bytes:
                raise _too_long(limits.body_bytes)
            return body
        parts, size = [], 0
        try:
            async with asyncio.timeout(limits.body_seconds):
                while part := await request.content.readany():
                    parts.append(part)
                    size += len(part)
                    if size > limits.body_bytes:
                        raise _too_long(limits.body_bytes)
        except TimeoutError as error:
            raise Refused(408, "timeout", "the request's body did not come in time") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _health(self, _: web.BaseRequest) -> web.StreamResponse:
        return _json(200, b'{"status":"ok"}')

    async def _ready(self, _: web.BaseRequest) -> web.StreamResponse:
        if self._gateway.draining:
            return _json(503, b'{"status":"draining"}')
        release = self._gateway.release
        specs = [release.current.spec.spec_digest]
        if release.following is not None:
            specs.append(release.following.spec.spec_digest)
        return _json(200, msgspec.json.encode({"status": "ready", "specs": specs}))

    async def _metrics(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(
            body=self._gateway.metrics.text(), headers={"Content-Type": CONTENT_TYPE}
        )

    async def _openapi(self, _: web.BaseRequest) -> web.StreamResponse:
        return _json(200, document())

    async def _models(self, request: web.BaseRequest) -> web.StreamResponse:
        self._who(request)
        models = [
            {"id": name, "object": "model", "created": 0, "owned_by": "adhere"}
            for name in self._gateway.upstreams.models
        ]
        return _json(200, msgspec.json.encode({"object": "list", "data": models}))

    async def _settings(self, request: web.BaseRequest) -> web.StreamResponse:
        who = self._who(request)
        in_force = self._gateway.release.current.in_force(
            who, request.query.get("user", ""), {}, {}
        )
        return _json(200, msgspec.json.encode(in_force.settings))

    async def _decision(self, request: web.BaseRequest) -> web.StreamResponse:
        who = self._who(request)
        wanted = request.path.removeprefix("/v1/decisions/")
        found = await self._explainer.explain(wanted, who)
        return _json(200, msgspec.json.encode(found))


def _place(error: BaseException) -> str:
    """Return where an error was raised: file, line, function; none of the values."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{PurePath(last.filename).name}:{last.lineno} {last.name}"


def _json(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type=_JSON)


def _refusal(refused: Refused, request: str) -> web.Response:
    headers = {"x-request-id": request}
    if refused.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(refused.retry_after)))
    if refused.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(
        status=refused.status, body=refused.body(request), content_type=_JSON, headers=headers
    )


def _wrong_method(right: str) -> Refused:
    return Refused(405, "method_not_allowed", f"this path takes {right}")


def _too_long(most: int) -> Refused:
    return Refused(413, "request_too_large", f"a request has at most {most:,} bytes")
