"""Admission on the many keys where nothing special happens, in one loop.

The same decisions as `Admission`, without what a contradiction among equals, an exception, a range
or delegated authority would need. It is most of the work of a resolution, so that it is written for
speed: state in local variables, one pass, no calls where none is needed. A test decides the same
keys both ways.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from adhere.resolve.chain.conflict import minimal_blockers
from adhere.resolve.chain.trace import Fate, KeyOutcome, Row, Step
from adhere.resolve.chain.transcript import MOMENT_BITS, Entry, Record
from adhere.resolve.chain.values import EVERYTHING, intersect

# Looking up a member of an enumeration takes as long as the rest of a step.
_APPLIES, _MISALIGNED, _SUPERSEDED = Fate.APPLIES, Fate.MISALIGNED, Fate.SUPERSEDED


def admit_while_plain(
    keys: Sequence[str],
    start: int,
    special: Container[str],
    entries: Mapping[str, list[Entry]],
    decided: Mapping[str, tuple[tuple[Step, ...], KeyOutcome]],
    record: Record,
) -> int:
    """Decide keys, from ``start`` on, up to the first that needs a `Admission`.

    Args:
        keys: All keys, in order.
        start: Where to begin.
        special: Keys that are known to need more.
        entries: By key.
        decided: Keys that are decided already; their steps and outcomes are taken over.
        record: Takes steps, rows and outcomes; no step of the key that stops it.

    Returns:
        The place of that key; the number of keys if there is none.
    """
    add_step, rows, add_outcome = record.steps.append, record.rows, record.outcomes.append
    for place in range(start, len(keys)):
        key = keys[place]
        if key in decided:
            steps, outcome = decided[key]
            record.steps += steps
            add_outcome(outcome)
            continue
        if key in special:
            return place
        waiting = entries[key]
        if len(waiting) > 1:
            if not _admit_several(key, waiting, record):
                return place
            continue
        _, name, index, level, allowed, _ = waiting[0]
        add_step(Step(name, key, 1, level, True, EVERYTHING, allowed, _APPLIES))
        rows[index] = Row(name, _APPLIES)
        narrows = allowed.one_of is not None or allowed.range is not None or allowed.except_
        add_outcome(KeyOutcome(key, allowed, (name,) if narrows else ()))
    return len(keys)


def _admit_several(key: str, waiting: list[Entry], record: Record) -> bool:
    """Decide the entries of a key; False, and no step written, if that needs more."""
    waiting.sort()
    steps, rows = record.steps, record.rows
    before_all = len(steps)
    bits: dict[object, int] = {}
    values, admitted = EVERYTHING, -1
    # Those that took something away: who, what each admits, what is left after each.
    names: list[str] = []
    masks: list[int] = []
    remaining: list[int] = []
    standing = floor = last = 0
    for rank, (order, name, index, level, allowed, _) in enumerate(waiting, start=1):
        if allowed.range is not None:
            del steps[before_all:]
            return False
        mask = 0
        one_of = allowed.one_of
        for value in allowed.except_ or () if one_of is None else one_of:
            # True == 1 in Python: every type but str is told apart by its class.
            word = value if value.__class__ is str else (value.__class__, value)
            if word in bits:
                mask |= bits[word]
            else:
                mask |= bits.setdefault(word, 1 << len(bits))
        if one_of is None:
            mask = ~mask
        left = admitted & mask
        if left == admitted:
            steps.append(Step(name, key, rank, level, True, values, values, _APPLIES))
            rows[index] = Row(name, _APPLIES)
            last = order
            continue
        if -order >> MOMENT_BITS != standing:
            standing = -order >> MOMENT_BITS
            floor = len(masks)
        if left:
            before, admitted = values, left
            if left == mask:
                values = allowed
            else:
                values = intersect(values, allowed)
                record.spend(len(values.mentioned))
            names.append(name)
            masks.append(mask)
            remaining.append(left)
            steps.append(Step(name, key, rank, level, True, before, values, _APPLIES))
            rows[index] = Row(name, _APPLIES)
        elif order == last:  # equals may contradict each other
            del steps[before_all:]
            return False
        else:
            fate, by = _blocked(names, masks, remaining, floor, mask)
            steps.append(Step(name, key, rank, level, True, values, values, fate, by))
            rows[index] = Row(name, fate, by)
        last = order
    record.outcomes.append(KeyOutcome(key, values, tuple(names)))
    return True


def _blocked(
    names: list[str], masks: list[int], remaining: list[int], floor: int, mask: int
) -> tuple[Fate, tuple[str, ...]]:
    """Say who leaves nothing of ``mask``; the first ``floor`` are of higher standing."""
    fate, count = _SUPERSEDED, len(masks)
    if floor and not remaining[floor - 1] & mask:
        fate, count = _MISALIGNED, floor
    if not masks[0] & mask:
        return fate, (names[0],)
    chosen = minimal_blockers(masks, remaining, count, mask)
    return fate, tuple([names[place] for place in chosen])
