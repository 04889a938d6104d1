"""What an answer goes through before it leaves: texts in channels, calls through the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from adhere.conversation import Message, ToolCall
from adhere.detect import Detector, Finding, Scanned, StreamScanner, View
from adhere.resolve import (
    Confirmation,
    Decision,
    DecisionOutcome,
    Reading,
    call_digest,
    confirmation,
    decide_read,
    read_conversation,
)
from adhere.serve.checks import CheckTable, Reason, Sheet
from adhere.serve.consent import Consents
from adhere.serve.reading import leaves
from adhere.serve.rules import Agent

_CHECK_OF: Final = {
    "leak": "confidential", "credential": "secrets", "exfiltration": "exfiltration",
    "phrase": "phrases",
}  # fmt: skip
"""By the name of a detector's findings: the check they belong to."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A call that a person has to confirm (``adhere/held-call/1``).

    Attributes:
        confirmation: The question.
        token: What the client sends back, in ``adhere.confirmed``, once a person has said yes.
        decision: Id of the decision.
    """

    confirmation: Confirmation
    token: str
    decision: str


class Outgoing:
    """The checks on one answer.

    Args:
        sheet: Where the outcome of each check is written.
        detectors: By check: what looks for it in the answer.
        most_characters: Most characters of an answer; 0 for as many as come.
        gate: Decides about calls.
    """

    def __init__(
        self,
        sheet: Sheet,
        detectors: Mapping[str, Sequence[Detector]],
        most_characters: int,
        gate: Gate,
    ) -> None:
        self.sheet = sheet
        self.gate = gate
        self.stopped = False
        self.cut = False
        """Whether it was ended for its length and for nothing else."""
        table = sheet.table
        self._on = [name for name in detectors if table.is_on(name)]
        self._enforced = [
            one for name in self._on if not table.observes(name) for one in detectors[name]
        ]
        self._observed = [
            one for name in self._on if table.observes(name) for one in detectors[name]
        ]
        self._left = most_characters or None

    def channel(self) -> Channel:
        """Open a stream of text: a choice's content, its reasoning, a refusal."""
        return Channel(self, StreamScanner(self._enforced, self._observed))

    def scan(self, text: str) -> bool:
        """Look at a text that is whole; return whether it may go."""
        if not text:
            return True
        view = View(text)
        try:
            self.found([one for detector in self._observed for one in detector.find(view)], 0)
            findings = [one for detector in self._enforced for one in detector.find(view)]
        except Exception as error:  # noqa: BLE001 - a check that cannot answer says so
            return not self.failed(error)
        self.found(findings, 0)
        return not findings

    def failed(self, error: Exception) -> bool:
        """Write down that the checks on text cannot answer; return whether nothing may leave."""
        why = Reason(full=f"it failed: {type(error).__name__}")
        stops = [self.sheet.fail(name, why) for name in self._on]
        return any(stops)

    def found(self, findings: Sequence[Finding], left: int) -> None:
        """Write down what a detector found."""
        for one in findings:
            shown = f"{one.rule}, {one.kind}, characters {one.start} to {one.end} of the answer"
            late = f"; {left} characters of it had left" if left else ""
            self.sheet.block(
                _CHECK_OF[one.detector], Reason(full=f"found {shown}{late}", detail=one.kind)
            )

    def take(self, text: str) -> str:
        """Return what of a text, of which the rest has left, is within the length that was set."""
        if self._left is None:
            return text
        if len(text) <= self._left:
            self._left -= len(text)
            return text
        taken, self._left = text[: self._left], 0
        if self.sheet.block("length", Reason(full="the answer is longer than was set")):
            self.stopped = True
            self.cut = len(self.sheet.blocked) == 1
            return taken
        self._left = None
        return text

    def finish(self, *, calls: bool) -> None:
        """Write down for each check that found nothing that it passed."""
        for name in self._on:
            self.sheet.pass_(name)
        if self._left is not None:
            self.sheet.pass_("length")
        if calls:
            self.sheet.pass_("tool_calls")

    def not_run(self) -> None:
        """Write down that the answer never came to its end."""
        for name in self._on:
            self.sheet.not_run(name)

    @property
    def finish_reason(self) -> str:
        """Why an answer that was ended ended, in the words of the interface."""
        return "length" if self.cut else "content_filter"

    @property
    def outcome(self) -> Literal["answered", "blocked"]:
        """How an answer came out that the model did not refuse."""
        return "answered" if self.cut or not self.sheet.blocked else "blocked"

    @property
    def notice(self) -> str:
        """What a person is told in place of what was stopped."""
        reasons = dict.fromkeys(
            one.reason_public for one in (*self.sheet.blocked, *self.sheet.held)
        )
        return " ".join(reasons)


class Channel:
    """A stream of text, checked as it goes.

    Args:
        outgoing: The answer it is of.
        scanner: What looks at it.
    """

    def __init__(self, outgoing: Outgoing, scanner: StreamScanner) -> None:
        self._outgoing = outgoing
        self._scanner = scanner
        self.said: list[str] = []
        """What has left."""

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may leave."""
        return self._scan(lambda: self._scanner.feed(piece))

    def finish(self) -> str:
        """Say that nothing follows; return what is left."""
        return self._scan(self._scanner.finish)

    def _scan(self, step: Callable[[], Scanned]) -> str:
        try:
            scanned = step()
        except Exception as error:  # noqa: BLE001 - a check that cannot answer says so
            # Closed or open, what was held back stays: nobody can say what is in it.
            self._outgoing.failed(error)
            self._outgoing.stopped = True
            return ""
        if scanned.findings:
            self._outgoing.found(scanned.findings, scanned.left)
        if self._scanner.stopped:
            self._outgoing.stopped = True
        text = scanned.text
        if text:
            text = self._outgoing.take(text)
            self.said.append(text)
        return text


def _now() -> datetime:
    return datetime.now(UTC)


class Gate:
    """Decides about the calls of one answer; reads the conversation only if there are any.

    Args:
        agent: What the developer's agents may do.
        conversation: Returns everything before the answer.
        consents: Returns what a person confirmed, and is valid at a time.
        table: The checks, with the sections they rest on.
        now: The time.
    """

    def __init__(
        self,
        agent: Agent,
        conversation: Callable[[], Sequence[Message]],
        consents: Callable[[float], Consents],
        table: CheckTable,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._now = now
        self._agent = agent
        self._conversation = conversation
        self._make_consents = consents
        self._table = table
        self._reading: Reading | None = None
        self.held: list[Held] = []

    def admits(self, call: ToolCall, outgoing: Outgoing) -> bool:
        """Decide about a call and write it down; return whether it may go to the client."""
        sheet = outgoing.sheet
        if not outgoing.scan("\n".join([call.name, call.unparsed, *leaves(call.arguments)])):
            return False
        if not sheet.table.is_on("tool_calls"):
            return True
        try:
            made = self._decide(call)
        except ValueError as error:  # a number that JSON has no exact form for
            return not sheet.fail("tool_calls", Reason(full=f"{call.name}: {error}"))
        reason = Reason(
            full=made.reason_full, public=made.reason_public, spans=made.spans,
            section=made.section, detail=made.check.removeprefix("gate."),
        )  # fmt: skip
        if made.outcome is DecisionOutcome.BLOCK:
            return not sheet.block("tool_calls", reason)
        if made.outcome is DecisionOutcome.CONFIRM:
            if not sheet.confirm("tool_calls", reason):
                return True
            self._hold(call, made, sheet.held[-1].id)
            return False
        sheet.note("tool_calls", reason)
        return True

    def _decide(self, call: ToolCall) -> Decision:
        now = self._now()
        if self._reading is None:
            self._reading = read_conversation(self._conversation(), self._agent.tools)
            self._consents = self._make_consents(now.timestamp())
        return decide_read(
            call, self._reading, self._agent.scope, now=now,
            confirmed=self._consents.given, grounds=self._table.grounds,
        )  # fmt: skip

    def _hold(self, call: ToolCall, made: Decision, decision: str) -> None:
        assert self._reading is not None
        question = confirmation(call, self._reading, made)
        token = self._consents.token(call_digest(call))
        self.held.append(Held(confirmation=question, token=token, decision=decision))
