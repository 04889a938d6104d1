"""The index, in SQLite and in a real PostgreSQL: the same answers, and made again at any time."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adhere.audit.folder import LogFolder
from adhere.audit.index import AuditIndex, AuditQuery
from adhere.audit.keys import create_log
from adhere.audit.log import AuditLog
from adhere.errors import ServiceError, UsageError

from .conftest import ORIGIN, TIME, admitted, completed

Paths = tuple[Path, Path]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "index.sqlite")
    address: str = request.getfixturevalue("postgres")
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS audit_state, audit_record, audit_section")
        connection.execute("DROP TABLE IF EXISTS audit_decision")
    return address


@pytest.fixture
def log(paths: Paths) -> Paths:
    """Two developers, three days, several sections and outcomes."""
    with AuditLog(*paths, clock=TIME.timestamp) as audit:
        for number in range(30):
            developer = "dev-a" if number % 3 else "dev-b"
            when = TIME + timedelta(days=number // 10)
            first = msgspec.structs.replace(admitted(number, developer), time=when)
            last = msgspec.structs.replace(completed(number, developer), time=when)
            audit.append(first)
            audit.append(last)
    return paths


def test_it_finds_by_section_developer_time_and_decision(log: Paths, database: str) -> None:
    index = AuditIndex(database)
    assert index.update(LogFolder(log[0])) == 61

    def count(**asked: object) -> int:
        return len(list(index.find(AuditQuery(**asked))))  # type: ignore[arg-type]

    day = timedelta(days=1)
    assert count() == 61
    assert count(section="be_clear") == 30
    assert count(section="protect_privileged") == count(decision="block") == 30
    assert count(section="no_such") == count(decision="allow") == 0
    assert count(developer="dev-b") == 20
    assert count(developer="dev-b", outcome="blocked") == 10
    assert count(since=TIME + day) == 40
    assert count(since=TIME + day, until=TIME + 2 * day) == 20
    assert count(conversation="talk-3", section="be_clear") == 4
    assert list(index.find(AuditQuery(request="req-4"))) == [9, 10]
    assert list(index.find(AuditQuery(decision="block"), limit=2)) == [2, 4]
    assert count(section="'; DROP TABLE audit_record; --") == 0
    assert count() == 61
    index.close()


def test_it_takes_in_what_is_new_and_is_made_again(log: Paths, database: str) -> None:
    index = AuditIndex(database)
    index.update(LogFolder(log[0]))
    with AuditLog(*log) as audit:
        audit.append(admitted(100, "dev-c"))
    assert index.update(LogFolder(log[0])) == 63
    assert list(index.find(AuditQuery(developer="dev-c"))) == [62]
    assert index.update(LogFolder(log[0])) == 63
    before = list(index.find(AuditQuery(section="be_clear")))
    assert index.update(LogFolder(log[0]), rebuild=True) == 63
    assert list(index.find(AuditQuery(section="be_clear"))) == before
    index.close()


def test_an_index_of_other_records_is_made_again(log: Paths, database: str, tmp_path: Path) -> None:
    create_log(tmp_path / "again", log[1], ORIGIN)
    with AuditLog(tmp_path / "again", log[1]) as audit:
        for number in range(80):
            audit.submit(admitted(number, "dev-x"))
    index = AuditIndex(database)
    index.update(LogFolder(tmp_path / "again"))
    assert index.update(LogFolder(log[0])) == 61
    assert list(index.find(AuditQuery(developer="dev-x"))) == []
    create_log(tmp_path / "other", log[1].with_name("other-keys"), "other.example")
    with pytest.raises(UsageError, match="that of audit"):
        index.update(LogFolder(tmp_path / "other"))
    assert len(list(index.find(AuditQuery()))) == 61
    index.close()


def test_a_database_that_cannot_be_used_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServiceError, match="the index fails"):
        AuditIndex(str(tmp_path / "no" / "folder" / "index.sqlite"))
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match="adhere\\[postgres\\]"):
        AuditIndex("postgresql://user:secret@127.0.0.1:1/db")


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(ServiceError) as failed:
        AuditIndex("postgresql://user:secret@127.0.0.1:1/db")
    assert "secret" not in str(failed.value)
