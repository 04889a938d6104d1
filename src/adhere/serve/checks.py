"""The checks of the gateway: their names, what each rests on, and what came of each.

Every check that applies to a request ends in exactly one entry on its `Sheet`. What a check says
when it passes is the same each time, so it is made once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from adhere.audit import DecisionEntry, decision_entry
from adhere.resolve import (
    Decision,
    DecisionOutcome,
    DecisionSpan,
    PublicDecision,
    decision,
    grounds,
    public_view,
)
from adhere.serve.config import CheckChoice
from adhere.serve.recent import Recent
from adhere.spec import Authority, Spec

Kind = Literal["instruction", "setting", "tool_call", "text"]
_CACHED: Final = 1024
OBSERVED: Final = "observed."
"""Before the name of a check that decided and changed nothing."""


class Check(msgspec.Struct, frozen=True):
    """A check.

    Attributes:
        name: Its name.
        kind: What it decides about.
        public: What a person is told where it holds something back.
        ground: What `grounds` calls it: the section it rests on.
        platform: It is the platform's: where it cannot answer, it is closed.
    """

    name: str
    kind: Kind
    public: str
    ground: str = ""
    platform: bool = True


CHECKS: Final = {
    check.name: check
    for check in (
        Check(
            "roles", "instruction",
            "Text cannot give itself another sender's authority; it was taken as plain text.",
            "text.roles",
        ),
        Check(
            "facts", "instruction", "Only the platform can state facts about a conversation.",
            "text.roles",
        ),
        Check(
            "settings", "setting", "A setting was asked for that may not be chosen here.", "setting"
        ),
        Check(
            "tools", "tool_call", "A tool was offered that lies outside what may be used here.",
            "gate.scope",
        ),
        Check(
            "phrases", "text", "This text holds words that may not be used here.", platform=False
        ),
        Check(
            "confidential", "text", "The answer would have shown text that is confidential.",
            "text.leak",
        ),
        Check(
            "secrets", "text", "The answer would have shown a secret, such as a key or a password.",
            "text.secret",
        ),
        Check(
            "exfiltration", "text",
            "The answer would have carried private text to an address that nobody here named.",
            "text.exfiltration",
        ),
        Check(
            "tool_calls", "tool_call", "The action lies outside what the assistant may do here.",
            "gate.scope",
        ),
        Check("length", "setting", "The answer was longer than was set.", platform=False),
    )
}  # fmt: skip
"""In the order in which they are named in a record."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a check did not simply pass.

    Attributes:
        public: In words for the person it affects; empty: the check's own.
        full: For the platform.
        spans: The text it is about.
        section: Another section than the check's own.
        detail: Which part of the check decided; stands behind its name.
    """

    full: str
    public: str = ""
    spans: tuple[DecisionSpan, ...] = ()
    section: str = ""
    detail: str = ""


class CheckTable:
    """The checks as one spec and one configuration have them.

    Args:
        spec: The spec that decides.
        choices: How each check works, by its name.
        guards: Checks beside those every gateway has: guard models.
    """

    def __init__(
        self, spec: Spec, choices: Mapping[str, CheckChoice], guards: Mapping[str, Check]
    ) -> None:
        self.checks = {**CHECKS, **guards}
        self._choices = choices
        self._levels = {section.id: spec.effective_authority(section.id) for section in spec.walk()}
        self.grounds = grounds(spec)
        self._digest = spec.spec_digest
        self._passed: dict[str, DecisionEntry] = {}
        self._decided: Recent[tuple[str, DecisionOutcome, Reason], Decision] = Recent(_CACHED)

    def is_on(self, name: str) -> bool:
        """Whether the check is made at all."""
        return self._choice(name).mode != "off"

    def observes(self, name: str) -> bool:
        """Whether it decides and changes nothing."""
        return self._choice(name).mode == "observe"

    def fails_closed(self, name: str) -> bool:
        """Whether nothing goes on where the check cannot answer."""
        return self.checks[name].platform or self._choice(name).on_error == "closed"

    def passed(self, name: str) -> DecisionEntry:
        """Return the entry of a check that found nothing."""
        found = self._passed.get(name)
        if found is None:
            made = self.decide(name, DecisionOutcome.ALLOW, Reason(full="found nothing"))
            found = self._passed[name] = decision_entry(made)
        return found

    def decide(self, name: str, outcome: DecisionOutcome, why: Reason) -> Decision:
        """Make a decision of a check; the same one where nothing differs."""
        key = (name, outcome, why)
        return self._decided.get(key) or self._decided.put(key, self._decide(*key))

    def _decide(self, name: str, outcome: DecisionOutcome, why: Reason) -> Decision:
        check = self.checks[name]
        section = why.section or self.section(name)
        shown = f"{name}.{why.detail}" if why.detail else name
        return decision(
            kind=check.kind, outcome=outcome,
            check=OBSERVED + shown if self.observes(name) else shown,
            section=section, authority=self._levels.get(section, Authority.NONE),
            spans=why.spans, reason_public=why.public or check.public, reason_full=why.full,
            spec_digest=self._digest,
        )  # fmt: skip

    def section(self, name: str) -> str:
        """Return the section that a check rests on; empty where the spec has none."""
        chosen = self._choice(name).section
        if chosen:
            return chosen
        ground = self.grounds.get(self.checks[name].ground)
        return "" if ground is None else ground.section

    def _choice(self, name: str) -> CheckChoice:
        return self._choices.get(name, _DEFAULT)


_DEFAULT: Final = CheckChoice()


class Sheet:
    """What came of each check of one request: one entry each.

    Args:
        table: The checks.
    """

    def __init__(self, table: CheckTable) -> None:
        self.table = table
        self.blocked: list[Decision] = []
        self.held: list[Decision] = []
        self._entries: dict[str, DecisionEntry] = {}

    def pass_(self, name: str) -> None:
        """Write down that a check found nothing, unless it has an entry."""
        if name not in self._entries:
            self._entries[name] = self.table.passed(name)

    def note(self, name: str, why: Reason) -> None:
        """Write down something that a check saw to, and let pass."""
        self._put(name, self.table.decide(name, DecisionOutcome.ALLOW, why))

    def block(self, name: str, why: Reason) -> bool:
        """Write down that a check stops this; return whether it is to be stopped."""
        made = self.table.decide(name, DecisionOutcome.BLOCK, why)
        self._put(name, made)
        if self.table.observes(name):
            return False
        self.blocked.append(made)
        return True

    def confirm(self, name: str, why: Reason) -> bool:
        """Write down that a person has to be asked; return whether that is to happen."""
        made = self.table.decide(name, DecisionOutcome.CONFIRM, why)
        self._put(name, made)
        if self.table.observes(name):
            return False
        self.held.append(made)
        return True

    def fail(self, name: str, why: Reason) -> bool:
        """Write down that a check could not answer; return whether that stops the request."""
        made = self.table.decide(name, DecisionOutcome.ERROR, why)
        self._put(name, made)
        stops = self.table.fails_closed(name) and not self.table.observes(name)
        if stops:
            self.blocked.append(made)
        return stops

    def not_run(self, name: str) -> None:
        """Write down that a check was not made; never after it was."""
        if name not in self._entries:
            why = Reason(full="the request ended before it")
            self._put(name, self.table.decide(name, DecisionOutcome.NOT_RUN, why))

    def take(self) -> tuple[DecisionEntry, ...]:
        """Return the entries so far, for a record, and begin anew."""
        entries = tuple(self._entries.values())
        self._entries = {}
        return entries

    @property
    def public(self) -> tuple[PublicDecision, ...]:
        """What the person may see of what was stopped or held."""
        return tuple(public_view(one) for one in (*self.blocked, *self.held))

    def _put(self, name: str, made: Decision) -> None:
        known = self._entries.get(name)
        if known is None or _WEIGHT[made.outcome] >= _WEIGHT[known.outcome]:
            self._entries[name] = decision_entry(made)


_WEIGHT: Final = {
    DecisionOutcome.NOT_RUN: 0, DecisionOutcome.ALLOW: 1, DecisionOutcome.CONFIRM: 2,
    DecisionOutcome.ERROR: 3, DecisionOutcome.BLOCK: 4,
}  # fmt: skip
"""Of several findings of a check the weightiest stands in the record."""
