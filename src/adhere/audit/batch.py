"""What waits for one commit: records handed in together, and everyone who waits for them.

Waking is what a group commit spends most of its time on. The tasks of an event loop are woken by
one call into it; of threads each wakes the next: many at once would only wait for the interpreter.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Lock

from adhere.audit.journal import Blob

_Waiting = list[tuple["asyncio.Future[int]", int]]


class Batch:
    """Entries of one commit. Filled under the log's gate, settled once."""

    __slots__ = ("_threads", "blobs", "entries", "fault", "first", "loops", "settled")

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.blobs: list[Blob] = []
        self.loops: dict[asyncio.AbstractEventLoop, _Waiting] = {}
        self.first = 0
        self.fault: Exception | None = None
        self.settled = False
        self._threads: set[Lock] = set()

    def add(self, entry: bytes, blob: Blob | None) -> int:
        """Take a record in; return its place in the batch."""
        self.entries.append(entry)
        if blob is not None:
            self.blobs.append(blob)
        return len(self.entries) - 1

    def settle(self, first: int, fault: Exception | None = None) -> None:
        """Tell all who wait: the number of the first record, or what went wrong."""
        self.first, self.fault, self.settled = first, fault, True
        for loop, waiting in self.loops.items():
            with suppress(RuntimeError):  # a loop that was closed meanwhile has nobody to wake
                loop.call_soon_threadsafe(self._wake, waiting)
        self._let_through()

    def wait(self, timeout: float | None) -> None:
        """Wait until it is settled.

        Raises:
            TimeoutError: It is not yet.
        """
        if not self.settled:
            lock = Lock()
            lock.acquire()
            self._threads.add(lock)
            try:
                # Settled since the first look: then there may be nobody left to release the lock.
                if not self.settled:
                    lock.acquire(timeout=-1 if timeout is None else timeout)
            finally:
                try:
                    self._threads.remove(lock)
                except KeyError:  # somebody let this thread through: it lets the next
                    self._let_through()
            if not self.settled:
                raise TimeoutError("the record is not acknowledged yet")
        if self.fault is not None:
            raise self.fault

    def _let_through(self) -> None:
        with suppress(KeyError):
            self._threads.pop().release()

    def _wake(self, waiting: _Waiting) -> None:
        """In the loop of those who wait; some may have given up."""
        first, fault = self.first, self.fault
        for future, place in waiting:
            if not future.done():
                if fault is None:
                    future.set_result(first + place)
                else:
                    future.set_exception(fault)


class Ticket:
    """A record that was handed in."""

    __slots__ = ("_batch", "_place")

    def __init__(self, batch: Batch, place: int) -> None:
        self._batch, self._place = batch, place

    def done(self) -> bool:
        """Say whether it is acknowledged, or has failed."""
        return self._batch.settled

    def result(self, timeout: float | None = None) -> int:
        """Wait until it is acknowledged, at most ``timeout`` seconds; return its number.

        Raises:
            TimeoutError: It is not acknowledged yet.
            SystemFault: The disk failed.
        """
        self._batch.wait(timeout)
        return self._batch.first + self._place
