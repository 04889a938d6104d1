"""One sequencer for many workers: a process that owns the log and takes records over a Unix socket.

Who may connect is who may write to the socket's file (mode 600). Workers are trusted to say what
happened, not with the log: they can append requests, their ends and actions, and nothing else.
A worker that dies leaves requests open: they are recorded as interrupted when its connection ends.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from adhere.audit.log import AuditLog
from adhere.audit.record import (
    SCHEMA,
    Action,
    Admitted,
    Completed,
    Interrupted,
    Record,
    decode_record,
)
from adhere.audit.wire import (
    MOST_RECORDS,
    Done,
    FromWorker,
    Refused,
    Submit,
    decode_request,
    frame,
    read_body,
)
from adhere.errors import AdhereError, InputError, SystemFault, UsageError

SOCKET: Final = "sequencer.sock"
"""Its name in the folder of keys, which nobody else may enter."""

_AT_ONCE: Final = 64
"""Messages of one worker that are under way at a time."""


class SequencerServer:
    """Takes records of many workers for one log."""

    def __init__(self, log: AuditLog, *, clock: Callable[[], float] = time.time) -> None:
        self._log, self._clock = log, clock
        self._open: dict[str, tuple[int, int]] = {}  # request: connection, number of its record
        self._connections: dict[int, asyncio.Task[None]] = {}
        self._endings: set[asyncio.Task[None]] = set()
        self._next = 0
        self._listening: asyncio.Server | None = None
        self.failed = asyncio.Event()
        """Set when the log has failed: it takes nothing more, and must be opened anew."""

    async def start(self, path: Path) -> None:
        """Listen.

        Raises:
            UsageError: There is another file, or another sequencer.
            SystemFault: The socket cannot be made.
        """
        self._listening = await asyncio.start_unix_server(self._connected, sock=listen(path))

    async def stop(self) -> None:
        """Take no more connections, and end those there are; what was handed in is finished."""
        if self._listening is not None:
            self._listening.close()
        for task in list(self._connections.values()):
            task.cancel()
        await asyncio.gather(*self._connections.values(), return_exceptions=True)
        await asyncio.gather(*self._endings)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._next += 1
        me = self._next
        task = asyncio.current_task()
        assert task is not None
        self._connections[me] = task
        room, under_way = asyncio.Semaphore(_AT_ONCE), set[asyncio.Task[None]]()
        try:
            while (body := await read_body(reader)) is not None:
                request = decode_request(body)
                await room.acquire()
                done = asyncio.ensure_future(self._answer(me, request, writer))
                under_way.add(done)
                done.add_done_callback(under_way.discard)
                done.add_done_callback(lambda _: room.release())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # whoever sends what is no message is not talked to
        except (InputError, OSError, asyncio.CancelledError):
            pass  # too long, broken off, or at the end
        finally:
            del self._connections[me]
            ending = asyncio.ensure_future(self._end(me, under_way, writer))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    async def _end(
        self, me: int, under_way: set[asyncio.Task[None]], writer: asyncio.StreamWriter
    ) -> None:
        """Finish what a worker handed in, and record what it left open."""
        await asyncio.gather(*under_way, return_exceptions=True)
        writer.close()
        left = {request: at for request, (owner, at) in self._open.items() if owner == me}
        now = datetime.fromtimestamp(self._clock(), UTC)
        for request in left:
            del self._open[request]
        records: list[tuple[Record, None]] = [
            (Interrupted(schema=SCHEMA, time=now, request=request, admitted=number), None)
            for request, number in left.items()
        ]
        if records:
            with suppress(AdhereError):  # else it is recorded when the log is opened again
                await self._log.append_all(records)

    async def _answer(self, me: int, request: FromWorker, writer: asyncio.StreamWriter) -> None:
        answer: Done | Refused
        try:
            if isinstance(request, Submit):
                first = await self._submit(me, request)
            else:
                first = await asyncio.to_thread(
                    self._log.erase, request.conversation, request.actor, request.reason
                )
            answer = Done(request.number, first)
        except AdhereError as error:
            if isinstance(error, SystemFault):
                self.failed.set()
            wrong = isinstance(error, UsageError | InputError)
            answer = Refused(request.number, error.message, wrong)
        with suppress(OSError):
            writer.write(frame(answer))
            await writer.drain()

    async def _submit(self, me: int, request: Submit) -> int:
        if not 0 < len(request.records) <= MOST_RECORDS:
            raise UsageError(f"a message has 1 to {MOST_RECORDS} records")
        records = [
            (_allowed(decode_record(each.entry, "")), each.content) for each in request.records
        ]
        last = await self._log.append_all(records)
        first = last - len(records) + 1
        for number, (record, _) in enumerate(records, first):
            if isinstance(record, Admitted):
                self._open[record.request] = me, number
            elif isinstance(record, Completed):
                self._open.pop(record.request, None)
        return first


def _allowed(record: Record) -> Record:
    if not isinstance(record, Admitted | Completed | Action):
        raise UsageError(f"a worker cannot append a record of kind {type(record).__name__.lower()}")
    return record


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at ``path``, for its owner only.

    Raises:
        UsageError: There is another file, or another sequencer.
        SystemFault: It cannot be made.
    """
    try:
        if os.path.lexists(path):
            _clear(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(path))
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)  # nobody can connect before it listens
            listening.listen()
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        raise SystemFault(
            f"cannot listen: {error.strerror or error}", place=str(path),
            remedy="name a short path in a folder of yours: --socket",
        ) from error  # fmt: skip
    return listening


def listens(path: Path) -> bool:
    """Say whether a sequencer listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        try:
            other.connect(str(path))
        except OSError:
            return False
    return True


def _clear(path: Path) -> None:
    """Remove the socket that a killed sequencer left."""
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise UsageError("there is a file that is no socket", place=str(path))
    if listens(path):
        raise UsageError("another sequencer listens here", place=str(path))
    path.unlink()
