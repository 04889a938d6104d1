"""The live site, from its pages to a socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Final

import uvicorn
from msgspec.structs import replace
from starlette.applications import Starlette

from adhere.assemble.feedback import FeedbackOptions, open_feedback
from adhere.errors import SystemFault
from adhere.evolve.feedback import Feedback
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
        feedback: FeedbackOptions | None = None,
    ) -> None:
        """Listen.

        Args:
            site: What it shows; ``live``.
            host: Address to listen on.
            port: Port to listen on; 0: one that is free.
            feedback: Where comments are kept, and how people sign in; None: it takes none.

        Raises:
            SystemFault: The port is taken, or may not be had, or the database cannot be opened.
            UsageError: People would sign in without TLS, or an address cannot be used.
        """
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
        self._feedback: Feedback | None = None
        pages = Pages(site if feedback is None else replace(site, feedback="feedback/about"))
        try:
            app = self._app(pages, feedback)
        except BaseException:
            self._socket.close()
            raise
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
            proxy_headers=bool(feedback and feedback.proxy),
            forwarded_allow_ips=feedback.proxy if feedback else "",
            lifespan="off",
        )
        self._server = uvicorn.Server(config)

    def _app(self, pages: Pages, feedback: FeedbackOptions | None) -> Starlette:
        if feedback is None:
            return reading_app(pages)
        shown, routes = open_feedback(pages, feedback, self.address)
        self._feedback = shown.feedback
        return reading_app(pages, beside=routes, counts=shown.counts.get)

    def run(self) -> None:
        """Serve until interrupted."""
        threading.Thread(target=self._warm, daemon=True).start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            if self._feedback is not None:
                self._feedback.close()

    def stop(self) -> None:
        """Make `run` return, from another thread."""
        self._server.should_exit = True
