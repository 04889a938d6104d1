"""Who may speak: sign-in by a link in an e-mail, sessions, and how often somebody may try.

Secrets are random, live in the link or cookie alone, and are kept as digests: whoever reads the
database can sign in as nobody. Whether an address is known makes no difference in what is answered.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from adhere.errors import InputError
from adhere.evolve.feedback.database import writing
from adhere.evolve.feedback.tables import (
    ATTEMPTS,
    COMMENTS,
    PEOPLE,
    SESSIONS,
    SIGN_INS,
    VOTES,
)

LINK_SECONDS: Final = 15 * 60
SESSION_SECONDS: Final = 14 * 24 * 3600
LEFT: Final = "somebody who has left"

LIMITS: Final[dict[str, tuple[int, int]]] = {
    "link": (5, 3600),
    "sign-in": (20, 3600),
    "comment": (20, 3600),
    "vote": (300, 3600),
}
"""How many times within how many seconds, by what is tried."""

_EMAIL: Final = re.compile(r"[^@\s,;<>\"'\\]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]{1,80}")


class TooOften(Exception):
    """Somebody tries too often; the message says when to come back."""


class Mailer(Protocol):
    """Sends an e-mail."""

    def send(self, to: str, subject: str, text: str) -> None:
        """Send it.

        Raises:
            ServiceError: It was not taken.
        """
        ...


class Person(msgspec.Struct, frozen=True):
    """Somebody who signed in. The address is in no other table and on no page."""

    id: int
    name: str
    role: str

    @property
    def moderates(self) -> bool:
        """Whether they may act on comments of others."""
        return self.role == "moderator"


class People:
    """Sign-in and sessions.

    Args:
        engine: The database, as `open_database` gives it.
        clock: Seconds since the epoch.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def ask_for_link(self, email: str, who: str) -> str:
        """Return the secret of a link that signs an address in, once, for a quarter of an hour.

        Args:
            email: The address it is sent to.
            who: Where the wish comes from, such as an IP address.

        Raises:
            InputError: It is no address.
            TooOften: For this address, or from there.
        """
        email = email.strip().lower()
        if len(email) > 254 or not _EMAIL.fullmatch(email):
            raise InputError("this is no e-mail address", place="email")
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        with writing(self._engine) as connection:
            self.count(connection, email, "link")
            self.count(connection, who, "link")
            connection.execute(delete(SIGN_INS).where(SIGN_INS.c.expires < now))
            connection.execute(
                insert(SIGN_INS).values(
                    digest=digest(secret), email=email, expires=now + LINK_SECONDS
                )
            )
        return secret

    def sign_in(self, secret: str, who: str) -> str | None:
        """Use a link's secret; return the secret of a new session, or None where it is no good.

        A link works once. The session is new whatever the browser had before.

        Raises:
            TooOften: From there.
        """
        now = self._clock()
        with writing(self._engine) as connection:
            self.count(connection, who, "sign-in")
            row = connection.execute(
                delete(SIGN_INS)
                .where(SIGN_INS.c.digest == digest(secret), SIGN_INS.c.expires >= now)
                .returning(SIGN_INS.c.email)
            ).first()
            if row is None:
                return None
            person = self._person_of(connection, row.email, now)
            session = secrets.token_urlsafe(32)
            connection.execute(
                insert(SESSIONS).values(
                    digest=digest(session), person=person, expires=now + SESSION_SECONDS
                )
            )
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires < now))
        return session

    def _person_of(self, connection: Connection, email: str, now: float) -> int:
        known = select(PEOPLE.c.id).where(PEOPLE.c.email == email)
        found = connection.execute(known).scalar()
        if found is None:
            try:
                with connection.begin_nested():
                    made = connection.execute(
                        insert(PEOPLE)
                        .values(email=email, name=_first_name(), role="reader", since=now)
                        .returning(PEOPLE.c.id)
                    )
                    found = made.scalar_one()
            except IntegrityError:  # the same address signed in at the same moment
                found = connection.execute(known).scalar_one()
        return int(found)

    def of_session(self, secret: str) -> Person | None:
        """Return whose session this is; None where it is no session, or is over."""
        query = (
            select(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.role)
            .join(SESSIONS, SESSIONS.c.person == PEOPLE.c.id)
            .where(SESSIONS.c.digest == digest(secret), SESSIONS.c.expires >= self._clock())
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else Person(*row)

    def sign_out(self, secret: str) -> None:
        """End a session."""
        with writing(self._engine) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest(secret)))

    def rename(self, person: Person, name: str) -> None:
        """Give somebody the name they want to be shown under.

        Raises:
            InputError: It cannot be shown, or is too long.
        """
        name = " ".join(name.split())
        if not _NAME.fullmatch(name) or name == LEFT:
            raise InputError("write 1 to 80 visible characters", place="name")
        with writing(self._engine) as connection:
            connection.execute(update(PEOPLE).where(PEOPLE.c.id == person.id).values(name=name))

    def appoint(self, email: str, role: str) -> None:
        """Make an address a moderator's, or a reader's, whether it has signed in or not.

        Raises:
            InputError: It is no address.
        """
        email = email.strip().lower()
        if len(email) > 254 or not _EMAIL.fullmatch(email):
            raise InputError("this is no e-mail address", place="email")
        with writing(self._engine) as connection:
            person = self._person_of(connection, email, self._clock())
            connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(role=role))

    def moderator(self, email: str) -> Person | None:
        """Return the moderator with an address; None where there is none."""
        query = select(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.role).where(
            PEOPLE.c.email == email.strip().lower(), PEOPLE.c.role == "moderator"
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else Person(*row)

    def export(self, person: Person) -> dict[str, object]:
        """Return everything that is kept about somebody (a person's right)."""
        with self._engine.connect() as connection:
            own = connection.execute(select(PEOPLE).where(PEOPLE.c.id == person.id)).one()
            comments = connection.execute(select(COMMENTS).where(COMMENTS.c.person == person.id))
            votes = connection.execute(select(VOTES).where(VOTES.c.person == person.id))
            sessions = connection.execute(
                select(SESSIONS.c.expires).where(SESSIONS.c.person == person.id)
            )
            return {
                "schema": "adhere/personal-data/1",
                "person": _plain(own),
                "comments": [_plain(row) for row in comments],
                "votes": [_plain(row) for row in votes],
                "sessions": [_plain(row) for row in sessions],
            }

    def leave(self, person: Person) -> None:
        """Take somebody out: address, name, votes, sessions, and the words of their comments.

        The comments' places stay, empty, so that answers to them and actions on them still have
        something to belong to.
        """
        with writing(self._engine) as connection:
            connection.execute(delete(VOTES).where(VOTES.c.person == person.id))
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person.id))
            email = select(PEOPLE.c.email).where(PEOPLE.c.id == person.id).scalar_subquery()
            connection.execute(delete(SIGN_INS).where(SIGN_INS.c.email == email))
            connection.execute(
                update(COMMENTS).where(COMMENTS.c.person == person.id).values(body="")
            )
            connection.execute(
                update(PEOPLE)
                .where(PEOPLE.c.id == person.id)
                .values(email=None, name=LEFT, role="left")
            )

    def count(self, connection: Connection, who: str, what: str) -> None:
        """Count an attempt.

        Raises:
            TooOften: There were too many lately.
        """
        most, seconds = LIMITS[what]
        now = self._clock()
        mine = (ATTEMPTS.c.who == digest(f"{what}:{who}")) & (ATTEMPTS.c.what == what)
        connection.execute(delete(ATTEMPTS).where(mine & (ATTEMPTS.c.at < now - seconds)))
        tried = connection.execute(
            select(func.count(), func.min(ATTEMPTS.c.at)).select_from(ATTEMPTS).where(mine)
        ).one()
        if tried[0] >= most:
            minutes = max(1, round((tried[1] + seconds - now) / 60))
            raise TooOften(f"too many at once: try again in {minutes} minutes")
        connection.execute(insert(ATTEMPTS).values(who=digest(f"{what}:{who}"), what=what, at=now))


def digest(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def _first_name() -> str:
    return f"reader-{secrets.token_hex(3)}"


def _plain(row: Row[Any]) -> dict[str, object]:
    return {f"{name}": value for name, value in row._mapping.items()}
