"""Labelling in the browser: one page on this machine, for one person.

The address holds a secret, so that no other page and no other user of the machine can guess it; the
host and origin of each request must be our own, so that no name can be rebound to it. Nothing in
the page names a model, and what a model wrote stays text: no script runs.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from adhere.errors import AdhereError, SystemFault
from adhere.evaluate.labels import Item, LabelSession
from adhere.publish.label_page import Named, render_label
from adhere.spec import Spec

_LARGEST: Final = 4096
"""Bytes of a form that are read; ours has fewer than 200."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def named_sections(spec: Spec, item: Item) -> tuple[Named, ...]:
    """Return the sections a case names, as a person reads them."""
    known = {section.id: section for section in spec.walk()}
    return tuple(
        Named(name, known[name].title, str(spec.effective_authority(name)))
        if name in known
        else Named(name, name, "not in the spec")
        for name in item.case.sections
    )


def label_app(session: LabelSession, spec: Spec, secret: str) -> web.Application:
    """Return the application that shows and takes labels below ``/SECRET/``.

    Args:
        session: An entered session.
        spec: The spec of the run, for the titles of sections.
        secret: What an address must hold.
    """

    def token(item: Item) -> str:
        return hashlib.sha256(f"{secret} {item.key}".encode()).hexdigest()

    async def show(_request: web.Request) -> web.Response:
        item = session.current()
        sections = named_sections(spec, item) if item else ()
        page = render_label(
            session.who, session.done, session.total, item, sections, token(item) if item else ""
        )
        return web.Response(text=page, content_type="text/html", headers=_HEADERS)

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        label, item = str(form.get("label", "")), session.current()
        if label == "undo":
            session.undo()
        elif item is not None and secrets.compare_digest(str(form.get("item", "")), token(item)):
            try:
                session.give(item.key, label)
            except SystemFault as error:
                raise web.HTTPInsufficientStorage(text=str(error)) from error
            except AdhereError as error:
                raise web.HTTPBadRequest(text=str(error)) from error
        # A form of an answer that has its label by now (a second tab, a double click) is let go.
        raise web.HTTPSeeOther(f"/{secret}/", headers=_HEADERS)

    app = web.Application(middlewares=[_ours_only], client_max_size=_LARGEST)
    app.router.add_get(f"/{secret}/", show)
    app.router.add_post(f"/{secret}/", take)
    return app


@web.middleware
async def _ours_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    socket = request.get_extra_info("sockname")
    ours = f"127.0.0.1:{socket[1]}"
    origin = request.headers.get("Origin", f"http://{ours}")
    # With a policy of no referrer a browser may call its own origin "null" when it sends a form.
    if request.host != ours or origin not in (f"http://{ours}", "null"):
        raise web.HTTPForbidden(text="this page is for its own address only")
    return await handler(request)


async def serve_labels(
    session: LabelSession, spec: Spec, ready: Callable[[str], None], port: int = 0
) -> None:
    """Serve until cancelled, on this machine only.

    Args:
        session: An entered session.
        spec: The spec of the run.
        ready: Called with the address once it answers.
        port: Where; 0 takes a free one.

    Raises:
        SystemFault: The port cannot be had.
    """
    secret = secrets.token_urlsafe(24)
    runner = web.AppRunner(label_app(session, spec, secret), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError as error:
            raise SystemFault(f"cannot serve the page: {error.strerror}") from error
        ready(f"http://127.0.0.1:{runner.addresses[0][1]}/{secret}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
