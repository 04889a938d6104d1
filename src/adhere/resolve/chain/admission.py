"""Admission on one key, whatever happens there: ties, exceptions, ranges, delegated authority.

`plain` decides the keys where none of that happens, in the same way and faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from adhere.resolve.chain.conflict import minimal_blockers, minimal_subset, settle
from adhere.resolve.chain.exceptions import rank_exceptions
from adhere.resolve.chain.trace import Fate, KeyOutcome, Row, Step
from adhere.resolve.chain.transcript import MOMENT_BITS, ROOT_STANDING, Entry, Record
from adhere.resolve.chain.value_sets import ValueSets
from adhere.resolve.chain.values import EVERYTHING, NOTHING, Values, intersect

_Applied: TypeAlias = tuple[int, int, int, str]
"""Index, mask, standing, id."""


class Admission:
    """What is left of a key, and who took what away.

    Args:
        key: The key.
        mentioned: Everything that may be admitted to it.
        excepts: For instructions of this key that are exceptions, what they except (indexes).
        record: Where everything is written down in the end.
    """

    def __init__(
        self,
        key: str,
        mentioned: Sequence[Values],
        excepts: Mapping[int, Sequence[int]],
        record: Record,
    ) -> None:
        self.key = key
        self._cells = ValueSets(mentioned)
        self._record = record
        self._decided: list[tuple[int, Step]] = []
        self._values = EVERYTHING
        self._mask = -1
        self._closed_by: tuple[str, ...] = ()
        # Only instructions that took something away can block; these three go together.
        self._narrowers: list[str] = []
        self._masks: list[int] = []
        self._remaining: list[int] = []
        self._floor = 0  # how many of them have a higher standing than the one at hand
        self._standing = 0
        # The rest is only kept where there are exceptions.
        self._excepts = excepts
        self._exceptions: dict[int, list[int]] = {}
        self._standings: dict[int, int] = {}
        self._turns: list[int] = []
        self._applied: list[_Applied] = []

    def admit(self, entries: list[Entry]) -> None:
        """Decide ``entries``, which rank below everything decided before."""
        if self._excepts:
            entries = self._ranked(entries)
        entries.sort()
        place = 0
        while place < len(entries):
            order = entries[place][0]
            end = place + 1
            while end < len(entries) and entries[end][0] == order:
                end += 1
            standing = -order >> MOMENT_BITS
            if standing != self._standing:
                self._standing = standing
                self._floor = len(self._narrowers)
            if end == place + 1:
                self._admit_one(entries[place])
            else:
                self._admit_equals(entries[place:end])
            place = end

    def close(self) -> None:
        """Write everything into the record."""
        record = self._record
        for index, step in self._decided:
            record.steps.append(step)
            record.rows[index] = Row(step.id, step.fate, step.by)
        record.outcomes.append(
            KeyOutcome(self.key, self._values, tuple(self._narrowers), closed=bool(self._closed_by))
        )

    def applied(self) -> set[str]:
        """Return the ids of those that apply, so far."""
        return {step.id for _, step in self._decided if step.fate is Fate.APPLIES}

    def _ranked(self, entries: list[Entry]) -> list[Entry]:
        """Move exceptions up to what they except, and note who excepts whom."""
        groups: dict[int, dict[int, int]] = {}
        for order, _, index, *_ in entries:
            self._standings[index] = -order >> MOMENT_BITS
            groups.setdefault(self._standings[index], {})[index] = order
        orders: dict[int, int] = {}
        for group in groups.values():
            ranked, exceptions, turns = rank_exceptions(group, self._excepts)
            orders |= ranked
            self._turns += turns
            for index, found in exceptions.items():
                self._exceptions.setdefault(index, []).extend(found)
        for index, others in self._excepts.items():
            for other in others:
                if self._standings.get(index, 0) > self._standings.get(other, 0) > 0:
                    known = self._exceptions.setdefault(other, [])
                    if index not in known:
                        known.append(index)
        return [(orders[entry[2]], *entry[1:]) for entry in entries]

    def _admit_one(self, entry: Entry) -> None:
        _, name, index, _, allowed, _ = entry
        before = self._values
        if self._closed_by:
            self._write(entry, before, Fate.MISALIGNED, self._closed_by)
            return
        mask = self._cells.mask(allowed)
        left = self._mask & mask
        if not left:
            self._write(entry, before, *self._blocked(index, mask))
            return
        if left != self._mask:
            self._narrow(name, allowed, mask)
        if self._excepts:
            self._applied.append((index, mask, self._standing, name))
        self._write(entry, before, Fate.APPLIES, ())

    def _narrow(self, name: str, allowed: Values, mask: int) -> None:
        self._mask &= mask
        if self._mask == mask:
            self._values = allowed
        else:
            self._values = intersect(self._values, allowed)
            self._record.spend(len(self._values.mentioned))
        self._narrowers.append(name)
        self._masks.append(mask)
        self._remaining.append(self._mask)

    def _write(self, entry: Entry, before: Values, fate: Fate, by: tuple[str, ...]) -> None:
        _, name, index, level, _, giver = entry
        rank = len(self._decided) + 1
        step = Step(name, self.key, rank, level, True, before, self._values, fate, by, giver)
        self._decided.append((index, step))
        self._record.spend(len(by))

    def _blocked(self, index: int, mask: int) -> tuple[Fate, tuple[str, ...]]:
        """Say why nothing is left of ``mask``: higher standing, a later word, or an exception."""
        if index in self._exceptions:
            return self._blocked_with_exceptions(index, mask)
        fate, count = Fate.SUPERSEDED, len(self._masks)
        if self._floor and not self._remaining[self._floor - 1] & mask:
            fate, count = Fate.MISALIGNED, self._floor
        chosen = minimal_blockers(self._masks, self._remaining, count, mask)
        return fate, tuple(self._narrowers[place] for place in chosen)

    def _blocked_with_exceptions(self, index: int, mask: int) -> tuple[Fate, tuple[str, ...]]:
        exceptions = self._exceptions[index]
        others = [one for one in self._applied if one[0] not in exceptions]
        higher = [one for one in others if one[2] > self._standing]
        for fate, blockers in ((Fate.MISALIGNED, higher), (Fate.SUPERSEDED, others)):
            left = mask
            for _, bound, _, _ in blockers:
                left &= bound
            if not left:
                return fate, _fewest(blockers, mask)
        return Fate.EXCEPTED, _fewest(self._applied, mask)

    def _admit_equals(self, entries: list[Entry]) -> None:
        """Decide instructions of one standing and one message, which come sorted by id."""
        masks = [self._cells.mask(entry[4]) for entry in entries]
        together = self._mask
        decided: dict[int, tuple[Fate, tuple[str, ...]]] = {}
        able: list[_Applied] = []
        for (_, name, index, *_), mask in zip(entries, masks, strict=True):
            if self._closed_by:
                decided[index] = Fate.MISALIGNED, self._closed_by
            elif self._mask & mask:
                able.append((index, mask, self._standing, name))
                together &= mask
            else:  # before any of its equals is admitted: they do not count
                decided[index] = self._blocked(index, mask)
        if not together:
            decided |= self._settled(able)
        for entry in entries:
            fate, by = decided.get(entry[2], (Fate.APPLIES, ()))
            if fate is Fate.APPLIES and not self._closed_by:
                self._admit_one(entry)
                continue
            before = self._values
            if self._closed_by:
                self._values = NOTHING
            self._write(entry, before, fate, by)

    def _settled(self, able: list[_Applied]) -> dict[int, tuple[Fate, tuple[str, ...]]]:
        """Decide those of some equals in a contradiction who do not apply; close a key of root."""
        decided: dict[int, tuple[Fate, tuple[str, ...]]] = {}
        place_of = {one[0]: place for place, one in enumerate(able)}
        exceptions = {
            place_of[index]: sorted(place_of[one] for one in found if one in place_of)
            for index, found in self._exceptions.items()
            if index in place_of
        }
        turns = [place_of[index] for index in self._turns if index in place_of]
        root = self._standing == ROOT_STANDING
        tie = settle(
            self._mask, [one[1] for one in able], exceptions, turns, self._cells, root=root
        )
        for place, strong in tie.excepted.items():
            blockers = self._applied + [able[one] for one in strong]
            decided[able[place][0]] = Fate.EXCEPTED, _fewest(blockers, able[place][1])
        for place, peers in tie.contradictory.items():
            by = tuple(able[one][3] for one in peers)
            decided[able[place][0]] = (Fate.INACTION if root else Fate.AMBIGUOUS), by
        if root and tie.contradictory:
            first, peers = min(tie.contradictory.items())
            self._closed_by = tuple(able[one][3] for one in sorted((first, *peers)))
        return decided


def _fewest(blockers: Sequence[_Applied], mask: int) -> tuple[str, ...]:
    chosen = minimal_subset([one[1] for one in blockers], mask)
    return tuple(blockers[place][3] for place in chosen)
