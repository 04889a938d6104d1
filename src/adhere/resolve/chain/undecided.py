"""Groups of keys that depend on unknown facts: every way the facts can be, and what they share."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import reduce

import msgspec

from adhere.resolve.chain.deciding import decide
from adhere.resolve.chain.instruction import Instruction
from adhere.resolve.chain.key_groups import Group
from adhere.resolve.chain.scoping import Scopes, speaks_as_root
from adhere.resolve.chain.situations import Situations
from adhere.resolve.chain.trace import Case, Fate, KeyOutcome, Row
from adhere.resolve.chain.transcript import Record
from adhere.resolve.chain.value_sets import ValueSets
from adhere.resolve.chain.values import EVERYTHING, Scalar, Values, intersect
from adhere.spec import Authority

ROOT_FATES = frozenset({
    Fate.APPLIES, Fate.EXCEPTED, Fate.INACTION, Fate.OUT_OF_SCOPE, Fate.SUSPECTED_MISTAKE,
    Fate.BEYOND_CAPABILITY,
})  # fmt: skip
OWN_FATES = frozenset(Fate) - {Fate.NO_AUTHORITY, Fate.DELEGATION_DEAD, Fate.INACTION}
TEXT_FATES = frozenset(Fate) - {Fate.INACTION}


class Undecided(msgspec.Struct):
    """What can be said of a group; rows are by index of the instruction."""

    rows: dict[int, Row]
    keys: list[KeyOutcome]
    cases: list[Case]
    approximated: bool


def decide_group(
    instructions: Sequence[Instruction],
    group: Group,
    scopes: Scopes,
    capabilities: Container[str],
    budget: int,
) -> Undecided:
    """Decide a group in every situation its unknown facts allow.

    Args:
        instructions: All of them.
        group: The group.
        scopes: The scope of each.
        capabilities: What the assistant is able to do.
        budget: How much this may cost (see `weight`).
    """
    unsure = [index for index in group.members if index in scopes.open]
    situations = Situations(
        [scopes.open[index] for index in unsure],
        scopes.book.domains,
        budget // weight(instructions, group.members),
    )
    if situations.too_many:
        return _approximate(instructions, group, scopes)
    records: dict[int, Record] = {}
    for situation in situations.all:
        outside = {
            index for place, index in enumerate(unsure) if not situation.holding >> place & 1
        }
        outside.update(scopes.outside.intersection(group.members))
        decided = decide(instructions, group.members, outside, capabilities)
        records[situation.holding] = decided
    cases = [
        Case(situation.assuming, tuple(records[situation.holding].steps))
        for situation in situations.all
    ]
    keys = [
        _outcome(same_key)
        for same_key in zip(*(record.outcomes for record in records.values()), strict=True)
    ]
    return Undecided(_rows(situations, group, records), keys, cases, approximated=False)


def weight(instructions: Sequence[Instruction], members: Sequence[int]) -> int:
    """Return what one situation of a group costs at the most: each step may list a key's values."""
    counts: dict[str, int] = {}
    values: dict[str, set[tuple[type, Scalar]]] = {}
    for index in members:
        key, allowed = instructions[index].key, instructions[index].allowed
        counts[key] = counts.get(key, 0) + 1
        named = values.setdefault(key, set())
        named.update((one.__class__, one) for one in allowed.mentioned)
    return sum(count * (1 + len(values[key])) for key, count in counts.items())


def _rows(situations: Situations, group: Group, records: dict[int, Record]) -> dict[int, Row]:
    """One row an instruction: its certain fate, or the possible ones and what they depend on."""
    found = {index: [record.rows[index] for record in records.values()] for index in group.members}
    moving = [
        index for index, rows in found.items() if any(row.fate != rows[0].fate for row in rows)
    ]
    depends: dict[int, list[str]] = {}
    if moving:
        fates = {
            holding: [record.rows[index].fate for index in moving]
            for holding, record in records.items()
        }
        depends = dict(zip(moving, situations.depends(fates), strict=True))
    rows = {}
    for index, same in found.items():
        by = _union(row.by for row in same)
        if index in depends:
            fates_found = {row.fate for row in same}
            possible = tuple(fate for fate in Fate if fate in fates_found)
            rows[index] = Row(same[0].id, None, by, possible, tuple(depends[index]))
        else:
            rows[index] = Row(same[0].id, same[0].fate, by)
    return rows


def _outcome(outcomes: Sequence[KeyOutcome]) -> KeyOutcome:
    """What is left of one key in every case."""
    cells = ValueSets([outcome.admitted for outcome in outcomes])
    distinct = {cells.mask(outcome.admitted): outcome.admitted for outcome in outcomes}
    return KeyOutcome(
        outcomes[0].key,
        _common(tuple(distinct.values())),
        _union(outcome.narrowed_by for outcome in outcomes),
        closed=all(outcome.closed for outcome in outcomes),
        certain=len(distinct) == 1,
    )


def _approximate(instructions: Sequence[Instruction], group: Group, scopes: Scopes) -> Undecided:
    """Say what is safe without looking at each situation.

    Whoever applies in some situation is among those not out of scope, so that what all of these
    admit together is admitted in every situation.
    """
    facts = sorted(
        {condition.fact for index in group.members for condition in scopes.open.get(index, ())}
    )
    rows = {}
    admitted: dict[str, list[Values]] = {key: [] for key in group.keys}
    for index in group.members:
        instruction = instructions[index]
        if index not in scopes.outside:
            admitted[instruction.key].append(instruction.allowed)
        elif instruction.level is not Authority.NONE:
            rows[index] = Row(instruction.id, Fate.OUT_OF_SCOPE)
            continue
        fates = TEXT_FATES if instruction.level is Authority.NONE else OWN_FATES
        if speaks_as_root(instruction):
            fates = ROOT_FATES
        possible = tuple(fate for fate in Fate if fate in fates)
        rows[index] = Row(instruction.id, None, (), possible, tuple(facts))
    keys = [
        KeyOutcome(key, _common(admitted[key]), (), closed=False, certain=False)
        for key in group.keys
    ]
    return Undecided(rows, keys, [], approximated=True)


def _common(sets: Sequence[Values]) -> Values:
    return reduce(intersect, sets) if sets else EVERYTHING


def _union(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What all cases name; in their order if they agree, else sorted."""
    distinct = set(names)
    return distinct.pop() if len(distinct) == 1 else tuple(sorted(set().union(*distinct)))
