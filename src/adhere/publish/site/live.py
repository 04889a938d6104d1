"""The live site: the pages of the static one from a server, with a search that needs no script.

`reading_app` is a Starlette application; what takes comments is mounted beside it by whoever
assembles the two. It reads nothing after it was made, so it can be shared by threads, and answers
only GET and HEAD.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Final
from urllib.parse import unquote

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adhere.publish.site.assets import POLICY
from adhere.publish.site.pages import HTML, Page, Pages
from adhere.publish.site.searching import MOST_QUERY, SearchIndex

HEADERS: Final = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
}
"""Of every response, whatever made it."""

MOST_URL: Final = 2048
"""Bytes of an address, query included."""

_KEPT_BYTES: Final = 64 * 1024 * 1024
_MOST_COUNTED: Final = 100
_MARK = re.compile(rb"<!--comments:([^<>]{0,1000}?)-->")
_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class Ready(msgspec.Struct, frozen=True):
    """A page made ready to be sent."""

    plain: bytes
    packed: bytes
    type: str
    tag: str


class _Shelf:
    """Pages that were rendered and packed, the ones used last, up to a number of bytes."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._addresses = dict.fromkeys(pages.addresses())
        self._kept: OrderedDict[str, Ready] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._making: dict[str, Lock] = {}  # a page is rendered once, however many ask for it

    def known(self, address: str) -> Ready | None:
        """Return a page that is ready."""
        with self._lock:
            found = self._kept.get(address)
            if found is not None:
                self._kept.move_to_end(address)
            return found

    def get(self, address: str) -> Ready:
        """Return a page, rendering it first where it is not ready.

        Raises:
            KeyError: There is no such page.
        """
        if address not in self._addresses:
            raise KeyError(address)
        with self._lock:
            making = self._making.setdefault(address, Lock())
        with making:
            found = self.known(address)
            if found is None:
                found = ready(self._pages.page(address))
                self._keep(address, found)
            return found

    def _keep(self, address: str, made: Ready) -> None:
        with self._lock:
            self._kept[address] = made
            self._bytes += len(made.plain) + len(made.packed)
            while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._bytes -= len(old.plain) + len(old.packed)

    def warm(self) -> None:
        """Render pages before anybody asks, until there is no room for more."""
        for address in self._addresses:
            if self._bytes > _KEPT_BYTES // 2:
                break
            if address not in self._pages.redirects:
                self.get(address)


def ready(page: Page) -> Ready:
    """Pack a page and give it a tag by its content."""
    packed = gzip.compress(page.body, 6, mtime=0)
    return Ready(page.body, packed, page.type, hashlib.sha256(page.body).hexdigest()[:20])


class Guard:
    """Refuses what no page needs, and puts the headers on everything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if len(scope["raw_path"]) + len(scope["query_string"]) > MOST_URL:
            refusal = Response("The address is too long.\n", 414, media_type="text/plain")
            await refusal(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


class Counter:
    """Puts how many comments there are beside the links to them, when a page is sent.

    Pages stay as they were rendered; one is packed anew only where numbers have changed since.
    """

    def __init__(self, counts: Callable[[], Mapping[str, int]]) -> None:
        self._counts = counts
        self._made: OrderedDict[str, tuple[Mapping[str, int], Ready]] = OrderedDict()
        self._lock = Lock()

    def counted(self, address: str, page: Ready) -> Ready:
        """Return a page with its numbers."""
        if _MARK.search(page.plain) is None:
            return page
        counts = self._counts()
        with self._lock:
            known = self._made.get(address)
            if known is None or known[0] is not counts:
                body = _MARK.sub(lambda mark: _number(counts, mark[1]), page.plain)
                known = self._made[address] = (counts, ready(Page(body, page.type)))
                while len(self._made) > _MOST_COUNTED:
                    self._made.popitem(last=False)
            return known[1]


def _number(counts: Mapping[str, int], name: bytes) -> bytes:
    found = counts.get(unquote(name.decode()), 0)
    return f" ({found})".encode() if found else b""


def reading_app(
    pages: Pages, *, beside: Sequence[BaseRoute] = (),
    counts: Callable[[], Mapping[str, int]] = dict,
) -> Starlette:  # fmt: skip
    """Return the application; ``app.state.warm()`` renders its pages ahead, in any thread.

    Args:
        pages: What to serve; of a site that is ``live``.
        beside: Routes of others, asked first, such as a ``Mount`` for comments.
        counts: How many comments there are, by section; the same object until they change.
    """
    shelf, index = _Shelf(pages), SearchIndex(pages.entries)
    counter = Counter(counts)

    async def search(request: Request) -> Response:
        query = request.query_params.get("q", "")[:MOST_QUERY]
        part = request.headers.get("hx-request") == "true"

        def made() -> Page:
            return pages.search(query, index.find(query), part=part)

        return send(
            request, ready(await run_in_threadpool(made)), vary="accept-encoding, hx-request"
        )

    async def why(request: Request) -> Response:
        asked = request.query_params.get("id", "").strip()
        if not asked:
            return await other(request, "why/index.html")
        found = _ID.fullmatch(asked)
        if found is None:
            return send(request, ready(pages.why(asked[:71])), status=404)
        name = f"sha256:{found[1]}"
        if name not in pages.site.decisions:
            return send(request, ready(pages.why(name)), status=404)
        return RedirectResponse(f"{found[1]}.html", 303)

    async def page(request: Request) -> Response:
        address = unquote(request.path_params["address"]) or "index.html"
        if address.endswith("/"):
            address += "index.html"
        return await other(request, address)

    async def other(request: Request, address: str) -> Response:
        if address in pages.redirects:
            return RedirectResponse("../" * address.count("/") + pages.redirects[address], 308)
        try:
            known = shelf.known(address)
            found = known if known else await run_in_threadpool(shelf.get, address)
            if pages.site.feedback and found.type == HTML:
                found = await run_in_threadpool(counter.counted, address, found)
        except KeyError:
            body = pages.missing(address.count("/"))
            return send(request, ready(body), status=404)
        return send(request, found, keep=address in pages.assets.files)

    get = ["GET"]
    routes: list[BaseRoute] = [
        *beside,
        Route("/search.html", search, methods=get),
        Route("/why/index.html", why, methods=get),
        Route("/why/", why, methods=get),
        Route("/{address:path}", page, methods=get),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Guard)])
    app.state.warm = shelf.warm
    return app


def send(
    request: Request, page: Ready, *, status: int = 200, keep: bool = False,
    vary: str = "accept-encoding",
) -> Response:  # fmt: skip
    """Return a page as a response: packed if the reader takes that, nothing if they have it."""
    headers = {
        "etag": f'"{page.tag}"',
        "cache-control": "public, max-age=31536000, immutable" if keep else "no-cache",
        "vary": vary,
    }
    if status == 200 and f'"{page.tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = page.plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        body = page.packed
    return Response(body, status, headers, media_type=page.type)
