"""How many requests may be under way, and how long to wait after a failure."""

from __future__ import annotations

import asyncio
import random
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final

import msgspec

RETRIED: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers of a service after which asking again may help."""


class Patience(msgspec.Struct, frozen=True):
    """How long a model is waited for.

    Attributes:
        connect: Seconds to get a connection.
        silence: Seconds without a byte after which an answer counts as hanging.
        total: Seconds for one attempt.
        attempts: How often a request is tried.
        backoff: Seconds before the second attempt; doubled each time, with jitter.
        longest: The longest wait between attempts, whatever the service asks for.
    """

    connect: float = 10.0
    silence: float = 120.0
    total: float = 600.0
    attempts: int = 6
    backoff: float = 0.5
    longest: float = 60.0

    def wait(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after attempt number ``attempt`` (from 1) failed."""
        if retry_after is not None:
            return min(retry_after, self.longest)
        spread = 0.5 + random.random()  # noqa: S311  (jitter, not a secret)
        return min(self.backoff * float(2 ** (attempt - 1)) * spread, self.longest)


def retry_after(header: str | None, now: float) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3).

    Args:
        header: Seconds or an HTTP date; None or nonsense gives None.
        now: Seconds since the epoch.
    """
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


class Throttle:
    """Lets so many requests through at once, fewer when the service says it is too many.

    Additive increase, multiplicative decrease, as TCP does: a refusal halves the limit (once per
    burst of refusals), each success adds a little, up to where it began.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.under_way = 0
        self._freed = asyncio.Condition()
        self._halved_at = 0
        self._started = 0

    async def __aenter__(self) -> int:
        """Wait for a place; the number returned identifies the request to `too_many`."""
        async with self._freed:
            await self._freed.wait_for(lambda: self.under_way < max(1, int(self.limit)))
            self.under_way += 1
            self._started += 1
            return self._started

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        async with self._freed:
            self.under_way -= 1
            self._freed.notify()

    def too_many(self, request: int) -> None:
        """The service refused ``request`` for its rate; earlier refusals are the same burst."""
        if request > self._halved_at:
            self.limit = max(1.0, self.limit / 2)
            self._halved_at = self._started

    def went_well(self) -> None:
        """A request was answered."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)
