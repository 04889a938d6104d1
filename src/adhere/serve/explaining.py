"""What was decided about a request, for its owner, with the proof that it is in the log."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from adhere.audit import (
    Admitted,
    AuditIndex,
    AuditQuery,
    Completed,
    LogFolder,
    PublicRecord,
    decode_record,
    public_record,
)
from adhere.audit.folder import INDEX
from adhere.audit.proof import write_inclusion
from adhere.errors import UsageError
from adhere.resolve import DecisionOutcome
from adhere.resolve.gate.decide import public_reason
from adhere.serve.checks import CHECKS, OBSERVED
from adhere.serve.config import PhraseChoice
from adhere.serve.faults import Refused
from adhere.serve.keys import Principal

_REQUEST: Final = re.compile(r"req_[0-9a-f]{32}")


class ExplainedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a request, for its owner.

    Attributes:
        record: The record, without anything privileged.
        reasons: For people: why each check that did not pass decided so, by the decision's id.
        proof: That it is in the log, as `adhere audit verify` reads it; it stands alone.
    """

    record: PublicRecord
    reasons: dict[str, str]
    proof: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about a request (``adhere/explanation/1``).

    Attributes:
        request: Its id; an objection names it.
        records: That it was let in, and that it ended.
        log_key: The public key that the proofs are checked with.
    """

    schema: Literal["adhere/explanation/1"]
    request: str
    records: tuple[ExplainedRecord, ...]
    log_key: str


class Explainer:
    """Explains requests from the published log.

    Args:
        log: The folder of the log.
        phrases: What people are told about phrases, by the phrase's name.
    """

    def __init__(self, log: Path, phrases: Mapping[str, PhraseChoice]) -> None:
        self._path = log
        self._phrases = phrases
        self._turn = asyncio.Lock()

    async def explain(self, request: str, who: Principal) -> Explanation:
        """Explain a request to its owner.

        Raises:
            Refused: There is no such request of theirs, or it is not in the published log yet.
        """
        if not _REQUEST.fullmatch(request):
            raise _unknown()
        async with self._turn:
            return await asyncio.to_thread(self._explain, request, who)

    def _explain(self, request: str, who: Principal) -> Explanation:
        log = LogFolder(self._path)
        index = AuditIndex(str(self._path / INDEX))
        try:
            size = index.update(log)
            numbers = list(index.find(AuditQuery(request=request)))
        finally:
            index.close()
        signed = log.checkpoint()
        size = signed.checkpoint.size
        nodes = log.nodes(size)
        found = []
        for number in numbers:
            entry = log.entry(number, size)
            try:
                record = public_record(number, decode_record(entry, "the log"), who.key_id)
            except UsageError:
                continue  # another developer's, or of no request
            proof = write_inclusion(number, entry, signed.note, size, nodes)
            reasons = self._reasons(entry)
            found.append(ExplainedRecord(record=record, reasons=reasons, proof=proof))
        if not found:
            raise _unknown()
        return Explanation(
            schema="adhere/explanation/1", request=request, records=tuple(found),
            log_key=str(log.key),
        )  # fmt: skip

    def _reasons(self, entry: bytes) -> dict[str, str]:
        """Return by decision why it was made; only where a check did not simply pass."""
        record = decode_record(entry, "the log")
        decisions = record.decisions if isinstance(record, Admitted | Completed) else ()
        return {
            one.id: self._reason(one.check.removeprefix(OBSERVED))
            for one in decisions
            if one.outcome is not DecisionOutcome.ALLOW
        }

    def _reason(self, check: str) -> str:
        name, _, detail = check.partition(".")
        if name == "phrases" and detail in self._phrases:
            return self._phrases[detail].reason
        if name == "tool_calls" and (said := public_reason(detail)):
            return said
        return CHECKS[name].public if name in CHECKS else _GUARD


_GUARD: Final = "A model that guards this service stopped it."


def _unknown() -> Refused:
    return Refused(
        404, "not_found", "there is no such request of yours in the published log; a new one is "
        "there within seconds",
    )  # fmt: skip
