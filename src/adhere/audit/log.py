"""Writing a log: one sequencer, group commit, one sync of the disk for all who wait.

Many threads or tasks submit; one thread gives every record its number, signs a checkpoint over
the log with it and writes both to the journal. Only then is it acknowledged. One process at a time
writes: a lock on the folder sees to it, so the log cannot fork. After a failure of the disk nothing
more is taken, because what a failed sync left behind is unknown; opening the log again finds out.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

import msgspec

from adhere.audit.content import seal
from adhere.audit.disk import Disk
from adhere.audit.folder import LogFolder
from adhere.audit.journal import Blob
from adhere.audit.keys import open_key_store, read_signing_key
from adhere.audit.note import Signer
from adhere.audit.record import SCHEMA, Admitted, Completed, Erasure, Record, encode_record
from adhere.audit.store import Pace, Store
from adhere.audit.tiles import MAX_ENTRY
from adhere.errors import SystemFault, UsageError

_BATCH: Final = 4096
"""Most records of a group commit."""

_LINGER: Final = 0.0003
"""Seconds that a commit waits for those the last one has just woken: they come back at once."""


class _Pending(msgspec.Struct, frozen=True):
    entry: bytes
    blob: Blob | None
    done: Future[int]


class _Job(msgspec.Struct, frozen=True):
    """Something the sequencer does between two commits."""

    work: Callable[[], None]
    done: Future[None]


class AuditLog:
    """A log, open for writing. Close it, or use it as a context manager.

    Opening takes up what the last writer left: a torn write is cut off, requests that were admitted
    and never completed are recorded as interrupted, erasures are finished.
    """

    def __init__(
        self,
        folder: Path,
        keys: Path,
        *,
        clock: Callable[[], float] = time.time,
        disk: Disk | None = None,
        pace: Pace = Pace(),  # noqa: B008 - immutable
    ) -> None:
        """Open a log for writing.

        Args:
            folder: The log's folder.
            keys: The folder of its secrets.
            clock: Seconds since 1970; the time of the log's own records.
            disk: The file system.
            pace: When the journal becomes tiles.

        Raises:
            UsageError: There is no log, another process writes to it, or the key is another log's.
            InputError: The files were changed.
            SystemFault: The disk fails.
        """
        self.folder = LogFolder(folder)
        self._path, self._clock, self._pace = folder, clock, pace
        signer = Signer(read_signing_key(keys))
        if signer.verifier != self.folder.key:
            raise UsageError("the signing key is not this log's", place=str(keys))
        self._queue: queue.SimpleQueue[_Pending | _Job | None] = queue.SimpleQueue()
        self._fault: Exception | None = None
        self._closed = False
        self._gate = threading.Lock()
        self._lock = _lock(folder)
        try:
            self._keys = open_key_store(keys)
            try:
                self._store = Store(self.folder, self._keys, signer, disk or Disk(), self._now())
            except BaseException:
                self._keys.close()
                raise
        except OSError as error:
            os.close(self._lock)
            raise self._system_fault(error) from error
        except BaseException:
            os.close(self._lock)
            raise
        self._thread = threading.Thread(target=self._run, name="adhere-audit", daemon=True)
        self._thread.start()

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def size(self) -> int:
        """How many records are acknowledged."""
        return self._store.size

    def submit(self, record: Record, content: bytes | None = None) -> Future[int]:
        """Hand a record in; the future gives its number once it is acknowledged.

        Args:
            record: What happened.
            content: What people wrote, to be encrypted under the key of the record's
                conversation; None: nothing is kept.

        Raises:
            UsageError: The record is too long, or has content and no conversation.
            SystemFault: The log failed before; open it again.
        """
        blob = None
        if content is not None:
            if not isinstance(record, Admitted | Completed) or not record.conversation:
                raise UsageError("only a record of a conversation can have content")
            reference, blob = seal(content, *self._keys.key_of(record.conversation))
            record = msgspec.structs.replace(record, content=reference)
        entry = encode_record(record)
        if len(entry) > MAX_ENTRY:
            raise UsageError(f"a record of {len(entry)} bytes is too long: at most {MAX_ENTRY}")
        pending = _Pending(entry, blob, Future())
        self._put(pending)
        return pending.done

    def append(self, record: Record, content: bytes | None = None) -> int:
        """Record something, and wait until it is acknowledged; return its number.

        Raises: as `submit`, and `SystemFault` where the disk fails.
        """
        number: int = self.submit(record, content).result()
        return number

    async def append_async(self, record: Record, content: bytes | None = None) -> int:
        """`append` for tasks: others run while this one waits."""
        return await asyncio.wrap_future(self.submit(record, content))

    def publish(self) -> None:
        """Turn the journal into tiles now, and put its checkpoint in place of the last."""
        self._do(self._store.publish)

    def erase(
        self, conversation: str, actor: str, reason: Literal["request", "retention"] = "request"
    ) -> int:
        """Erase the content of a conversation; return the number of the record that says so.

        Raises:
            UsageError: No content of such a conversation is kept.
            SystemFault: The disk fails. The record may be there; opening the log again finishes.
        """
        name = self._keys.find(conversation)
        if name is None:
            raise UsageError(f"no content of conversation {conversation!r} is kept")
        number = self.append(
            Erasure(
                schema=SCHEMA, time=self._now(), conversation=conversation, key=name.hex(),
                actor=actor, reason=reason,
            )
        )  # fmt: skip
        self._do(lambda: self._store.erase(name))
        return number

    def close(self) -> None:
        """Publish, and give the log free. What was submitted before is finished.

        Raises:
            SystemFault: The log failed; what was not acknowledged may be lost.
        """
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._store.close()
        self._keys.close()
        os.close(self._lock)
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        """The sequencer."""
        busy, due = False, 0.0
        while True:
            wait = max(due - time.monotonic(), 0.0) if self._store.waiting else None
            batch, job, ending = self._gather(wait, linger=busy)
            busy = len(batch) > 1
            try:
                if batch:
                    if not self._store.waiting:
                        due = time.monotonic() + self._pace.seconds
                    self._commit(batch)
                if job is not None:
                    job.work()
                    _settle(job.done, None)
                if ending or self._store.full(self._pace) or time.monotonic() >= due:
                    self._store.publish()
            except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
                self._fail(error, batch, job)
                return
            if ending:
                return

    def _gather(
        self, wait: float | None, *, linger: bool
    ) -> tuple[list[_Pending], _Job | None, bool]:
        """Wait for work and take all there is, up to a job or the end."""
        batch: list[_Pending] = []
        with suppress(queue.Empty):
            item = self._queue.get(timeout=wait)
            if linger:
                time.sleep(_LINGER)
            while isinstance(item, _Pending):
                batch.append(item)
                if len(batch) == _BATCH:
                    return batch, None, False
                item = self._queue.get_nowait()
            return batch, item, item is None
        return batch, None, False

    def _commit(self, batch: list[_Pending]) -> None:
        first = self._store.size
        entries = [pending.entry for pending in batch]
        self._store.commit(entries, [each.blob for each in batch if each.blob is not None])
        for number, pending in enumerate(batch, first):
            _settle(pending.done, number)

    def _fail(self, error: Exception, batch: list[_Pending], job: _Job | None) -> None:
        """Tell everyone who waits; nothing more is taken."""
        fault = self._system_fault(error) if isinstance(error, OSError) else error
        with self._gate:
            self._fault = fault
        waiting: list[_Pending | _Job] = [*batch, *([job] if job else [])]
        with suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if item is not None:
                    waiting.append(item)
        for each in waiting:
            if not each.done.done():
                each.done.set_exception(fault)

    def _put(self, item: _Pending | _Job) -> None:
        with self._gate:
            if self._fault is not None:
                raise self._fault
            if self._closed:
                raise UsageError("the log is closed", place=str(self._path))
            self._queue.put(item)

    def _do(self, work: Callable[[], None]) -> None:
        job = _Job(work, Future())
        self._put(job)
        job.done.result()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _system_fault(self, error: OSError) -> SystemFault:
        return SystemFault(
            f"the log cannot be written: {error.strerror}",
            place=str(error.filename or self._path),
            remedy="nothing acknowledged is lost; open the log again when the disk is well",
        )


def _lock(folder: Path) -> int:
    path = folder / "lock"
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise SystemFault(f"cannot lock the log: {error.strerror}", place=str(path)) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise UsageError(
            "another process writes to this log",
            place=str(folder),
            remedy="one writer at a time; reading and verifying need none",
        ) from error
    return fd


def _settle(done: Future[int] | Future[None], result: object) -> None:
    """Give a result; whoever waited may have given up and cancelled."""
    if done.set_running_or_notify_cancel():
        done.set_result(result)  # type: ignore[arg-type]
