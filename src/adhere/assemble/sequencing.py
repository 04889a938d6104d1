"""The process that owns a log, and those who ask it to write."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from adhere.audit.client import RemoteLog
from adhere.audit.log import AuditLog
from adhere.audit.record import Record
from adhere.audit.server import SOCKET, SequencerServer, listens


def sequence(log: Path, keys: Path, path: Path | None, ready: Callable[[Path], None]) -> None:
    """Own a log and take records for it until SIGTERM or SIGINT.

    Args:
        log: Its folder.
        keys: The folder of its secrets.
        path: Where to listen; None: in the folder of keys.
        ready: Called when workers can connect.

    Raises:
        UsageError: Another process writes to the log.
        SystemFault: The disk failed; start again when it is well.
    """
    where = path or keys / SOCKET
    with AuditLog(log, keys) as audit:
        asyncio.run(_until_told(audit, where, ready))


async def _until_told(audit: AuditLog, path: Path, ready: Callable[[Path], None]) -> None:
    server, told = SequencerServer(audit), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await server.start(path)
    try:
        ready(path)
        waiting = [asyncio.ensure_future(each.wait()) for each in (told, server.failed)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
    finally:
        path.unlink(missing_ok=True)
        await server.stop()


class Keeper(Protocol):
    """What records and erases, here or in the process that owns the log."""

    def append(self, record: Record) -> int:
        """Record something; return its number."""
        ...

    def erase(
        self, conversation: str, actor: str, reason: Literal["request", "retention"] = "request"
    ) -> int:
        """Erase a conversation's content; return the number of the record that says so."""
        ...


class _Remote:
    """The calls of `Keeper`, asked of a sequencer, one connection each."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, record: Record) -> int:
        return self._ask(lambda log: log.append_async(record))

    def erase(
        self, conversation: str, actor: str, reason: Literal["request", "retention"] = "request"
    ) -> int:
        return self._ask(lambda log: log.erase(conversation, actor, reason))

    def _ask(self, what: Callable[[RemoteLog], Awaitable[int]]) -> int:
        async def ask() -> int:
            async with RemoteLog(self._path) as log:
                return await what(log)

        return asyncio.run(ask())


@contextmanager
def keeping(log: Path, keys: Path) -> Iterator[Keeper]:
    """Write to a log: through its sequencer where one listens in the folder of keys, else here.

    Raises:
        UsageError: Another process writes to it.
        SystemFault: It cannot be written.
    """
    path = keys / SOCKET
    if listens(path):
        yield _Remote(path)
        return
    with AuditLog(log, keys) as audit:
        yield audit
