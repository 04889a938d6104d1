"""The gate: may this tool call run, must a person confirm it, or is it stopped?

It stands outside the model and reads only what happened: who said what, which tool returned what,
and what the call would do. Its rules, in this order:

1. *Scope.* A call outside the scope of autonomy is blocked, and one whose arguments cannot be read.
2. *Reading* is free. What leaves with a request (a URL, a host) has to be a principal's.
3. *Control.* Once untrusted text has been read, a call with side effects needs a principal who
   asked for it, or who took up the request of somebody the conversation identifies. If nobody did
   and untrusted text supplies the recipient too, the call is blocked; else a person has to confirm.
4. *Data.* A recipient has to be a principal's. What is acted upon must not come from
   untrusted prose alone. Else a person has to confirm.

No text has a say in whether the gate decides: an instruction to work without confirmation, whoever
gives it, changes nothing. No rule looks for the wording of an attack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from typing import Final, Literal

import msgspec
from rfc8785 import IntegerDomainError

from adhere.conversation import Message, ToolCall
from adhere.resolve.gate.decision import Decision, DecisionOutcome, DecisionSpan, decision
from adhere.resolve.gate.grounds import NO_GROUNDS, Ground, Grounds
from adhere.resolve.gate.reading import (
    Reading,
    Standing,
    Traced,
    read_conversation,
)
from adhere.resolve.gate.scope import ScopeOfAutonomy
from adhere.resolve.gate.tools import ArgumentRole, Effect, ToolSpec, ToolSpecs
from adhere.resolve.gate.values import is_address, is_url, leaves
from adhere.spec import Authority, digest_bytes, digest_json

MAX_LOOKS: Final = 100_000
"""Values of a call times fields of results; beyond it a hostile result could stall the gate."""

UNTRACED: Final = Traced(Standing.TAINTED)
_DIRECTED: Final = frozenset({ArgumentRole.RECIPIENT, ArgumentRole.EGRESS})
_MAX_SPANS: Final = 16


class TracedArgument(msgspec.Struct, frozen=True, gc=False):
    """A scalar of a call's arguments, what it decides, and how far it can be trusted."""

    name: str
    value: str
    role: ArgumentRole
    traced: Traced


def decide(
    call: ToolCall,
    conversation: Sequence[Message],
    scope: ScopeOfAutonomy,
    specs: ToolSpecs,
    *,
    now: datetime,
    cost: float = 0,
    spent: float = 0,
    confirmed: Set[str] = frozenset(),
    grounds: Grounds = NO_GROUNDS,
    spec_digest: str = "",
) -> Decision:
    """Decide whether ``call`` may run.

    Args:
        call: What the assistant wants to run.
        conversation: Everything before it.
        scope: What the agent may do at all.
        specs: What the tools do.
        now: The time, with its zone.
        cost: What the call costs, in the unit of the scope's ``max_cost``.
        spent: What the task has cost so far.
        confirmed: Digests (`call_digest`) of the calls that a person has confirmed.
        grounds: The sections that the checks rest on (`adhere.resolve.grounds`), for the record.
        spec_digest: The spec it is decided under, for the record.

    Returns:
        A ``decision/1`` with the outcome allow, confirm or block. The same arguments give the same
        decision.
    """
    return decide_read(
        call, read_conversation(conversation, specs), scope, now=now, cost=cost, spent=spent,
        confirmed=confirmed, grounds=grounds, spec_digest=spec_digest,
    )  # fmt: skip


def decide_read(
    call: ToolCall,
    reading: Reading,
    scope: ScopeOfAutonomy,
    *,
    now: datetime,
    cost: float = 0,
    spent: float = 0,
    confirmed: Set[str] = frozenset(),
    grounds: Grounds = NO_GROUNDS,
    spec_digest: str = "",
) -> Decision:
    """Like `decide`, for a conversation that has been read already."""
    finding = _out_of_scope(call, scope, now, cost, spent) or _judge(call, reading)
    outcome = finding.outcome
    full = f"{call.name}: {finding.full}"
    if outcome is DecisionOutcome.CONFIRM and call_digest(call) in confirmed:
        outcome = DecisionOutcome.ALLOW
        full += "; a person confirmed exactly this call"
    check = f"gate.{finding.check}"
    ground = grounds.get(check, Ground("", finding.authority))
    return decision(
        kind="tool_call", outcome=outcome, check=check,
        section=ground.section, authority=ground.authority, spans=finding.spans,
        reason_public=finding.public, reason_full=full, spec_digest=spec_digest,
    )  # fmt: skip


class _Finding(msgspec.Struct, frozen=True, gc=False):
    outcome: DecisionOutcome
    check: str
    public: str
    full: str
    authority: Authority = Authority.NONE
    spans: tuple[DecisionSpan, ...] = ()


def _out_of_scope(
    call: ToolCall, scope: ScopeOfAutonomy, now: datetime, cost: float, spent: float
) -> _Finding | None:
    violation = scope.violation(call, now=now, cost=cost, spent=spent)
    if violation is None:
        return None
    return _Finding(
        DecisionOutcome.BLOCK, "scope", "The action lies outside what the assistant may do here.",
        f"outside the scope of autonomy: {violation}",
    )  # fmt: skip


def _judge(call: ToolCall, reading: Reading) -> _Finding:
    if call.unparsed:
        return _Finding(
            DecisionOutcome.BLOCK, "unreadable", "The request could not be read.",
            "its arguments are not one JSON object",
        )  # fmt: skip
    spec = reading.specs.get(call.name)
    arguments = tuple(traced_arguments(call, spec, reading))
    astray = [one for one in arguments if one.role in _DIRECTED and not one.traced.trusted]
    if spec.effect is Effect.READ:
        # Nobody receives anything from reading but the host that is asked.
        astray = [one for one in astray if one.role is ArgumentRole.EGRESS]
        if not astray or not reading.untrusted_seen:
            return _allow("read", "reads only")
        return _held(DecisionOutcome.CONFIRM, "egress", astray, Authority.NONE)
    authority, how = _control(spec, reading)
    if not how:
        led_away = [one for one in astray if one.traced.standing is Standing.TAINTED]
        if led_away:
            return _held(DecisionOutcome.BLOCK, "unasked_recipient", led_away, authority)
        tainted = [one for one in arguments if one.traced.standing is Standing.TAINTED]
        return _held(DecisionOutcome.CONFIRM, "unasked", tainted, authority)
    if astray:
        return _held(DecisionOutcome.CONFIRM, "recipient", astray, authority)
    tainted = [
        one
        for one in arguments
        if one.role in (ArgumentRole.IDENTIFIER, ArgumentRole.AMOUNT)
        and one.traced.standing is Standing.TAINTED
    ]
    if tainted:
        return _held(DecisionOutcome.CONFIRM, "tainted", tainted, authority)
    return _allow("asked", how, authority)


def _control(spec: ToolSpec, reading: Reading) -> tuple[Authority, str]:
    """Return who asked for the tool and how; no word of how means that nobody did."""
    authority = reading.asked(spec)
    if authority is not Authority.NONE:
        return authority, f"asked for by a {authority} message"
    if not reading.untrusted_seen:
        return Authority.NONE, "no untrusted text had been read"
    if reading.asked_by_referred(spec):
        return Authority.USER, "asked for by someone whose request a principal took up"
    return Authority.NONE, ""


def traced_arguments(call: ToolCall, spec: ToolSpec, reading: Reading) -> Iterator[TracedArgument]:
    """Trace every scalar of a call's arguments.

    Each is looked for in every field that a tool has returned. Where that would be more than
    `MAX_LOOKS`, nothing is traced and everything counts as taken from untrusted text.
    """
    declared = reading.specs.declares(call.name)
    beyond = reading.fields * sum(1 for _ in leaves(call.arguments)) > MAX_LOOKS
    for name, value in leaves(call.arguments):
        role = spec.arguments.get(name)
        if role is None and is_address(value):
            role = ArgumentRole.RECIPIENT
        elif role is None and is_url(value):
            role = ArgumentRole.EGRESS
        elif role is None:
            # Of a tool that nobody declared, any argument may say what is acted upon.
            role = ArgumentRole.CONTENT if declared else ArgumentRole.IDENTIFIER
        yield TracedArgument(name, value, role, UNTRACED if beyond else reading.trace(value))


_PUBLIC: Final = {
    "egress": "The address does not come from the people the assistant works for.",
    "recipient": "The recipient was not named by the people the assistant works for.",
    "tainted": "What would be acted on comes only from text that has no authority.",
    "unasked": "None of the people the assistant works for asked for this.",
    "unasked_recipient": "Nobody asked for this, and the recipient comes from untrusted text.",
}


def public_reason(check: str) -> str:
    """Return what a person is told where a rule of the gate holds a call; empty: no such rule."""
    return _PUBLIC.get(check, "")


def _allow(check: str, why: str, authority: Authority = Authority.NONE) -> _Finding:
    return _Finding(DecisionOutcome.ALLOW, check, "The action may be taken.", why, authority)


def _held(
    outcome: DecisionOutcome, check: str, culprits: Sequence[TracedArgument], authority: Authority
) -> _Finding:
    details = [f"{one.name} is {one.traced.standing}{_messages(one)}" for one in culprits]
    spans = dict.fromkeys(
        span for one in culprits for origin in one.traced.origins for span in origin.spans
    )
    public = _PUBLIC[check]
    if outcome is DecisionOutcome.CONFIRM:
        public += " A person has to confirm it."
    full = "; ".join([check.replace("_", " "), *details])
    return _Finding(outcome, check, public, full, authority, tuple(spans)[:_MAX_SPANS])


def _messages(argument: TracedArgument) -> str:
    found = [f"{one.message} ({one.how})" for one in argument.traced.origins]
    return f", from message {', '.join(found)}" if found else ""


class ShownArgument(msgspec.Struct, frozen=True, gc=False):
    """An argument as data: to be shown beside the question, set apart and never as its words."""

    name: str
    value: str
    standing: Standing


class Confirmation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The question a person is asked (``adhere/confirmation/1``).

    Attributes:
        call_digest: What a yes is bound to: the tool's name and its exact arguments.
        text: The question; made of the deployer's words and ours only.
        arguments: The arguments, as data.
    """

    schema: Literal["adhere/confirmation/1"]
    call_digest: str
    text: str
    arguments: tuple[ShownArgument, ...]


def confirmation(call: ToolCall, reading: Reading, held: Decision) -> Confirmation:
    """Put a held call to a person.

    Args:
        call: The call.
        reading: The conversation before it.
        held: The gate's decision on it.
    """
    spec = reading.specs.get(call.name)
    tool = f'"{spec.name}"' if reading.specs.declares(call.name) else "a tool nobody declared"
    what = f" ({spec.summary.rstrip('.')})" if spec.summary else ""
    return Confirmation(
        schema="adhere/confirmation/1",
        call_digest=call_digest(call),
        text=f"The assistant wants to run {tool}{what}, effect: {spec.effect}. "
        f"{held.reason_public} Run it with exactly the arguments shown?",
        arguments=tuple(
            ShownArgument(one.name, one.value, one.traced.standing)
            for one in traced_arguments(call, spec, reading)
        ),
    )


def call_digest(call: ToolCall) -> str:
    """Return what a confirmation is bound to: the digest of the tool's name and its arguments.

    The call's id is left out: the same call again is the same question.

    Raises:
        ValueError: The arguments hold what is no JSON.
    """
    asked = {"arguments": call.unparsed or call.arguments, "tool": call.name}
    try:
        return digest_json(asked)
    except IntegerDomainError:  # RFC 8785 ends at 2**53; ids of real services go on to 2**64
        return digest_bytes(msgspec.json.encode(asked, order="sorted"))
