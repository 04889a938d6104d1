"""Unknown facts: the ways they can be, as far as any instruction can tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from adhere.resolve.chain.facts import Condition
from adhere.resolve.chain.value_sets import ValueSets
from adhere.resolve.chain.values import Values


class Situation(msgspec.Struct, frozen=True):
    """One way the unknown facts can be.

    Attributes:
        holding: The instructions whose conditions hold, as bits by their place in the list.
        assuming: Facts that make it so, by name.
    """

    holding: int
    assuming: tuple[Condition, ...]


class Situations:
    """Every way the unknown facts can be, without telling apart what no condition tells apart.

    Two assignments are the same situation if the same instructions are in scope, so twelve facts
    that one instruction names make two situations, not thousands.

    Args:
        conditions: For each instruction, its conditions on unknown facts.
        domains: The values facts can have, where that is declared.
        limit: Give up beyond this many situations.
    """

    def __init__(
        self,
        conditions: Sequence[Sequence[Condition]],
        domains: Mapping[str, Values],
        limit: int,
    ) -> None:
        self._everybody = (1 << len(conditions)) - 1
        self._readings: dict[str, dict[int, Values]] = {}
        self.too_many = False
        named: dict[str, list[tuple[int, Values]]] = {}
        for place, wanted in enumerate(conditions):
            for condition in wanted:
                named.setdefault(condition.fact, []).append((place, condition.values))
        found = {self._everybody: Situation(self._everybody, ())}
        self._prefixes = [tuple(found)]
        for name, asked in sorted(named.items()):
            reading = _reading(asked, domains.get(name), len(conditions))
            grown: dict[int, Situation] = {}
            for known in found.values():
                for holding, values in reading.items():
                    both = known.holding & holding
                    if both not in grown:
                        assumed = (*known.assuming, Condition(name, values))
                        grown[both] = Situation(both, assumed)
            found = grown
            self._readings[name] = reading
            self._prefixes.append(tuple(found))
            if len(found) > limit:
                self.too_many = True
                break
        self.all = tuple(found.values())

    def depends(self, outcomes: Mapping[int, Sequence[object]]) -> list[list[str]]:
        """Find what each outcome depends on.

        Args:
            outcomes: For each situation, by what holds in it, the same number of outcomes.

        Returns:
            For each outcome, the facts that change it in some situation, all others being equal.
        """
        width = len(outcomes[self.all[0].holding])
        found: list[list[str]] = [[] for _ in range(width)]
        suffixes = [{self._everybody}]
        for reading in reversed(self._readings.values()):
            suffixes.append({left & holding for left in suffixes[-1] for holding in reading})
        suffixes.reverse()
        for number, (name, reading) in enumerate(self._readings.items()):
            others = {one & two for one in self._prefixes[number] for two in suffixes[number + 1]}
            moved: set[int] = set()
            for rest in others:
                reached = {rest & holding for holding in reading}
                first = outcomes[reached.pop()]
                for holding in reached:
                    other = outcomes[holding]
                    moved.update(at for at in range(width) if first[at] != other[at])
            for at in moved:
                found[at].append(name)
        return found


def _reading(
    asked: Sequence[tuple[int, Values]], domain: Values | None, instructions: int
) -> dict[int, Values]:
    """For a fact: which instructions its values leave in scope, each with values that do."""
    cells = ValueSets([values for _, values in asked] + ([] if domain is None else [domain]))
    masks = [-1] * instructions
    for place, values in asked:
        masks[place] &= cells.mask(values)
    reading: dict[int, Values] = {}
    possible = -1 if domain is None else cells.mask(domain)
    for cell, holding in cells.camps(possible, masks).items():
        reading.setdefault(holding, cells.at(cell))
    return reading
