"""Each law can fail: for each there is a way to break the resolver under which it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from resolver_laws import LAWS

from adhere.resolve.chain import admission, deciding, participants, resolver, scoping, undecided
from adhere.resolve.chain.admission import Admission
from adhere.resolve.chain.situations import Situations
from adhere.resolve.chain.trace import Fate
from adhere.resolve.chain.transcript import MOMENT_BITS, Entry
from adhere.resolve.chain.values import NOTHING
from adhere.spec import Authority

Patch = pytest.MonkeyPatch


def only_ledgers(patch: Patch) -> None:
    """Decide every key in the general way, so that one break is a break everywhere."""
    patch.setattr(deciding, "admit_while_plain", lambda keys, start, *_: start)


def the_lowest_first(patch: Patch) -> None:
    only_ledgers(patch)
    admit = Admission.admit

    def turned(self: Admission, entries: list[Entry]) -> None:
        top = ROOT_ORDER
        admit(self, [(top - order, *rest) for order, *rest in entries])  # type: ignore[misc]

    patch.setattr(Admission, "admit", turned)


ROOT_ORDER = -((Authority.ROOT.rank << 4 | 8) << MOMENT_BITS) - 1


def earlier_beats_later(patch: Patch) -> None:
    only_ledgers(patch)
    admit = Admission.admit

    def turned(self: Admission, entries: list[Entry]) -> None:
        span = 1 << MOMENT_BITS
        admit(self, [(order // span * span - order % span, *rest) for order, *rest in entries])  # type: ignore[misc]

    patch.setattr(Admission, "admit", turned)


def the_first_listed_wins_a_tie(patch: Patch) -> None:
    only_ledgers(patch)

    def one_by_one(self: Admission, entries: list[Entry]) -> None:
        for entry in sorted(entries, key=lambda entry: entry[2]):
            self._admit_one(entry)

    patch.setattr(Admission, "_admit_equals", one_by_one)


def whoever_is_blocked_takes_away_all_the_same(patch: Patch) -> None:
    only_ledgers(patch)
    write = Admission._write

    def greedy(self: Admission, entry: Entry, before: Any, fate: Fate, by: Any) -> None:
        if fate is Fate.MISALIGNED:
            self._values = NOTHING
        write(self, entry, before, fate, by)

    patch.setattr(Admission, "_write", greedy)


def nobody_takes_anything_away(patch: Patch) -> None:
    only_ledgers(patch)
    narrow = Admission._narrow

    def idle(self: Admission, *rest: Any) -> None:
        mask = self._mask
        narrow(self, *rest)
        self._mask = mask

    patch.setattr(Admission, "_narrow", idle)


def every_text_counts_as_delegated_to(patch: Patch) -> None:
    best = participants._best
    patch.setattr(participants, "_best", lambda offers, text: best(offers, text) or (0, "somebody"))
    patch.setattr(
        participants.Participants, "_sort_texts", lambda self, texts: self.texts.extend(texts)
    )


def text_speaks_as_the_user(patch: Patch) -> None:
    def as_user(self: participants.Participants, texts: list[int]) -> None:
        for index in texts:
            one = self._instructions[index]
            entry = (-(2 << 4 | 8) << MOMENT_BITS, one.id, index, Authority.USER, one.allowed, "")
            self.entries.setdefault(one.key, []).append(entry)

    patch.setattr(participants.Participants, "_sort_texts", as_user)


def delegation_hands_on_the_higher_level(patch: Patch) -> None:
    def higher(*levels: Any, **rest: Any) -> Any:
        if len(levels) == 3:  # own, cap, system
            return min(max(levels[:2]), levels[2])
        return min(*levels, **rest)

    patch.setattr(participants, "min", higher, raising=False)


def delegation_covers_every_key(patch: Patch) -> None:
    def careless(offers: Any, text: Any) -> Any:
        return min(offers.values(), default=None)

    patch.setattr(participants, "_best", careless)


def the_dead_delegate(patch: Patch) -> None:
    grant = participants.Participants.grant

    def careless(self: participants.Participants, rank: int, applied: Any) -> None:
        grant(self, rank, {one.id for one in self._instructions})

    patch.setattr(participants.Participants, "grant", careless)


def root_believes_anybody(patch: Patch) -> None:
    patch.setattr(scoping, "speaks_as_root", lambda _: False)


def messages_can_be_root(patch: Patch) -> None:
    patch.setitem(participants._ORDERS, "system", participants._ORDERS["root"])


def unknown_means_one_thing(patch: Patch) -> None:
    init = Situations.__init__

    def narrow(self: Situations, *rest: Any) -> None:
        init(self, *rest)
        self.all = self.all[:1]

    patch.setattr(Situations, "__init__", narrow)
    patch.setattr(Situations, "depends", lambda self, outcomes: [])


def unknown_means_in_scope(patch: Patch) -> None:
    init = scoping.Scopes.__init__

    def careless(self: scoping.Scopes, *rest: Any) -> None:
        init(self, *rest)
        self.open.clear()

    patch.setattr(scoping.Scopes, "__init__", careless)


def only_the_first_case_counts(patch: Patch) -> None:
    rows = undecided._rows

    def first(situations: Any, group: Any, records: Any) -> Any:
        return rows(situations, group, dict(list(records.items())[:1]))

    patch.setattr(undecided, "_rows", first)


def all_of_them_block(patch: Patch) -> None:
    only_ledgers(patch)
    patch.setattr(
        admission, "minimal_blockers", lambda masks, remaining, count, target: list(range(count))
    )


def the_highest_blocks_whoever_it_was(patch: Patch) -> None:
    only_ledgers(patch)
    patch.setattr(admission, "minimal_blockers", lambda *_: [0])


def blockers_need_not_apply(patch: Patch) -> None:
    only_ledgers(patch)
    blocked = Admission._blocked

    def by_blocked(self: Admission, index: int, mask: int) -> Any:
        fate, by = blocked(self, index, mask)
        refused = [step.id for _, step in self._decided if step.fate is not Fate.APPLIES]
        return fate, tuple(refused[:1]) or by

    patch.setattr(Admission, "_blocked", by_blocked)


def exceptions_do_not_count(patch: Patch) -> None:
    patch.setattr(deciding, "_excepts", lambda *_: {})


def capabilities_do_not_count(patch: Patch) -> None:
    decide = deciding.decide

    def able(instructions: Any, members: Any, outside: Any, _: Any) -> Any:
        return decide(instructions, members, outside, ("see", "fly"))

    patch.setattr(resolver, "decide", able)


MUTATIONS: dict[str, tuple[Callable[[Patch], None], ...]] = {
    "lower": (the_lowest_first, earlier_beats_later),
    "order": (the_first_listed_wins_a_tie,),
    "again": (whoever_is_blocked_takes_away_all_the_same,),
    "kept": (nobody_takes_anything_away, whoever_is_blocked_takes_away_all_the_same),
    "text": (every_text_counts_as_delegated_to, text_speaks_as_the_user),
    "amplify": (
        delegation_hands_on_the_higher_level, delegation_covers_every_key,
        the_dead_delegate,
    ),
    "root": (root_believes_anybody, messages_can_be_root),
    "unknown": (unknown_means_one_thing, unknown_means_in_scope),
    "real": (only_the_first_case_counts,),
    "blocker": (all_of_them_block, the_highest_blocks_whoever_it_was, blockers_need_not_apply),
    "checker": (
        the_lowest_first, earlier_beats_later, exceptions_do_not_count, capabilities_do_not_count,
        delegation_hands_on_the_higher_level, the_first_listed_wins_a_tie,
    ),
}  # fmt: skip
"""By law: ways to break the resolver under which the law fails."""


def test_every_law_has_a_mutation() -> None:
    assert MUTATIONS.keys() == LAWS.keys()


@pytest.mark.parametrize(
    ("law", "mutation"),
    [(law, mutation) for law, mutations in MUTATIONS.items() for mutation in mutations],
)
def test_a_broken_resolver_breaks_the_law(
    law: str, mutation: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    check, cases = LAWS[law]

    @settings(
        max_examples=5_000, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(cases)
    def run(case: tuple[object, ...]) -> None:
        check(*case)

    mutation(monkeypatch)
    with pytest.raises(AssertionError):
        run()
