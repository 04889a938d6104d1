"""The laws of the chain of command, each a function that fails where it is broken.

`test_laws` holds the resolver to them; `test_mutations` breaks the resolver and sees each law fail.
They are written against what a resolution says, with means of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import FACT_VALUES, FACTS, candidates, instruction, numbers, with_instructions

from adhere.resolve import (
    Candidates,
    Fact,
    Fate,
    Instruction,
    Resolution,
    Row,
    check_resolution,
    resolve,
)
from adhere.resolve.chain.facts import refusal
from adhere.resolve.checker.points import Samples
from adhere.spec import Authority

BLOCKED = (Fate.MISALIGNED, Fate.SUPERSEDED, Fate.EXCEPTED)


def rows_of(resolution: Resolution) -> dict[str, Row]:
    return {row.id: row for row in resolution.rows}


def rank(one: Instruction) -> tuple[int, int, int]:
    """Level, own words before nothing, and the moment: where an instruction stands at most."""
    level = one.level.rank
    if one.level is Authority.PLATFORM and one.origin.kind != "section":
        level = Authority.SYSTEM.rank
    implied = 0
    if one.mode == "implicit" and level > Authority.GUIDELINE.rank:
        level, implied = Authority.GUIDELINE.rank, level
    moment = one.origin.position - (one.origin.kind == "section")
    return level, implied, moment


def a_lower_instruction_changes_nothing_above_it(given: Candidates, lower: Instruction) -> bool:
    """Adding an instruction leaves the rows of everything that ranks above it as they were."""
    before = rows_of(resolve(given))
    after = rows_of(resolve(replace(given, instructions=(*given.instructions, lower))))
    level, implied, moment = rank(lower)
    if lower.exception_to:
        moment = 10**6  # it may rank with what it excepts
    bar = (level, implied, moment)
    if lower.level is Authority.NONE:
        bar = (Authority.SYSTEM.rank, 0, 10**6)  # at most, if somebody delegates to it
    tested = False
    for one in given.instructions:
        if one.level is not Authority.NONE and rank(one) > bar:
            tested = True
            assert before[one.id] == after[one.id], (
                f"{lower.id} changed {one.id}, which is above it"
            )
    return tested


def order_of_input_does_not_matter(given: Candidates, shuffled: list[Instruction]) -> None:
    """Listing the candidates differently changes the order of rows and nothing else."""
    one = resolve(given)
    other = resolve(replace(given, instructions=tuple(shuffled)))
    assert rows_of(one) == rows_of(other)
    assert replace(one, rows=()) == replace(other, rows=())


def what_applies_applies_again(given: Candidates) -> None:
    """Of those that apply, all apply when they are alone, and leave the same values."""
    first = resolve(given)
    there = {row.id for row in first.rows if row.fate is Fate.APPLIES}
    second = resolve(
        with_instructions(given, [one for one in given.instructions if one.id in there])
    )
    assert [row.fate for row in second.rows] == [Fate.APPLIES] * len(there)
    left = {outcome.key: outcome for outcome in second.keys}
    for outcome in first.keys:
        if outcome.key in left and not outcome.closed:
            samples = Samples([outcome.admitted, left[outcome.key].admitted])
            assert samples.of(outcome.admitted) == samples.of(left[outcome.key].admitted)


def what_applies_can_be_kept(given: Candidates) -> None:
    """On every key there is a value that satisfies all that apply; what is admitted is those."""
    resolution = resolve(given)
    by_id = {one.id: one for one in given.instructions}
    closed = {outcome.key for outcome in resolution.keys if outcome.closed}
    for case in resolution.trace:
        for key in {step.key for step in case.steps}:
            steps = [step for step in case.steps if step.key == key]
            applying = [by_id[step.id].allowed for step in steps if step.fate is Fate.APPLIES]
            final = steps[-1].after
            samples = Samples([*applying, final])
            common = samples.everything.intersection(*map(samples.of, applying))
            assert common, f"nothing satisfies all that apply to {key}"
            if Fate.INACTION in {step.fate for step in steps}:
                assert samples.of(final) == frozenset()
            else:
                assert samples.of(final) == common
                assert key not in closed


def text_nobody_delegates_to_changes_nothing(given: Candidates, text: Instruction) -> None:
    """Undelegated text gets a row that says so, and nothing else changes."""
    before = resolve(given)
    after = resolve(replace(given, instructions=(*given.instructions, text)))
    assert after.rows[-1] == Row(text.id, Fate.NO_AUTHORITY)
    assert after.rows[:-1] == before.rows
    others = [outcome for outcome in after.keys if outcome in before.keys]
    assert others == list(before.keys)


def delegation_never_amplifies(given: Candidates) -> bool:
    """Delegated text counts at no higher level than its delegator or the cap, and for its keys."""
    by_id = {one.id: one for one in given.instructions}
    resolution = resolve(given)
    found = False
    for case in resolution.trace:
        steps = {step.id: step for step in case.steps}
        for step in case.steps:
            if by_id[step.id].level is not Authority.NONE:
                assert step.delegated_by == ""
                continue
            if not step.delegated_by:
                assert step.fate in (Fate.NO_AUTHORITY, Fate.DELEGATION_DEAD)
                assert step.level is Authority.NONE
                continue
            found = True
            giver, text = by_id[step.delegated_by], by_id[step.id]
            delegation = giver.delegates
            assert steps[giver.id].fate is Fate.APPLIES
            assert giver.level is not Authority.NONE, "authority was handed on twice"
            assert delegation is not None
            assert not step.level.outranks(steps[giver.id].level)
            assert not step.level.outranks(delegation.max_level)
            assert Authority.ROOT.outranks(step.level)
            assert {text.key, "*"} & set(delegation.keys)
            assert delegation.selector in (text.source, "*")
            for other in case.steps:  # it ranks below everything else of its level
                if step.id in other.by and other.fate in BLOCKED:
                    assert not other.level.outranks(step.level)
                    if other.level.rank == step.level.rank:
                        assert other.delegated_by
    return found


def no_message_moves_a_root_fate(given: Candidates) -> None:
    """Root principles fare the same without all messages, settings, and facts others have set."""
    bare = with_instructions(
        given, [one for one in given.instructions if one.origin.kind == "section"]
    )
    vouched = {
        name: fact
        if fact.set_by in (Authority.SYSTEM, Authority.ROOT)
        else Fact(domain=fact.domain)
        for name, fact in given.facts.items()
    }
    alone = rows_of(resolve(replace(bare, facts=vouched)))
    together = rows_of(resolve(given))
    for one in given.instructions:
        if one.level.rank == Authority.ROOT.rank and one.origin.kind == "section":
            assert together[one.id] == alone[one.id]


def unknown_facts_are_sound(given: Candidates, completion: dict[str, Fact]) -> None:
    """However the unknown facts turn out, nothing contradicts what was said without them."""
    unsure, sure = resolve(given), resolve(replace(given, facts=given.facts | completion))
    for before, after in zip(unsure.rows, sure.rows, strict=True):
        assert after.fate is not None
        if before.fate is None:
            assert after.fate in before.possible
            assert before.depends_on
        else:
            assert after.fate is before.fate
    for left, right in zip(unsure.keys, sure.keys, strict=True):
        samples = Samples([left.admitted, right.admitted])
        if left.certain:
            assert samples.of(left.admitted) == samples.of(right.admitted)
        else:
            assert samples.of(left.admitted) <= samples.of(right.admitted)


def every_possibility_is_real(given: Candidates) -> None:
    """Each possible fate comes about in some case, and each case as it says."""
    resolution = resolve(given)
    rows = rows_of(resolution)
    seen: dict[str, set[Fate]] = {}
    for case in resolution.trace:
        for step in case.steps:
            seen.setdefault(step.id, set()).add(step.fate)
    for name, fates in seen.items():
        row = rows[name]
        assert fates == (set(row.possible) if row.fate is None else {row.fate})


def whoever_is_blocked_names_an_applicable_blocker(given: Candidates) -> bool:
    """Blocked rows name others that apply (or closed the key), and need each of them."""
    by_id = {one.id: one for one in given.instructions}
    found = False
    for case in resolve(given).trace:
        steps = {step.id: step for step in case.steps}
        for step in case.steps:
            if step.fate not in BLOCKED:
                continue
            found = True
            assert step.by
            fates = {steps[name].fate for name in step.by}
            closed = fates == {Fate.INACTION} and step.fate is Fate.MISALIGNED
            root = by_id[step.id].level.rank == Authority.ROOT.rank
            if not closed:
                assert fates <= ({Fate.APPLIES, Fate.INACTION} if root else {Fate.APPLIES})
            parts = [by_id[name].allowed for name in step.by]
            if not closed:
                parts.append(by_id[step.id].allowed)
            samples = Samples(parts)
            points = [samples.of(part) for part in parts]
            assert not samples.everything.intersection(*points)
            for number in range(len(points)):
                rest = points[:number] + points[number + 1 :]
                assert samples.everything.intersection(*rest), "a superfluous blocker"
    return found


def the_checker_accepts(given: Candidates) -> None:
    """The checker finds nothing wrong with what the resolver says."""
    assert check_resolution(given, resolve(given)) == ""


ADDED = "new"


@st.composite
def with_a_lower(draw: st.DrawFn) -> tuple[Candidates, Instruction]:
    given = draw(candidates())
    return given, instruction(draw(numbers), ADDED, [one.id for one in given.instructions])


@st.composite
def with_a_shuffle(draw: st.DrawFn) -> tuple[Candidates, list[Instruction]]:
    given = draw(candidates())
    return given, draw(st.permutations(given.instructions))


@st.composite
def with_a_text(draw: st.DrawFn) -> tuple[Candidates, Instruction]:
    """Text from a source that nobody names; nobody delegates to just any."""
    given = draw(candidates())
    names = [one.id for one in given.instructions]
    text = replace(instruction(draw(numbers), ADDED, names, Authority.NONE), source="web:nobody")
    kept = [
        replace(one, delegates=None)
        if one.delegates is not None and one.delegates.selector == "*"
        else one
        for one in given.instructions
    ]
    return replace(given, instructions=tuple(kept)), text


@st.composite
def with_a_completion(draw: st.DrawFn) -> tuple[Candidates, dict[str, Fact]]:
    """Every unknown fact gets a value it can have, from the system."""
    given = draw(candidates())
    # A fact that only root does not believe is known to the others: leave those out.
    trusted = {name: one for name, one in given.facts.items() if one.set_by is not Authority.USER}
    given = replace(given, facts=trusted)
    completion = {}
    for name in FACTS:
        known = trusted.get(name, Fact())
        domain = known.domain
        if known.value is not None and not refusal(known):
            continue
        values = [one for one in (*FACT_VALUES, "mars", 7) if domain is None or domain.admits(one)]
        completion[name] = Fact(draw(st.sampled_from(values)), Authority.SYSTEM, None, domain)
    return given, completion


Law = tuple[Callable[..., Any], st.SearchStrategy[Any]]
LAWS: dict[str, Law] = {
    "lower": (a_lower_instruction_changes_nothing_above_it, with_a_lower()),
    "order": (order_of_input_does_not_matter, with_a_shuffle()),
    "again": (what_applies_applies_again, candidates(known=True).map(lambda one: (one,))),
    "kept": (what_applies_can_be_kept, candidates().map(lambda one: (one,))),
    "text": (text_nobody_delegates_to_changes_nothing, with_a_text()),
    "amplify": (delegation_never_amplifies, candidates().map(lambda one: (one,))),
    "root": (no_message_moves_a_root_fate, candidates().map(lambda one: (one,))),
    "unknown": (unknown_facts_are_sound, with_a_completion()),
    "real": (every_possibility_is_real, candidates().map(lambda one: (one,))),
    "blocker": (
        whoever_is_blocked_names_an_applicable_blocker, candidates().map(lambda one: (one,)),
    ),
    "checker": (the_checker_accepts, candidates().map(lambda one: (one,))),
}  # fmt: skip
"""By a short name: the law, and what it is tried on."""
