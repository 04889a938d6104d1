"""The database of feedback: SQLite in a file, or PostgreSQL; brought up to date by Alembic."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from adhere.errors import SystemFault, UsageError

_BUSY_MS: Final = 10_000
"""How long a writer waits for another one in SQLite."""


def open_database(url: str) -> Engine:
    """Open a database and bring its tables up to date.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/NAME``; a plain path is a file
            of SQLite.

    Raises:
        UsageError: It is no such address, or the driver is missing.
        SystemFault: It cannot be opened.
    """
    if "://" not in url:
        url = f"sqlite:///{Path(url).absolute()}"
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise UsageError(
                f"{parsed.get_backend_name()} is not supported", remedy="use SQLite or PostgreSQL"
            )
        engine = create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise UsageError(
            f"this is not the address of a database that can be used: {error}",
            remedy="write a path, or postgresql+psycopg://… (adhere[postgres])",
        ) from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with writing(engine) as connection:
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        place = parsed.render_as_string(hide_password=True)
        raise SystemFault(
            f"the database cannot be opened: {_first_line(error)}", place=place
        ) from error
    return engine


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that writes.

    In SQLite it waits for its turn at the beginning: one that has read first and then wants to
    write would be turned away at once if somebody else has written meanwhile.
    """
    return engine.execution_options(adhere_writes=True).begin()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("adhere_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # transactions are begun above
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
