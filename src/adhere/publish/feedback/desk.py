"""What comes in: each request for a page, each form sent, and the answer to it.

Forms and redirects do everything, so nothing needs a script. A form is taken only with the token of
the browser it was shown to; whatever it asks, who asks it is read from the session in the database.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from adhere.errors import InputError, ServiceError, SystemFault, UsageError
from adhere.evolve.feedback import ActionKind, Person, Stance
from adhere.evolve.feedback.people import LINK_SECONDS, Mailer, TooOften
from adhere.publish.feedback.guarding import (
    Cookies,
    Refused,
    Visitor,
    check_token,
    new_secret,
    read_form,
    whence,
)
from adhere.publish.feedback.showing import KINDS, FeedbackPages, ForReaders
from adhere.publish.site.pages import HTML

_Form: TypeAlias = dict[str, str]
_Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
_MOST_PAGE: Final = 10_000
_LOG: Final = logging.getLogger(__name__)
_HEADERS: Final = {"cache-control": "no-store", "vary": "cookie"}


class Ask(msgspec.Struct, frozen=True):
    """A request, who makes it, and the form that came with it."""

    request: Request
    visitor: Visitor
    form: _Form


_Answer: TypeAlias = Callable[[Ask], Response]


class Desk:
    """Answers requests.

    Args:
        shown: Renders the pages.
        mailer: Sends links to sign in.
        address: Where people reach the site, with a slash at the end; never taken from a request.
    """

    def __init__(self, shown: FeedbackPages, mailer: Mailer, address: str) -> None:
        self._shown, self._mailer, self._address = shown, mailer, address
        self._feedback = shown.feedback
        self._people = shown.feedback.people
        self._for_readers = ForReaders()
        self._cookies = Cookies(self._people, secure=address.startswith("https://"))

    def routes(self) -> list[BaseRoute]:
        """Return the routes below ``/feedback``."""
        pages: dict[str, _Answer] = {
            "/": self.latest, "/latest": self.latest, "/about": self.about, "/mine": self.mine,
            "/mine.json": self.export, "/sign-in": self.ask, "/enter": self.confirm,
            "/log": self.log, "/said": self.said, "/consensus": self.consensus,
        }  # fmt: skip
        forms: dict[str, _Answer] = {
            "/sign-in": self.send_link, "/enter": self.enter, "/sign-out": self.sign_out,
            "/comment": self.comment, "/vote": self.vote, "/act": self.act,
            "/rename": self.rename, "/leave": self.leave,
        }  # fmt: skip
        return [
            *(Route(path, self._page(answer), methods=["GET"]) for path, answer in pages.items()),
            *(Route(path, self._form(answer), methods=["POST"]) for path, answer in forms.items()),
            Route("/{rest:path}", self._page(self.missing), methods=["GET"]),
        ]

    # -- from a request to an answer ------------------------------------------------------------

    def _page(self, answer: _Answer) -> _Endpoint:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(
                self._answered, request, lambda visitor: answer(Ask(request, visitor, {}))
            )

        return endpoint

    def _form(self, answer: _Answer) -> _Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                form = await read_form(request)
            except Refused as refusal:
                response = self._refusal(Visitor(), refusal.status, refusal.words)
                response.headers["connection"] = "close"  # what was not read is not read later
                return response

            def checked(visitor: Visitor) -> Response:
                check_token(visitor, form)
                return answer(Ask(request, visitor, form))

            return await run_in_threadpool(self._answered, request, checked)

        return endpoint

    def _answered(self, request: Request, answer: Callable[[Visitor], Response]) -> Response:
        visitor = Visitor()
        try:
            if "\x00" in "".join(request.query_params.values()):
                raise Refused(400, "This address cannot be read.")
            visitor = self._cookies.visitor(request)
            return answer(visitor)
        except Refused as refusal:
            return self._refusal(visitor, refusal.status, refusal.words)
        except TooOften as error:
            return self._refusal(visitor, 429, _sentence(str(error)))
        except InputError as error:
            return self._refusal(visitor, 422, _sentence(error.message))
        except UsageError as error:
            return self._refusal(visitor, 403, _sentence(error.message))
        except (ServiceError, SystemFault, SQLAlchemyError) as error:
            _LOG.warning("feedback: %s", type(error).__name__)
            words = "This does not work just now. Nothing was changed; try again in a while."
            return self._refusal(visitor, 503, words)

    def _refusal(self, visitor: Visitor, status: int, words: str) -> Response:
        return _html(self._shown.render("refused", visitor, words=words), status)

    # -- pages ----------------------------------------------------------------------------------

    def latest(self, ask: Ask) -> Response:
        """All comments, the latest first."""
        page = _number(ask.request)
        return self._read(ask, f"latest {page}", lambda: self._shown.latest(page, ask.visitor))

    def about(self, ask: Ask) -> Response:
        """The comments on something, and the form for another."""
        kind, target = _asked(ask.request.query_params)
        place = self._shown.place(kind, target)
        if place is not None:
            name = f"about {place.kind} {place.target}"
            return self._read(ask, name, lambda: self._shown.about(place, ask.visitor))
        gone = self._shown.gone(kind, target, ask.visitor) if kind else None
        return self.missing(ask) if gone is None else _html(gone)

    def mine(self, ask: Ask) -> Response:
        """One's own comments and what became of them."""
        self._signed_in(ask.visitor)
        return _html(self._shown.mine(ask.visitor))

    def export(self, ask: Ask) -> Response:
        """Everything kept about oneself."""
        found = self._people.export(self._signed_in(ask.visitor))
        body = msgspec.json.format(msgspec.json.encode(found), indent=2)
        headers = _HEADERS | {"content-disposition": 'attachment; filename="feedback.json"'}
        return Response(body, headers=headers, media_type="application/json")

    def said(self, ask: Ask) -> Response:
        """From a comment's id to where it is shown."""
        comment = self._feedback.read(ask.request.query_params.get("id", "")[:40])
        return _to(self._shown.address_of_comment(comment))

    def log(self, ask: Ask) -> Response:
        """What moderators did, and why."""
        page = _number(ask.request)
        return self._read(ask, f"log {page}", lambda: self._shown.log(page, ask.visitor))

    def consensus(self, ask: Ask) -> Response:
        """What groups of opinion agree on."""
        return _html(self._shown.agreed(ask.visitor))

    def _read(self, ask: Ask, name: str, make: Callable[[], bytes]) -> Response:
        """A page is made once for all who have no cookie: nothing on it is anybody's own."""
        return _html(make() if ask.visitor.secret else self._for_readers.get(name, make))

    def missing(self, _ask: Ask) -> Response:
        """There is no such page."""
        return _html(self._shown.pages.missing(1).body, 404)

    # -- signing in -----------------------------------------------------------------------------

    def ask(self, ask: Ask) -> Response:
        """The form that asks for a link."""
        kind, target = _asked(ask.request.query_params)
        return self._with_visit("sign_in", ask.visitor, kind=kind, target=target)

    def send_link(self, ask: Ask) -> Response:
        """Send a link; what is answered is the same for every address."""
        secret = self._people.ask_for_link(ask.form.get("email", ""), whence(ask.request))
        place = self._shown.place(*_asked(ask.form))
        back = f"&{place.kind}={quote(place.target, safe='')}" if place else ""
        title = self._shown.pages.site.title
        self._mailer.send(
            ask.form.get("email", "").strip(),
            f"Sign in: {title}",
            f"Somebody, most likely you, wants to sign in to {title}.\n\n"
            f"This link does it, once, within {LINK_SECONDS // 60} minutes:\n\n"
            f"{self._address}feedback/enter?link={secret}{back}\n\n"
            "If it was not you, do nothing: nothing happens.\n",
        )
        return _html(self._shown.render("sent", ask.visitor, minutes=LINK_SECONDS // 60))

    def confirm(self, ask: Ask) -> Response:
        """What the link leads to. It uses nothing up: programs that check mail follow links."""
        kind, target = _asked(ask.request.query_params)
        link = ask.request.query_params.get("link", "")[:200]
        return self._with_visit("enter", ask.visitor, link=link, kind=kind, target=target)

    def enter(self, ask: Ask) -> Response:
        """Use the link up, and begin a session that is new whatever the browser had."""
        session = self._people.sign_in(ask.form.get("link", ""), whence(ask.request))
        if session is None:
            raise Refused(
                403, "This link is used up, or too old. Ask for another one; each works once, for "
                f"{LINK_SECONDS // 60} minutes.",
            )  # fmt: skip
        if old := self._cookies.old_session(ask.request):
            self._people.sign_out(old)
        place = self._shown.place(*_asked(ask.form))
        response = _to(place.address if place else "mine")
        self._cookies.begin_session(response, session)
        return response

    def sign_out(self, ask: Ask) -> Response:
        """End the session."""
        if ask.visitor.person is not None:
            self._people.sign_out(ask.visitor.secret)
        response = _to("latest")
        self._cookies.end_session(response)
        return response

    def _with_visit(self, name: str, visitor: Visitor, **values: Any) -> Response:
        """Return a page with a form for somebody who may have no cookie yet."""
        if visitor.secret:
            return _html(self._shown.render(name, visitor, **values))
        begun = Visitor(None, new_secret())
        response = _html(self._shown.render(name, begun, **values))
        self._cookies.begin_visit(response, begun.secret)
        return response

    def _signed_in(self, visitor: Visitor) -> Person:
        if visitor.person is None:
            raise Refused(403, "Sign in first.")
        return visitor.person

    # -- what people do ---------------------------------------------------------------------------

    def comment(self, ask: Ask) -> Response:
        """Add a comment."""
        person = self._signed_in(ask.visitor)
        place = self._shown.place(*_asked(ask.form))
        if place is None:
            raise Refused(404, "What this is about is there no longer.")
        try:
            stance = _one_of(Stance, ask.form.get("stance", ""), "choose what you think of it")
            anchor = self._shown.anchor(
                place, ask.form.get("target", ""), ask.form.get("quote", "")
            )
            name = self._feedback.comment(person, anchor, stance, ask.form.get("body", ""))
        except (InputError, TooOften) as error:  # shown beside what was written: nothing is lost
            status, words = (
                (422, error.message) if isinstance(error, InputError) else (429, str(error))
            )
            page = self._shown.about(place, ask.visitor, error=_sentence(words), draft=ask.form)
            return _html(page, status)
        return _to(f"{place.address}#c-{name}")

    def vote(self, ask: Ask) -> Response:
        """Set one's vote."""
        person = self._signed_in(ask.visitor)
        value = {"agree": 1, "pass": 0, "disagree": -1}.get(ask.form.get("vote", ""))
        if value is None:
            raise InputError("a vote is agree, pass or disagree")
        comment = self._feedback.read(ask.form.get("comment", ""))
        self._feedback.vote(person, comment.id, value)
        return _to(self._shown.address_of_comment(comment))

    def act(self, ask: Ask) -> Response:
        """Act on a comment, as a moderator, in the log."""
        person = self._signed_in(ask.visitor)
        if not person.moderates:
            raise Refused(403, "Only moderators act on comments.")
        kind = _one_of(ActionKind, ask.form.get("kind", ""), "choose what to do")
        link = ask.form.get("link", "").strip()
        if link and not link.startswith(("https://", "http://")):
            raise InputError("a link begins with https://")
        comment = self._feedback.read(ask.form.get("comment", ""))
        self._feedback.act(person, comment.id, kind, ask.form.get("reason", ""), link=link)
        return _to(self._shown.address_of_comment(comment))

    def rename(self, ask: Ask) -> Response:
        """Choose the name one is shown under."""
        person = self._signed_in(ask.visitor)
        try:
            self._people.rename(person, ask.form.get("name", ""))
        except InputError as error:
            return _html(self._shown.mine(ask.visitor, error=_sentence(error.message)), 422)
        return _to("mine")

    def leave(self, ask: Ask) -> Response:
        """Take everything personal out."""
        person = self._signed_in(ask.visitor)
        if ask.form.get("sure") != "yes":
            error = "Tick the box to say that you are sure."
            return _html(self._shown.mine(ask.visitor, error=error), 422)
        self._people.leave(person)
        response = _to("latest")
        self._cookies.end_session(response)
        return response


def feedback_routes(shown: FeedbackPages, mailer: Mailer, address: str) -> list[BaseRoute]:
    """Return the routes of feedback, for `reading_app` to have beside its own.

    Args:
        shown: Renders the pages.
        mailer: Sends links to sign in.
        address: Where people reach the site, with a slash at the end. With ``https`` the cookies
            are for secure connections only.
    """
    return [Mount("/feedback", routes=Desk(shown, mailer, address).routes())]


def _asked(values: Any) -> tuple[str, str]:
    """Return kind and id of what a query or form is about."""
    for kind in KINDS:
        if found := values.get(kind, ""):
            return kind, found[:300]
    return "", ""


def _one_of(kind: Any, word: str, otherwise: str) -> Any:
    try:
        return kind(word)
    except ValueError as error:
        raise InputError(otherwise) from error


def _number(request: Request) -> int:
    word = request.query_params.get("page", "0")
    return min(int(word), _MOST_PAGE) if word.isascii() and word.isdecimal() else 0


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def _html(body: bytes, status: int = 200) -> Response:
    return Response(body, status, _HEADERS, media_type=HTML)


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, _HEADERS)
