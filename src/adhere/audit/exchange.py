"""One request of a gateway in the log: let in before its answer begins, ended before it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol

from adhere.audit.record import SCHEMA, Admitted, Completed, DecisionEntry, Outcome, Record
from adhere.errors import UsageError


class Appender(Protocol):
    """What records can be handed to: the log itself, or a connection to its sequencer."""

    async def append_async(self, record: Record, content: bytes | None = None) -> int:
        """Record something; return its number once it is acknowledged."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


class Exchange:
    """A request that has a record of its beginning and will have one of its end, come what may.

    Entering it returns when ``admitted`` is durable: then the answer may begin. `complete` returns
    when ``completed`` is: then it may end. Who leaves without having completed is recorded as
    ``disconnected`` where the task was cancelled, else as ``failed``.
    """

    def __init__(
        self,
        log: Appender,
        admitted: Admitted,
        content: bytes | None = None,
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """Prepare; nothing is recorded yet.

        Args:
            log: Where it is recorded.
            admitted: The record of the request.
            content: What was asked, where content is kept.
            now: The time of the second record.
        """
        self._log, self._admitted, self._content, self._now = log, admitted, content, now
        self._start = 0.0
        self._ended = False
        self.number = -1
        """Number of the ``admitted`` record."""

    async def __aenter__(self) -> Exchange:
        self._start = time.perf_counter()
        self.number = await self._log.append_async(self._admitted, self._content)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._ended:
            gone = isinstance(error, asyncio.CancelledError | GeneratorExit)
            await self.complete("disconnected" if gone else "failed")

    async def complete(
        self,
        outcome: Outcome,
        *,
        decisions: tuple[DecisionEntry, ...] = (),
        sections: tuple[str, ...] = (),
        tokens_in: int = 0,
        tokens_out: int = 0,
        upstream: str = "",
        content: bytes | None = None,
    ) -> int:
        """Record how the request ended; return the record's number once it is durable.

        ``upstream`` names who answered, where that was not known before. A second cancellation does
        not keep it from being recorded.

        Raises:
            UsageError: It has ended before.
            SystemFault: The disk fails: the answer must not look complete.
        """
        if self._ended:
            raise UsageError("the request has ended before", place=self._admitted.request)
        self._ended = True
        first = self._admitted
        record = Completed(
            schema=SCHEMA, time=self._now(), request=first.request, outcome=outcome,
            conversation=first.conversation, key_id=first.key_id, spec_digest=first.spec_digest,
            decisions=decisions, sections=sections, upstream=upstream or first.upstream,
            tokens_in=tokens_in, tokens_out=tokens_out,
            latency_ms=1e3 * (time.perf_counter() - self._start), content=None,
        )  # fmt: skip
        return await asyncio.shield(asyncio.ensure_future(self._log.append_async(record, content)))
