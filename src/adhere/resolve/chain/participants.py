"""Sort instructions into those that take part, those set aside, and texts that wait."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from adhere.resolve.chain.instruction import ANY, Instruction
from adhere.resolve.chain.trace import Fate
from adhere.resolve.chain.transcript import LEVEL_SHIFT, MOMENT_BITS, OWN, Entry
from adhere.spec import Authority

Offers: TypeAlias = dict[tuple[str, str], tuple[int, str]]
"""For a source of text and a key: the order and the id of the highest who delegates that."""

LEVELS: Final = {
    level.rank: level for level in Authority if level not in (Authority.PLATFORM, Authority.NONE)
}
_GUIDELINE: Final = Authority.GUIDELINE
# Looking up a member of an enumeration takes as long as the rest of what is done with it.
_NONE, _PLATFORM, _SYSTEM = Authority.NONE, Authority.PLATFORM, Authority.SYSTEM
_ORDERS: Final = {
    level.value: -((level.rank << LEVEL_SHIFT | OWN) << MOMENT_BITS) for level in Authority
}


class Aside(NamedTuple):
    """An instruction that takes no part, and why; sorts by key, then id."""

    key: str
    id: str
    place: int
    fate: Fate
    level: Authority
    by: tuple[str, ...] = ()
    giver: str = ""


class Participants:
    """What is to be decided.

    Args:
        instructions: All of them.
        outside: Indexes of those whose conditions do not hold.
        capabilities: What the assistant is able to do.

    Attributes:
        entries: By key, those that take part.
        aside: Those that do not.
        texts: Indexes of texts without authority that somebody means to delegate to.
        delegators: Order and index of everybody who delegates, applicable or not.
    """

    def __init__(
        self,
        instructions: Sequence[Instruction],
        outside: Container[int],
        capabilities: Container[str],
    ) -> None:
        self.entries: dict[str, list[Entry]] = {}
        self.aside: list[Aside] = []
        self.texts: list[int] = []
        self.delegators: list[tuple[int, int]] = []
        self._instructions = instructions
        self._outside = outside
        self._capabilities = capabilities
        self._would: Offers = {}

    def sort(self, members: Iterable[int]) -> None:
        """Give everyone with authority a place in the order of its key, or set it aside."""
        instructions, outside, entries = self._instructions, self._outside, self.entries
        texts: list[int] = []
        for index in members:
            instruction = instructions[index]
            level = instruction.level
            if level is _NONE:
                texts.append(index)
                continue
            origin = instruction.origin
            # Settings made before the conversation (-1) come between the spec and the messages.
            if origin.kind == "section":
                order = _ORDERS[level._value_] - 1 - origin.position
            else:
                if level is _PLATFORM:
                    level = _SYSTEM  # whoever writes a platform message speaks as the system
                order = _ORDERS[level._value_] - 2 - origin.position
            if instruction.mode != "explicit":
                order, level = _implied(order, level)
            if instruction.delegates is not None:
                self.delegators.append((order, index))
            if (
                index in outside
                or instruction.suspected_mistake
                or instruction.needs_capability is not None
            ):
                fate = self._why_aside(index)
                if fate is not None:
                    self._put_aside(index, fate, level)
                    continue
            key = instruction.key
            if key in entries:
                entries[key].append((order, instruction.id, index, level, instruction.allowed, ""))
            else:
                entries[key] = [(order, instruction.id, index, level, instruction.allowed, "")]
        if texts:
            self._sort_texts(texts)

    def _why_aside(self, index: int) -> Fate | None:
        instruction = self._instructions[index]
        if index in self._outside:
            return Fate.OUT_OF_SCOPE
        if instruction.suspected_mistake:
            return Fate.SUSPECTED_MISTAKE
        needed = instruction.needs_capability
        if needed is not None and needed not in self._capabilities:
            return Fate.BEYOND_CAPABILITY
        return None

    def _put_aside(
        self, index: int, fate: Fate, level: Authority, by: tuple[str, ...] = (), giver: str = ""
    ) -> None:
        instruction = self._instructions[index]
        self.aside.append(Aside(instruction.key, instruction.id, index, fate, level, by, giver))

    def _sort_texts(self, texts: list[int]) -> None:
        for order, index in self.delegators:
            self._offer(self._would, order, index)
        sources = {source for source, _ in self._would}
        for index in texts:
            text = self._instructions[index]
            if (text.source in sources or ANY in sources) and _best(self._would, text):
                self.texts.append(index)
            else:
                self._put_aside(index, Fate.NO_AUTHORITY, _NONE)

    def _offer(self, offers: Offers, order: int, index: int) -> None:
        instruction = self._instructions[index]
        delegation = instruction.delegates
        assert delegation is not None
        for key in delegation.keys:
            pair = (delegation.selector, key)
            offer = (order, instruction.id)
            offers[pair] = min(offers.get(pair, offer), offer)

    def grant(self, rank: int, applied: Container[str]) -> None:
        """Let the texts take part that are granted this rank.

        Call it from the highest rank down, when everybody with authority of this rank is decided.
        Nothing delegated is ever root.

        Args:
            rank: The rank.
            applied: Ids of the delegators that apply.
        """
        offers: Offers = {}
        for order, index in self.delegators:
            delegation = self._instructions[index].delegates
            assert delegation is not None
            own = -order >> MOMENT_BITS + LEVEL_SHIFT
            if (
                min(own, delegation.max_level.rank, _SYSTEM.rank) == rank
                and self._instructions[index].id in applied
            ):
                self._offer(offers, order, index)
        waiting = []
        for index in self.texts:
            offer = _best(offers, self._instructions[index])
            if offer is None:
                waiting.append(index)
            else:
                self._let_in(index, rank, offer[1])
        self.texts = waiting

    def _let_in(self, index: int, rank: int, giver: str) -> None:
        instruction = self._instructions[index]
        level: Authority = LEVELS[rank]
        origin = instruction.origin
        moment = origin.position + (1 if origin.kind == "section" else 2)
        order = -(rank << LEVEL_SHIFT + MOMENT_BITS | moment)
        if instruction.mode == "implicit":
            order, level = _implied(order, level)
        fate = self._why_aside(index)
        if fate is not None:
            self._put_aside(index, fate, level, (), giver)
            return
        entry = (order, instruction.id, index, level, instruction.allowed, giver)
        self.entries.setdefault(instruction.key, []).append(entry)

    def bury_texts(self) -> None:
        """Set aside the texts whose delegators do not apply."""
        for index in self.texts:
            offer = _best(self._would, self._instructions[index])
            assert offer is not None
            self._put_aside(index, Fate.DELEGATION_DEAD, Authority.NONE, (offer[1],))
        self.texts = []


def _implied(order: int, level: Authority) -> tuple[int, Authority]:
    """Move what is only implied to level guideline, above the guidelines themselves."""
    if level.rank <= _GUIDELINE.rank:
        return order, level
    rest = -order - (level.rank << LEVEL_SHIFT + MOMENT_BITS)
    standing = _GUIDELINE.rank << LEVEL_SHIFT | level.rank
    return -((standing << MOMENT_BITS) + rest), _GUIDELINE


def _best(offers: Offers, text: Instruction) -> tuple[int, str] | None:
    source, key = text.source or ANY, text.key
    pairs = ((source, key), (source, ANY), (ANY, key), (ANY, ANY))
    return min((offers[pair] for pair in pairs if pair in offers), default=None)
