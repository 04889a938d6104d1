"""Proofs that some levels cannot bring something about, by trying everything they can ask for.

An *obligation* says: never EXPRESSION, by these levels. It is violated where the expression is true
with the profiles of these levels and false without them, whatever the other levels ask for. A proof
decides every such context with `decide_setting`, the function that decides settings in earnest.
What makes that finite, and why nothing is left out:

- *Cone*: the outcome of a setting depends on the requests for that setting alone, so only the
  settings that the expression names are varied, each on its own, and their outcomes combined.
- *Classes*: values that no test tells apart stand for each other (`adhere.resolve.proofs.classes`).

A violation is made as small as it can be and decided again from whole profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from adhere.errors import UsageError
from adhere.resolve.proofs.binding import bind, holds
from adhere.resolve.proofs.classes import (
    MAX_MEMBERS,
    Classes,
    StringSearch,
    TooManyMembers,
    classes,
)
from adhere.resolve.proofs.expression import IT, Expression, addresses, parse_expression
from adhere.resolve.proofs.views import View, declared, seen, view
from adhere.resolve.settings.effective import (
    LEVELS,
    Profile,
    collect,
    effective_settings,
)
from adhere.spec import Authority, SettingValue, Spec

Asked: TypeAlias = tuple[Any, ...]
"""What each of `LEVELS` asks for, in their order; None where it is silent."""

_CONE = "only settings that the expression names are varied: requests for others change nothing"
_STOP_EVERY = 1024


class Obligation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some levels shall never be able to bring about.

    Attributes:
        name: In kebab case.
        never: An expression (`adhere.resolve.proofs.expression`).
        by: The levels.
        reason: Why it matters, for people.
    """

    name: str
    never: str
    by: tuple[Authority, ...]
    reason: str = ""


class Counterexample(msgspec.Struct, frozen=True):
    """Profiles under which the expression is true, and false without those of the levels.

    Attributes:
        profiles: Level to section to setting to what is asked, as a profile's ``[settings]``.
        values: What holds for the settings of the expression.
        before: What holds without the profiles of the levels in question.
    """

    profiles: dict[Authority, dict[str, dict[str, Any]]]
    values: dict[str, SettingValue]
    before: dict[str, SettingValue]


class Proof(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of an obligation.

    Attributes:
        obligation: What was to be proved.
        outcome: ``proved``: every context was decided and none violates it. ``refuted``: one does.
            ``undecided``: not every context could be decided.
        settings: The settings that were varied.
        contexts: How many contexts were decided, each a request or silence of every level.
        combinations: How many combinations of outcomes of different settings were looked at.
        true_in: In how many of these the expression is true all the same: brought about by the
            levels that may. 0 says that nobody at all can.
        why: Why these contexts are all there are.
        counterexample: Where it was refuted.
    """

    obligation: Obligation
    outcome: Literal["proved", "refuted", "undecided"]
    settings: tuple[str, ...]
    contexts: int
    combinations: int
    true_in: int
    why: tuple[str, ...]
    counterexample: Counterexample | None = None


def prove(
    spec: Spec,
    obligation: Obligation,
    *,
    given: Mapping[Authority, Profile] | None = None,
    stop: Callable[[], bool] = lambda: False,
    search: StringSearch | None = None,
) -> Proof:
    """Prove an obligation of a spec, or find what violates it.

    Args:
        spec: Its settings are what is proved about.
        obligation: What shall never be.
        given: Profiles of levels that ask for exactly this; the other levels ask for anything.
        stop: Asked now and then; True ends the search without a decision.
        search: Who looks for strings that patterns admit, where a short search finds none.

    Raises:
        InputError: The expression cannot be read, or does not fit the spec.
        UsageError: The levels are not ones that have profiles, or have a profile given.
    """
    given = given or {}
    if not obligation.by or not set(obligation.by) <= set(LEVELS):
        raise UsageError(f"name one or more of {', '.join(LEVELS)}", place=obligation.name)
    for level in obligation.by:
        if level in given:
            raise UsageError(f"{level} can ask for anything or for what its profile says, not both")
    trial = _Search(spec, obligation, given, stop, search)
    try:
        outcome = trial.run()
    except _Stopped as stopped:
        outcome = "undecided"
        trial.why[str(stopped)] = None
    return Proof(
        obligation, outcome, tuple(trial.settings), trial.contexts, trial.combinations,
        trial.true_in, tuple(trial.why), trial.found,
    )  # fmt: skip


class _Stopped(Exception):
    """The search ends without a decision; the message says why."""


class _Outcome(NamedTuple):
    """How a setting can come out, and the requests that lead there."""

    now: View
    before: View
    asked: Asked


class _Search:
    def __init__(
        self,
        spec: Spec,
        obligation: Obligation,
        given: Mapping[Authority, Profile],
        stop: Callable[[], bool],
        search: StringSearch | None,
    ) -> None:
        self._spec = spec
        self._by = frozenset(obligation.by)
        self._name = obligation.name
        self._given = given
        self._requests = collect(spec, given).requests
        self._stop = stop
        self._strings = search
        self._ticks = 0
        self._declared = declared(spec)
        self._expression = parse_expression(obligation.never, name=obligation.name)
        self.settings: dict[str, None] = {}
        self.why: dict[str, None] = {_CONE: None}
        self.contexts = self.combinations = self.true_in = 0
        self.found: Counterexample | None = None

    def run(self) -> Literal["proved", "refuted", "undecided"]:
        for bound in self._bound():
            cone = addresses(bound)
            self.settings.update(dict.fromkeys(cone))
            kinds = [self._classes(address, bound) for address in cone]
            outcomes = [
                self._outcomes(address, kind) for address, kind in zip(cone, kinds, strict=True)
            ]
            violation = self._violation(bound, cone, outcomes)
            if violation is None:
                continue
            asked = dict(zip(cone, (one.asked for one in violation), strict=True))
            invented = frozenset[SettingValue]().union(*(kind.invented for kind in kinds))
            if any(_text(one) in invented for all_ in asked.values() for one in all_):
                raise _Stopped(
                    "a violation would need a string that the search did not find (z3 may)"
                )
            self.found = self._smallest(bound, asked)
            return "refuted"
        return "proved"

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % _STOP_EVERY == 0 and self._stop():
            raise _Stopped("the time was up")

    def _bound(self) -> Iterator[Expression]:
        """The expression once, or once for each setting where it speaks of `it`."""
        if IT not in addresses(self._expression):
            yield bind(self._expression, self._declared, name=self._name)
            return
        for setting in dict.fromkeys(setting.address for setting in self._declared.values()):
            yield bind(self._expression, self._declared, it=setting, name=self._name)

    def _classes(self, address: str, bound: Expression) -> Classes:
        try:
            found = classes(self._declared[address], bound, self._strings)
        except TooManyMembers:
            raise _Stopped(f"{address}: a set of more than {MAX_MEMBERS} members") from None
        self.why[f"{address}: {found.why}"] = None
        return found

    def _outcomes(self, address: str, kind: Classes) -> list[_Outcome]:
        """Decide a setting in every context; of those that come out alike, keep the simplest."""
        choices = [self._choices(address, level, kind) for level in LEVELS]
        found: dict[tuple[View, View], Asked] = {}
        before: dict[tuple[int, ...], View] = {}
        for at in product(*(range(len(choice)) for choice in choices)):
            self._tick()
            self.contexts += 1
            asked = tuple(choice[i] for choice, i in zip(choices, at, strict=True))
            now = view(kind.setting, asked)
            others = tuple(
                0 if level in self._by else i for level, i in zip(LEVELS, at, strict=True)
            )
            if others == at:
                before[at] = now
            pair = (now, before[others])
            if pair not in found or _size(asked) < _size(found[pair]):
                found[pair] = asked
        outcomes = [_Outcome(*pair, asked) for pair, asked in found.items()]
        return sorted(outcomes, key=lambda one: _size(one.asked))

    def _choices(self, address: str, level: Authority, kind: Classes) -> list[Any]:
        """What a level can ask for; silence stands first where it is free to be silent."""
        if level not in self._given:
            return [None, *kind.requests()]
        return [r.asked for r in self._requests[address] if r.level is level] or [None]

    def _violation(
        self, bound: Expression, cone: Sequence[str], outcomes: Iterable[list[_Outcome]]
    ) -> tuple[_Outcome, ...] | None:
        for combination in product(*outcomes):
            self._tick()
            self.combinations += 1
            now = {address: one.now for address, one in zip(cone, combination, strict=True)}
            before = {address: one.before for address, one in zip(cone, combination, strict=True)}
            if holds(bound, now, before):
                if not holds(bound, before, before):
                    return combination
                self.true_in += 1
        return None

    def _smallest(self, bound: Expression, asked: dict[str, Asked]) -> Counterexample:
        """Leave out every request that the violation can do without, and decide it as a whole."""
        assert self._violates(bound, asked), (
            "settings decided one by one come out as decided together"
        )
        for address, at in product(asked, range(len(LEVELS))):
            without = (*asked[address][:at], None, *asked[address][at + 1 :])
            if LEVELS[at] not in self._given and self._violates(bound, {**asked, address: without}):
                asked = {**asked, address: without}
        now, before = self._decided(asked)
        return Counterexample(
            {level: dict(profile.settings) for level, profile in self._profiles(asked).items()
             if level not in self._given and profile.settings},
            {address: view.value for address, view in now.items()},
            {address: view.value for address, view in before.items()},
        )  # fmt: skip

    def _violates(self, bound: Expression, asked: dict[str, Asked]) -> bool:
        now, before = self._decided(asked)
        return holds(bound, now, before) and not holds(bound, before, before)

    def _decided(self, asked: dict[str, Asked]) -> tuple[dict[str, View], dict[str, View]]:
        """Decide all settings under whole profiles, with and without those of the levels."""
        profiles = self._profiles(asked)
        without = {level: found for level, found in profiles.items() if level not in self._by}
        pair = (effective_settings(self._spec, found).settings for found in (profiles, without))
        now, before = (
            {found.address: seen(self._declared[found.address], found) for found in all_
             if found.address in asked}
            for all_ in pair
        )  # fmt: skip
        return now, before

    def _profiles(self, asked: dict[str, Asked]) -> dict[Authority, Profile]:
        found: dict[Authority, Profile] = {}
        for at, level in enumerate(LEVELS):
            table: dict[str, dict[str, Any]] = {}
            for address, requests in asked.items():
                if requests[at] is not None:
                    setting = self._declared[address]
                    table.setdefault(setting.section, {})[setting.id] = requests[at]
            found[level] = self._given.get(level, Profile(f"{level}.toml", table))
        return found


def _size(asked: Asked) -> int:
    return sum(one is not None for one in asked)


def _text(asked: Any) -> str | None:
    value = asked.get("default") if isinstance(asked, dict) else asked
    return value if isinstance(value, str) else None
