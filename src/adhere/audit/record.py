"""What the log records (``adhere/audit/1``): facts, and no free text.

So nothing in a record ever has to be erased. What people wrote is content: kept apart, and named
here by its digest.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from adhere.errors import InputError, UsageError
from adhere.resolve import Decision, DecisionOutcome
from adhere.spec import Authority

SCHEMA: Final = "adhere/audit/1"

Time: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Outcome: TypeAlias = Literal[
    "answered", "refused", "blocked", "disconnected", "upstream_failed", "failed"
]


class DecisionEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision without its reasons, which may quote people: those are content.

    Attributes:
        id: Digest of the whole decision, reasons and spans included.
        kind: What was decided about.
        outcome: What it came to.
        check: Name of the check that decided.
        section: Section of the spec it rests on.
        authority: Level of that section, or of the instruction that won.
    """

    id: str
    kind: str
    outcome: DecisionOutcome
    check: str = ""
    section: str = ""
    authority: Authority = Authority.NONE


class ContentReference(msgspec.Struct, frozen=True, kw_only=True):
    """Which content belongs to a record.

    Attributes:
        key: Name of the conversation's key: 64 hexadecimal digits, a hash of it.
        digest: Digest of the encrypted content.
        bytes: Its length as it was, unencrypted.
    """

    key: str
    digest: str
    bytes: int


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    schema: Literal["adhere/audit/1"]
    time: Time


class Admitted(_Record, frozen=True, kw_only=True, omit_defaults=True, tag="admitted"):
    """A request was let in; durable before the first byte of its answer.

    Attributes:
        request: Id of the request.
        conversation: A pseudonym of the conversation; never a name or an address.
        key_id: Id of the developer's key, never the key.
        spec_digest: The spec it was decided under.
        settings_digest: The settings in force; empty: the spec's defaults.
        decisions: What was decided before the answer.
        sections: Sections of the spec that applied.
        upstream: Which model was to answer.
        content: The request, where content is kept.
    """

    request: str
    conversation: str = ""
    key_id: str = ""
    spec_digest: str = ""
    settings_digest: str = ""
    decisions: tuple[DecisionEntry, ...] = ()
    sections: tuple[str, ...] = ()
    upstream: str = ""
    content: ContentReference | None = None


class Completed(_Record, frozen=True, kw_only=True, omit_defaults=True, tag="completed"):
    """A request came to its end; durable before the end marker of its answer.

    Attributes:
        request: Id of the request.
        conversation: As in `Admitted`.
        key_id: As in `Admitted`.
        outcome: How it ended.
        spec_digest: As in `Admitted`.
        decisions: What was decided about the answer.
        sections: Sections of the spec that applied to it.
        upstream: Which model answered.
        tokens_in: Tokens of the request.
        tokens_out: Tokens of the answer.
        latency_ms: From the request to the end of its answer, in milliseconds.
        content: The answer, where content is kept.
    """

    request: str
    outcome: Outcome
    conversation: str = ""
    key_id: str = ""
    spec_digest: str = ""
    decisions: tuple[DecisionEntry, ...] = ()
    sections: tuple[str, ...] = ()
    upstream: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    latency_ms: float = 0.0
    content: ContentReference | None = None


class Interrupted(_Record, frozen=True, kw_only=True, omit_defaults=True, tag="interrupted"):
    """A request that was admitted and never completed: found when the log was opened again.

    Attributes:
        request: Id of the request.
        admitted: Number of its `Admitted` record.
    """

    request: str
    admitted: int


class Opened(_Record, frozen=True, kw_only=True, omit_defaults=True, tag="opened"):
    """A writer took up the log.

    Attributes:
        mode: ``durable``: acknowledged means on disk. ``buffered``: acknowledged means handed to
            the system, which a power cut may lose.
        version: Version of adhere.
        torn_bytes: Bytes of an unfinished write that were cut off.
    """

    mode: Literal["durable", "buffered"]
    version: str
    torn_bytes: int = 0


class Action(_Record, frozen=True, kw_only=True, omit_defaults=True, tag="action"):
    """Somebody changed how the gateway works.

    Attributes:
        what: Which kind of change.
        actor: Id of the key, or of the person, that made it.
        subject: What was changed: a setting's address, a release, a key's id.
        before: Digest of what it was.
        after: Digest of what it became.
    """

    what: Literal["configuration", "rollout", "rollback", "key"]
    actor: str
    subject: str
    before: str = ""
    after: str = ""


class Erasure(_Record, frozen=True, kw_only=True, omit_defaults=True, tag="erasure"):
    """The content of a conversation was erased: its key is destroyed, all its records stay.

    Attributes:
        conversation: Which conversation.
        key: The destroyed key, as in `ContentReference`.
        actor: Who asked for it.
        reason: ``request``: a person's right. ``retention``: it was kept long enough.
    """

    conversation: str
    key: str
    actor: str
    reason: Literal["request", "retention"]


Record: TypeAlias = Admitted | Completed | Interrupted | Opened | Action | Erasure

_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)
_encode: Final = msgspec.json.Encoder().encode


class Head(msgspec.Struct, frozen=True):
    """The few fields that recovery looks at; reading no more is what makes it fast."""

    kind: str
    request: str = ""
    conversation: str = ""
    key: str = ""


decode_head: Final = msgspec.json.Decoder(Head).decode


class PublicDecisionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What the person a decision affects may see of its record."""

    id: str
    kind: str
    outcome: DecisionOutcome
    section: str
    authority: Authority


class PublicRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner of a request may see (``adhere/public-audit/1``): nothing privileged."""

    schema: Literal["adhere/public-audit/1"]
    index: int
    kind: str
    time: Time
    request: str
    conversation: str
    spec_digest: str
    outcome: str
    sections: tuple[str, ...]
    decisions: tuple[PublicDecisionEntry, ...]


def encode_record(record: Record) -> bytes:
    """Return a record's entry in the log."""
    return _encode(record)


def decode_record(entry: bytes, place: str) -> Record:
    """Read an entry.

    Raises:
        InputError: It is not a record.
    """
    try:
        return _decoder.decode(entry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not a record: {error}", place=place) from error


def decision_entry(full: Decision) -> DecisionEntry:
    """Return what the log says of a decision."""
    return DecisionEntry(
        id=full.id, kind=full.kind, outcome=full.outcome, check=full.check,
        section=full.section, authority=full.authority,
    )  # fmt: skip


def public_record(index: int, record: Record, owner: str) -> PublicRecord:
    """Return what the owner of a request may see of its record.

    Raises:
        UsageError: The record is not of a request, or of another developer's.
    """
    if not isinstance(record, Admitted | Completed) or not owner or record.key_id != owner:
        raise UsageError(f"record {index} is not of a request of {owner or 'nobody'}")
    return PublicRecord(
        schema="adhere/public-audit/1", index=index, kind=type(record).__name__.lower(),
        time=record.time, request=record.request, conversation=record.conversation,
        spec_digest=record.spec_digest,
        outcome=record.outcome if isinstance(record, Completed) else "",
        sections=record.sections,
        decisions=tuple(
            PublicDecisionEntry(
                id=each.id, kind=each.kind, outcome=each.outcome, section=each.section,
                authority=each.authority,
            )
            for each in record.decisions
        ),
    )  # fmt: skip
