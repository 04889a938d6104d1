"""Check what a resolution says of facts: which are believed, and every way the others can be.

Part of the checker: it shares no algorithm with the resolver, and imports only its nouns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from adhere.resolve.chain.facts import Condition, RefusedFact, refusal
from adhere.resolve.chain.instruction import Candidates, Instruction
from adhere.resolve.chain.values import EVERYTHING, Scalar, Values
from adhere.resolve.checker.check_key import Problem
from adhere.resolve.checker.points import Samples
from adhere.spec import Authority

Way: TypeAlias = frozenset[str]
"""Of the instructions whose scope is unknown, those whose conditions hold."""

_TO_ROOT: Final = "level root reads only what the system or the spec has set"


class Reading:
    """What the facts say of each instruction's scope.

    Attributes:
        used: Facts that were read.
        unknown: Facts that were missed.
        refused: Facts that were not believed.
        outside: Ids of instructions whose conditions do not hold.
        open: By id, for instructions whose scope is unknown, their conditions on unknown facts.
    """

    def __init__(self, candidates: Candidates) -> None:
        self._facts = candidates.facts
        self.outside: set[str] = set()
        self.open: dict[str, list[Condition]] = {}
        used: set[str] = set()
        unknown: set[str] = set()
        refused = {
            name: refusal(fact) for name, fact in self._facts.items() if fact.value is not None
        }
        reasons = {name: reason for name, reason in refused.items() if reason}
        for one in candidates.instructions:
            missing = []
            for condition in one.when:
                value = self._believed(condition.fact, one)
                if value is None:
                    missing.append(condition)
                    unknown.add(condition.fact)
                    if refused.get(condition.fact) == "":
                        reasons[condition.fact] = _TO_ROOT
                else:
                    used.add(condition.fact)
                    if not condition.values.admits(value):
                        self.outside.add(one.id)
            if missing and one.id not in self.outside:
                self.open[one.id] = missing
        self.used = tuple(sorted(used))
        self.unknown = tuple(sorted(unknown))
        self.refused = tuple(RefusedFact(name, reasons[name]) for name in sorted(reasons))

    def _believed(self, name: str, reader: Instruction) -> Scalar | None:
        fact = self._facts.get(name)
        if fact is None or refusal(fact):
            return None
        root = reader.origin.kind == "section" and reader.level.rank == Authority.ROOT.rank
        return None if root and Authority.SYSTEM.outranks(fact.set_by) else fact.value

    def facts(self, group: Iterable[str]) -> list[str]:
        """Return the unknown facts that the instructions of a group name, sorted."""
        return sorted({one.fact for name in group for one in self.open.get(name, ())})

    def ways(self, group: Sequence[str], limit: int) -> set[Way] | None:
        """Return every way the facts of a group can be; None if they become more than ``limit``.

        Facts are taken in the order of their names, and counted after each.
        """
        found = {frozenset(name for name in group if name in self.open)}
        for fact in self.facts(group):
            answers = self._answers(fact, group)
            found = {way & answer for way in found for answer in answers}
            if len(found) > limit:
                return None
        return found

    def depends_on(self, group: Sequence[str], fates: Mapping[Way, object]) -> tuple[str, ...]:
        """Return the facts that make a difference to ``fates``, all others being equal."""
        facts = self.facts(group)
        answers = {fact: self._answers(fact, group) for fact in facts}
        moving = []
        for fact in facts:
            others = {frozenset(name for name in group if name in self.open)}
            for other in facts:
                if other != fact:
                    others = {way & answer for way in others for answer in answers[other]}
            if any(len({fates[way & one] for one in answers[fact]}) > 1 for way in others):
                moving.append(fact)
        return tuple(moving)

    def _answers(self, fact: str, group: Sequence[str]) -> set[Way]:
        """For each value a fact can have, who of a group it leaves in scope."""
        asked = [
            (name, condition.values)
            for name in group
            for condition in self.open.get(name, ())
            if condition.fact == fact
        ]
        everybody = frozenset(name for name in group if name in self.open)
        domain = self._domain(fact)
        samples = Samples([values for _, values in asked] + [domain])
        points = [(name, samples.of(values)) for name, values in asked]
        return {
            everybody - {name for name, admitted in points if point not in admitted}
            for point in samples.of(domain)
        }

    def _domain(self, fact: str) -> Values:
        declared = self._facts.get(fact)
        return EVERYTHING if declared is None or declared.domain is None else declared.domain

    def way_of(self, group: Sequence[str], assuming: Sequence[Condition]) -> Way:
        """Return who is in scope under assumptions that must settle it.

        Raises:
            Problem: They do not, or they are not about the group's facts.
        """
        if [one.fact for one in assuming] != self.facts(group):
            raise Problem("a case must assume something of each unknown fact, in order")
        assumed = {one.fact: one.values for one in assuming}
        holding = set()
        for name in group:
            settled = [self._settled(assumed, one) for one in self.open.get(name, ())]
            if settled and all(settled):
                holding.add(name)
        return frozenset(holding)

    def _settled(self, assumed: Mapping[str, Values], condition: Condition) -> bool:
        domain, values = self._domain(condition.fact), assumed[condition.fact]
        samples = Samples([domain, values, condition.values])
        possible = samples.of(domain) & samples.of(values)
        holding = possible & samples.of(condition.values)
        if not possible or (holding and holding != possible):
            raise Problem(f"what a case assumes of {condition.fact} settles nothing")
        return bool(holding)
