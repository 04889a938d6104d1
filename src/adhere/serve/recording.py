"""From what happened to a request to the records of the audit log."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from adhere.audit import SCHEMA, Admitted, Completed, DecisionEntry, Record
from adhere.audit.record import Outcome


class Log(Protocol):
    """Where records go: `AuditLog`, or what stands for it in a worker."""

    async def append_async(self, record: Record, content: bytes | None = None) -> int:
        """Record something, and wait until it is durable; return its number."""
        ...


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What both records of a request say of it."""

    request: str
    conversation: str
    key_id: str
    spec_digest: str
    settings_digest: str
    sections: tuple[str, ...]
    upstream: str


class Recorder:
    """Writes the records of one request.

    Args:
        log: The log.
        subject: The request.
        keep_content: Whether what people wrote is kept, encrypted.
    """

    def __init__(self, log: Log, subject: Subject, *, keep_content: bool) -> None:
        self._log = log
        self._subject = subject
        self._keep = keep_content
        self._began = time.monotonic()

    async def admitted(self, decisions: tuple[DecisionEntry, ...], body: bytes) -> int:
        """Record that the request was let in; durable when this returns."""
        one = self._subject
        record = Admitted(
            schema=SCHEMA, time=datetime.now(UTC), request=one.request,
            conversation=one.conversation, key_id=one.key_id, spec_digest=one.spec_digest,
            settings_digest=one.settings_digest, decisions=decisions, sections=one.sections,
            upstream=one.upstream,
        )  # fmt: skip
        return await self._log.append_async(record, body if self._keep else None)

    async def completed(
        self, outcome: Outcome, decisions: tuple[DecisionEntry, ...], *, upstream: str,
        tokens: tuple[int, int], answer: bytes,
    ) -> int:  # fmt: skip
        """Record that the request ended; durable when this returns."""
        one = self._subject
        record = Completed(
            schema=SCHEMA, time=datetime.now(UTC), request=one.request, outcome=outcome,
            conversation=one.conversation, key_id=one.key_id, spec_digest=one.spec_digest,
            decisions=decisions, upstream=upstream, tokens_in=tokens[0], tokens_out=tokens[1],
            latency_ms=round((time.monotonic() - self._began) * 1000, 3),
        )  # fmt: skip
        return await self._log.append_async(record, answer if self._keep else None)
