"""Comments, votes and actions in a database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, text

from adhere.errors import InputError, UsageError
from adhere.evolve.feedback.anchor import Anchor
from adhere.evolve.feedback.database import writing
from adhere.evolve.feedback.moderation import (
    START,
    Action,
    ActionKind,
    State,
    digest_after,
    state_after,
)
from adhere.evolve.feedback.people import People, Person
from adhere.evolve.feedback.tables import ACTIONS, COMMENTS, PEOPLE, VOTES

MAX_BODY: Final = 5_000
MAX_REASON: Final = 2_000
_PAGE: Final = 200
_LOG_LOCK: Final = 0x61646865
"""One action is written at a time, since each holds the digest of the one before."""


class Stance(StrEnum):
    """What somebody thinks of what they comment on."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNCLEAR = "unclear"
    TOO_STRICT = "too_strict"
    TOO_LOOSE = "too_loose"


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as everybody may see it.

    Attributes:
        id: Its id.
        author: The name it is shown under.
        anchor: Where it belongs.
        stance: What its author thinks.
        body: What they say; empty where it was hidden, or its author has left.
        at: When, in seconds since the epoch.
        state: What became of it.
        hidden: A moderator has hidden it; the log says why.
        agree: How many agree.
        disagree: How many do not.
        actions: What was done about it, in order.
    """

    id: str
    author: str
    anchor: Anchor
    stance: Stance
    body: str
    at: float
    state: State
    hidden: bool
    agree: int
    disagree: int
    actions: tuple[Action, ...]


class Feedback:
    """What people say.

    Args:
        engine: The database, as `open_database` gives it.
        clock: Seconds since the epoch.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self.people = People(engine, clock)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def comment(self, person: Person, anchor: Anchor, stance: Stance, body: str) -> str:
        """Add a comment and return its id.

        Raises:
            InputError: It says nothing, or too much.
            TooOften: Its author has said very much lately.
        """
        body = body.strip().replace("\r\n", "\n")
        if not body or len(body) > MAX_BODY or "\x00" in body:
            raise InputError(f"write 1 to {MAX_BODY:,} characters", place="body")
        name = secrets.token_urlsafe(16)
        with writing(self._engine) as connection:
            self.people.count(connection, str(person.id), "comment")
            connection.execute(
                insert(COMMENTS).values(
                    id=name, person=person.id, target=anchor.target,
                    anchor=msgspec.json.encode(anchor).decode(), stance=stance.value, body=body,
                    at=self._clock(),
                )
            )  # fmt: skip
        return name

    def vote(self, person: Person, comment: str, value: int) -> None:
        """Set somebody's vote on a comment: 1, -1, or 0 for "pass"; the last one counts.

        Raises:
            InputError: There is no such comment, it is one's own, or the vote is none of these.
            TooOften: They vote very often.
        """
        if value not in (-1, 0, 1):
            raise InputError("a vote is 1, 0 or -1", place="value")
        with writing(self._engine) as connection:
            self.people.count(connection, str(person.id), "vote")
            author = connection.execute(
                select(COMMENTS.c.person).where(COMMENTS.c.id == comment)
            ).scalar()
            if author is None:
                raise InputError("there is no such comment", place="comment")
            if author == person.id:
                raise InputError("nobody votes on their own comment", place="comment")
            mine = (VOTES.c.comment == comment) & (VOTES.c.person == person.id)
            connection.execute(delete(VOTES).where(mine))
            connection.execute(
                insert(VOTES).values(
                    comment=comment, person=person.id, value=value, at=self._clock()
                )
            )

    def act(
        self, by: Person, comment: str, kind: ActionKind, reason: str, *, link: str = ""
    ) -> Action:
        """Do something about a comment, in the public log.

        Raises:
            UsageError: They are no moderator.
            InputError: There is no such comment, or no reason.
        """
        if not by.moderates:
            raise UsageError("only moderators act on comments")
        reason = reason.strip()
        if not reason or len(reason) > MAX_REASON:
            raise InputError(f"give a reason of 1 to {MAX_REASON:,} characters", place="reason")
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":  # in SQLite writers wait anyway
                connection.execute(select(func.pg_advisory_xact_lock(_LOG_LOCK)))
            return self._append(connection, by, comment, kind, reason, link[:300])

    def _append(
        self, connection: Connection, by: Person, comment: str, kind: ActionKind, reason: str,
        link: str,
    ) -> Action:  # fmt: skip
        known = select(func.count()).select_from(COMMENTS).where(COMMENTS.c.id == comment)
        if not connection.execute(known).scalar():
            raise InputError("there is no such comment", place="comment")
        last = connection.execute(
            select(ACTIONS.c.number, ACTIONS.c.digest).order_by(ACTIONS.c.number.desc()).limit(1)
        ).first()
        number, before = (1, START) if last is None else (last.number + 1, last.digest)
        draft = Action(
            number=number, by=by.id, name=by.name, comment=comment, kind=kind, link=link,
            reason=reason, at=self._clock(), digest="",
        )  # fmt: skip
        action = msgspec.structs.replace(draft, digest=digest_after(before, draft))
        values = msgspec.to_builtins(action)
        connection.execute(insert(ACTIONS).values(**values))
        return action

    def actions(self) -> Iterator[Action]:
        """Yield the whole log of moderation, in order."""
        query = select(ACTIONS).order_by(ACTIONS.c.number)
        with self._engine.connect() as connection:
            options = connection.execution_options(yield_per=500)
            with closing(options.execute(query)) as rows:
                for row in rows:
                    yield _action(row)

    def read(self, comment: str) -> Comment:
        """Return one comment.

        Raises:
            InputError: There is none.
        """
        found = self._comments(COMMENTS.c.id == comment, 1, 0)
        if not found:
            raise InputError("there is no such comment", place=comment[:40])
        return found[0]

    def about(self, *targets: str) -> list[Comment]:
        """Return the comments on sections, examples, results or decisions, the oldest first."""
        return self._comments(COMMENTS.c.target.in_(targets), _PAGE, 0)

    def latest(self, page: int = 0) -> list[Comment]:
        """Return a page of all comments, the latest first."""
        return self._comments(None, _PAGE, page * _PAGE, latest=True)

    def own(self, person: Person) -> list[Comment]:
        """Return somebody's comments, the latest first: what they said and what became of it."""
        return self._comments(COMMENTS.c.person == person.id, _PAGE, 0, latest=True)

    def standing(self, person: Person) -> dict[str, int | None]:
        """Return how somebody voted, by comment; None for a comment of their own."""
        with self._engine.connect() as connection:
            votes = connection.execute(
                select(VOTES.c.comment, VOTES.c.value).where(VOTES.c.person == person.id)
            )
            found: dict[str, int | None] = {row[0]: row[1] for row in votes}
            own = connection.execute(select(COMMENTS.c.id).where(COMMENTS.c.person == person.id))
            return found | dict.fromkeys(own.scalars())

    def counts(self) -> dict[str, int]:
        """Return how many comments each target has."""
        query = select(COMMENTS.c.target, func.count()).group_by(COMMENTS.c.target)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def ballots(self) -> list[tuple[int, str, int]]:
        """Return every vote: person, comment, value; authors agree with what they wrote."""
        with self._engine.connect() as connection:
            votes = connection.execute(
                select(VOTES.c.person, VOTES.c.comment, VOTES.c.value).order_by(VOTES.c.at)
            )
            found = [(row[0], row[1], row[2]) for row in votes]
            authors = connection.execute(select(COMMENTS.c.person, COMMENTS.c.id))
            return [*found, *((row[0], row[1], 1) for row in authors)]

    def _comments(
        self, where: Any, limit: int, offset: int, *, latest: bool = False
    ) -> list[Comment]:
        order = COMMENTS.c.at.desc() if latest else COMMENTS.c.at
        query = (
            select(COMMENTS, PEOPLE.c.name)
            .join(PEOPLE, PEOPLE.c.id == COMMENTS.c.person)
            .order_by(order, COMMENTS.c.id)
            .limit(limit)
            .offset(offset)
        )
        if where is not None:
            query = query.where(where)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            names = [row.id for row in rows]
            votes = _votes(connection, names)
            actions = _actions(connection, names)
        return [_comment(row, votes.get(row.id, (0, 0)), actions.get(row.id, [])) for row in rows]

    def ready(self) -> None:
        """Ask the database for anything at all.

        Raises:
            SQLAlchemyError: It does not answer.
        """
        with self._engine.connect() as connection:
            connection.execute(text("select 1"))


def _votes(connection: Connection, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    query = (
        select(VOTES.c.comment, VOTES.c.value, func.count())
        .where(VOTES.c.comment.in_(names))
        .group_by(VOTES.c.comment, VOTES.c.value)
    )
    found: dict[str, tuple[int, int]] = {}
    for name, value, count in connection.execute(query):
        agree, disagree = found.get(name, (0, 0))
        found[name] = (agree + count * (value == 1), disagree + count * (value == -1))
    return found


def _actions(connection: Connection, names: Sequence[str]) -> dict[str, list[Action]]:
    query = select(ACTIONS).where(ACTIONS.c.comment.in_(names)).order_by(ACTIONS.c.number)
    found: dict[str, list[Action]] = {}
    for row in connection.execute(query):
        found.setdefault(row.comment, []).append(_action(row))
    return found


def _action(row: Row[Any]) -> Action:
    return msgspec.convert({f"{name}": value for name, value in row._mapping.items()}, Action)


def _comment(row: Row[Any], votes: tuple[int, int], actions: list[Action]) -> Comment:
    state, hidden = state_after(actions)
    return Comment(
        id=row.id,
        author=row.name,
        anchor=msgspec.json.decode(row.anchor, type=Anchor),
        stance=Stance(row.stance),
        body="" if hidden else row.body,
        at=row.at,
        state=state,
        hidden=hidden,
        agree=votes[0],
        disagree=votes[1],
        actions=tuple(actions),
    )
