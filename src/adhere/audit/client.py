"""A worker's end of the socket: the same calls as the log itself, for the tasks of one loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from adhere.audit.record import Record, encode_record
from adhere.audit.tiles import MAX_ENTRY
from adhere.audit.wire import (
    MOST_BYTES,
    MOST_RECORDS,
    Done,
    Erase,
    FromWorker,
    Handed,
    Submit,
    decode_answer,
    frame,
    handed_bytes,
    read_body,
)
from adhere.errors import InputError, SystemFault, UsageError

_Waiting = list["asyncio.Future[int]"]


class RemoteLog:
    """A log that another process writes. For one event loop; close it.

    Where the connection breaks, whoever waits gets an error: whether their records are in the log
    is not known to them, and the sequencer records as interrupted what was admitted. The next
    append connects again.
    """

    def __init__(self, path: Path) -> None:
        """Prepare; the first append connects. ``path`` is that of the sequencer's socket."""
        self._path = path
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._number = 0
        self._pending: dict[int, _Waiting] = {}
        self._handed: list[Handed] = []
        self._waiting: _Waiting = []

    async def __aenter__(self) -> RemoteLog:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def append_async(self, record: Record, content: bytes | None = None) -> int:
        """Record something; return its number once it is durable.

        Raises:
            UsageError: The record is too long, or not one that a worker may append.
            SystemFault: There is no sequencer, it failed, or the connection broke.
        """
        entry = encode_record(record)
        handed = Handed(entry, content)
        if len(entry) > MAX_ENTRY or handed_bytes(handed) > MOST_BYTES // 2:
            raise UsageError(f"a record of {handed_bytes(handed)} bytes is too long")
        if self._writer is None:
            await self._connect()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        if not self._handed:
            loop.call_soon(self._flush)
        self._handed.append(handed)
        self._waiting.append(future)
        return await future

    async def erase(
        self, conversation: str, actor: str, reason: Literal["request", "retention"] = "request"
    ) -> int:
        """Erase the content of a conversation; return the number of the record that says so.

        Raises: as `AuditLog.erase`.
        """
        if self._writer is None:
            await self._connect()
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._number += 1
        self._send(Erase(self._number, conversation, actor, reason), [future])
        return await future

    async def close(self) -> None:
        """End the connection; whoever waits still is told so."""
        reading = self._reading
        if reading is not None:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _connect(self) -> None:
        async with self._connecting:
            if self._writer is not None:
                return
            try:
                reader, self._writer = await asyncio.open_unix_connection(str(self._path))
            except OSError as error:
                raise SystemFault(
                    f"there is no sequencer: {error.strerror or error}", place=str(self._path),
                    remedy="start one: adhere audit sequence LOG",
                ) from error  # fmt: skip
            self._reading = asyncio.ensure_future(self._read(reader, self._writer))

    def _flush(self) -> None:
        """Send what was handed in since the last time."""
        while self._handed:
            count = length = 0
            for handed in self._handed[:MOST_RECORDS]:
                length += handed_bytes(handed)
                if length > MOST_BYTES // 2 and count:
                    break
                count += 1
            records, waiting = self._handed[:count], self._waiting[:count]
            del self._handed[:count], self._waiting[:count]
            self._number += 1
            self._send(Submit(self._number, records), waiting)

    def _send(self, message: FromWorker, waiting: _Waiting) -> None:
        if self._writer is None:  # it broke between the call and now
            _fail(waiting, self._broken())
            return
        self._pending[message.number] = waiting
        self._writer.write(frame(message))

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (body := await read_body(reader)) is not None:
                answer = decode_answer(body)
                waiting = self._pending.pop(answer.number, [])
                if isinstance(answer, Done):
                    for number, future in enumerate(waiting, answer.first):
                        if not future.done():
                            future.set_result(number)
                elif answer.wrong_use:
                    _fail(waiting, UsageError(answer.message))
                else:
                    _fail(waiting, SystemFault(answer.message, place=str(self._path)))
        except (OSError, InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # all of them mean that there is nobody to talk to
        finally:
            self._writer = self._reading = None
            writer.close()
            pending, self._pending = self._pending, {}
            for waiting in pending.values():
                _fail(waiting, self._broken())

    def _broken(self) -> SystemFault:
        return SystemFault(
            "the connection to the sequencer broke; it is not known whether the record is kept",
            place=str(self._path),
        )


def _fail(waiting: _Waiting, error: Exception) -> None:
    for future in waiting:
        if not future.done():
            future.set_exception(error)
