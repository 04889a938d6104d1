"""Keeping content as long as the policy says, and no longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from adhere.audit.folder import LogFolder
from adhere.audit.record import Admitted, Completed, Erasure, decode_record


def expired_conversations(log: LogFolder, now: datetime) -> list[str]:
    """Return the conversations whose last content is older than the log's policy keeps it.

    Memory grows with the conversations whose content is kept.

    Raises:
        InputError: The log is damaged.
    """
    days = log.identity.retention_days
    if not days:
        return []
    before = now - timedelta(days=days)
    last: dict[str, tuple[str, datetime]] = {}
    for index, entry in log.entries(0, log.checkpoint().checkpoint.size):
        record = decode_record(entry, f"record {index}")
        if isinstance(record, Erasure):
            last.pop(record.key, None)
        elif isinstance(record, Admitted | Completed) and record.content is not None:
            last[record.content.key] = record.conversation, record.time
    return [who for who, time in last.values() if time < before]
