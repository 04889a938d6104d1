"""What comes out otherwise: joining, comparing, counting."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.audit import SCHEMA, Admitted, Completed, DecisionEntry, Interrupted, Record
from adhere.evaluate.replay_log import Again, Ended, EndedRequests, LogReplay, Tally, check_name
from adhere.resolve import DecisionOutcome

TIME = datetime(2025, 3, 1, tzinfo=UTC)


def entry(check: str, outcome: str, section: str = "be_clear") -> DecisionEntry:
    return DecisionEntry(
        id="sha256:0", kind="text", outcome=DecisionOutcome(outcome), check=check, section=section
    )


def admitted(request: str, *entries: DecisionEntry, key_id: str = "dev-a") -> Admitted:
    return Admitted(
        schema=SCHEMA, time=TIME, request=request, key_id=key_id, decisions=entries,
        settings_digest="old",
    )  # fmt: skip


def completed(request: str, *entries: DecisionEntry) -> Completed:
    return Completed(
        schema=SCHEMA, time=TIME, request=request, outcome="answered", decisions=entries
    )


def tallied(*pairs: tuple[DecisionEntry | None, DecisionEntry | None]) -> LogReplay:
    tally = Tally("log.example", "rules", "spec")
    for number, (then, now) in enumerate(pairs):
        ended = Ended(number, admitted("r", *([then] if then else [])), None)
        tally.add(ended, Again((now,) if now else (), None, "old"), "not kept")
    return tally.report(complete=True, start=0, oldest=0, seconds=1.0)


def test_the_same_decisions_are_no_flips() -> None:
    same = [entry("roles", "allow"), entry("phrases.x", "block"), entry("observed.roles", "block")]
    found = tallied(*((one, one) for one in same))
    assert (found.decisions, found.flipped, found.requests_changed, found.flips) == (3, 0, 0, ())


@pytest.mark.parametrize(
    ("then", "now", "effect"),
    [
        (entry("roles", "allow"), entry("roles", "block"), True),
        (entry("roles", "block"), entry("roles", "confirm"), True),
        (entry("roles", "allow"), entry("roles.changed", "allow"), False),
        (entry("roles", "block"), None, True),
        (None, entry("roles", "allow"), False),
        (None, entry("roles", "error"), True),
        (entry("roles", "block"), entry("observed.roles", "block"), True),
        (entry("roles", "allow"), entry("observed.roles", "block"), False),
        (entry("roles", "not_run"), entry("roles", "allow"), False),
    ],
)
def test_a_flip_has_an_effect_where_something_else_happens(
    then: DecisionEntry | None, now: DecisionEntry | None, effect: bool
) -> None:
    found = tallied((then, now))
    assert (found.flipped, found.requests_flipped, found.requests_changed) == (1, 1, int(effect))
    (flip,) = found.flips
    assert (flip.check, flip.effect, flip.count, flip.records) == ("roles", effect, 1, (0,))


def test_flips_are_counted_by_what_they_are() -> None:
    a, b = entry("phrases", "allow", ""), entry("phrases.gold", "block", "protect")
    found = tallied(*[(a, b)] * 7, *[(b, a)] * 2, (a, a))
    assert [(one.before, one.after, one.count) for one in found.flips] == [
        ("allow", "block (phrases.gold)", 7), ("block (phrases.gold)", "allow", 2),
    ]  # fmt: skip
    assert (found.by_section, found.by_developer) == ({"protect": 9}, {"dev-a": 9})
    assert (found.flips[0].records, found.decisions, found.flipped) == ((0, 1, 2, 3, 4), 10, 9)


def test_the_tables_of_a_report_are_bounded() -> None:
    tally = Tally("log.example", "rules", "spec")
    for number in range(3000):
        ended = Ended(
            number, admitted("r", entry(f"c{number}", "allow"), key_id=f"d{number}"), None
        )
        now = (entry(f"c{number}", "block", f"s{number}"),)
        tally.add(ended, Again(now, None, "old"), "not kept")
    found = tally.report(complete=True, start=0, oldest=0, seconds=0.0)
    assert max(len(found.flips), len(found.by_section), len(found.by_developer)) <= 1001
    assert sum(one.count for one in found.flips) == sum(found.by_developer.values()) == 3000


def test_answers_are_compared_where_they_were_decided_again() -> None:
    tally = Tally("log.example", "rules", "spec")
    ended = Ended(1, admitted("r"), completed("r", entry("secrets", "allow")))
    tally.add(ended, Again((), (entry("secrets", "block"),), "old"), "not kept")
    found = tally.report(complete=True, start=0, oldest=0, seconds=0.0)
    assert (found.requests_changed, found.answers_not_decided) == (1, {})


def test_the_name_of_a_check() -> None:
    names = [check_name(entry(name, "allow")) for name in ("roles", "observed.phrases.x", "a.b.c")]
    assert names == ["roles", "phrases", "a"]


events = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("aaci")), max_size=40)


def log_of(steps: list[tuple[int, str]]) -> list[tuple[int, Record]]:
    kinds = {"a": admitted, "c": completed}
    return [
        (number, kinds[kind](f"r{request}") if kind in kinds else Interrupted(
            schema=SCHEMA, time=TIME, request=f"r{request}", admitted=0))
        for number, (request, kind) in enumerate(steps)
    ]  # fmt: skip


@given(events, st.integers(0, 60))
def test_a_replay_that_is_cut_off_and_goes_on_sees_each_request_once(
    steps: list[tuple[int, str]], cut: int
) -> None:
    records = log_of(steps)
    whole = list(EndedRequests(records))
    first, seen = EndedRequests(records), []
    for ended in first:
        seen.append(ended)
        if len(seen) == cut:
            break
    else:
        first.start = first.oldest = len(records)
    rest = EndedRequests(records[first.oldest :], first.start)
    assert [*seen, *rest] == whole


@given(events)
def test_a_report_goes_on_where_it_stood(steps: list[tuple[int, str]]) -> None:
    whole = Tally("log.example", "rules", "spec")
    parts = Tally("log.example", "rules", "spec")
    for number, (request, kind) in enumerate(steps):
        ended = Ended(number, admitted("r", entry(f"c{request}", "allow")), None)
        again = Again((entry(f"c{request}", "block" if kind == "a" else "allow"),), None, kind)
        for tally in (whole, parts):
            tally.add(ended, again, "not kept") if kind != "i" else tally.leave_out("erased")
        saved = parts.report(complete=False, start=number, oldest=number, seconds=0.0)
        parts = Tally.of(msgspec.json.decode(msgspec.json.encode(saved), type=LogReplay))
    assert parts.report(complete=True, start=0, oldest=0, seconds=0.0) == whole.report(
        complete=True, start=0, oldest=0, seconds=0.0
    )
