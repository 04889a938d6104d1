"""Which conditions hold, which do not, and which depend on facts that are unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adhere.resolve.chain.facts import Condition, Fact, FactBook, RefusedFact
from adhere.resolve.chain.instruction import Instruction
from adhere.spec import Authority


class Scopes:
    """The scope of every instruction.

    Args:
        instructions: All of them.
        facts: By name.
        members: Indexes of those that have conditions, where that is known already.

    Attributes:
        outside: Indexes of the instructions whose conditions do not hold.
        open: For instructions whose scope is unknown, their conditions on unknown facts.
        book: The facts that are believed.
        used: Facts that conditions read.
        unknown: Facts that conditions needed and did not have.
    """

    def __init__(
        self,
        instructions: Sequence[Instruction],
        facts: Mapping[str, Fact],
        members: Iterable[int] | None = None,
    ) -> None:
        self.outside: set[int] = set()
        self.open: dict[int, tuple[Condition, ...]] = {}
        self.book = FactBook(facts)
        self._used: set[str] = set()
        self._unknown: set[str] = set()
        self._refused_to_root: set[str] = set()
        for index in range(len(instructions)) if members is None else members:
            if instructions[index].when:
                self._read(index, instructions[index])

    def _read(self, index: int, instruction: Instruction) -> None:
        known = self.book.known
        root = False
        if self.book.unvouched:
            root = speaks_as_root(instruction)
        open_ = []
        outside = False
        for condition in instruction.when:
            fact = condition.fact
            if fact in known and not (root and fact in self.book.unvouched):
                self._used.add(fact)
                outside = outside or not condition.values.admits(known[fact])
                continue
            open_.append(condition)
            self._unknown.add(fact)
            if fact in known:
                self._refused_to_root.add(fact)
        if outside:
            self.outside.add(index)
        elif open_:
            self.open[index] = tuple(open_)

    @property
    def used(self) -> tuple[str, ...]:
        return tuple(sorted(self._used))

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(sorted(self._unknown))

    @property
    def refused(self) -> tuple[RefusedFact, ...]:
        """Facts that were not believed, at all or by instructions of level root."""
        reasons = dict.fromkeys(
            self._refused_to_root, "level root reads only what the system or the spec has set"
        )
        return tuple(RefusedFact(*one) for one in sorted((reasons | self.book.refused).items()))


def speaks_as_root(instruction: Instruction) -> bool:
    """Whether it ranks as root: sections of level root, and of level platform in older specs."""
    return instruction.origin.kind == "section" and instruction.level in _ROOT


_ROOT = (Authority.ROOT, Authority.PLATFORM)
