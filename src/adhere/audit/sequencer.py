"""The sequencer: gives records their order, commits them in groups, publishes beside that.

Threads and tasks hand entries in. What is handed in while a commit is under way becomes the next:
it gets its numbers, a checkpoint over the log with it is signed, both are written to the journal,
and only then is it acknowledged, all of it at once. A thread that writes alone does all this
itself; else a thread of the sequencer does, and another turns the journal into tiles meanwhile.
After a failure of the disk nothing more is taken: what a failed sync left behind is unknown.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from adhere.audit.batch import Batch, Ticket
from adhere.audit.journal import Blob
from adhere.audit.store import Pace, Store
from adhere.errors import SystemFault, UsageError

_BATCH: Final = 4096
"""Most records of a group commit."""

_LINGER: Final = 0.0003
"""Seconds that a commit waits at most for those the last one has woken: they come back at once."""

_AGAIN: Final = "nothing acknowledged is lost; open the log again when the disk is well"


class Sequencer:
    """Orders what many hand in, for one store."""

    def __init__(self, store: Store, pace: Pace, place: str) -> None:
        """Take a store over; ``place`` names it in messages."""
        self._store, self._pace, self._place = store, pace, place
        self._fault: Exception | None = None
        self._closed = self._ended = False
        # The gate guards what waits. The store is used by whoever holds the turn, and a publication
        # is written by whoever holds the press; who takes both takes the press first.
        self._gate, self._turn, self._press = threading.Lock(), threading.Lock(), threading.Lock()
        self._wake = threading.Condition(self._gate)
        self._batches = deque([Batch()])
        self._committing: Batch | None = None
        self._last = 0  # records of the last commit
        self._hurry = self._idle = False
        self._due: float | None = None
        self._ripe = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"adhere-audit-{name}", daemon=True)
            for name, work in (("commit", self._run), ("publish", self._run_press))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, entry: bytes, blob: Blob | None) -> Ticket:
        """Hand an entry in.

        Raises:
            UsageError: It is closed.
            SystemFault: It failed before.
        """
        with self._gate:
            batch = self._open_batch()
            place = batch.add(entry, blob)
            # The first starts the wait for the others, the last of them ends it.
            if self._idle and (place == 0 or place + 1 == self._last):
                self._wake.notify()
        return Ticket(batch, place)

    def append(self, entry: bytes, blob: Blob | None) -> int:
        """Hand an entry in and wait; return its number.

        Raises: as `submit`, and `SystemFault` where the disk fails.
        """
        # Who writes alone need not wake another thread, and be woken by it.
        if self._last > 1 or self._store.behind(self._pace) or not self._turn.acquire(False):
            return self.submit(entry, blob).result()
        try:
            with self._gate:
                batch = self._open_batch()
                ticket = Ticket(batch, batch.add(entry, blob))
            self._attempt(self._commit)
            self._publish_if_full()
        finally:
            self._turn.release()
        with self._gate:
            if self._batches[0].entries:
                self._wake.notify()
        return ticket.result()

    def append_in_loop(self, items: Sequence[tuple[bytes, Blob | None]]) -> asyncio.Future[int]:
        """Hand entries in, in an event loop; the future gives the number of the last of them.

        Their numbers follow each other, and the last is durable when all are.

        Raises: as `submit`, and from the future `SystemFault` where the disk fails.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        with self._gate:
            batch, place = self._open_batch(), 0
            for entry, blob in items:
                batch = self._open_batch()
                place = batch.add(entry, blob)
            waiting = batch.loops.get(loop)
            if waiting is None:
                waiting = batch.loops[loop] = []
                loop.call_soon(self._hurry_up)
            waiting.append((future, place))
        return future

    def publish(self) -> None:
        """Commit what was handed in, and publish all of it."""
        self.do(self._publish)

    def do(self, work: Callable[[], None]) -> None:
        """Commit what was handed in, then do something with the store; raise what fails."""
        with self._press, self._turn:
            while self._fault is None and self._batches[0].entries:
                self._attempt(self._commit)
            self._attempt(work)
            if self._fault is not None:
                raise self._fault

    def close(self) -> bool:
        """Publish, and take nothing more; False where it was closed before.

        Raises:
            SystemFault: It failed.
        """
        with self._gate:
            if self._closed:
                return False
            self._closed = self._ended = True
            self._wake.notify()
        self._ripe.set()
        for thread in self._threads:
            thread.join()
        self.publish()
        return True

    def _open_batch(self) -> Batch:
        """The batch that takes records now. The gate is held."""
        if self._fault is not None:
            raise self._fault
        if self._closed:
            raise UsageError("the log is closed", place=self._place)
        if len(self._batches[-1].entries) >= _BATCH:
            self._batches.append(Batch())
        return self._batches[-1]

    def _hurry_up(self) -> None:
        """A loop has handed in what it had."""
        with self._gate:
            self._hurry = True
            if self._idle:
                self._wake.notify()

    def _run(self) -> None:
        """Commit what is handed in."""
        while self._wait():
            if self._store.behind(self._pace):
                with self._press:  # until what is under way is published
                    pass
            with self._turn:
                self._attempt(self._commit)
                if self._store.full(self._pace):
                    self._ripen(0.0)

    def _run_press(self) -> None:
        """Publish when it is time, while commits go on."""
        while True:
            self._ripe.wait(None if self._due is None else max(self._due - time.monotonic(), 0.0))
            if self._ended:
                return
            self._ripe.clear()
            if self._due is not None and time.monotonic() >= self._due:
                with self._press:
                    self._publish_beside()

    def _publish_beside(self) -> None:
        """Publish, with the turn only where it is needed. The press is held."""
        with self._turn:
            publication = None if self._fault else self._store.begin()
            self._due = None
        if publication is None:
            return
        try:
            self._store.write(publication)
        except Exception as error:  # noqa: BLE001 - as in `_attempt`
            with self._turn:
                self._fail(error)
        with self._turn:
            self._attempt(partial(self._store.finish, publication))

    def _wait(self) -> bool:
        """Wait for records; say whether to go on."""
        with self._gate:
            self._idle = True
            while not self._ended and not self._batches[0].entries:
                self._wake.wait()
            if self._last > 1:
                self._linger()
            self._idle = False
            return not self._ended

    def _linger(self) -> None:
        """Give those the last commit has woken the time to come back."""
        end = time.monotonic() + _LINGER
        while not self._hurry and 0 < len(self._batches[0].entries) < self._last:
            left = end - time.monotonic()
            if left <= 0 or self._ended:
                return
            self._wake.wait(left)

    def _commit(self) -> None:
        """Commit the oldest batch. The turn is held."""
        with self._gate:
            batch = self._batches[0]
            if not batch.entries:
                return
            self._committing = self._batches.popleft()
            if not self._batches:
                self._batches.append(Batch())
            self._hurry = False
        first = self._store.size
        self._store.commit(batch.entries, batch.blobs)
        self._last = len(batch.entries)
        batch.settle(first)
        self._committing = None
        if self._due is None:
            self._ripen(time.monotonic() + self._pace.seconds)

    def _ripen(self, due: float) -> None:
        """Say when to publish next."""
        self._due = due
        self._ripe.set()

    def _publish_if_full(self) -> None:
        """Who writes alone publishes, too, unless the log's thread is at it. The turn is held."""
        if self._store.full(self._pace):
            if self._press.acquire(blocking=False):
                try:
                    self._attempt(self._publish)
                finally:
                    self._press.release()
            else:
                self._ripen(0.0)

    def _publish(self) -> None:
        """Turn the journal into tiles. The press and the turn are held."""
        self._store.publish()
        self._due = None

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do something with the store, unless it failed before. The turn is held."""
        if self._fault is not None:
            return
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
            self._fail(error)
        except BaseException:  # Ctrl-C in the thread of a writer, in the midst of a write
            self._fail(SystemFault("the log was interrupted as it was written", remedy=_AGAIN))
            raise

    def _fail(self, error: Exception) -> None:
        """Tell everyone who waits; nothing more is taken. The turn is held."""
        fault = disk_fault(error, self._place) if isinstance(error, OSError) else error
        with self._gate:
            self._fault = fault
            left = [*([self._committing] if self._committing else []), *self._batches]
            self._batches, self._ended = deque([Batch()]), True
            self._wake.notify()
        self._ripe.set()
        for batch in left:
            batch.settle(0, fault)


def disk_fault(error: OSError, place: str) -> SystemFault:
    """Say that the disk failed."""
    return SystemFault(
        f"the log cannot be written: {error.strerror}",
        place=str(error.filename or place),
        remedy=_AGAIN,
    )
