"""What a service may do instead of answering."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web


async def storm(*_: Any) -> web.Response:
    """Refuse for the rate, and ask for an hour."""
    return web.Response(status=429, headers={"Retry-After": "3600"})


async def reset(request: web.Request, *_: Any) -> web.StreamResponse:
    """Break the connection off in the middle of the answer."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.abort()
    return response


async def slam(request: web.Request, *_: Any) -> web.StreamResponse:
    """Break it off at once."""
    assert request.transport is not None
    request.transport.abort()
    return web.StreamResponse()


async def half(request: web.Request, *_: Any) -> web.StreamResponse:
    """Ends before its announced length, politely."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"message": {"content": "Hel')
    assert request.transport is not None
    request.transport.close()
    return response


async def huge(request: web.Request, *_: Any) -> web.StreamResponse:
    """Answer with 10 MB."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"choices": [{"message": {"content": "')
    for _step in range(10):
        await response.write(b"x" * 1_048_576)
    await response.write(b'"}}]}')
    return response


async def hang(*_: Any) -> web.Response:
    """Say nothing."""
    await asyncio.sleep(30)
    return web.Response()


async def stall(request: web.Request, *_: Any) -> web.StreamResponse:
    """Say nothing any more in the middle of the answer."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"choices": [')
    await asyncio.sleep(30)
    return response


def saying(data: bytes) -> Any:
    """Return a handler that answers just this."""

    async def say(*_: Any) -> web.Response:
        return web.Response(body=data, content_type="application/json")

    return say
