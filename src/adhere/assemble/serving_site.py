"""The live site, from its pages to a socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final

import uvicorn
from starlette.routing import BaseRoute

from adhere.errors import SystemFault
from adhere.publish.site import Pages, Site
from adhere.publish.site.live import reading_app

MOST_CONNECTIONS: Final = 1000
"""Connections served at once; more are told to come back (503)."""


class SiteServer:
    """A server of a site, listening from the moment it is made."""

    def __init__(
        self,
        site: Site,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        beside: Sequence[BaseRoute] = (),
    ) -> None:
        """Listen.

        Args:
            site: What it shows; ``live``.
            host: Address to listen on.
            port: Port to listen on; 0: one that is free.
            beside: Routes of others, such as a ``Mount`` for comments.

        Raises:
            SystemFault: The port is taken, or may not be had.
        """
        app = reading_app(Pages(site), beside=beside)
        self._warm: Callable[[], None] = app.state.warm
        config = uvicorn.Config(
            app,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=15,
            h11_max_incomplete_event_size=16 * 1024,
            http="h11",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=512)
        except OSError as error:
            raise SystemFault(
                f"cannot listen there: {error.strerror}",
                place=f"{host}:{port}",
                remedy="name another --port",
            ) from error
        name = f"[{host}]" if ":" in host else host
        self.address = f"http://{name}:{self._socket.getsockname()[1]}/"

    def run(self) -> None:
        """Serve until interrupted."""
        threading.Thread(target=self._warm, daemon=True).start()
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Make `run` return, from another thread."""
        self._server.should_exit = True
