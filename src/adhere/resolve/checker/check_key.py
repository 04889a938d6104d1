"""Check the steps of one key: order, admission, ties. Part of the checker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from adhere.errors import InputError
from adhere.resolve.chain.trace import Fate, Step
from adhere.resolve.checker.points import Points
from adhere.spec import Authority


class Problem(InputError):
    """Something in a resolution is not as it must be."""


class Player(NamedTuple):
    """An instruction that takes part.

    Attributes:
        step: What the trace says of it.
        excepts: Ids it is an exception to.
        standing: Level, own before delegated, who implies it.
        moment: When it was said.
        points: What it admits.
    """

    step: Step
    excepts: tuple[str, ...]
    standing: tuple[int, int, int]
    moment: int
    points: Points

    @property
    def id(self) -> str:
        return self.step.id


class Walk:
    """Goes through the instructions of a key from the top and checks what is said of each.

    Args:
        players: Those that take part.
        everything: All points.

    Attributes:
        admitted: What is left in the end.
        narrowed_by: Who took something away.
        closed_by: The root instructions that closed the key.
        admissions: For each step, what is admitted before and after it.

    Raises:
        Problem: Something is wrong.
    """

    def __init__(self, players: Sequence[Player], everything: Points) -> None:
        self.admitted = everything
        self.narrowed_by: list[str] = []
        self.closed_by: tuple[str, ...] = ()
        self.admissions: list[tuple[Step, Points, Points]] = []
        self._applied: list[Player] = []
        self._exceptions = _exceptions(players)
        moments = _moments(players, self._exceptions)

        def place(player: Player) -> tuple[tuple[int, int, int], int]:
            return player.standing, moments[player.id]

        ordered = sorted(players, key=lambda one: one.id)
        ordered.sort(key=place, reverse=True)  # stable: equals stay sorted by id
        for rank, player in enumerate(ordered, start=1):
            if player.step.rank != rank:
                raise Problem(f"{player.id}: its rank is {rank}, not {player.step.rank}")
        for _, equals in groupby(ordered, key=place):
            self._check_equals(list(equals))

    def _check_equals(self, equals: list[Player]) -> None:
        """Check instructions of one standing and one moment."""
        if self.closed_by:
            for player in equals:
                self._expect(player, Fate.MISALIGNED, self.closed_by)
                self._pass(player)
            return
        able = {one.id: one for one in equals if one.points & self.admitted}
        root = equals[0].standing[0] == Authority.ROOT.rank
        yielding = self._yielding(able)
        rest = {name: one.points for name, one in able.items() if name not in yielding}
        contradictory = outvoted(self.admitted, rest)
        for player in equals:
            others = {name: points for name, points in rest.items() if name != player.id}
            if player.id not in able:
                self._expect(player, *self._why_blocked(player))
            elif player.id in contradictory:
                self._expect(player, Fate.INACTION if root else Fate.AMBIGUOUS)
                self._expect_smallest(player, others)
            elif player.id in yielding:
                self._check_yielding(player, yielding[player.id], contradictory, able, root=root)
            else:
                self._expect(player, Fate.APPLIES, ())
        if root and contradictory:
            first = min((one.step for one in equals if one.id in contradictory), key=_id)
            self.closed_by = tuple(sorted((first.id, *first.by)))
        for player in equals:
            self._pass(player)

    def _yielding(self, able: Mapping[str, Player]) -> dict[str, list[str]]:
        """Who gives way to exceptions among equals, and to which."""
        yielding: dict[str, list[str]] = {}
        waiting = set(able)
        while waiting:
            for name in sorted(waiting):
                exceptions = self._exceptions[name] & able.keys()
                if exceptions & waiting:
                    continue  # first see what becomes of these
                strong = sorted(exceptions - yielding.keys())
                camp = {one: able[one].points for one in (*strong, name)}
                if name in outvoted(self.admitted, camp):
                    yielding[name] = strong
                waiting.discard(name)
        return yielding

    def _check_yielding(
        self, player: Player, strong: list[str], doubtful: set[str],
        able: Mapping[str, Player], *, root: bool,
    ) -> None:  # fmt: skip
        firm = [able[name] for name in strong if name not in doubtful]
        if root:
            self._expect(player, Fate.EXCEPTED)
            self._expect_smallest(player, {name: able[name].points for name in strong})
        elif _common(self.admitted & player.points, firm):
            self._expect(player, Fate.AMBIGUOUS)
            self._expect_smallest(player, {name: able[name].points for name in strong})
        else:
            blockers = strike_out([*self._applied, *firm], player.points)
            self._expect(player, Fate.EXCEPTED, blockers)

    def _why_blocked(self, player: Player) -> tuple[Fate, tuple[str, ...]]:
        others = [one for one in self._applied if one.id not in self._exceptions[player.id]]
        higher = [one for one in others if one.standing > player.standing]
        if not _common(player.points, higher):
            return Fate.MISALIGNED, strike_out(higher, player.points)
        if not _common(player.points, others):
            return Fate.SUPERSEDED, strike_out(others, player.points)
        return Fate.EXCEPTED, strike_out(self._applied, player.points)

    def _expect(self, player: Player, fate: Fate, by: tuple[str, ...] | None = None) -> None:
        if player.step.fate is not fate:
            raise Problem(f"{player.id}: its fate is {fate}, not {player.step.fate}")
        if by is not None and player.step.by != by:
            raise Problem(f"{player.id}: {fate} by {by}, not by {player.step.by}")

    def _expect_smallest(self, player: Player, others: Mapping[str, Points]) -> None:
        """Check that it contradicts whom it names, and that it takes all of them."""
        by = player.step.by
        if list(by) != sorted(set(by)) or not others.keys() >= set(by):
            raise Problem(f"{player.id}: cannot be in a contradiction with {by}")
        parts = [player.points, *(others[name] for name in by)]
        if self.admitted.intersection(*parts):
            raise Problem(f"{player.id}: is in no contradiction with {by}")
        for number in range(len(parts)):
            if not self.admitted.intersection(*parts[:number], *parts[number + 1 :]):
                raise Problem(f"{player.id}: its contradiction with {by} has a superfluous member")

    def _pass(self, player: Player) -> None:
        """Check what the step says was admitted before and after it."""
        before = self.admitted
        if self.closed_by:
            self.admitted = frozenset()
        elif player.step.fate is Fate.APPLIES:
            self._applied.append(player)
            self.admitted &= player.points
            if self.admitted != before:
                self.narrowed_by.append(player.id)
        self.admissions.append((player.step, before, self.admitted))


def outvoted(admitted: Points, members: Mapping[str, Points]) -> set[str]:
    """Return who is missing from some largest group that can be satisfied together."""
    camps = {
        frozenset(name for name, points in members.items() if point in points) for point in admitted
    }
    largest = [camp for camp in camps if not any(camp < other for other in camps)]
    return set(members).difference(frozenset(members).intersection(*largest))


def strike_out(blockers: Sequence[Player], target: Points) -> tuple[str, ...]:
    """Go from the lowest blocker up and strike out each that the others can do without."""
    above = [target]
    for one in blockers:
        above.append(above[-1] & one.points)
    kept: list[str] = []
    below = target
    for place in range(len(blockers) - 1, -1, -1):
        if above[place] & below:
            kept.append(blockers[place].id)
            below &= blockers[place].points
    return tuple(reversed(kept))


def _common(points: Points, players: Iterable[Player]) -> Points:
    return points.intersection(*(one.points for one in players))


def _id(step: Step) -> str:
    return step.id


def _exceptions(players: Sequence[Player]) -> dict[str, set[str]]:
    """The exceptions to each that count: of no lower standing, and not going in a circle."""
    by_id = {one.id: one for one in players}
    named = {one.id: {name for name in one.excepts if name in by_id} for one in players}
    equal = {
        name: {other for other in others if by_id[other].standing == by_id[name].standing}
        for name, others in named.items()
    }
    found: dict[str, set[str]] = {one.id: set() for one in players}
    for name, others in named.items():
        for other in others:
            if by_id[name].standing < by_id[other].standing:
                continue
            if other in equal[name] and name in _reachable(other, equal):
                continue
            found[other].add(name)
    return found


def _reachable(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    seen = {start}
    waiting = [start]
    while waiting:
        for other in edges[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def _moments(players: Sequence[Player], exceptions: Mapping[str, set[str]]) -> dict[str, int]:
    """When each counts as said: an exception no earlier than what it excepts, if they are equal."""
    by_id = {one.id: one for one in players}
    moments = {one.id: one.moment for one in players}
    changed = True
    while changed:
        changed = False
        for name, found in exceptions.items():
            for exception in found:
                if by_id[exception].standing != by_id[name].standing:
                    continue
                if moments[exception] < moments[name]:
                    moments[exception] = moments[name]
                    changed = True
    return moments
