"""The checker rejects a resolution that was tampered with, wherever that was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from msgspec.structs import replace
from strategies import Digits, candidates, numbers, spread

from adhere.resolve import (
    EVERYTHING,
    NOTHING,
    Candidates,
    Case,
    Condition,
    Fate,
    Instruction,
    Origin,
    RefusedFact,
    Resolution,
    Row,
    Step,
    Values,
    check_resolution,
    one_of,
    resolve,
)
from adhere.spec import Authority

FATES = tuple(Fate)
Tamper = Callable[[Resolution, Digits], Resolution | None]


def test_nothing_wrong() -> None:
    assert check_resolution(Candidates(instructions=()), resolve(Candidates(instructions=()))) == ""


def other_values(values: Values, digits: Digits) -> Values:
    """A set that is not this one: a value less, or one it cannot hold, or nothing."""
    if values.one_of and digits.once_in(2):
        return one_of(*values.one_of[1:])
    if values.is_empty:
        return EVERYTHING
    return NOTHING if digits.once_in(2) else one_of("tampered")


def other_names(names: Sequence[str], everybody: Sequence[str], digits: Digits) -> tuple[str, ...]:
    """One name less, or one more."""
    if names and digits.once_in(2):
        gone = digits.pick(range(len(names)))
        return tuple(name for place, name in enumerate(names) if place != gone)
    more = [name for name in everybody if name not in names] + ["stranger"]
    return tuple(sorted((*names, digits.pick(more))))


def one_row(change: Callable[[Row, Digits, Sequence[str]], Row]) -> Tamper:
    def tamper(found: Resolution, digits: Digits) -> Resolution:
        place = digits.pick(range(len(found.rows)))
        rows = list(found.rows)
        rows[place] = change(rows[place], digits, [row.id for row in rows])
        return replace(found, rows=tuple(rows))

    return tamper


def one_step(change: Callable[[Step, Digits, Sequence[str]], Step]) -> Tamper:
    def tamper(found: Resolution, digits: Digits) -> Resolution | None:
        places = [(c, s) for c, case in enumerate(found.trace) for s in range(len(case.steps))]
        at, place = digits.pick(places)
        steps = list(found.trace[at].steps)
        steps[place] = change(steps[place], digits, [row.id for row in found.rows])
        return with_case(found, at, replace(found.trace[at], steps=tuple(steps)))

    return tamper


def with_case(found: Resolution, at: int, case: Case) -> Resolution:
    trace = list(found.trace)
    trace[at] = case
    return replace(found, trace=tuple(trace))


def step_and_row(change: Callable[[Step, Digits, Sequence[str]], Step]) -> Tamper:
    """Change a step and its row alike, where there is one case only."""

    def tamper(found: Resolution, digits: Digits) -> Resolution | None:
        steps = list(found.trace[0].steps)
        if not steps:
            return None
        place = digits.pick(range(len(steps)))
        steps[place] = change(steps[place], digits, [row.id for row in found.rows])
        rows = tuple(
            Row(row.id, steps[place].fate, steps[place].by) if row.id == steps[place].id else row
            for row in found.rows
        )
        return replace(with_case(found, 0, Case((), tuple(steps))), rows=rows)

    return tamper


def another_fate(step: Any, digits: Digits, _: Sequence[str]) -> Any:
    return replace(step, fate=digits.pick([fate for fate in FATES if fate is not step.fate]))


def another_blocker(step: Any, digits: Digits, names: Sequence[str]) -> Any:
    return replace(step, by=other_names(step.by, names, digits))


def another_level(step: Step, digits: Digits, _: Sequence[str]) -> Step:
    levels = [level for level in Authority if level is not step.level]
    return replace(step, level=digits.pick(levels))


def another_possibility(row: Row, digits: Digits, _: Sequence[str]) -> Row:
    changed = digits.pick(FATES)
    possible = [fate for fate in FATES if (fate in row.possible) != (fate is changed)]
    return replace(row, possible=tuple(possible))


def swapped_rows(found: Resolution, digits: Digits) -> Resolution | None:
    if len(found.rows) < 2:
        return None
    place = digits.pick(range(len(found.rows) - 1))
    rows = list(found.rows)
    rows[place], rows[place + 1] = rows[place + 1], rows[place]
    return replace(found, rows=tuple(rows))


def swapped_steps(found: Resolution, digits: Digits) -> Resolution | None:
    at = digits.pick(range(len(found.trace)))
    steps = list(found.trace[at].steps)
    if len(steps) < 2:
        return None
    place = digits.pick(range(len(steps) - 1))
    one, other = steps[place], steps[place + 1]
    if digits.once_in(2):  # and renumber, so that only the order is wrong
        one, other = replace(one, rank=other.rank), replace(other, rank=one.rank)
    steps[place], steps[place + 1] = other, one
    return with_case(found, at, replace(found.trace[at], steps=tuple(steps)))


def missing_row(found: Resolution, digits: Digits) -> Resolution:
    place = digits.pick(range(len(found.rows)))
    return replace(found, rows=found.rows[:place] + found.rows[place + 1 :])


def missing_step(found: Resolution, digits: Digits) -> Resolution | None:
    at = digits.pick(range(len(found.trace)))
    steps = found.trace[at].steps
    if not steps:
        return None
    place = digits.pick(range(len(steps)))
    less = steps[:place] + steps[place + 1 :]
    return with_case(found, at, replace(found.trace[at], steps=less))


def repeated_step(found: Resolution, digits: Digits) -> Resolution | None:
    at = digits.pick(range(len(found.trace)))
    steps = found.trace[at].steps
    if not steps:
        return None
    return with_case(found, at, replace(found.trace[at], steps=(*steps, steps[-1])))


def missing_case(found: Resolution, digits: Digits) -> Resolution:
    at = digits.pick(range(len(found.trace)))
    return replace(found, trace=found.trace[:at] + found.trace[at + 1 :])


def repeated_case(found: Resolution, digits: Digits) -> Resolution:
    return replace(found, trace=(*found.trace, digits.pick(found.trace)))


def another_assumption(found: Resolution, digits: Digits) -> Resolution | None:
    if len(found.trace) < 2:
        return None
    at = digits.pick(range(1, len(found.trace)))
    case = found.trace[at]
    kind = digits.pick(("less", "nothing", "stranger"))
    if kind == "less":
        return with_case(found, at, replace(case, assuming=case.assuming[1:]))
    if kind == "stranger":
        stranger = Condition("stranger", EVERYTHING)
        return with_case(found, at, replace(case, assuming=(*case.assuming, stranger)))
    impossible = tuple(Condition(one.fact, NOTHING) for one in case.assuming)
    return with_case(found, at, replace(case, assuming=impossible))


def another_outcome(found: Resolution, digits: Digits) -> Resolution:
    place = digits.pick(range(len(found.keys)))
    keys = list(found.keys)
    outcome = keys[place]
    kind = digits.pick(("admitted", "narrowed", "closed", "certain", "missing"))
    if kind == "admitted":
        keys[place] = replace(outcome, admitted=other_values(outcome.admitted, digits))
    elif kind == "narrowed":
        everybody = [row.id for row in found.rows]
        narrowed = other_names(outcome.narrowed_by, everybody, digits)
        keys[place] = replace(outcome, narrowed_by=narrowed)
    elif kind == "closed":
        keys[place] = replace(outcome, closed=not outcome.closed)
    elif kind == "certain":
        keys[place] = replace(outcome, certain=not outcome.certain)
    else:
        del keys[place]
    return replace(found, keys=tuple(keys))


def other_facts(found: Resolution, digits: Digits) -> Resolution:
    kind = digits.pick(("used", "unknown", "refused", "approximated", "spec"))
    if kind == "used":
        return replace(found, facts_used=(*found.facts_used, "stranger"))
    if kind == "unknown":
        return replace(found, facts_unknown=(*found.facts_unknown, "stranger"))
    if kind == "approximated":
        return replace(found, approximated=(*found.approximated, "stranger"))
    if kind == "spec":
        return replace(found, spec_digest=f"sha256:{found.spec_digest}")
    if found.facts_refused:
        return replace(found, facts_refused=found.facts_refused[1:])
    return replace(found, facts_refused=(RefusedFact("stranger", "because"),))


TAMPERS: dict[str, Tamper] = {
    "the fate of a row": one_row(another_fate),
    "the blockers of a row": one_row(another_blocker),
    "what is possible": one_row(another_possibility),
    "what a row depends on": one_row(
        lambda row, digits, names: replace(
            row, depends_on=other_names(row.depends_on, names, digits)
        )
    ),
    "the order of rows": swapped_rows,
    "a missing row": missing_row,
    "the fate of a step": one_step(another_fate),
    "the blockers of a step": one_step(another_blocker),
    "the fate of a step and its row": step_and_row(another_fate),
    "the blockers of a step and its row": step_and_row(another_blocker),
    "the rank": one_step(
        lambda step, digits, _: replace(step, rank=step.rank + digits.pick((1, -1)))
    ),
    "the level": one_step(another_level),
    "the scope": one_step(lambda step, *_: replace(step, in_scope=not step.in_scope)),
    "the key of a step": one_step(lambda step, *_: replace(step, key=step.key + "'")),
    "who delegated": one_step(
        lambda step, *_: replace(step, delegated_by="" if step.delegated_by else step.id)
    ),
    "what was admitted before": one_step(
        lambda step, digits, _: replace(step, before=other_values(step.before, digits))
    ),
    "what was admitted after": one_step(
        lambda step, digits, _: replace(step, after=other_values(step.after, digits))
    ),
    "the order of steps": swapped_steps,
    "a missing step": missing_step,
    "a repeated step": repeated_step,
    "a missing case": missing_case,
    "a repeated case": repeated_case,
    "what a case assumes": another_assumption,
    "the outcome of a key": another_outcome,
    "facts": other_facts,
}


@pytest.mark.parametrize("kind", TAMPERS)
def test_tampering_is_found(kind: str) -> None:
    tamper_with(kind, 80)


@pytest.mark.soak
@pytest.mark.parametrize("kind", TAMPERS)
def test_tampering_is_found_at_length(kind: str) -> None:
    tamper_with(kind, 3_000)


def tamper_with(kind: str, examples: int) -> None:
    tried = 0

    @settings(
        max_examples=examples, deadline=None, database=None,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )  # fmt: skip
    @given(candidates(), numbers)
    def run(case: Candidates, number: int) -> None:
        nonlocal tried
        found = resolve(case)
        tampered = TAMPERS[kind](found, Digits(spread(number, 5)))
        assume(tampered is not None)
        assert tampered is not None
        assert tampered != found
        tried += 1
        assert check_resolution(case, tampered) != "", f"{kind}: not found"

    run()
    assert tried >= examples // 4


def test_an_approximation_is_checked_too() -> None:
    case = Candidates(
        instructions=tuple(
            Instruction(
                id=f"i{number}", level=Authority.USER, origin=Origin("message", position=number),
                key="k", allowed=one_of("x"), when=(Condition(f"f{number}", one_of(True)),),
            )
            for number in range(3)
        )
    )  # fmt: skip
    found = resolve(case, budget=10)
    assert found.approximated == ("k",)
    assert check_resolution(case, found) == ""
    row = found.rows[0]
    outcome = found.keys[0]
    for tampered in (
        replace(found, rows=(replace(row, fate=Fate.APPLIES), *found.rows[1:])),
        replace(found, rows=(replace(row, possible=row.possible[1:]), *found.rows[1:])),
        replace(found, rows=(replace(row, depends_on=()), *found.rows[1:])),
        replace(found, keys=(replace(outcome, admitted=EVERYTHING),)),
        replace(found, keys=(replace(outcome, certain=True),)),
        replace(found, approximated=()),
        replace(found, budget=2**22),  # then it was no reason to approximate
    ):
        assert check_resolution(case, tampered) != ""
