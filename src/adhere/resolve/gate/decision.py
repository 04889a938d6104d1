"""The one record that resolve and gate produce, serve acts on, audit stores and publish shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from adhere.spec import Authority, digest_json


class DecisionOutcome(StrEnum):
    """What a check came to. ``not_run`` is a state of its own and never reads as passed."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    BLOCK = "block"
    ERROR = "error"
    NOT_RUN = "not_run"


class DecisionSpan(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a message's text: character offsets, end excluded, in the message's content."""

    message: int
    start: int
    end: int


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision (``adhere/decision/1``).

    Attributes:
        id: ``sha256:…`` of everything else in it: the same facts give the same id.
        kind: What was decided about: ``instruction``, ``setting``, ``tool_call``, ``text``.
        outcome: What it came to.
        check: Name of the check or rule that decided.
        section: Section of the spec it rests on; empty where there is none.
        authority: Level of that section, or of the instruction that won.
        spans: The text it is about.
        reason_public: For the person it affects; holds nothing privileged.
        reason_full: For the platform.
        spec_digest: The spec it was decided under.
    """

    schema: Literal["adhere/decision/1"]
    id: str
    kind: Literal["instruction", "setting", "tool_call", "text"]
    outcome: DecisionOutcome
    check: str
    section: str
    authority: Authority
    spans: tuple[DecisionSpan, ...]
    reason_public: str
    reason_full: str
    spec_digest: str


class PublicDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What the person a decision affects may see of it."""

    schema: Literal["adhere/public-decision/1"]
    id: str
    kind: str
    outcome: DecisionOutcome
    section: str
    authority: Authority
    reason: str
    spec_digest: str


def decision(
    *,
    kind: Literal["instruction", "setting", "tool_call", "text"],
    outcome: DecisionOutcome,
    check: str,
    reason_public: str,
    reason_full: str,
    section: str = "",
    authority: Authority = Authority.NONE,
    spans: tuple[DecisionSpan, ...] = (),
    spec_digest: str = "",
) -> Decision:
    """Make a decision with its id."""
    draft = Decision(
        schema="adhere/decision/1", id="", kind=kind, outcome=outcome, check=check,
        section=section, authority=authority, spans=spans, reason_public=reason_public,
        reason_full=reason_full, spec_digest=spec_digest,
    )  # fmt: skip
    return msgspec.structs.replace(draft, id=digest_json(draft))


def public_view(full: Decision) -> PublicDecision:
    """Return what may be shown to the person ``full`` is about."""
    return PublicDecision(
        schema="adhere/public-decision/1", id=full.id, kind=full.kind, outcome=full.outcome,
        section=full.section, authority=full.authority, reason=full.reason_public,
        spec_digest=full.spec_digest,
    )  # fmt: skip
