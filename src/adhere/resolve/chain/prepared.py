"""What is known before a conversation begins, worked out once.

The sections and settings of a spec are the same for every request, and most of them are about keys
that a conversation does not touch. `Prepared.resolve` decides the rest and takes over what is
decided; the resolution is the one that `resolve` gives for all instructions together, step by step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from adhere.resolve.chain.deciding import Beforehand, Decided, decide
from adhere.resolve.chain.facts import Fact
from adhere.resolve.chain.instruction import Candidates, Instruction
from adhere.resolve.chain.participants import Participants
from adhere.resolve.chain.resolver import DEFAULT_BUDGET, resolution_of, resolve
from adhere.resolve.chain.scoping import Scopes
from adhere.resolve.chain.trace import Resolution
from adhere.resolve.chain.transcript import MAX_WRITTEN
from adhere.spec import Authority


class Prepared:
    """Instructions that stand before a conversation begins.

    Args:
        base: The instructions and facts of a spec and of settings.
    """

    def __init__(self, base: Candidates) -> None:
        self.base = base
        instructions = base.instructions
        moving = {one.key for one in instructions if not _is_plain(one)}
        plain = [index for index, one in enumerate(instructions) if one.key not in moving]
        self._moving = [index for index, one in enumerate(instructions) if one.key in moving]
        participants = Participants(instructions, (), ())
        participants.sort(plain)
        self._entries = participants.entries
        record = decide(instructions, plain, (), ())
        steps = {key: tuple(found) for key, found in groupby(record.steps, lambda one: one.key)}
        self._decided = {
            outcome.key: Decided(steps[outcome.key], outcome) for outcome in record.outcomes
        }
        self._rows = record.rows
        self._spent = MAX_WRITTEN - record.left
        self._ids = frozenset(one.id for one in instructions)

    def candidates(
        self, said: Sequence[Instruction], facts: Mapping[str, Fact] | None = None
    ) -> Candidates:
        """Return everything together, as `adhere.resolve.check_resolution` and `explain` take it.

        Raises:
            ValueError: Two have one id, or one is an exception to an id nobody has.
        """
        base = self.base
        return Candidates(
            instructions=(*base.instructions, *said),
            facts=dict(base.facts if facts is None else facts),
            capabilities=base.capabilities,
            spec_digest=base.spec_digest,
        )

    def resolve(
        self,
        said: Sequence[Instruction],
        facts: Mapping[str, Fact] | None = None,
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> Resolution:
        """Decide which instructions apply: those that stood before, and those of a conversation.

        Args:
            said: The instructions of the conversation.
            facts: All facts, where the conversation has others than stood before.
            budget: As of `adhere.resolve.resolve`.

        Raises:
            ValueError: Two have one id, or one is an exception to an id nobody has.
            InputError: The trace would be too long to write down.
        """
        ids = {one.id for one in said}
        alike = len(ids) < len(said) or not self._ids.isdisjoint(ids)
        if alike or any(one.exception_to for one in said):
            self.candidates(said, facts)  # says what is wrong with them, if anything is
        base = self.base
        instructions = (*base.instructions, *said)
        members = [*self._moving, *range(len(base.instructions), len(instructions))]
        scopes = Scopes(instructions, base.facts if facts is None else facts, members)
        if scopes.open:
            return resolve(self.candidates(said, facts), budget=budget)
        touched = {one.key for one in said}
        known = self._entries
        beforehand = Beforehand(
            {key: [*known[key]] for key in touched if key in known},
            {key: one for key, one in self._decided.items() if key not in touched},
            self._rows.copy(),
            self._spent,
        )
        capabilities = frozenset(base.capabilities)
        record = decide(instructions, members, scopes.outside, capabilities, beforehand)
        return resolution_of(len(instructions), record, scopes, base.spec_digest, budget)


def _is_plain(one: Instruction) -> bool:
    """Whether it takes part whatever is said, and only on its own key."""
    return not (
        one.when
        or one.level is Authority.NONE
        or one.delegates is not None
        or one.exception_to
        or one.suspected_mistake
        or one.needs_capability is not None
    )
