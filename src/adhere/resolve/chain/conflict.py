"""Which instructions exclude one another: smallest sets of blockers, and contradictions of equals.

All functions work on masks (see `value_sets`); instructions are named by their place in a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from adhere.resolve.chain.value_sets import ValueSets, places


def minimal_blockers(
    masks: Sequence[int], remaining: Sequence[int], count: int, target: int
) -> list[int]:
    """Choose, among the first ``count`` blockers, a set without a superfluous member.

    It is the set that is left when one goes through the blockers from the lowest to the highest
    and strikes out each that the others can do without.

    Args:
        masks: What each blocker admits, the highest first.
        remaining: What the blockers up to and including this one admit together.
        count: How many may be used; together they must leave nothing of ``target``.
        target: What the blocked instruction admits; not empty.

    Returns:
        Places in ``masks``, ascending.
    """
    chosen: list[int] = []
    while target:
        # `remaining` only ever loses values: bisect for the first one that leaves nothing. The
        # blocker there is needed, because everything above it still leaves something.
        low, high = 0, count - 1
        while low < high:
            middle = (low + high) // 2
            if remaining[middle] & target:
                low = middle + 1
            else:
                high = middle
        chosen.append(low)
        target &= masks[low]
        count = low
    chosen.reverse()
    return chosen


def minimal_subset(masks: Sequence[int], target: int) -> list[int]:
    """Like `minimal_blockers`, for a list that is used once."""
    remaining = []
    left = -1
    for mask in masks:
        left &= mask
        remaining.append(left)
    return minimal_blockers(masks, remaining, len(masks), target)


class Tie(msgspec.Struct):
    """What comes of instructions of the same standing and the same message; places in their list.

    Attributes:
        excepted: Those that give way to exceptions, each with its exceptions that count.
        contradictory: Those in a contradiction, each with others that complete a smallest one.
    """

    excepted: dict[int, list[int]]
    contradictory: dict[int, list[int]]


def settle(
    admitted: int,
    masks: Sequence[int],
    exceptions: Mapping[int, Sequence[int]],
    turns: Sequence[int],
    cells: ValueSets,
    *,
    root: bool,
) -> Tie:
    """Settle a tie: exceptions beat what they except; whoever still contradicts is in conflict.

    Args:
        admitted: What the instructions above leave.
        masks: What each admits; each alone leaves something of ``admitted``.
        exceptions: The exceptions to each, among these; no cycles.
        turns: All places, each exception before what it excepts.
        cells: The key's cells.
        root: In a conflict of root principles an exception keeps its force, since the key is
            closed anyway. Elsewhere an exception in doubt leaves in doubt what it excepts.
    """
    yielding: dict[int, list[int]] = {}
    for place in turns:
        strong = [one for one in exceptions.get(place, ()) if one not in yielding]
        found = contradictions(admitted, [masks[one] for one in (*strong, place)], cells)
        if len(strong) in found:
            yielding[place] = [strong[one] for one in found[len(strong)]]
    rest = [place for place in range(len(masks)) if place not in yielding]
    found = contradictions(admitted, [masks[place] for place in rest], cells)
    contradictory = {rest[one]: [rest[other] for other in peers] for one, peers in found.items()}
    if root:
        return Tie(yielding, contradictory)
    excepted: dict[int, list[int]] = {}
    doubtful: dict[int, list[int]] = {}
    for place, peers in yielding.items():
        firm = [one for one in exceptions[place] if one in rest and one not in contradictory]
        if _together(admitted, masks, [*firm, place]):
            doubtful[place] = peers
        else:
            excepted[place] = firm
    return Tie(excepted, contradictory | doubtful)


def _together(admitted: int, masks: Sequence[int], places: Sequence[int]) -> int:
    for place in places:
        admitted &= masks[place]
    return admitted


def contradictions(admitted: int, masks: Sequence[int], cells: ValueSets) -> dict[int, list[int]]:
    """Find everyone who is part of a contradiction, and the others of a smallest one.

    A contradiction without a superfluous member exists around an instruction just if there is a
    value that it forbids and that satisfies as many of the others as can be satisfied at once: no
    other value satisfies all of those and one more.

    Returns:
        For each place in a contradiction, the places that complete it. Empty if all agree.
    """
    if _together(admitted, masks, range(len(masks))):
        return {}
    camps = sorted(
        set(cells.camps(admitted, masks).values()), key=lambda camp: (-camp.bit_count(), camp)
    )
    agreed = (1 << len(masks)) - 1  # who is in every largest camp so far
    found: dict[int, list[int]] = {}
    for number, camp in enumerate(camps):
        missing = agreed & ~camp
        if not missing or any(camp & other == camp for other in camps[:number]):
            continue
        agreed &= camp
        members = list(places(camp))
        bounds = [masks[place] for place in members]
        remaining = []
        left = admitted
        for mask in bounds:
            left &= mask
            remaining.append(left)
        for place in places(missing):
            target = admitted & masks[place]
            chosen = minimal_blockers(bounds, remaining, len(bounds), target)
            found[place] = [members[one] for one in chosen]
        if not agreed:
            break
    return dict(sorted(found.items()))
