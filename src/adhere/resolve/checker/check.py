"""Check a resolution against its candidates, by other means than it was made.

The resolver sorts, calculates with bits and bisects. The checker looks at sample points, compares
everybody with everybody, and asks of each row whether what it claims is so. It imports nothing of
the resolver but its nouns, and it takes its time: on a key with very many instructions, the square
of what the resolver takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adhere.resolve.chain.instruction import ANY, Candidates, Instruction
from adhere.resolve.chain.trace import Case, Fate, KeyOutcome, Resolution, Row, Step
from adhere.resolve.chain.values import EVERYTHING, Values
from adhere.resolve.checker.check_facts import Reading, Way
from adhere.resolve.checker.check_key import Problem
from adhere.resolve.checker.check_steps import replay
from adhere.resolve.checker.points import Samples
from adhere.spec import Authority


def check_resolution(candidates: Candidates, resolution: Resolution) -> str:
    """Replay a resolution.

    Returns:
        What is wrong with it, in a sentence; empty if nothing is.
    """
    try:
        _Check(candidates, resolution).run()
    except Problem as problem:
        return str(problem)
    return ""


class _Check:
    def __init__(self, candidates: Candidates, resolution: Resolution) -> None:
        self._candidates = candidates
        self._resolution = resolution
        self._reading = Reading(candidates)
        self._instructions = {one.id: one for one in candidates.instructions}
        self._rows: dict[str, Row] = {row.id: row for row in resolution.rows}
        self._outcomes = {outcome.key: outcome for outcome in resolution.keys}

    def run(self) -> None:
        given, reading = self._resolution, self._reading
        facts = (given.facts_used, given.facts_unknown, given.facts_refused)
        _require(facts == (reading.used, reading.unknown, reading.refused), "wrong about facts")
        _require(given.spec_digest == self._candidates.spec_digest, "made under another spec")
        names = [one.id for one in self._candidates.instructions]
        _require([row.id for row in given.rows] == names, "not one row an instruction, in order")
        keys = sorted({one.key for one in self._candidates.instructions})
        _require([outcome.key for outcome in given.keys] == keys, "not one outcome a key, in order")
        groups = _groups(self._candidates.instructions)
        unsure = [group for group in groups if any(name in reading.open for name in group)]
        sure = [name for group in groups if group not in unsure for name in group]
        cases = list(given.trace)
        _require(bool(cases) and not cases[0].assuming, "the first case must assume nothing")
        self._check_group(sure, {frozenset(): cases.pop(0)})
        approximated: list[str] = []
        for group in unsure:
            limit = given.budget // len(unsure) // self._weight(group)
            ways = reading.ways(group, limit)
            if ways is None:
                approximated += self._check_approximation(group)
                continue
            taken, cases = cases[: len(ways)], cases[len(ways) :]
            by_way = {reading.way_of(group, case.assuming): case for case in taken}
            _require(by_way.keys() == ways, "the cases are not all the ways the facts can be")
            self._check_group(group, by_way)
        _require(not cases, "there are more cases than the unknown facts allow")
        _require(given.approximated == tuple(sorted(approximated)), "wrong keys approximated")

    def _weight(self, group: Sequence[str]) -> int:
        """What a case may cost: for each step, itself and every value its key ever mentions."""
        total = 0
        for key in {self._instructions[name].key for name in group}:
            sets = [
                self._instructions[name].allowed
                for name in group
                if self._instructions[name].key == key
            ]
            distinct = {repr(one) for values in sets for one in values.mentioned}
            total += len(sets) * (1 + len(distinct))
        return total

    def _check_group(self, group: Sequence[str], cases: Mapping[Way, Case]) -> None:
        """Check every case of a group, and what the rows and outcomes make of them."""
        replays = []
        steps: dict[Way, dict[str, Step]] = {}
        for way, case in cases.items():
            in_scope = {
                name: name in way
                if name in self._reading.open
                else name not in self._reading.outside
                for name in group
            }
            replays.append(replay(self._candidates, case.steps, in_scope))
            steps[way] = {step.id: step for step in case.steps}
        for name in group:
            self._check_row(group, name, {way: found[name] for way, found in steps.items()})
        for key in {self._instructions[name].key for name in group}:
            same = [found[key] for found in replays]
            outcome = self._outcomes[key]
            finals = [one.final for one in same]
            samples = Samples([*finals, outcome.admitted])
            points = [samples.of(values) for values in finals]
            expected = KeyOutcome(
                key, outcome.admitted, _union([one.walk.narrowed_by for one in same]),
                all(bool(one.walk.closed_by) for one in same), len(set(points)) == 1,
            )  # fmt: skip
            admitted = points[0].intersection(*points)
            _require(samples.of(outcome.admitted) == admitted, f"{key}: wrong about what is left")
            _require(
                outcome == expected, f"{key}: wrong about who narrowed it, or how certain it is"
            )

    def _check_row(self, group: Sequence[str], name: str, steps: Mapping[Way, Step]) -> None:
        fates = {way: step.fate for way, step in steps.items()}
        by = _union([step.by for step in steps.values()])
        found = set(fates.values())
        if len(found) == 1:
            expected = Row(name, found.pop(), by)
        else:
            possible = tuple(fate for fate in Fate if fate in found)
            expected = Row(name, None, by, possible, self._reading.depends_on(group, fates))
        _require(self._rows[name] == expected, f"{name}: its row is not what the steps say")

    def _check_approximation(self, group: Sequence[str]) -> list[str]:
        """Check a group with too many ways for its facts to be: safe, and nothing certain."""
        facts = tuple(self._reading.facts(group))
        admitted: dict[str, list[Values]] = {}
        for name in group:
            one = self._instructions[name]
            allowed = admitted.setdefault(one.key, [EVERYTHING])
            if name in self._reading.outside:
                if one.level is not Authority.NONE:
                    _require(self._rows[name] == Row(name, Fate.OUT_OF_SCOPE), f"{name}: wrong row")
                    continue
            else:
                allowed.append(one.allowed)
            possible = tuple(fate for fate in Fate if _can_have(one, fate))
            expected = Row(name, None, (), possible, facts)
            _require(self._rows[name] == expected, f"{name}: wrong about what is possible")
        for key, sets in admitted.items():
            outcome = self._outcomes[key]
            samples = Samples([*sets, outcome.admitted])
            left = samples.everything.intersection(*map(samples.of, sets))
            _require(
                samples.of(outcome.admitted) == left
                and outcome == KeyOutcome(key, outcome.admitted, certain=False),
                f"{key}: wrong about what is safe",
            )
        return list(admitted)


def _can_have(one: Instruction, fate: Fate) -> bool:
    if fate in (Fate.NO_AUTHORITY, Fate.DELEGATION_DEAD):
        return one.level is Authority.NONE
    root = one.level.rank == Authority.ROOT.rank and one.origin.kind == "section"
    if fate is Fate.INACTION:
        return root
    return not (root and fate in (Fate.MISALIGNED, Fate.SUPERSEDED, Fate.AMBIGUOUS))


def _groups(instructions: Sequence[Instruction]) -> list[list[str]]:
    """Keys that a delegation links, as the ids of their instructions; both sorted."""
    parts: dict[str, set[str]] = {one.key: {one.key} for one in instructions}
    for giver in instructions:
        if giver.delegates is None or giver.level is Authority.NONE:
            continue
        for text in instructions:
            if (
                text.level is Authority.NONE
                and giver.delegates.selector in (ANY, text.source)
                and not {ANY, text.key}.isdisjoint(giver.delegates.keys)
            ):
                linked = parts[giver.key] | parts[text.key]
                parts |= dict.fromkeys(linked, linked)
    distinct = {min(keys): keys for keys in parts.values()}
    return [
        sorted(one.id for one in instructions if one.key in keys)
        for _, keys in sorted(distinct.items())
    ]


def _union(names: Sequence[Sequence[str]]) -> tuple[str, ...]:
    first = tuple(names[0])
    if all(tuple(some) == first for some in names):
        return first
    return tuple(sorted({name for some in names for name in some}))


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Problem(otherwise)
