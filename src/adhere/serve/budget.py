"""What developers may use, reserved before it is used, in one place for all processes.

The counts stand in a small file that every process has in memory, so they outlive a process, and
its end by force. A lock of the system guards each change; what a dead process held of it, the
system gives back. A reservation is made whole or not at all: of many requests at once, no more get
through than the budget has room for.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from adhere.errors import SystemFault
from adhere.serve.config import DeveloperChoice
from adhere.serve.faults import Refused

_ROW: Final = struct.Struct("<64s4q")
"""A developer's row: a hash of its name; the minute, its requests; the day, its tokens."""
_ROWS: Final = 4096
_MINUTE, _DAY = 60, 86_400


class Ticket(msgspec.Struct, frozen=True):
    """A reservation; settle it exactly once."""

    developer: str
    day: int
    tokens: int


class Budgets:
    """The budgets of all developers.

    Args:
        folder: Where the counts are kept.
        choices: What each developer may use.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        choices: Mapping[str, DeveloperChoice],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.choices = choices
        self._clock = clock
        self._thread_lock = threading.Lock()
        path = folder / "budgets"
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if os.fstat(self._fd).st_size < _ROW.size * _ROWS:
                os.ftruncate(self._fd, _ROW.size * _ROWS)
            self._data = mmap.mmap(self._fd, _ROW.size * _ROWS)
        except OSError as error:
            raise SystemFault(
                f"cannot keep the budgets: {error.strerror}", place=str(path)
            ) from error

    def close(self) -> None:
        """Give the file back."""
        self._data.close()
        os.close(self._fd)

    def reserve(self, developer: str, tokens: int) -> Ticket | None:
        """Take one request and its tokens out of a developer's budgets.

        Args:
            developer: Whose; the platform, under the empty name, has none.
            tokens: How many the request may need.

        Returns:
            What to settle; None where nothing is counted.

        Raises:
            Refused: There is not so much left.
        """
        choice = self.choices.get(developer)
        if choice is None or not (choice.requests_per_minute or choice.tokens_per_day):
            return None
        now = int(self._clock())
        minute, day = now // _MINUTE, now // _DAY
        with self._row(developer) as row:
            requests = row.requests if row.minute == minute else 0
            used = row.tokens if row.day == day else 0
            if choice.requests_per_minute and requests >= choice.requests_per_minute:
                raise _used_up("requests a minute", _MINUTE - now % _MINUTE)
            if choice.tokens_per_day and used + tokens > choice.tokens_per_day:
                raise _used_up("tokens a day", _DAY - now % _DAY)
            row.minute, row.requests = minute, requests + 1
            row.day, row.tokens = day, used + tokens
        return Ticket(developer, day, tokens)

    def settle(self, ticket: Ticket, tokens: int) -> None:
        """Say how many tokens a request needed in the end."""
        if not self.choices[ticket.developer].tokens_per_day:
            return
        with self._row(ticket.developer) as row:
            if row.day == ticket.day:
                row.tokens = max(row.tokens - ticket.tokens + tokens, 0)

    def used(self, developer: str) -> tuple[int, int]:
        """Return the requests of this minute and the tokens of this day."""
        now = int(self._clock())
        with self._row(developer) as row:
            return (
                row.requests if row.minute == now // _MINUTE else 0,
                row.tokens if row.day == now // _DAY else 0,
            )

    def _row(self, developer: str) -> _Row:
        return _Row(self._data, self._fd, self._thread_lock, developer.encode())


class _Row:
    """A developer's row, while nobody else can touch it."""

    def __init__(self, data: mmap.mmap, fd: int, lock: threading.Lock, name: bytes) -> None:
        self._data, self._fd, self._lock = data, fd, lock
        self._name = name[:64] if len(name) <= 64 else sha256(name).hexdigest().encode()
        self._at = -1
        self.minute = self.requests = self.day = self.tokens = 0

    def __enter__(self) -> _Row:
        self._lock.acquire()
        fcntl.lockf(self._fd, fcntl.LOCK_EX)
        try:
            self._find()
        except BaseException:
            self._free()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            numbers = (self.minute, self.requests, self.day, self.tokens)
            _ROW.pack_into(self._data, self._at, self._name, *numbers)
        self._free()

    def _find(self) -> None:
        """Find the row, or the first free one; names hash to where the search begins."""
        start = zlib.crc32(self._name) % _ROWS
        for step in range(_ROWS):
            at = (start + step) % _ROWS * _ROW.size
            name, *numbers = _ROW.unpack_from(self._data, at)
            name = name.rstrip(b"\0")
            if name in (b"", self._name):
                self._at = at
                self.minute, self.requests, self.day, self.tokens = numbers
                return
        raise Refused(503, "budget_unavailable", "there are too many developers to count for")

    def _free(self) -> None:
        fcntl.lockf(self._fd, fcntl.LOCK_UN)
        self._lock.release()


def _used_up(what: str, wait: int) -> Refused:
    return Refused(
        429, "rate_limit_exceeded", f"the budget of {what} is used up", retry_after=float(wait)
    )
