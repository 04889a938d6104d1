"""A request has a record of its end, however it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adhere.audit.exchange import Exchange
from adhere.audit.folder import LogFolder
from adhere.audit.log import AuditLog
from adhere.audit.record import Admitted, Completed, decode_record
from adhere.errors import UsageError

from .conftest import admitted

Paths = tuple[Path, Path]


def ends(log: Path) -> list[tuple[str, str, bool]]:
    folder = LogFolder(log)
    size = folder.checkpoint().checkpoint.size
    records = [decode_record(entry, "") for _, entry in folder.entries(0, size)]
    assert sum(isinstance(each, Admitted) for each in records) == sum(
        isinstance(each, Completed) for each in records
    )
    return [
        (each.request, each.outcome, each.content is not None)
        for each in records
        if isinstance(each, Completed)
    ]


def test_it_is_durable_before_the_answer_begins_and_before_it_ends(paths: Paths) -> None:
    async def work() -> None:
        async with Exchange(audit, admitted(1), b"question") as exchange:
            assert audit.size == exchange.number + 1
            number = await exchange.complete("answered", tokens_out=7, content=b"answer")
            assert audit.size == number + 1
            with pytest.raises(UsageError, match="ended before"):
                await exchange.complete("answered")

    with AuditLog(*paths) as audit:
        asyncio.run(work())
    assert ends(paths[0]) == [("req-1", "answered", True)]


@pytest.mark.parametrize("times", [1, 2])
def test_who_goes_away_is_recorded(paths: Paths, times: int) -> None:
    async def request(started: asyncio.Event) -> None:
        async with Exchange(audit, admitted(1)):
            started.set()
            await asyncio.sleep(3600)

    async def work() -> None:
        started = asyncio.Event()
        task = asyncio.create_task(request(started))
        await started.wait()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task

    with AuditLog(*paths) as audit:
        asyncio.run(work())
    assert ends(paths[0]) == [("req-1", "disconnected", False)]


def test_a_failure_is_recorded_and_goes_on(paths: Paths) -> None:
    async def work() -> None:
        async with Exchange(audit, admitted(1)):
            raise ValueError("upstream")

    with AuditLog(*paths) as audit, pytest.raises(ValueError, match="upstream"):
        asyncio.run(work())
    assert ends(paths[0]) == [("req-1", "failed", False)]
