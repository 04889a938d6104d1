"""Writing a log: records in, acknowledged once they are durable.

One process at a time writes: a lock on the folder sees to it, so the log cannot fork. How many
writers share it is told in `adhere.audit.sequencer`.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

import msgspec

from adhere.audit.batch import Ticket
from adhere.audit.content import seal
from adhere.audit.disk import Disk
from adhere.audit.folder import LogFolder
from adhere.audit.journal import Blob
from adhere.audit.keys import open_key_store, read_signing_key
from adhere.audit.note import Signer
from adhere.audit.record import SCHEMA, Admitted, Completed, Erasure, Record, encode_record
from adhere.audit.sequencer import Sequencer, disk_fault
from adhere.audit.store import Pace, Store
from adhere.audit.tiles import MAX_ENTRY
from adhere.errors import SystemFault, UsageError


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
        self._clock = clock
        signer = Signer(read_signing_key(keys))
        if signer.verifier != self.folder.key:
            raise UsageError("the signing key is not this log's", place=str(keys))
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
            raise disk_fault(error, str(folder)) from error
        except BaseException:
            os.close(self._lock)
            raise
        self._sequencer = Sequencer(self._store, pace, str(folder))

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

    def submit(self, record: Record, content: bytes | None = None) -> Ticket:
        """Hand a record in; the ticket gives its number once it is acknowledged.

        Args:
            record: What happened.
            content: What people wrote, to be encrypted under the key of the record's
                conversation; None: nothing is kept.

        Raises:
            UsageError: The record is too long, or has content and no conversation.
            SystemFault: The log failed before; open it again.
        """
        return self._sequencer.submit(*self._prepare(record, content))

    def append(self, record: Record, content: bytes | None = None) -> int:
        """Record something, and wait until it is acknowledged; return its number.

        Raises: as `submit`, and `SystemFault` where the disk fails.
        """
        return self._sequencer.append(*self._prepare(record, content))

    async def append_async(self, record: Record, content: bytes | None = None) -> int:
        """`append` for tasks: others run while this one waits.

        What tasks of one loop hand in before it waits for events again is one commit, and one call
        into the loop wakes them.
        """
        return await self._sequencer.append_in_loop([self._prepare(record, content)])

    async def append_all(self, records: Sequence[tuple[Record, bytes | None]]) -> int:
        """Record several things, with their content, one right after the other.

        Returns the number of the last once all are acknowledged. Raises: as `append`.
        """
        return await self._sequencer.append_in_loop([self._prepare(*each) for each in records])

    def publish(self) -> None:
        """Turn the journal into tiles now, and put its checkpoint in place of the last."""
        self._sequencer.publish()

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
        self._sequencer.do(lambda: self._store.erase(name))
        return number

    def close(self) -> None:
        """Publish, and give the log free. What was submitted before is finished.

        Raises:
            SystemFault: The log failed; what was not acknowledged may be lost.
        """
        try:
            if not self._sequencer.close():
                return
        except BaseException:
            self._give_free()
            raise
        self._give_free()

    def _give_free(self) -> None:
        self._store.close()
        self._keys.close()
        os.close(self._lock)

    def _prepare(self, record: Record, content: bytes | None) -> tuple[bytes, Blob | None]:
        """Encode a record, and encrypt its content: before anyone has to wait for it."""
        blob = None
        if content is not None:
            if not isinstance(record, Admitted | Completed) or not record.conversation:
                raise UsageError("only a record of a conversation can have content")
            reference, blob = seal(content, *self._keys.key_of(record.conversation))
            record = msgspec.structs.replace(record, content=reference)
        entry = encode_record(record)
        if len(entry) > MAX_ENTRY:
            raise UsageError(f"a record of {len(entry)} bytes is too long: at most {MAX_ENTRY}")
        return entry, blob

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


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
