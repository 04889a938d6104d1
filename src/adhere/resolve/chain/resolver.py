"""The chain of command: which instructions apply, which do not, and why.

1. *Attribute.* Level comes from the container. Text without authority counts only through a
   delegation by an instruction that applies: at the lower of the delegator's level and the
   delegation's cap, below everything else of that level, for the delegation's keys.
2. *Scope.* Conditions hold or not; where they depend on unknown facts, every way the facts may be
   is decided, and only what is the same in all of them is called certain.
3. *Order.* By level, then later before earlier. What is only implied ranks at guideline, above the
   guidelines themselves. An exception ranks with what it excepts, and beats it.
4. *Admit from the top*, key by key: an instruction applies if it leaves the key a value.
5. *Ties.* Root against root closes the key (inaction). Others of one level and one message that
   contradict each other are ambiguous, none of them applies, and lower ones go on.

The same candidates give the same resolution in whatever order they are listed. No clock, no
chance, no I/O. `adhere.resolve.checker.check` replays a resolution by other means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adhere.resolve.chain.deciding import decide
from adhere.resolve.chain.instruction import Candidates
from adhere.resolve.chain.key_groups import group_keys
from adhere.resolve.chain.scoping import Scopes
from adhere.resolve.chain.trace import Case, Resolution
from adhere.resolve.chain.transcript import Record
from adhere.resolve.chain.undecided import Undecided, decide_group

DEFAULT_BUDGET: Final = 2**22
"""Enough for 4,096 situations of 128 instructions on keys with 7 values each."""


def resolve(candidates: Candidates, *, budget: int = DEFAULT_BUDGET) -> Resolution:
    """Decide which of the candidates apply.

    Time grows with the number of instructions times its logarithm; with unknown facts, also with
    the ways they can be, up to ``budget``.

    Args:
        candidates: The instructions and facts.
        budget: How many steps and values may be written down for the ways unknown facts can be,
            shared evenly by the groups of keys that have any. A group beyond its share is
            over-approximated: sound, but nothing in it is certain.

    Raises:
        InputError: The trace would be too long to write down.
    """
    instructions = candidates.instructions
    scopes = Scopes(instructions, candidates.facts)
    capabilities = frozenset(candidates.capabilities)
    sure: Sequence[int] = range(len(instructions))
    undecided: list[Undecided] = []
    if scopes.open:
        groups = group_keys(instructions)
        unsure = [group for group in groups if not scopes.open.keys().isdisjoint(group.members)]
        for group in unsure:
            share = budget // len(unsure)
            undecided.append(decide_group(instructions, group, scopes, capabilities, share))
        moving = {index for group in unsure for index in group.members}
        sure = [index for index in sure if index not in moving]
    record = decide(instructions, sure, scopes.outside, capabilities)
    return resolution_of(
        len(instructions), record, scopes, candidates.spec_digest, budget, undecided
    )


def resolution_of(
    count: int,
    record: Record,
    scopes: Scopes,
    spec_digest: str,
    budget: int,
    undecided: Sequence[Undecided] = (),
) -> Resolution:
    """Put together what was decided about ``count`` instructions."""
    rows, keys = record.rows, record.outcomes
    for one in undecided:
        rows.update(one.rows)
        keys += one.keys
    if undecided:
        keys.sort(key=lambda outcome: outcome.key)
    return Resolution(
        rows=tuple(map(rows.__getitem__, range(count))),
        keys=tuple(keys),
        trace=(Case((), tuple(record.steps)), *(case for one in undecided for case in one.cases)),
        approximated=tuple(
            sorted(outcome.key for one in undecided if one.approximated for outcome in one.keys)
        ),
        budget=budget,
        facts_used=scopes.used,
        facts_unknown=scopes.unknown,
        facts_refused=scopes.refused,
        spec_digest=spec_digest,
    )
