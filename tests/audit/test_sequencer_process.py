"""Several processes, one log: workers and the sequencer are killed, and nothing is lost."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from adhere.assemble.sequencing import keeping
from adhere.audit.client import RemoteLog
from adhere.audit.folder import LogFolder
from adhere.audit.log import AuditLog
from adhere.audit.record import (
    SCHEMA,
    Action,
    Admitted,
    Completed,
    Erasure,
    Interrupted,
    Opened,
    Record,
    decode_record,
    encode_record,
)
from adhere.audit.server import SOCKET
from adhere.audit.verify import verify_log
from adhere.audit.wire import Handed, Submit, frame
from adhere.errors import SystemFault, UsageError

from .conftest import TIME, admitted, completed

Paths = tuple[Path, Path]

WORKER = """
import asyncio, os, sys
from datetime import datetime, UTC
from pathlib import Path
from adhere.audit.client import RemoteLog
from adhere.audit.exchange import Exchange
from adhere.audit.record import Admitted, SCHEMA
from adhere.errors import SystemFault

async def work(log, worker):
    number = 0
    while True:
        number += 1
        request = f"{os.getpid()}-{worker}-{number}"
        admitted = Admitted(schema=SCHEMA, time=datetime.now(UTC), request=request,
                            conversation=f"c{worker}")
        try:
            async with Exchange(log, admitted, b"question" if number % 3 else None) as exchange:
                os.write(1, f"admitted {request}\\n".encode())
                await exchange.complete("answered", content=b"answer")
                os.write(1, f"completed {request}\\n".encode())
        except SystemFault:
            await asyncio.sleep(0.05)

async def main():
    async with RemoteLog(Path(sys.argv[1])) as log:
        await asyncio.gather(*(work(log, worker) for worker in range(8)))

asyncio.run(main())
"""


@contextmanager
def sequencer(paths: Paths, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "adhere.cli", "audit", "sequence", str(paths[0])]
    command += ["--keys", str(paths[1]), "--socket", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(b"listening at"), (
                line,
                process.stderr and process.stderr.read(),
            )
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "s"


def records(log: Path) -> list[Record]:
    folder = LogFolder(log)
    size = folder.checkpoint().checkpoint.size
    return [decode_record(entry, "") for _, entry in folder.entries(0, size)]


def present(log: Path) -> set[str]:
    return {
        f"{type(each).__name__.lower()} {each.request}"
        for each in records(log)
        if isinstance(each, Admitted | Completed)
    }


def test_many_workers_share_a_log(paths: Paths, where: Path) -> None:
    async def worker(first: int) -> list[int]:
        async with RemoteLog(where) as log:
            return await asyncio.gather(
                *(log.append_async(admitted(first + each), b"text") for each in range(60))
            )

    async def work() -> list[int]:
        parts = await asyncio.gather(*(worker(100 * each) for each in range(4)))
        return [number for part in parts for number in part]

    with sequencer(paths, where) as process:
        assert stat.S_IMODE(where.stat().st_mode) == 0o600
        assert sorted(asyncio.run(work())) == list(range(1, 241))
        with pytest.raises(UsageError, match="another process writes"):
            AuditLog(*paths)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not where.exists()
    found = verify_log(LogFolder(paths[0]))
    assert (found.findings, found.content, found.open) == ((), 240, 0)
    # Their connections ended and their requests had not: so it stands in the log.
    assert sum(isinstance(each, Interrupted) for each in records(paths[0])) == 240


def kill(paths: Paths, where: Path, times: int, chance: random.Random) -> int:
    """Three workers; each time a worker or the sequencer is killed."""
    said: list[Path] = []
    workers: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        said.append(where.with_name(f"said-{len(said)}"))
        with said[-1].open("wb") as out:
            return subprocess.Popen([sys.executable, "-c", WORKER, str(where)], stdout=out)

    def spoken() -> set[str]:
        lines = [line for path in said for line in path.read_bytes().splitlines(keepends=True)]
        return {line.decode().strip() for line in lines if line.endswith(b"\n")}

    try:
        workers = [start() for _ in range(3)]
        for turn in range(times):
            with sequencer(paths, where) as process:
                before = len(spoken())
                for _ in range(600):
                    if len(spoken()) > before + 20:
                        break
                    time.sleep(0.05)
                assert len(spoken()) > before, "the workers connect again"
                time.sleep(chance.uniform(0.0, 0.2))
                if turn % 2:
                    process.kill()
                    process.wait(30)
                victim = chance.randrange(3)
                workers[victim].kill()
                workers[victim].wait(30)
                workers[victim] = start()
            assert verify_log(LogFolder(paths[0])).findings == ()
    finally:
        for each in workers:
            each.kill()
            each.wait(30)
    with AuditLog(*paths):
        pass
    found = verify_log(LogFolder(paths[0]))
    assert (found.findings, found.open) == ((), 0)
    acknowledged = spoken()
    assert acknowledged <= present(paths[0])
    assert sum(isinstance(each, Opened) for each in records(paths[0])) == times + 1
    return len(acknowledged)


def test_killing_workers_and_the_sequencer_loses_nothing(paths: Paths, where: Path) -> None:
    assert kill(paths, where, 4, random.Random(1)) > 50


@pytest.mark.soak
def test_killing_workers_and_the_sequencer_100_times(paths: Paths, where: Path) -> None:
    count = kill(paths, where, 100, random.Random(2))
    print(f"\n100 kills of workers, 50 of the sequencer: {count} acknowledged, none lost")


def test_a_worker_is_told_when_the_sequencer_is_killed(paths: Paths, where: Path) -> None:
    async def work() -> None:
        async with RemoteLog(where) as log:
            with sequencer(paths, where) as process:
                assert await log.append_async(admitted(1)) == 1
                process.kill()
                process.wait(30)
                with pytest.raises(SystemFault):
                    await log.append_async(completed(1))
            with pytest.raises(SystemFault, match="no sequencer"):
                await log.append_async(completed(1))
            with sequencer(paths, where):  # the socket that was left behind is no obstacle
                assert await log.append_async(completed(1)) == 4

    asyncio.run(work())
    kinds = [type(each) for each in records(paths[0])]
    assert kinds == [Opened, Admitted, Interrupted, Opened, Completed]


def test_a_worker_can_say_what_happened_and_nothing_else(paths: Paths, where: Path) -> None:
    erasure = Erasure(
        schema=SCHEMA, time=TIME, conversation="c", key="0" * 64, actor="me", reason="request"
    )
    action = Action(schema=SCHEMA, time=TIME, what="rollout", actor="me", subject="r-1")

    async def work() -> None:
        async with RemoteLog(where) as log:
            for bad in (erasure, Interrupted(schema=SCHEMA, time=TIME, request="r", admitted=1)):
                with pytest.raises(UsageError, match="cannot append"):
                    await log.append_async(bad)
            with pytest.raises(UsageError, match="too long"):
                await log.append_async(admitted(1, conversation="c" * 70_000))
            with pytest.raises(UsageError, match="no content of conversation"):
                await log.erase("nobody", "me")
            assert await log.append_async(action) == 1
            assert await log.append_async(admitted(1, conversation="talk"), b"text") == 2
            assert await log.erase("talk", "me") == 3
            assert await log.append_async(completed(1)) == 4

    with sequencer(paths, where):
        asyncio.run(work())
    found = verify_log(LogFolder(paths[0]))
    assert (found.findings, found.erased, found.open) == ((), 1, 0)


HOSTILE = [
    b"\xff\xff\xff\xff", b"\x00\x00\x00\x04nope", b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00", b"",
    frame(Submit(1, [])), frame(Submit(1, [Handed(b"no record")])),
    frame(Submit(1, [Handed(encode_record(admitted(1)))] * 5000)),
    frame(Submit(1, [Handed(b'{"kind":"opened"' + b"[" * 40_000)])),
]  # fmt: skip


def test_what_is_no_message_harms_nobody(paths: Paths, where: Path) -> None:
    async def work() -> None:
        async with RemoteLog(where) as log:
            for number, sent in enumerate(HOSTILE):
                await log.append_async(admitted(number))
                with socket.socket(socket.AF_UNIX) as hostile:
                    hostile.connect(str(where))
                    hostile.sendall(sent)
                    with suppress(OSError):
                        hostile.shutdown(socket.SHUT_WR)
                    await asyncio.to_thread(hostile.recv, 1000)
                assert await log.append_async(completed(number)) == 2 * number + 2

    with sequencer(paths, where):
        asyncio.run(work())
    assert verify_log(LogFolder(paths[0])).findings == ()


def test_a_second_sequencer_is_refused(paths: Paths, where: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for path, said in ((where, b"another process writes"), (tmp_path / ("x" * 200), b"")):
        with sequencer(paths, where):
            command = [sys.executable, "-m", "adhere.cli", "audit", "sequence", str(paths[0])]
            command += ["--keys", str(paths[1]), "--socket", str(path)]
            done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        assert done.returncode == 2
        assert said in done.stderr
    command[-1] = str(tmp_path / "file")
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert (done.returncode, (tmp_path / "file").read_bytes()) == (2, b"mine")
    assert b"no socket" in done.stderr


def test_whoever_keeps_the_log_goes_through_its_sequencer(paths: Paths) -> None:
    action = Action(schema=SCHEMA, time=TIME, what="key", actor="me", subject="key-7")
    with sequencer(paths, paths[1] / SOCKET), keeping(*paths) as keeper:
        assert keeper.append(action) == 1
    with keeping(*paths) as keeper:
        assert keeper.append(action) == 3
