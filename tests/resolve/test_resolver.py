"""The chain of command, case by case: every rule, and every corner the documentation settles."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from strategies import candidates

import adhere.resolve.chain.deciding as deciding
from adhere.errors import InputError
from adhere.resolve import (
    Candidates,
    Condition,
    Delegation,
    Fact,
    Fate,
    Instruction,
    Origin,
    RefusedFact,
    Resolution,
    Row,
    Values,
    anything_but,
    between,
    check_resolution,
    one_of,
    resolve,
)
from adhere.resolve.chain.exceptions import rank_exceptions
from adhere.spec import Authority

ROOT, PLATFORM, SYSTEM = Authority.ROOT, Authority.PLATFORM, Authority.SYSTEM
DEVELOPER, USER, GUIDELINE = Authority.DEVELOPER, Authority.USER, Authority.GUIDELINE
NONE = Authority.NONE
SPEC, BEFORE = "spec", "setting"


def say(
    name: str, level: Authority, allowed: Values, at: int | str = SPEC, key: str = "k", **more: Any
) -> Instruction:
    """An instruction in the spec, in a setting made before the conversation, or in a message."""
    if at == SPEC:
        origin = Origin("section", "s")
    elif at == BEFORE:
        origin = Origin("setting", "s.x")
    else:
        assert isinstance(at, int)
        origin = Origin("message", position=at)
    return Instruction(id=name, level=level, origin=origin, key=key, allowed=allowed, **more)


def decide(*instructions: Instruction, **more: Any) -> Resolution:
    """Resolve, forwards and backwards, and have both checked."""
    given = Candidates(instructions=instructions, **more)
    found = resolve(given)
    assert check_resolution(given, found) == ""
    turned = resolve(Candidates(instructions=instructions[::-1], **more))
    assert turned.rows == found.rows[::-1]
    assert turned.trace == found.trace
    return found


def fates(found: Resolution) -> dict[str, object]:
    """By id: the fate, with who decided it where somebody did."""
    return {
        row.id: (row.fate, *row.by) if row.by else row.fate if row.fate else set(row.possible)
        for row in found.rows
    }


def admitted(found: Resolution, key: str = "k") -> Values:
    return {outcome.key: outcome.admitted for outcome in found.keys}[key]


X, Y, Z = one_of("x"), one_of("y"), one_of("z")


# Order


@pytest.mark.parametrize(
    ("high", "low"),
    [(ROOT, SYSTEM), (SYSTEM, DEVELOPER), (DEVELOPER, USER), (USER, GUIDELINE)],
)
def test_the_higher_level_wins(high: Authority, low: Authority) -> None:
    found = decide(say("low", low, X), say("high", high, Y))
    assert fates(found) == {"low": (Fate.MISALIGNED, "high"), "high": Fate.APPLIES}
    assert admitted(found).one_of == ("y",)


def test_within_a_level_the_later_message_wins() -> None:
    found = decide(say("first", USER, X, 0), say("last", USER, Y, 4))
    assert fates(found) == {"first": (Fate.SUPERSEDED, "last"), "last": Fate.APPLIES}


def test_a_lower_level_does_not_win_by_coming_later() -> None:
    found = decide(say("d", DEVELOPER, X, 0), say("u", USER, Y, 9))
    assert fates(found) == {"d": Fate.APPLIES, "u": (Fate.MISALIGNED, "d")}


def test_what_leaves_room_is_kept_beside() -> None:
    found = decide(
        say("system", SYSTEM, one_of("x", "y", "z"), 0),
        say("developer", DEVELOPER, anything_but("x"), 1),
        say("user", USER, one_of("x", "y"), 2),
    )
    assert set(fates(found).values()) == {Fate.APPLIES}
    assert admitted(found).one_of == ("y",)
    assert found.keys[0].narrowed_by == ("system", "developer", "user")


def test_only_what_applies_blocks() -> None:
    """The developer's words are blocked, and so cannot block the user's."""
    found = decide(say("s", SYSTEM, X, 0), say("d", DEVELOPER, Y, 1), say("u", USER, X, 2))
    assert fates(found)["u"] is Fate.APPLIES


def test_messages_and_settings_override_defaults_of_their_level() -> None:
    spec = say("spec", USER, X)
    assert fates(decide(spec, say("m", USER, Y, 0)))["spec"] == (Fate.SUPERSEDED, "m")
    assert fates(decide(spec, say("m", DEVELOPER, Y, 0)))["spec"] == (Fate.MISALIGNED, "m")
    assert fates(decide(spec, say("set", USER, Y, BEFORE)))["spec"] == (Fate.SUPERSEDED, "set")
    both = decide(say("set", USER, X, BEFORE), say("m", USER, Y, 0))
    assert fates(both)["set"] == (Fate.SUPERSEDED, "m")


def test_a_system_message_overrides_a_system_section_but_no_root_section() -> None:
    message = say("m", SYSTEM, Y, 0)
    assert fates(decide(say("s", SYSTEM, X), message))["s"] == (Fate.SUPERSEDED, "m")
    assert fates(decide(say("r", ROOT, X), message))["m"] == (Fate.MISALIGNED, "r")


def test_platform_is_root_in_the_spec_and_system_in_a_message() -> None:
    section, message = say("p", PLATFORM, X), say("m", PLATFORM, Y, 0)
    assert fates(decide(section, message))["m"] == (Fate.MISALIGNED, "p")
    assert fates(decide(section, say("r", ROOT, Y)))["p"] == (Fate.INACTION, "r")
    assert fates(decide(message, say("s", SYSTEM, X, 1)))["m"] == (Fate.SUPERSEDED, "s")


def test_only_sections_are_root() -> None:
    with pytest.raises(ValueError, match="only sections of the spec are of level root"):
        say("m", ROOT, X, 0)
    with pytest.raises(ValueError, match="only implied cannot be of level root"):
        say("r", ROOT, X, mode="implicit")


# Implied instructions


def test_a_cue_overrides_a_guideline_and_nothing_more() -> None:
    cue = say("cue", USER, Y, 3, mode="implicit")
    assert fates(decide(say("g", GUIDELINE, X), cue))["g"] == (Fate.MISALIGNED, "cue")
    assert fates(decide(say("d", USER, X), cue))["cue"] == (Fate.MISALIGNED, "d")


def test_among_cues_the_speakers_level_decides_then_the_later() -> None:
    developer = say("d", DEVELOPER, X, 0, mode="implicit")
    user = say("u", USER, Y, 5, mode="implicit")
    again = say("u2", USER, Z, 6, mode="implicit")
    assert fates(decide(developer, user))["u"] == (Fate.MISALIGNED, "d")
    assert fates(decide(user, again))["u"] == (Fate.SUPERSEDED, "u2")


def test_a_cue_hands_on_no_more_than_guideline() -> None:
    found = decide(
        say("task", USER, X, 0, key="task", mode="implicit",
            delegates=Delegation("file:AGENTS.md", ("style",), USER)),
        say("agents", NONE, X, 1, key="style", source="file:AGENTS.md"),
        say("default", GUIDELINE, Y, key="style"),
        say("user", USER, Z, 0, key="indent"),
        say("agents 2", NONE, X, 1, key="indent", source="file:AGENTS.md"),
    )  # fmt: skip
    assert fates(found)["agents"] == (Fate.MISALIGNED, "default")  # below the guidelines
    assert fates(found)["agents 2"] is Fate.NO_AUTHORITY
    assert [step.level for step in found.trace[0].steps if step.id == "agents"] == [GUIDELINE]


# Blockers


def test_blockers_are_few_and_the_highest_there_are() -> None:
    found = decide(
        say("root", ROOT, anything_but("z")),
        say("a", SYSTEM, anything_but("x"), 0),
        say("b", DEVELOPER, anything_but("x", "y"), 1),
        say("c", DEVELOPER, anything_but("q"), 2),
        say("u", USER, one_of("x", "y"), 3),
        say("v", USER, X, 4),
    )
    assert fates(found)["u"] == (Fate.MISALIGNED, "b")
    assert fates(found)["v"] == (Fate.MISALIGNED, "a")


def test_several_blockers_together() -> None:
    found = decide(
        say("a", SYSTEM, one_of("x", "y"), 0),
        say("b", DEVELOPER, one_of("x", "z"), 1),
        say("u", USER, one_of("y", "z"), 2),
    )
    assert fates(found)["u"] == (Fate.MISALIGNED, "a", "b")


def test_higher_and_later_together_supersede() -> None:
    found = decide(
        say("s", SYSTEM, one_of("x", "y"), 0),
        say("late", USER, one_of("x", "z"), 2),
        say("early", USER, one_of("y", "z"), 1),
    )
    assert fates(found)["early"] == (Fate.SUPERSEDED, "s", "late")


def test_ranges() -> None:
    found = decide(
        say("d", DEVELOPER, between(None, 100), 0),
        say("u", USER, between(50, 200), 1),
        say("v", USER, between(150, None), 0),
        say("w", USER, one_of("long"), 0),
    )
    assert fates(found)["v"] == (Fate.MISALIGNED, "d")
    assert fates(found)["w"] == (Fate.MISALIGNED, "d")
    assert admitted(found).range == msgspec.convert(
        {"min": 50, "max": 100}, type=type(between(0, 1).range)
    )


def test_true_is_not_one() -> None:
    found = decide(say("d", DEVELOPER, one_of(True), 0), say("u", USER, one_of(1), 1))
    assert fates(found)["u"] == (Fate.MISALIGNED, "d")


# Ties


def test_root_against_root_closes_the_key() -> None:
    found = decide(
        say("r1", ROOT, X), say("r2", ROOT, Y), say("r3", ROOT, anything_but("z")),
        say("s", SYSTEM, X, 0), say("g", GUIDELINE, X), say("other", USER, X, 0, key="other"),
    )  # fmt: skip
    assert fates(found) == {
        "r1": (Fate.INACTION, "r2"),
        "r2": (Fate.INACTION, "r1"),
        "r3": Fate.APPLIES,  # it contradicts nobody
        "s": (Fate.MISALIGNED, "r1", "r2"),
        "g": (Fate.MISALIGNED, "r1", "r2"),
        "other": Fate.APPLIES,
    }
    assert found.keys[0].closed
    assert admitted(found).is_empty


def test_a_contradiction_in_one_message_is_ambiguous_and_lower_ones_go_on() -> None:
    found = decide(
        say("a", USER, X, 2), say("b", USER, Y, 2), say("c", USER, anything_but("z"), 2),
        say("earlier", USER, X, 1), say("g", GUIDELINE, Y),
    )  # fmt: skip
    assert fates(found) == {
        "a": (Fate.AMBIGUOUS, "b"),
        "b": (Fate.AMBIGUOUS, "a"),
        "c": Fate.APPLIES,
        "earlier": Fate.APPLIES,
        "g": (Fate.MISALIGNED, "earlier"),
    }


def test_sections_of_one_level_are_one_moment() -> None:
    found = decide(say("a", GUIDELINE, X), say("b", GUIDELINE, Y))
    assert fates(found) == {"a": (Fate.AMBIGUOUS, "b"), "b": (Fate.AMBIGUOUS, "a")}


def test_a_contradiction_counts_only_among_those_that_could_apply() -> None:
    found = decide(
        say("d", DEVELOPER, anything_but("y"), 0), say("a", USER, X, 1), say("b", USER, Y, 1)
    )
    assert fates(found) == {
        "d": Fate.APPLIES, "a": Fate.APPLIES, "b": (Fate.MISALIGNED, "d"),
    }  # fmt: skip


def test_a_contradiction_of_three() -> None:
    found = decide(
        say("a", USER, one_of("x", "y"), 0), say("b", USER, one_of("y", "z"), 0),
        say("c", USER, one_of("x", "z"), 0),
    )  # fmt: skip
    assert fates(found) == {
        "a": (Fate.AMBIGUOUS, "b", "c"),
        "b": (Fate.AMBIGUOUS, "a", "c"),
        "c": (Fate.AMBIGUOUS, "a", "b"),
    }


def test_what_is_left_above_can_make_the_contradiction() -> None:
    """They agree on z, which the developer has taken away."""
    found = decide(
        say("d", DEVELOPER, anything_but("z"), 0),
        say("a", USER, one_of("x", "z"), 1), say("b", USER, one_of("y", "z"), 1),
    )  # fmt: skip
    assert fates(found)["a"] == (Fate.AMBIGUOUS, "b")


# Exceptions


def test_an_exception_beats_what_it_excepts_and_only_where_they_conflict() -> None:
    rule = say("rule", DEVELOPER, X, 3)
    found = decide(rule, say("but", DEVELOPER, Y, 1, exception_to=("rule",)))
    assert fates(found) == {"rule": (Fate.EXCEPTED, "but"), "but": Fate.APPLIES}
    beside = decide(rule, say("but", DEVELOPER, one_of("x", "y"), 1, exception_to=("rule",)))
    assert fates(beside) == {"rule": Fate.APPLIES, "but": Fate.APPLIES}


def test_an_exception_in_the_same_message_is_no_contradiction() -> None:
    found = decide(say("rule", USER, X, 0), say("but", USER, Y, 0, exception_to=("rule",)))
    assert fates(found) == {"rule": (Fate.EXCEPTED, "but"), "but": Fate.APPLIES}


def test_root_makes_exceptions_to_root() -> None:
    found = decide(say("never", ROOT, X), say("but", ROOT, Y, exception_to=("never",)))
    assert fates(found) == {"never": (Fate.EXCEPTED, "but"), "but": Fate.APPLIES}
    assert not found.keys[0].closed


def test_an_exception_to_one_root_principle_is_none_to_another() -> None:
    found = decide(
        say("never", ROOT, X), say("but", ROOT, Y, exception_to=("never",)), say("also", ROOT, X)
    )
    assert fates(found) == {
        "never": (Fate.EXCEPTED, "but"),
        "but": (Fate.INACTION, "also"),
        "also": (Fate.INACTION, "but"),
    }


def test_an_exception_from_below_does_not_count() -> None:
    found = decide(say("d", DEVELOPER, X, 0), say("u", USER, Y, 1, exception_to=("d",)))
    assert fates(found) == {"d": Fate.APPLIES, "u": (Fate.MISALIGNED, "d")}
    cue = say("cue", DEVELOPER, Y, 1, mode="implicit", exception_to=("d",))
    assert fates(decide(say("d", DEVELOPER, X, 0), cue))["cue"] == (Fate.MISALIGNED, "d")


def test_an_exception_that_takes_no_part_excepts_nothing() -> None:
    off = (Condition("on", one_of(True)),)
    for more in ({"when": off}, {"suspected_mistake": True}, {"needs_capability": "fly"}):
        found = decide(
            say("rule", USER, X, 3), say("but", USER, Y, 1, exception_to=("rule",), **more),
            facts={"on": Fact(False, SYSTEM)},
        )  # fmt: skip
        assert fates(found)["rule"] is Fate.APPLIES


def test_an_exception_that_is_blocked_excepts_nothing() -> None:
    found = decide(
        say("d", DEVELOPER, X, 0), say("rule", USER, X, 3),
        say("but", USER, Y, 1, exception_to=("rule",)),
    )  # fmt: skip
    assert fates(found) == {"d": Fate.APPLIES, "rule": Fate.APPLIES, "but": (Fate.MISALIGNED, "d")}


def test_an_exception_to_an_exception() -> None:
    found = decide(
        say("rule", USER, X, 3), say("but", USER, Y, 2, exception_to=("rule",)),
        say("yet", USER, X, 1, exception_to=("but",)),
    )  # fmt: skip
    assert fates(found) == {
        "rule": Fate.APPLIES, "but": (Fate.EXCEPTED, "yet"), "yet": Fate.APPLIES,
    }  # fmt: skip


def test_exceptions_that_go_in_a_circle_cancel_themselves() -> None:
    found = decide(
        say("a", USER, X, 0, exception_to=("b",)), say("b", USER, Y, 0, exception_to=("a",))
    )
    assert fates(found) == {"a": (Fate.AMBIGUOUS, "b"), "b": (Fate.AMBIGUOUS, "a")}
    later = decide(
        say("a", USER, X, 0, exception_to=("b",)), say("b", USER, Y, 1, exception_to=("a",))
    )
    assert fates(later) == {"a": (Fate.SUPERSEDED, "b"), "b": Fate.APPLIES}
    itself = decide(say("a", USER, X, 0, exception_to=("a",)))
    assert fates(itself) == {"a": Fate.APPLIES}


def test_an_exception_in_doubt_leaves_in_doubt_what_it_excepts() -> None:
    found = decide(
        say("rule", USER, X, 0), say("but", USER, Y, 0, exception_to=("rule",)),
        say("no", USER, anything_but("y"), 0),
    )  # fmt: skip
    assert fates(found) == {
        "rule": (Fate.AMBIGUOUS, "but"),
        "but": (Fate.AMBIGUOUS, "no"),
        "no": (Fate.AMBIGUOUS, "but"),
    }


def test_an_exception_counts_as_said_with_what_it_excepts() -> None:
    """So it also beats what was said in between."""
    found = decide(
        say("but", USER, X, 0, exception_to=("rule",)), say("between", USER, Y, 1),
        say("rule", USER, anything_but("x"), 2),
    )  # fmt: skip
    assert fates(found) == {
        "but": Fate.APPLIES,
        "between": (Fate.SUPERSEDED, "but"),
        "rule": (Fate.EXCEPTED, "but"),
    }


def test_exceptions_of_another_key_have_no_effect() -> None:
    found = decide(
        say("rule", USER, X, 3), say("but", USER, Y, 1, key="other", exception_to=("rule",))
    )
    assert set(fates(found).values()) == {Fate.APPLIES}


def test_exceptions_that_contradict_each_other_do_not_hit_what_agrees_with_both() -> None:
    found = decide(
        say("rule", USER, one_of("x", "y"), 0), say("e", USER, X, 0, exception_to=("rule",)),
        say("f", USER, Y, 0, exception_to=("rule",)),
    )  # fmt: skip
    assert fates(found) == {
        "rule": Fate.APPLIES, "e": (Fate.AMBIGUOUS, "f"), "f": (Fate.AMBIGUOUS, "e"),
    }  # fmt: skip


def test_a_chain_of_exceptions_may_be_longer_than_the_stack() -> None:
    ranked, exceptions, turns = rank_exceptions(
        {number: -number for number in range(5000)}, {n: [n + 1] for n in range(4999)}
    )
    assert set(ranked.values()) == {-4999}
    assert turns[:2] == [0, 1]
    assert exceptions[4999] == [4998]


# Delegation

GIVE = Delegation("tool:web", ("k",), USER)


def test_text_without_authority_has_none() -> None:
    found = decide(say("t", NONE, X, 3, source="tool:web"), say("g", GUIDELINE, Y))
    assert fates(found) == {"t": Fate.NO_AUTHORITY, "g": Fate.APPLIES}


def test_delegated_text_ranks_below_everything_of_its_level() -> None:
    found = decide(
        say("u", USER, one_of("on"), 0, key="d", delegates=GIVE),
        say("t", NONE, X, 9, source="tool:web"),
        say("spec", USER, Y),
        say("g", GUIDELINE, Z),
    )
    assert fates(found)["t"] == (Fate.MISALIGNED, "spec")
    found = decide(
        say("u", USER, one_of("on"), 0, key="d", delegates=GIVE),
        say("t", NONE, X, 9, source="tool:web"),
        say("g", GUIDELINE, Z),
    )
    assert fates(found)["t"] is Fate.APPLIES
    assert fates(found)["g"] == (Fate.MISALIGNED, "t")


def test_the_level_is_the_lower_of_delegator_and_cap() -> None:
    for giver, cap, level in (
        (USER, DEVELOPER, USER), (DEVELOPER, USER, USER), (ROOT, ROOT, SYSTEM),
        (SYSTEM, GUIDELINE, GUIDELINE), (ROOT, PLATFORM, SYSTEM),
    ):  # fmt: skip
        at: int | str = SPEC if giver is ROOT else 0
        found = decide(
            say("d", giver, X, at, key="d", delegates=Delegation("*", ("k",), cap)),
            say("t", NONE, X, 1, source="tool:web"),
        )
        assert [step.level for step in found.trace[0].steps if step.id == "t"] == [level]


def test_delegation_is_for_its_keys_and_its_source() -> None:
    found = decide(
        say("u", USER, X, 0, key="d", delegates=GIVE),
        say("key", NONE, X, 1, key="other", source="tool:web"),
        say("source", NONE, X, 1, source="tool:mail"),
        say("unnamed", NONE, X, 1),
    )
    assert [fates(found)[name] for name in ("key", "source", "unnamed")] == [Fate.NO_AUTHORITY] * 3


def test_a_delegator_that_does_not_apply_hands_on_nothing() -> None:
    giver = say("u", USER, X, 0, key="d", delegates=GIVE)
    text = say("t", NONE, X, 1, source="tool:web")
    blocked = decide(giver, text, say("d", DEVELOPER, Y, 0, key="d"))
    assert fates(blocked)["t"] == (Fate.DELEGATION_DEAD, "u")
    mistaken = decide(msgspec.structs.replace(giver, suspected_mistake=True), text)
    assert fates(mistaken)["t"] == (Fate.DELEGATION_DEAD, "u")
    twice = decide(giver, text, say("v", USER, Y, 0, key="d"))
    assert fates(twice)["u"] == (Fate.AMBIGUOUS, "v")
    assert fates(twice)["t"] == (Fate.DELEGATION_DEAD, "u")


def test_of_two_delegators_the_one_who_hands_on_more_counts() -> None:
    low = say("s", SYSTEM, X, 0, key="d", delegates=Delegation("*", ("*",), GUIDELINE))
    high = say("u", USER, X, 0, key="e", delegates=GIVE)
    text = say("t", NONE, X, 1, source="tool:web")
    steps = {step.id: step for step in decide(low, high, text).trace[0].steps}
    assert (steps["t"].level, steps["t"].delegated_by) == (USER, "u")
    dead = decide(low, high, text, say("d", DEVELOPER, Y, 0, key="e"))
    steps = {step.id: step for step in dead.trace[0].steps}
    assert (steps["t"].level, steps["t"].delegated_by) == (GUIDELINE, "s")


def test_nobody_hands_on_what_he_may_not_change_himself() -> None:
    found = decide(
        say("s", SYSTEM, Y, 0),
        say("u", USER, X, 1, key="d", delegates=GIVE),
        say("t", NONE, X, 2, source="tool:web"),
    )
    assert fates(found)["t"] == (Fate.MISALIGNED, "s")


def test_delegated_text_does_not_delegate() -> None:
    found = decide(
        say("u", USER, X, 0, key="d", delegates=GIVE),
        say("t", NONE, X, 1, source="tool:web", delegates=Delegation("*", ("*",), USER)),
        say("v", NONE, X, 2, source="file:x"),
    )
    assert fates(found) == {"u": Fate.APPLIES, "t": Fate.APPLIES, "v": Fate.NO_AUTHORITY}


def test_delegated_text_can_stop_a_lower_delegator() -> None:
    found = decide(
        say("d", DEVELOPER, X, 0, key="d", delegates=Delegation("tool:a", ("u",), DEVELOPER)),
        say("a", NONE, Y, 1, key="u", source="tool:a"),
        say("u", USER, X, 2, key="u", delegates=GIVE),
        say("t", NONE, X, 3, source="tool:web"),
    )
    assert fates(found)["u"] == (Fate.MISALIGNED, "a")
    assert fates(found)["t"] == (Fate.DELEGATION_DEAD, "u")


def test_delegated_text_is_no_exception_to_its_own_level() -> None:
    found = decide(
        say("u", USER, X, 0, key="d", delegates=GIVE), say("rule", USER, Y, 0),
        say("t", NONE, X, 9, source="tool:web", exception_to=("rule",)),
    )  # fmt: skip
    assert fates(found)["t"] == (Fate.MISALIGNED, "rule")


def test_delegated_text_needs_its_scope_too() -> None:
    found = decide(
        say("u", USER, X, 0, key="d", delegates=GIVE),
        say("t", NONE, X, 9, source="tool:web", when=(Condition("on", one_of(True)),)),
        say("v", NONE, X, 9, source="tool:web", needs_capability="fly"),
        facts={"on": Fact(False, SYSTEM)},
    )
    assert fates(found)["t"] is Fate.OUT_OF_SCOPE
    assert fates(found)["v"] is Fate.BEYOND_CAPABILITY


def test_a_delegation_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="hands on nothing"):
        Delegation("*", ("k",), NONE)


# Setting aside


def test_mistakes_and_missing_abilities_block_nobody() -> None:
    found = decide(
        say("oops", DEVELOPER, X, 0, suspected_mistake=True),
        say("fly", DEVELOPER, X, 0, needs_capability="fly"),
        say("see", DEVELOPER, anything_but("z"), 0, needs_capability="see"),
        say("u", USER, Y, 1),
        capabilities=("see",),
    )
    assert fates(found) == {
        "oops": Fate.SUSPECTED_MISTAKE, "fly": Fate.BEYOND_CAPABILITY, "see": Fate.APPLIES,
        "u": Fate.APPLIES,
    }  # fmt: skip


def test_scope_comes_before_mistakes() -> None:
    found = decide(
        say("a", USER, X, 0, suspected_mistake=True, when=(Condition("on", one_of(True)),)),
        facts={"on": Fact(False, SYSTEM)},
    )
    assert fates(found) == {"a": Fate.OUT_OF_SCOPE}


# Facts


def test_conditions_are_a_conjunction() -> None:
    both = (Condition("a", one_of(True)), Condition("b", anything_but("x")))
    for a, b, fate in (
        (True, "y", Fate.APPLIES), (False, "y", Fate.OUT_OF_SCOPE), (True, "x", Fate.OUT_OF_SCOPE),
        (1, "y", Fate.OUT_OF_SCOPE),
    ):  # fmt: skip
        facts = {"a": Fact(a, SYSTEM), "b": Fact(b, USER)}
        found = decide(say("i", USER, X, 0, when=both), facts=facts)
        assert fates(found) == {"i": fate}
        assert found.facts_used == ("a", "b")


ADULT = (Condition("adult", one_of(True)),)


def test_unknown_facts_leave_open_only_what_depends_on_them() -> None:
    found = decide(
        say("d", DEVELOPER, X, 0, when=ADULT),
        say("u", USER, anything_but("x"), 1),
        say("v", USER, one_of("x", "y"), 1),
        say("other", USER, X, 1, key="other"),
    )
    assert fates(found)["other"] is Fate.APPLIES
    rows = {row.id: row for row in found.rows}
    assert rows["u"].possible == (Fate.APPLIES, Fate.MISALIGNED)
    assert rows["u"].depends_on == ("adult",)
    assert not rows["u"].certain
    assert rows["v"].fate is Fate.APPLIES
    assert found.facts_unknown == ("adult",)
    outcome = found.keys[0]
    assert (outcome.certain, outcome.admitted.is_empty) == (False, True)  # x or y, nobody knows


def test_a_fate_can_be_certain_though_facts_are_unknown() -> None:
    """Whether adult or not, one of the two blocks the user's words."""
    found = decide(
        say("a", DEVELOPER, X, 0, when=ADULT),
        say("b", DEVELOPER, X, 0, when=(Condition("adult", anything_but(True)),)),
        say("u", USER, Y, 1),
    )
    assert fates(found)["u"] == (Fate.MISALIGNED, "a", "b")
    assert admitted(found).one_of == ("x",)
    assert found.keys[0].certain


def test_a_declared_domain_leaves_out_what_cannot_be() -> None:
    yes, no = one_of(True), one_of(False)
    instructions = (
        say("a", DEVELOPER, X, 0, when=(Condition("adult", yes),)),
        say("b", DEVELOPER, X, 0, when=(Condition("adult", no),)),
        say("u", USER, Y, 1),
    )
    assert fates(decide(*instructions))["u"] == (None, "a", "b")
    declared = decide(*instructions, facts={"adult": Fact(domain=one_of(True, False))})
    assert fates(declared)["u"] == (Fate.MISALIGNED, "a", "b")


def test_facts_with_ranges() -> None:
    of_age = (Condition("age", between(18, None)),)
    for age, fate in ((17, Fate.OUT_OF_SCOPE), (18, Fate.APPLIES), ("18", Fate.OUT_OF_SCOPE)):
        found = decide(say("i", USER, X, 0, when=of_age), facts={"age": Fact(age, SYSTEM)})
        assert fates(found) == {"i": fate}
    unknown = decide(
        say("i", USER, X, 0, when=of_age),
        say("j", USER, X, 0, when=(Condition("age", between(None, 12)),)),
    )
    assert fates(unknown) == {name: {Fate.APPLIES, Fate.OUT_OF_SCOPE} for name in ("i", "j")}
    assert len(unknown.trace) == 1 + 3  # never both in scope


def test_facts_are_believed_of_those_who_may_set_them() -> None:
    when = (Condition("adult", one_of(True)),)
    for by, changeable_by, believed in (
        (USER, None, True), (USER, (SYSTEM, USER), True), (USER, (SYSTEM,), False),
        (NONE, None, False), (ROOT, (SYSTEM,), True), (SYSTEM, (), False),
    ):  # fmt: skip
        facts = {"adult": Fact(True, by, changeable_by)}
        found = decide(say("i", DEVELOPER, X, 0, when=when), facts=facts)
        assert (found.rows[0].fate is Fate.APPLIES) is believed
        assert bool(found.facts_refused) is not believed
    strange = {"adult": Fact("perhaps", SYSTEM, None, one_of(True, False))}
    found = decide(say("i", USER, X, 0, when=when), facts=strange)
    assert found.facts_refused == (RefusedFact("adult", "its value is not one it can have"),)


def test_root_believes_only_the_system() -> None:
    guard = say("guard", ROOT, X, when=(Condition("adult", anything_but(True)),))
    follow = say("follow", DEVELOPER, Z, 0, key="other", when=ADULT)
    claimed = decide(guard, follow, facts={"adult": Fact(True, USER)})
    assert fates(claimed) == {
        "guard": {Fate.APPLIES, Fate.OUT_OF_SCOPE}, "follow": Fate.APPLIES,
    }  # fmt: skip
    assert [one.fact for one in claimed.facts_refused] == ["adult"]
    assert claimed.facts_used == ("adult",)
    assert claimed.facts_unknown == ("adult",)
    vouched = decide(guard, follow, facts={"adult": Fact(True, SYSTEM)})
    assert fates(vouched)["guard"] is Fate.OUT_OF_SCOPE


def test_facts_that_reach_over_a_delegation() -> None:
    found = decide(
        say("u", USER, X, 0, key="d", delegates=GIVE, when=ADULT),
        say("t", NONE, X, 1, source="tool:web"),
        say("g", GUIDELINE, Y),
        say("far", USER, X, 1, key="far"),
    )
    assert fates(found)["t"] == (None, "u")
    depends = {row.id: row.depends_on for row in found.rows if not row.certain}
    assert depends == dict.fromkeys(("u", "t", "g"), ("adult",))
    assert [step.id for step in found.trace[0].steps] == ["far"]


def test_many_facts_of_one_instruction_are_two_situations() -> None:
    when = tuple(Condition(f"f{number}", one_of(True)) for number in range(500))
    found = decide(say("i", USER, X, 0, when=when))
    assert len(found.trace) == 3
    assert len(found.rows[0].depends_on) == 500


def test_beyond_the_budget_nothing_is_certain_and_all_is_safe() -> None:
    instructions = tuple(
        say(f"i{number}", USER, anything_but(f"v{number}"), number,
            when=(Condition(f"f{number}", one_of(True)),))
        for number in range(11)
    )  # fmt: skip
    given = Candidates(
        instructions=(
            *instructions, say("sure", SYSTEM, X, 0, key="other"),
            say("off", USER, X, 0, when=(Condition("known", one_of(1)),)),
        ),
        facts={"known": Fact(2, SYSTEM)},
    )  # fmt: skip
    found = resolve(given, budget=1000 * 12 * 13)
    assert check_resolution(given, found) == ""
    assert found.approximated == ("k",)
    rows = {row.id: row for row in found.rows}
    assert rows["sure"].fate is Fate.APPLIES
    assert rows["off"] == Row("off", Fate.OUT_OF_SCOPE)
    assert rows["i0"].fate is None
    assert {Fate.APPLIES, Fate.OUT_OF_SCOPE} <= set(rows["i0"].possible)
    assert Fate.INACTION not in rows["i0"].possible
    assert set(admitted(found).except_ or ()) == {f"v{number}" for number in range(11)}
    exact = resolve(given)
    assert exact.approximated == ()


# The whole


def test_nothing_to_decide() -> None:
    found = decide()
    assert (found.rows, found.keys, len(found.trace)) == ((), (), 1)


@pytest.mark.parametrize(
    ("instructions", "wrong"),
    [
        ((say("a", USER, X, 0), say("a", USER, Y, 0)), 'two instructions have the id "a"'),
        ((say("a", USER, X, 0, exception_to=("b",)),), 'an exception to "b", which is not there'),
    ],
)
def test_candidates_that_make_no_sense(instructions: Sequence[Instruction], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Candidates(instructions=tuple(instructions))


def test_instructions_that_admit_nothing() -> None:
    with pytest.raises(ValueError, match="admits no value at all"):
        say("a", USER, between(3, 1), 0)
    with pytest.raises(ValueError, match="domain of a fact is empty"):
        Fact(domain=one_of())


@pytest.mark.parametrize(("kind", "position"), [("section", 0), ("message", -1), ("section", 3)])
def test_places_that_make_no_sense(kind: Any, position: int) -> None:
    with pytest.raises(ValueError, match="position"):
        Origin(kind, position=position)


@given(candidates(most=12))
@settings(max_examples=300, deadline=None)
def test_the_plain_way_is_the_same_way(case: Candidates) -> None:
    """Keys that need nothing special are decided by another loop, to the same steps."""
    quick = resolve(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "admit_while_plain", lambda keys, start, *_: start)
        assert resolve(case) == quick


def many(count: int, keys: int, seed: int = 7) -> Candidates:
    chance = random.Random(seed)
    levels = (SYSTEM, DEVELOPER, USER)
    return Candidates(
        instructions=tuple(
            say(
                f"i{number}", chance.choice(levels), one_of(*chance.sample("abcdefgh", 3)),
                chance.randrange(50), key=f"k{chance.randrange(keys)}",
            )
            for number in range(count)
        )
    )  # fmt: skip


@pytest.mark.parametrize("keys", [1, 30, 3000])
def test_ten_thousand_instructions(keys: int) -> None:
    """No step grows with the square of their number: well under what that would take."""
    given = many(10_000, keys)
    start = time.perf_counter()
    found = resolve(given)
    assert time.perf_counter() - start < 5
    assert len(found.rows) == 10_000


def test_a_trace_that_would_not_fit_is_refused() -> None:
    given = Candidates(
        instructions=tuple(
            say(f"i{number}", USER, anything_but(number), number) for number in range(5_000)
        )
    )
    with pytest.raises(InputError, match="would list too many values"):
        resolve(given)


def test_a_resolution_survives_json() -> None:
    found = decide(say("a", USER, between(1, 5, but=[2]), 0), say("b", USER, X, 1, when=ADULT))
    again = msgspec.json.decode(msgspec.json.encode(found), type=Resolution)
    assert again == found
