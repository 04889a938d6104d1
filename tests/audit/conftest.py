"""A log to play with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adhere.audit.folder import LogFolder
from adhere.audit.keys import create_log
from adhere.audit.log import AuditLog
from adhere.audit.record import SCHEMA, Admitted, Completed, DecisionEntry
from adhere.resolve import DecisionOutcome
from adhere.spec import Authority

ORIGIN = "audit.example/gateway"
TIME = datetime(2025, 3, 1, 12, tzinfo=UTC)
SPEC = "sha256:" + "5" * 64


def admitted(number: int, developer: str = "dev-a", conversation: str = "") -> Admitted:
    return Admitted(
        schema=SCHEMA, time=TIME, request=f"req-{number}", key_id=developer, spec_digest=SPEC,
        conversation=conversation or f"talk-{number % 7}", upstream="model-1",
        sections=("be_clear",),
    )  # fmt: skip


def completed(number: int, developer: str = "dev-a", conversation: str = "") -> Completed:
    entry = DecisionEntry(
        id="sha256:" + f"{number:064x}", kind="text", outcome=DecisionOutcome.BLOCK, check="leak",
        section="protect_privileged", authority=Authority.ROOT,
    )  # fmt: skip
    return Completed(
        schema=SCHEMA, time=TIME, request=f"req-{number}", key_id=developer, spec_digest=SPEC,
        conversation=conversation or f"talk-{number % 7}", outcome="blocked", upstream="model-1",
        decisions=(entry,), sections=("protect_privileged",), tokens_in=3, tokens_out=5,
        latency_ms=12.5,
    )  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """The folders of a new log and of its keys."""
    log, keys = tmp_path / "log", tmp_path / "keys"
    create_log(log, keys, ORIGIN)
    return log, keys


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A log of 701 records with content, closed; copy it before changing it."""
    base = tmp_path_factory.mktemp("filled")
    log, keys = base / "log", base / "keys"
    create_log(log, keys, ORIGIN)
    with AuditLog(log, keys) as audit:
        waiting = []
        for number in range(350):
            waiting.append(audit.submit(admitted(number), b"question %d" % number))
            waiting.append(audit.submit(completed(number), b"answer %d" % number))
        assert sorted(each.result() for each in waiting) == list(range(1, 701))
    return log, keys


@pytest.fixture
def copied(filled: tuple[Path, Path], tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """Copy the filled log, under a name."""

    def copy(name: str = "copy") -> tuple[Path, Path]:
        log, keys = tmp_path / name / "log", tmp_path / name / "keys"
        shutil.copytree(filled[0], log)
        shutil.copytree(filled[1], keys)
        return log, keys

    return copy


def note_of(log: Path) -> str:
    return LogFolder(log).checkpoint().note
