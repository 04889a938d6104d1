"""Listening, and ending without cutting anybody off."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from typing import Final

from aiohttp import web

from adhere.errors import UsageError
from adhere.serve.app import App
from adhere.serve.gateway import Gateway

_BACKLOG: Final = 4096
_STEP: Final = 0.02
"""Seconds between two looks at whether requests are still under way."""
_HEADER_BYTES: Final = 8190
"""Bytes of a line of a request's head."""


def listen(host: str, port: int, *, patience: float = 0.0) -> socket.socket:
    """Open the socket that all workers accept from.

    Args:
        host: An address of this machine.
        port: 0 takes a free one.
        patience: Seconds to wait for whoever has the address, such as the workers of a gateway
            that was killed, which take a moment to notice.

    Raises:
        UsageError: The address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ends = time.monotonic() + patience
    while True:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(_BACKLOG)
            sock.setblocking(False)
            return sock
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE and time.monotonic() < ends:
                time.sleep(_STEP)
                continue
            raise UsageError(
                f"cannot listen there: {error.strerror}", place=f"{host}:{port}",
                remedy="choose another port, or 0 for a free one",
            ) from error  # fmt: skip


async def serve(gateway: Gateway, app: App, sock: socket.socket, stop: asyncio.Event) -> None:
    """Answer requests until ``stop`` is set, then let those under way come to their end.

    Args:
        gateway: What the requests share.
        app: Answers them.
        sock: Where they come in.
        stop: Set it to end.
    """
    limits = gateway.config.limits
    server = web.Server(
        app.handle, handler_cancellation=True, access_log=None,
        keepalive_timeout=limits.header_seconds, lingering_time=1.0, auto_decompress=False,
        max_line_size=_HEADER_BYTES, max_field_size=_HEADER_BYTES,
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, sock=sock, backlog=_BACKLOG)
    try:
        await stop.wait()
        gateway.draining = True
        listening.close()
        ends = loop.time() + limits.drain_seconds
        while gateway.under_way and loop.time() < ends:
            await asyncio.sleep(_STEP)
    finally:
        listening.close()
        await server.shutdown(_STEP)
        await gateway.close()
