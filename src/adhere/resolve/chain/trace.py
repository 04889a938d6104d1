"""What a resolution says: a fate for each instruction, what is left of each key, and each step."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from adhere.resolve.chain.facts import Condition, RefusedFact
from adhere.resolve.chain.values import Values
from adhere.spec import Authority


class Fate(StrEnum):
    """What became of an instruction."""

    APPLIES = "applies"
    MISALIGNED = "misaligned"
    """Applicable instructions of higher standing leave no room for it."""
    SUPERSEDED = "superseded"
    """It would apply, but for a later instruction of the same standing."""
    EXCEPTED = "excepted"
    """It would apply, but for an exception to it."""
    NO_AUTHORITY = "no_authority"
    """Text without authority, and nobody hands it any."""
    DELEGATION_DEAD = "delegation_dead"
    """Text without authority; who would hand it some does not apply."""
    SUSPECTED_MISTAKE = "suspected_mistake"
    BEYOND_CAPABILITY = "beyond_capability"
    OUT_OF_SCOPE = "out_of_scope"
    AMBIGUOUS = "ambiguous"
    """It contradicts others of the same standing and the same message."""
    INACTION = "inaction"
    """It contradicts others of level root: nothing is to be done about the key."""


BLOCKED = frozenset({Fate.MISALIGNED, Fate.SUPERSEDED, Fate.EXCEPTED})


class Step(msgspec.Struct, frozen=True, gc=False):
    """How one instruction was decided.

    Attributes:
        id: The instruction.
        key: Its key.
        rank: Its place in the order of its key, 1 for the highest; 0 where it took no part.
        level: The level it counted at; ``none`` for text that was handed no authority.
        in_scope: Whether its conditions hold.
        before: What the key still admitted when its turn came.
        after: What the key admits after it.
        fate: What became of it.
        by: The instructions that decided its fate: a set without a superfluous member of
            applicable instructions that block it, of instructions it contradicts, or the one that
            would have delegated to it.
        delegated_by: Who handed it authority.
    """

    id: str
    key: str
    rank: int
    level: Authority
    in_scope: bool
    before: Values
    after: Values
    fate: Fate
    by: tuple[str, ...] = ()
    delegated_by: str = ""


class Case(msgspec.Struct, frozen=True, gc=False):
    """The steps of some keys, in the order they were decided.

    Attributes:
        assuming: What is assumed of facts that are unknown; empty for keys that do not depend on
            any. Other assumptions that put the same instructions in scope give the same steps.
        steps: Key by key, in the order of their names; instructions that took no part come last.
    """

    assuming: tuple[Condition, ...]
    steps: tuple[Step, ...]


class Row(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What became of one instruction.

    Attributes:
        id: The instruction.
        fate: Its fate; None where that depends on facts that are unknown.
        by: As in `Step`; where that differs with unknown facts, all that are named, sorted.
        possible: The fates it can have, where it has no certain one.
        depends_on: The unknown facts its fate depends on.
    """

    id: str
    fate: Fate | None
    by: tuple[str, ...] = ()
    possible: tuple[Fate, ...] = ()
    depends_on: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it has the same fate whatever the unknown facts are."""
        return self.fate is not None


class KeyOutcome(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is left of a key.

    Attributes:
        key: The key.
        admitted: The values that remain; those that remain in every case where facts are unknown.
        narrowed_by: The instructions that took values away, in the order they did; sorted by id
            where that differs with unknown facts.
        closed: Instructions of level root contradict each other: nothing is to be done.
        certain: Whether the same values remain whatever the unknown facts are.
    """

    key: str
    admitted: Values
    narrowed_by: tuple[str, ...] = ()
    closed: bool = False
    certain: bool = True


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """Which instructions apply, and why (``adhere/resolution/1``).

    Attributes:
        rows: One an instruction, in the order they were given.
        keys: One a key, by name.
        trace: Every step. The first case holds the keys that depend on no unknown fact; each of
            the others one way the unknown facts may be, for one group of keys that hang together.
        approximated: Keys with more such ways than the budget allows. Their rows list every fate
            that cannot be ruled out, their admitted values are safe, and they have no steps.
        budget: What unknown facts were allowed to cost.
        facts_used: Facts that conditions read.
        facts_unknown: Facts that conditions needed and nobody set.
        facts_refused: Facts that were not believed.
        spec_digest: The spec it was decided under.
    """

    schema: Literal["adhere/resolution/1"] = "adhere/resolution/1"
    rows: tuple[Row, ...]
    keys: tuple[KeyOutcome, ...]
    trace: tuple[Case, ...]
    approximated: tuple[str, ...]
    budget: int
    facts_used: tuple[str, ...]
    facts_unknown: tuple[str, ...]
    facts_refused: tuple[RefusedFact, ...]
    spec_digest: str
