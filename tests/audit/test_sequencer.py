"""Handing in, waiting, giving up: threads and event loops at one log."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from adhere.audit.batch import Batch, Ticket
from adhere.audit.folder import LogFolder
from adhere.audit.log import AuditLog
from adhere.audit.store import Pace
from adhere.audit.verify import verify_log
from adhere.errors import SystemFault, UsageError

from .conftest import admitted
from .simulated_disk import CountingDisk

Paths = tuple[Path, Path]


class SlowDisk(CountingDisk):
    """Syncs the journal only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.reached = threading.Event()

    def sync(self, fd: int) -> None:
        self.reached.set()
        assert self.go.wait(30)
        super().sync(fd)


def test_threads_and_loops_at_once(paths: Paths) -> None:
    numbers: list[int] = []

    async def tasks(first: int) -> None:
        async def work(worker: int) -> None:
            for each in range(20):
                numbers.append(await audit.append_async(admitted(first + worker * 20 + each)))

        await asyncio.gather(*(work(worker) for worker in range(10)))

    def thread(first: int) -> None:
        numbers.extend(audit.append(admitted(first + each)) for each in range(50))

    with AuditLog(*paths, pace=Pace(records=64)) as audit:
        crew = [
            *(threading.Thread(target=lambda at=at: asyncio.run(tasks(at))) for at in (1000, 2000)),
            *(threading.Thread(target=thread, args=(at,)) for at in (3000, 4000, 5000)),
        ]
        for each in crew:
            each.start()
        for each in crew:
            each.join()
    assert sorted(numbers) == list(range(1, 551))
    found = verify_log(LogFolder(paths[0]))
    assert (found.findings, found.records["admitted"]) == ((), 550)


def test_what_comes_during_a_commit_is_one_commit(paths: Paths) -> None:
    disk = SlowDisk()
    with AuditLog(*paths, disk=disk, pace=Pace(records=1000, seconds=3600)) as audit:
        disk.go.clear()
        disk.reached.clear()
        first = audit.submit(admitted(0))
        assert disk.reached.wait(30)
        disk.calls.clear()
        rest = [audit.submit(admitted(number)) for number in range(1, 100)]
        assert not any(each.done() for each in [first, *rest])
        with pytest.raises(TimeoutError):
            first.result(timeout=0.001)
        disk.go.set()
        assert [each.result(30) for each in [first, *rest]] == list(range(1, 101))
        assert disk.calls.count("write") == 1


def test_a_task_that_gives_up_disturbs_nobody(paths: Paths) -> None:
    disk = SlowDisk()

    async def work() -> int:
        disk.go.clear()
        impatient = asyncio.create_task(audit.append_async(admitted(1)))
        other = asyncio.create_task(audit.append_async(admitted(2)))
        await asyncio.sleep(0)
        impatient.cancel()
        disk.go.set()
        number = await other
        assert impatient.cancelled()
        return number

    with AuditLog(*paths, disk=disk) as audit:
        assert asyncio.run(work()) == 2  # what was handed in is in the log all the same


def test_a_loop_that_is_gone_disturbs_nobody(paths: Paths) -> None:
    disk = SlowDisk()
    with AuditLog(*paths, disk=disk) as audit:
        loop = asyncio.new_event_loop()
        disk.go.clear()
        task = loop.create_task(audit.append_async(admitted(1)))
        loop.run_until_complete(asyncio.sleep(0.01))
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()
        disk.go.set()
        assert audit.append(admitted(2)) == 2


def test_tasks_are_told_of_a_failure(paths: Paths) -> None:
    disk = CountingDisk()
    audit = AuditLog(*paths, disk=disk)

    def fail(name: str, *args: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async def work() -> list[int | BaseException]:
        return await asyncio.gather(
            *(audit.append_async(admitted(number)) for number in range(5)), return_exceptions=True
        )

    disk.strike = fail  # type: ignore[method-assign]
    assert all(isinstance(each, SystemFault) for each in asyncio.run(work()))
    with pytest.raises(SystemFault):
        audit.close()
    with pytest.raises(SystemFault):
        asyncio.run(audit.append_async(admitted(1)))


def test_a_closed_log_takes_nothing(paths: Paths) -> None:
    audit = AuditLog(*paths)
    audit.close()
    for hand_in in (audit.submit, audit.append):
        with pytest.raises(UsageError, match="closed"):
            hand_in(admitted(1))


def test_ctrl_c_in_a_commit_stops_the_log_and_loses_nothing(paths: Paths) -> None:
    disk = CountingDisk()
    audit = AuditLog(*paths, disk=disk)
    assert audit.append(admitted(1)) == 1

    def interrupt(name: str, *args: object) -> None:
        raise KeyboardInterrupt

    disk.strike = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        audit.append(admitted(2))
    with pytest.raises(SystemFault, match="interrupted"):
        audit.append(admitted(3))
    with pytest.raises(SystemFault, match="interrupted"):
        audit.close()
    with AuditLog(*paths) as audit:
        assert audit.size >= 2


def test_threads_let_each_other_through_also_those_who_came_late() -> None:
    """Each waiter wakes the next; one that gives up, or finds it settled, breaks no chain."""
    for _ in range(200):
        batch, done = Batch(), []

        def wait(
            place: int, timeout: float | None, batch: Batch = batch, done: list[int] = done
        ) -> None:
            try:
                done.append(Ticket(batch, place).result(timeout))
            except TimeoutError:
                done.append(-1)

        crew = [
            threading.Thread(target=wait, args=(each, 0.0001 if each % 3 == 0 else 30))
            for each in range(8)
        ]
        for at, each in enumerate(crew):
            each.start()
            if at == 5:
                batch.settle(100)
        for each in crew:
            each.join(30)
            assert not each.is_alive()
        assert len(done) == 8
