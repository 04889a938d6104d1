"""What the pages of feedback show, made of comments and the newest version of the spec."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, cast
from urllib.parse import quote

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from adhere.errors import InputError
from adhere.evolve.feedback import (
    ActionKind,
    Anchor,
    Comment,
    Feedback,
    Located,
    Stance,
    anchor_at,
    check_actions,
    locate,
)
from adhere.evolve.feedback.anchor import Kind
from adhere.publish.feedback.guarding import Visitor
from adhere.publish.site.pages import Pages, why_path

KINDS: Final = ("section", "example", "result", "decision")
_MOST_PAGES: Final = 50
_LOG: Final = logging.getLogger(__name__)
LOG_PAGE: Final = 100
LIST_PAGE: Final = 200
"""Comments a page, as `Feedback.latest` gives them."""

_NO_DRAFT: Final = {"stance": "", "target": "", "quote": "", "body": ""}

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """What comments are about.

    Attributes:
        kind: A kind of `Anchor`.
        target: Its id.
        title: What it is called.
        path: Where the site shows it, from its root; empty where it is there no longer.
        parts: Ids that belong to it: names from before, and of a section its examples.
        examples: Of a section, its examples: id and title.
    """

    kind: Kind
    target: str
    title: str
    path: str
    parts: tuple[str, ...]
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        """Where its comments are, below ``/feedback/``."""
        return address_of(self.kind, self.target)


def address_of(kind: str, target: str) -> str:
    """Return where the comments on something are, below ``/feedback/``."""
    return f"about?{kind}={quote(target, safe='')}"


class Shown(msgspec.Struct, frozen=True):
    """A comment on a page.

    Attributes:
        comment: It.
        located: How well it still fits.
        title: What it is about.
        address: Where that is discussed.
        path: Where the words are read now; empty where they are gone.
        own: Whether whoever looks has written it.
        vote: How they voted on it; None: not.
    """

    comment: Comment
    located: Located
    title: str
    address: str
    path: str
    own: bool
    vote: int | None


class Kept(Generic[T]):
    """Something that takes time, made anew only when it is some seconds old; one thread makes it.

    Where what is made is equal to what was, the same object is returned.
    """

    def __init__(self, make: Callable[[], T], seconds: float) -> None:
        self._make, self._seconds = make, seconds
        self._lock = threading.Lock()
        self._value: list[T] = []
        self._until = 0.0

    def get(self) -> T:
        """Return it."""
        with self._lock:
            if not self._value or time.monotonic() >= self._until:
                made = self._make()
                if not self._value or made != self._value[0]:
                    self._value = [made]
                self._until = time.monotonic() + self._seconds
            return self._value[0]


class ForReaders:
    """Pages as everybody without a cookie sees them, a second old at most; those asked for last."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Kept[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return the page of a name."""
        with self._lock:
            kept = self._pages.setdefault(name, Kept(make, 1))
            self._pages.move_to_end(name)
            while len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
        return kept.get()


class FeedbackPages:
    """Renders the pages of feedback.

    Args:
        feedback: What people say.
        pages: The pages of the site, whose frame these have.
    """

    def __init__(self, feedback: Feedback, pages: Pages) -> None:
        self.feedback, self.pages = feedback, pages
        self.spec = pages.site.current.spec
        self._located = lru_cache(maxsize=20_000)(lambda anchor: locate(anchor, self.spec))
        self.counts = Kept(self._counts, 5)
        """How many comments there are on each section with its examples, by its id."""
        self.log_fault = Kept(lambda: check_actions(feedback.actions()), 10)
        self.consensus = Kept(self._consensus, 60)

    # -- places -------------------------------------------------------------------------------

    def place(self, kind: str, target: str) -> Place | None:
        """Return what comments can be made on; None where it is not there (any more)."""
        site = self.pages.site
        if kind == "section":
            try:
                section = self.spec.section(target)
            except KeyError:
                return None
            examples = tuple((one.id, one.title or one.id) for one in section.examples)
            return Place(
                "section", section.id, self.pages.title_of(section.id),
                f"read/index.html#{quote(section.id, safe='')}",
                (section.id, *section.old_ids, *(name for name, _ in examples)), examples,
            )  # fmt: skip
        if kind == "example":
            for _, one in self.spec.examples():
                if one.id == target:
                    path = f"read/index.html#{quote(target, safe='/')}"
                    return Place("example", target, one.title or target, path, (target,))
        if kind == "result":
            for run in site.runs:
                if run.slug == target:
                    path = f"results/{run.slug}.html"
                    return Place("result", target, run.title, path, (target,))
        if kind == "decision" and target in site.decisions:
            title = f"Decision {target.removeprefix('sha256:')[:12]}"
            return Place("decision", target, title, why_path(target), (target,))
        return None

    def anchor(self, place: Place, target: str, quoted: str) -> Anchor:
        """Return an anchor on a place, or on an example of it.

        Raises:
            InputError: The words do not stand there.
        """
        if target and target not in place.parts:
            raise InputError("this is no part of it", place="target")
        if place.kind in ("section", "example"):
            return anchor_at(self.spec, target or place.target, quoted)
        if quoted.strip():
            raise InputError("only words of the text are quoted", place="quote")
        return Anchor(kind=place.kind, target=place.target, spec_digest=self.spec.spec_digest)

    def address_of_comment(self, comment: Comment) -> str:
        """Return where a comment is shown, below ``/feedback/``."""
        return f"{address_of(comment.anchor.kind, comment.anchor.target)}#c-{comment.id}"

    def _counts(self) -> Mapping[str, int]:
        try:
            counted = self.feedback.counts()
        except SQLAlchemyError as error:  # the text can be read without the database
            _LOG.warning("comments are not counted: %s", type(error).__name__)
            counted = {}
        found = {}
        for section in self.spec.walk():
            names = {section.id, *section.old_ids, *(one.id for one in section.examples)}
            number = sum(counted.get(name, 0) for name in names)
            if number:
                found[section.id] = number
        return found

    # -- pages --------------------------------------------------------------------------------

    def render(self, name: str, visitor: Visitor, **values: Any) -> bytes:
        """Return a page of ``templates/site/feedback``."""
        given = {
            "visitor": visitor, "day": day, "stances": list(Stance), "kinds": list(ActionKind),
            "error": "", **values,
        }  # fmt: skip
        path = f"feedback/{name}"
        return self.pages.render(path, path, "feedback", given).body

    def shown(self, comments: list[Comment], visitor: Visitor) -> list[Shown]:
        """Return comments as a visitor sees them."""
        standing = self.feedback.standing(visitor.person) if visitor.person and comments else {}
        return [self._shown(one, standing) for one in comments]

    def _shown(self, comment: Comment, standing: Mapping[str, int | None]) -> Shown:
        anchor = comment.anchor
        located = self._located(anchor)
        place = self.place(anchor.kind, located.target or anchor.target)
        return Shown(
            comment, located, place.title if place else anchor.target,
            address_of(anchor.kind, anchor.target), place.path if place else "",
            comment.id in standing and standing[comment.id] is None, standing.get(comment.id),
        )  # fmt: skip

    def about(
        self, place: Place, visitor: Visitor, *, error: str = "",
        draft: Mapping[str, str] | None = None,
    ) -> bytes:  # fmt: skip
        """Return the page of a place: its comments, and the form for another."""
        comments = self.feedback.about(*place.parts)
        return self.render(
            "about", visitor, place=place, shown=self.shown(comments, visitor), error=error,
            draft={**_NO_DRAFT, **(draft or {})},
        )  # fmt: skip

    def gone(self, kind: str, target: str, visitor: Visitor) -> bytes | None:
        """Return the page of what is there no longer and was commented on; None: never was."""
        comments = self.feedback.about(target)
        if not comments:
            return None
        place = Place(cast(Kind, kind), target, target, "", (target,))
        return self.render(
            "about", visitor, place=place, shown=self.shown(comments, visitor), draft=_NO_DRAFT
        )

    def latest(self, page: int, visitor: Visitor) -> bytes:
        """Return a page of all comments, the latest first."""
        comments = self.feedback.latest(page)
        return self.render(
            "latest", visitor, shown=self.shown(comments, visitor), number=page,
            more=len(comments) == LIST_PAGE,
        )  # fmt: skip

    def mine(self, visitor: Visitor, *, error: str = "") -> bytes:
        """Return somebody's own page."""
        assert visitor.person is not None
        comments = self.feedback.own(visitor.person)
        return self.render("mine", visitor, shown=self.shown(comments, visitor), error=error)

    def log(self, page: int, visitor: Visitor) -> bytes:
        """Return a page of the log of moderation, the latest first."""
        actions = list(self.feedback.actions())[::-1]
        part = actions[page * LOG_PAGE : (page + 1) * LOG_PAGE]
        return self.render(
            "log", visitor, actions=part, fault=self.log_fault.get(), number=page,
            head=actions[0].digest if actions else "", more=len(actions) > (page + 1) * LOG_PAGE,
        )  # fmt: skip

    def agreed(self, visitor: Visitor) -> bytes:
        """Return the page of what groups of opinion agree on."""
        found = self.consensus.get()
        listed = found.statements[:50] if found else ()
        by_id = {}
        for statement in listed:
            try:
                by_id[statement.id] = self.shown([self.feedback.read(statement.id)], Visitor())[0]
            except InputError:  # pragma: no cover  (comments are never taken out)
                continue
        return self.render(
            "consensus", visitor, found=found, by_id=by_id,
            ranked=[one for one in listed if one.score is not None],
            others=[one for one in listed if one.score is None],
        )  # fmt: skip

    def _consensus(self) -> Any:
        try:
            from adhere.evolve.feedback.consensus import consensus  # noqa: PLC0415  (an extra)
        except ImportError:
            return None
        return consensus(self.feedback.ballots())


def day(at: float) -> str:
    """Return a day for people, in UTC: ``2026-01-31``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
