"""Queries over a log: an index in SQLite, or in PostgreSQL, that can be made again at any time.

The log is the truth; the index holds no content, and is checked against the log's root hash
whenever it is brought up to date. The statements are the same for both databases.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from typing import Any, Final

import msgspec

from adhere.audit.folder import LogFolder
from adhere.audit.merkle import root_at
from adhere.audit.record import Admitted, Completed, Interrupted, Record, decode_record
from adhere.errors import InputError, ServiceError, UsageError

_BATCH: Final = 2000
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS audit_state (origin TEXT PRIMARY KEY, size BIGINT, root TEXT)",
    """CREATE TABLE IF NOT EXISTS audit_record (
        number BIGINT PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, request TEXT NOT NULL,
        conversation TEXT NOT NULL, developer TEXT NOT NULL, outcome TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS audit_section (section TEXT, number BIGINT, "
    "PRIMARY KEY (section, number))",
    "CREATE TABLE IF NOT EXISTS audit_decision (outcome TEXT, number BIGINT, "
    "PRIMARY KEY (outcome, number))",
    "CREATE INDEX IF NOT EXISTS audit_developer ON audit_record (developer, number)",
    "CREATE INDEX IF NOT EXISTS audit_time ON audit_record (time, number)",
    "CREATE INDEX IF NOT EXISTS audit_request ON audit_record (request)",
    "CREATE INDEX IF NOT EXISTS audit_conversation ON audit_record (conversation, number)",
)
_CLEAR: Final = ("audit_state", "audit_record", "audit_section", "audit_decision")


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which records are wanted; empty fields ask for nothing. All that is asked must hold.

    Attributes:
        section: The record, or a decision in it, names this section of the spec.
        developer: Id of the developer's key.
        request: Id of the request.
        conversation: Pseudonym of the conversation.
        outcome: How the request ended (``refused``, …).
        decision: A decision in it came to this (``block``, …).
        since: Not before.
        until: Before.
    """

    section: str = ""
    developer: str = ""
    request: str = ""
    conversation: str = ""
    outcome: str = ""
    decision: str = ""
    since: datetime | None = None
    until: datetime | None = None


class AuditIndex:
    """An index, in an SQLite file or at ``postgresql://…`` (a database, or schema, of its own)."""

    def __init__(self, database: str) -> None:
        """Open the index; make its tables where they are missing.

        Raises:
            UsageError: The driver for PostgreSQL is not installed.
            ServiceError: The database cannot be used.
        """
        self._place = database.rpartition("@")[2]  # without the password
        self._mark = "?"
        self._errors: type[Exception] = sqlite3.Error
        self._db: Any
        try:
            if database.startswith(("postgresql://", "postgres://")):
                self._mark = "%s"
                driver = _driver()
                self._errors = driver.Error
                self._db = driver.connect(database)
            else:
                self._db = sqlite3.connect(database)
            for statement in _TABLES:
                self._run(statement)
            self._db.commit()
        except self._errors as error:
            raise self._fault(error) from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def update(self, log: LogFolder, *, rebuild: bool = False) -> int:
        """Take in the published records that are new; return how many the index has then.

        An index of other records than the log's is made anew.

        Raises:
            UsageError: The index is another log's.
            InputError: The log is damaged.
            ServiceError: The database fails.
        """
        found = log.checkpoint().checkpoint
        try:
            state = self._run("SELECT origin, size, root FROM audit_state").fetchone()
            if state is not None and state[0] != found.origin:
                raise UsageError(f"the index is that of {state[0]}", place=self._place)
            size = state[1] if state else 0
            if state and (
                rebuild
                or size > found.size
                or root_at(size, log.nodes(found.size)).hex() != state[2]
            ):
                for table in _CLEAR:
                    self._run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
                size = 0
            entries = log.entries(size, found.size)
            while batch := list(islice(entries, _BATCH)):
                self._insert([(at, decode_record(entry, f"record {at}")) for at, entry in batch])
            self._run("DELETE FROM audit_state")
            self._run(
                "INSERT INTO audit_state VALUES (?, ?, ?)",
                (found.origin, found.size, found.root.hex()),
            )
            self._db.commit()
        except self._errors as error:
            self._db.rollback()
            raise self._fault(error) from error
        except (UsageError, InputError):
            self._db.rollback()
            raise
        return found.size

    def find(self, query: AuditQuery, limit: int = 0) -> Iterator[int]:
        """Yield the numbers of the records that are wanted, the oldest first.

        Raises:
            ServiceError: The database fails.
        """
        where, values = _where(query)
        statement = f"SELECT number FROM audit_record r {where} ORDER BY number"  # noqa: S608
        if limit:
            statement += f" LIMIT {int(limit)}"
        try:
            with closing(self._run(statement, values)) as cursor:
                for (number,) in cursor:
                    yield number
        except self._errors as error:
            raise self._fault(error) from error

    def _insert(self, records: Sequence[tuple[int, Record]]) -> None:
        sections: list[tuple[str, int]] = []
        decisions: list[tuple[str, int]] = []
        for number, record in records:
            if isinstance(record, Admitted | Completed):
                named = {*record.sections, *(each.section for each in record.decisions)} - {""}
                sections += ((section, number) for section in sorted(named))
                outcomes = sorted({each.outcome.value for each in record.decisions})
                decisions += ((outcome, number) for outcome in outcomes)
        with closing(self._db.cursor()) as cursor:
            rows = [_row(number, record) for number, record in records]
            for table, width, values in (
                ("audit_record", 7, rows), ("audit_section", 2, sections),
                ("audit_decision", 2, decisions),
            ):  # fmt: skip
                marks = ", ".join([self._mark] * width)
                if values:
                    cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608

    def _run(self, statement: str, values: Sequence[object] = ()) -> Any:
        cursor = self._db.cursor()
        return cursor.execute(statement.replace("?", self._mark), tuple(values))

    def _fault(self, error: Exception) -> ServiceError:
        return ServiceError(f"the index fails: {str(error).strip()}", place=self._place)


def _row(number: int, record: Record) -> tuple[object, ...]:
    request = conversation = developer = outcome = ""
    if isinstance(record, Admitted | Completed | Interrupted):
        request = record.request
    if isinstance(record, Admitted | Completed):
        conversation, developer = record.conversation, record.key_id
    if isinstance(record, Completed):
        outcome = record.outcome
    kind = type(record).__name__.lower()
    return number, _time(record.time), kind, request, conversation, developer, outcome


def _where(query: AuditQuery) -> tuple[str, list[str]]:
    columns = ("developer", "request", "conversation", "outcome")
    asked = [(f"{name} = ?", getattr(query, name)) for name in columns if getattr(query, name)]
    for table, column, value in (
        ("audit_section", "section", query.section), ("audit_decision", "outcome", query.decision),
    ):  # fmt: skip
        if value:
            text = f"SELECT 1 FROM {table} x WHERE x.{column} = ? AND x.number = r.number"  # noqa: S608
            asked.append((f"EXISTS ({text})", value))
    if query.since:
        asked.append(("time >= ?", _time(query.since)))
    if query.until:
        asked.append(("time < ?", _time(query.until)))
    where = "WHERE " + " AND ".join(text for text, _ in asked) if asked else ""
    return where, [value for _, value in asked]


def _time(time: datetime) -> str:
    """Text that sorts as the times do."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _driver() -> Any:
    try:
        return import_module("psycopg")
    except ImportError as error:
        raise UsageError(
            "PostgreSQL needs a driver", remedy="pip install 'adhere[postgres]'"
        ) from error
