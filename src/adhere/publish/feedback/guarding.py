"""Who asks, and whether the form they send came from our own page.

A cookie holds a random secret and nothing else: a session's once somebody has signed in, before
that one of the browser, made only when a form is shown to sign in with. A form carries a digest of
that secret; another site can neither read it nor work it out.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from adhere.evolve.feedback import Person
from adhere.evolve.feedback.people import SESSION_SECONDS, People

MOST_FORM: Final = 96 * 1024
"""Bytes of a form: the longest comment and quote, each character escaped."""

_MOST_FIELDS: Final = 12
_FORM_SECONDS: Final = 20
_MOST_SECRET: Final = 200


class Refused(Exception):
    """A request is turned away.

    Args:
        status: Of the response.
        words: What the person is told.
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Visitor(msgspec.Struct, frozen=True):
    """Whoever asks.

    Attributes:
        person: Who they are, if they have signed in.
        secret: What their cookie holds; empty where they have none.
    """

    person: Person | None = None
    secret: str = ""

    @property
    def token(self) -> str:
        """What a form of theirs carries; empty without a cookie, and then no form is taken."""
        if not self.secret:
            return ""
        return hmac.new(self.secret.encode(), b"adhere form", hashlib.sha256).hexdigest()


class Cookies:
    """The two cookies.

    Args:
        people: Who has which session.
        secure: Whether the site is reached over TLS; only a site of this machine is not.
    """

    def __init__(self, people: People, *, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.session, self.visit = f"{prefix}adhere-session", f"{prefix}adhere-visit"
        self._people, self._secure = people, secure

    def visitor(self, request: Request) -> Visitor:
        """Return who asks."""
        session = request.cookies.get(self.session, "")
        if session and len(session) <= _MOST_SECRET:
            person = self._people.of_session(session)
            if person is not None:
                return Visitor(person, session)
        visit = request.cookies.get(self.visit, "")
        return Visitor(None, visit if len(visit) <= _MOST_SECRET else "")

    def old_session(self, request: Request) -> str:
        """Return what the session's cookie holds, whether it is one or not."""
        return request.cookies.get(self.session, "")[:_MOST_SECRET]

    def begin_visit(self, response: Response, secret: str) -> None:
        """Give a browser the secret of a visit."""
        self._set(response, self.visit, secret, 3600)

    def begin_session(self, response: Response, secret: str) -> None:
        """Give a browser a session, and take the visit from it."""
        self._set(response, self.session, secret, SESSION_SECONDS)
        self._set(response, self.visit, "", 0)

    def end_session(self, response: Response) -> None:
        """Take the session from a browser."""
        self._set(response, self.session, "", 0)

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self._secure, httponly=True,
            samesite="lax",
        )  # fmt: skip


def new_secret() -> str:
    """Return a secret for a visit."""
    return secrets.token_urlsafe(32)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        Refused: It is no form, too large, too slow, or sent by another site.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "This form was sent by another site.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "This is no form of this site.")
    data = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MOST_FORM:
                    raise Refused(413, "This is more than a form can hold.")
    except TimeoutError as error:
        raise Refused(408, "The form did not arrive in time.") from error
    try:
        pairs = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, errors="strict",
            max_num_fields=_MOST_FIELDS,
        )  # fmt: skip
    except ValueError as error:
        raise Refused(400, "This form cannot be read.") from error
    fields = dict(pairs)
    if any("\x00" in value for value in fields.values()):
        raise Refused(400, "A field of this form cannot be read.")
    if len(fields) != len(pairs):
        raise Refused(400, "A field of this form stands there twice.")
    return fields


def check_token(visitor: Visitor, form: dict[str, str]) -> None:
    """Check that a form came from our own page, shown to this browser.

    Raises:
        Refused: It did not.
    """
    given, right = form.pop("token", ""), visitor.token
    if not right or not hmac.compare_digest(given.encode(), right.encode()):
        raise Refused(
            403, "This form is too old, or not from this site. Go back, load the page again, "
            "and send it once more.",
        )  # fmt: skip


def whence(request: Request) -> str:
    """Return where a request comes from, to count attempts by.

    Of IPv6 the network counts: whoever has one address of it has 2^64.
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return host
