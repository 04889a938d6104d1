"""What a verification found (``adhere/audit-verification/1``), and how it is collected."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

_MOST: Final = 200
"""Findings kept; the rest is counted: a log of a million changed records is one message too."""


class AuditFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something is not as it was written.

    Attributes:
        rule: Which kind: ``entry``, ``tile``, ``root``, ``signature``, ``journal``, ``content``, …
        place: The file.
        index: Number of the first record concerned; None where no record can be named.
        message: What is wrong.
    """

    rule: str
    place: str
    index: int | None
    message: str


class Witnessed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint kept elsewhere that the log agrees with.

    Attributes:
        size: Its size.
        cosigned: Names of the witnesses whose cosignatures on it were checked.
    """

    size: int
    cosigned: tuple[str, ...]


class AuditVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome (``adhere/audit-verification/1``).

    Attributes:
        origin: The log's name.
        key: The public key it was checked with.
        size: Records verified, those of the journal included.
        root: Root hash over them, in hexadecimal.
        records: Records by kind.
        content: Pieces of content that are there and as recorded.
        erased: Pieces of content that were erased, as recorded.
        open: Requests that were admitted and are not completed.
        witnessed: Checkpoints kept elsewhere that agree.
        notes: What a reader should know and nobody has to have done.
        findings: What is wrong, the first 200.
        more: How many findings there are beyond those.
    """

    schema: Literal["adhere/audit-verification/1"]
    origin: str
    key: str
    size: int
    root: str
    records: dict[str, int]
    content: int
    erased: int
    open: int
    witnessed: tuple[Witnessed, ...]
    notes: tuple[str, ...]
    findings: tuple[AuditFinding, ...]
    more: int


class Findings:
    """Collects findings in constant memory."""

    def __init__(self) -> None:
        self.listed: list[AuditFinding] = []
        self.more = 0

    def add(self, rule: str, place: object, message: str, index: int | None = None) -> None:
        """Note that something is wrong."""
        if len(self.listed) < _MOST:
            self.listed.append(
                AuditFinding(rule=rule, place=str(place), index=index, message=message)
            )
        else:
            self.more += 1
