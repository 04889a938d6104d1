"""The tables, for SQLite and PostgreSQL. `migrations` makes them; a test holds the two together."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up integers only

PEOPLE: Final = Table(
    "people",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("email", String(254), unique=True),  # null once the person has left
    Column("name", String(80), nullable=False),
    Column("role", String(12), nullable=False),
    Column("since", Float, nullable=False),
    CheckConstraint("role in ('reader', 'moderator', 'left')", name="role"),
)

SIGN_INS: Final = Table(
    "sign_ins",
    METADATA,
    Column("digest", LargeBinary(32), primary_key=True),  # of the link's secret, never the secret
    Column("email", String(254), nullable=False),
    Column("expires", Float, nullable=False),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("person", _NUMBER, ForeignKey("people.id"), nullable=False, index=True),
    Column("expires", Float, nullable=False),
)

ATTEMPTS: Final = Table(
    "attempts",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("who", LargeBinary(32), nullable=False),  # digest of an address or a person
    Column("what", String(20), nullable=False),
    Column("at", Float, nullable=False),
    Index("ix_attempts_who", "who", "what", "at"),
)

COMMENTS: Final = Table(
    "comments",
    METADATA,
    Column("id", String(22), primary_key=True),
    Column("person", _NUMBER, ForeignKey("people.id"), nullable=False, index=True),
    Column("target", String(300), nullable=False, index=True),
    Column("anchor", Text, nullable=False),  # JSON
    Column("stance", String(12), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Float, nullable=False),
)

VOTES: Final = Table(
    "votes",
    METADATA,
    Column("comment", String(22), ForeignKey("comments.id"), primary_key=True),
    Column("person", _NUMBER, ForeignKey("people.id"), primary_key=True, index=True),
    Column("value", Integer, nullable=False),
    Column("at", Float, nullable=False),
    CheckConstraint("value in (-1, 0, 1)", name="value"),
)

ACTIONS: Final = Table(
    "actions",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),  # no gaps: see moderation
    Column("by", _NUMBER, ForeignKey("people.id"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("comment", String(22), ForeignKey("comments.id"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("link", String(300), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("digest", String(71), nullable=False),
)
