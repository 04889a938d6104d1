"""Proofs: they agree with trying everything, hold for what ships, and catch what is seeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import combinations, product
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import adhere.resolve.settings.effective
from adhere.assemble import load_spec, reference_dir
from adhere.assemble.obligations import load_obligations
from adhere.assemble.profiles import parse_profile
from adhere.compiler import compile_spec
from adhere.errors import InputError, UsageError
from adhere.resolve import Obligation, Profile, Proof, effective_settings, prove
from adhere.resolve.proofs.binding import bind, holds
from adhere.resolve.proofs.classes import classes
from adhere.resolve.proofs.expression import parse_expression
from adhere.resolve.proofs.views import View, declared, seen, view
from adhere.resolve.settings.effective import LEVELS
from adhere.resolve.settings.words import profile_text
from adhere.spec import Authority, Domain, Setting, SourceSpan, Spec

REFERENCE = load_spec("reference")
OBLIGATIONS = load_obligations("reference").obligation
SYSTEM, DEVELOPER, USER = LEVELS


def proof(never: str, *by: Authority, spec: Spec = REFERENCE, **profiles: str) -> Proof:
    given = {
        Authority(level): parse_profile(f"[settings]\n{text}".encode(), name=level)
        for level, text in profiles.items()
    }
    return prove(spec, Obligation("x", never, by), given=given)


def changed(old: str, new: str) -> Spec:
    """The reference spec with one line of it written otherwise."""
    text = (reference_dir() / "spec.md").read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    return compile_spec(text.replace(old, new).encode(), name="changed.md").require()


# --- what ships


@pytest.mark.parametrize("obligation", OBLIGATIONS, ids=lambda one: one.name)
def test_the_standing_obligations_are_proved(obligation: Obligation) -> None:
    found = prove(REFERENCE, obligation)
    assert (found.outcome, found.counterexample) == ("proved", None)
    assert found.contexts >= 9**3


# --- what is seeded is caught


def assert_shows(found: Proof, spec: Spec, never: str, by: tuple[Authority, ...]) -> None:
    """The counterexample, written to files and read again, shows what it is for."""
    assert found.outcome == "refuted"
    assert found.counterexample is not None
    profiles = {
        level: parse_profile(profile_text(table).encode(), name=f"{level}.toml")
        for level, table in found.counterexample.profiles.items()
    }
    names = declared(spec)

    def world(levels: set[Authority]) -> dict[str, View]:
        chosen = {level: profile for level, profile in profiles.items() if level in levels}
        result = effective_settings(spec, chosen)
        return {one.address: seen(names[one.address], one) for one in result.settings}

    now, before = world(set(LEVELS)), world(set(LEVELS) - set(by))
    bound = bind(parse_expression(never), names)
    assert holds(bound, now, before)
    assert not holds(bound, before, before)
    for address, value in found.counterexample.values.items():
        assert now[address].value == value


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('bounds.user = ["never", "when_asked"]\n', "", "users-do-not-unlock-profanity"),
        ('under 18."\ndefault = false\nchangeable_by = ["system"]',
         'under 18."\ndefault = false\nchangeable_by = ["system", "developer"]', "under-18-stays"),
        ('id = "under_18"\ntype = "boolean"', None, "under-18-stays"),
        ('allowed = { min = 1, max = 480 }', 'allowed = { min = 1, max = 481 }',
         "autonomy-stays-limited"),
        ('bounds.developer = ["none", "suggestive"]\n', "",
         "explicit-content-is-opened-by-the-platform"),
    ],
)  # fmt: skip
def test_a_seeded_violation_of_the_spec_is_caught(old: str, new: str | None, name: str) -> None:
    if new is None:  # the same slip, made in the last word of the declaration
        text = (reference_dir() / "spec.md").read_text(encoding="utf-8")
        start = text.index(old)
        end = text.index("~~~", start)
        old = text[start:end]
        new = old.replace('["system"]', '["system", "user"]')
    spec = changed(old, new)
    (obligation,) = (one for one in OBLIGATIONS if one.name == name)
    found = prove(spec, obligation)
    assert_shows(found, spec, obligation.never, obligation.by)


READ = adhere.resolve.settings.effective._read


@pytest.mark.parametrize(
    ("function", "wrong", "name"),
    [
        ("_refuse", lambda *_: None, "profiles-stay-lawful"),
        ("_refuse", lambda *_: None, "under-18-stays"),
        ("_read", lambda *args: (READ(*args)[0], False), "nobody-lifts-a-system-limit"),
        ("_read", lambda *args: (READ(*args)[0], False), "no-user-lifts-a-developer-limit"),
    ],
)
def test_a_seeded_error_of_the_program_is_caught(
    monkeypatch: pytest.MonkeyPatch, function: str, wrong: Any, name: str
) -> None:
    """A proof runs what decides in earnest: without its checks, or with fixing forgotten."""
    monkeypatch.setattr(adhere.resolve.settings.effective, function, wrong)
    (obligation,) = (one for one in OBLIGATIONS if one.name == name)
    assert prove(REFERENCE, obligation).outcome == "refuted"


def test_a_counterexample_is_as_small_as_it_can_be() -> None:
    never = 'tone.profanity == "freely" and teen_protection.under_18'
    found = proof(never, DEVELOPER, USER)
    assert_shows(found, REFERENCE, never, (DEVELOPER, USER))
    assert found.counterexample is not None
    assert found.counterexample.profiles == {
        SYSTEM: {"teen_protection": {"under_18": True}},
        DEVELOPER: {"tone": {"profanity": "freely"}},
    }  # fmt: skip
    assert found.counterexample.before == {
        "tone.profanity": "when_asked", "teen_protection.under_18": True,
    }  # fmt: skip


# --- what the words mean


def test_what_is_true_anyway_is_not_brought_about() -> None:
    found = proof("not teen_protection.under_18", DEVELOPER, USER)
    assert (found.outcome, found.true_in) == ("proved", 1)
    assert proof("not teen_protection.under_18", SYSTEM).outcome == "proved"
    assert proof("teen_protection.under_18", SYSTEM).outcome == "refuted"


def test_what_nobody_can_bring_about_is_said_to_be_so() -> None:
    assert proof("sub_agents.at_most > 20", *LEVELS).true_in == 0


def test_with_a_profile_a_level_asks_for_what_stands_there() -> None:
    assert proof("tone.warmth > 2", USER).outcome == "refuted"
    assert proof("tone.warmth > 2", USER, developer="tone.warmth = 2").outcome == "proved"
    left_open = proof("tone.warmth > 2", USER, developer="tone.warmth = { default = 2 }")
    assert left_open.outcome == "refuted"
    assert left_open.counterexample is not None
    assert set(left_open.counterexample.profiles) == {USER}


def test_a_profile_and_by_do_not_go_together() -> None:
    with pytest.raises(UsageError, match="not both"):
        proof("tone.emoji", USER, user="tone.emoji = true")
    with pytest.raises(UsageError, match="name one or more"):
        proof("tone.emoji")
    with pytest.raises(UsageError, match="name one or more"):
        proof("tone.emoji", Authority.ROOT)


def test_out_of_time_is_undecided() -> None:
    found = prove(REFERENCE, Obligation("x", "not lawful(it)", (USER,)), stop=lambda: True)
    assert (found.outcome, found.why[-1]) == ("undecided", "the time was up")


def setting(**fields: Any) -> Setting:
    return Setting(
        **{
            "id": "s", "section": "a", "changeable_by": LEVELS, "bounds": {}, "summary": "",
            "span": SourceSpan(0, 0, 1, 1), **fields,
        }
    )  # fmt: skip


def spec_of(*declared: Setting) -> Spec:
    """A spec that declares these settings and says nothing else."""
    base = compile_spec(b"# A {#a authority=user}\n").require()
    (section,) = base.sections
    return msgspec.structs.replace(
        base, sections=(msgspec.structs.replace(section, settings=declared),)
    )


def test_too_many_members_is_undecided() -> None:
    members = tuple(f"m{number}" for number in range(13))
    wide = setting(type="set", default=(), allowed=Domain(values=members))
    found = proof("it != before(it)", USER, spec=spec_of(wide))
    assert (found.outcome, "more than 12 members" in found.why[-1]) == ("undecided", True)


def test_a_string_that_was_not_found_refutes_nothing_and_is_covered() -> None:
    """A pattern whose strings are out of reach of the search: proofs hold, the rest is open."""
    far = setting(type="string", default="", allowed=Domain(pattern="(z7q){5}x?|"))
    assert proof("a.s != before(a.s)", USER, spec=spec_of(far)).outcome == "undecided"
    fixed = msgspec.structs.replace(far, changeable_by=(SYSTEM,))
    assert proof("a.s != before(a.s)", USER, spec=spec_of(fixed)).outcome == "proved"


# --- the reduction loses nothing


VALUES: dict[str, list[Any]] = {
    "boolean": [False, True],
    "enum": ["a", "b", "c", "d", "e"],
    "integer": list(range(-1, 8)),
    "set": [[], ["a"], ["b"], ["c"], ["a", "b"], ["a", "c"], ["b", "c"], ["a", "b", "c"], ["d"]],
    "string": ["", "a", "b", "ab", "ba", "bb", "abc"],
}
CONDITIONS = {
    "boolean": ["a.s", "not a.s", "a.s != before(a.s)"],
    "enum": ['a.s == "a"', 'a.s in ["a", "b"]', 'a.s != before(a.s) and a.s != "a"'],
    "integer": ["a.s == 3", "a.s > 2", "a.s > before(a.s)", "a.s < before(a.s) and a.s != 3",
                "a.s in [2, 4]"],
    "set": ['"a" in a.s', 'a.s == ["a"]', 'a.s != before(a.s) and "b" not in a.s'],
    "string": ['a.s == "a"', "a.s != before(a.s)", 'a.s not in ["a", ""]'],
}  # fmt: skip


@st.composite
def domain_of(draw: st.DrawFn, kind: str) -> Domain:
    """A domain that admits 3, "a" or the set of it, which conditions and defaults name."""
    if kind == "boolean":
        return Domain(values=draw(st.sampled_from([(True,), (False, True)])))
    if kind in ("enum", "set"):
        more = draw(st.lists(st.sampled_from("bcd"), unique=True, max_size=3))
        return Domain(values=("a", *more))
    if kind == "integer":
        return Domain(
            min=draw(st.none() | st.integers(0, 2)), max=draw(st.none() | st.integers(4, 6))
        )
    return Domain(pattern=draw(st.sampled_from(["[ab]*", "a?b?", "a|b|", ".*"])), max_length=2)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Setting, str, tuple[Authority, ...]]:
    kind = draw(st.sampled_from(sorted(VALUES)))
    changers = tuple(draw(st.lists(st.sampled_from(LEVELS), unique=True, min_size=1)))
    bounded = draw(st.lists(st.sampled_from(changers), unique=True, max_size=2))
    default: Any = {"boolean": True, "enum": "a", "integer": 3, "set": ("a",), "string": ""}[kind]
    wide = {
        "boolean": Domain(values=(False, True)), "enum": Domain(values=("a", "b", "c", "d")),
        "set": Domain(values=("a", "b", "c")), "integer": Domain(min=0, max=6),
    }.get(kind)  # fmt: skip
    made = setting(
        type=kind, default=default, allowed=wide or draw(domain_of(kind)), changeable_by=changers,
        bounds={level: draw(domain_of(kind)) for level in bounded},
    )  # fmt: skip
    plain = (*CONDITIONS[kind], "not lawful(a.s)", "not kept(a.s, developer)")
    by = tuple(draw(st.lists(st.sampled_from(LEVELS), unique=True, min_size=1)))
    return made, draw(st.sampled_from(plain)), by


@settings(max_examples=20, deadline=None)
@given(cases())
def test_a_proof_agrees_with_trying_every_value(
    case: tuple[Setting, str, tuple[Authority, ...]],
) -> None:
    made, never, by = case
    spec = spec_of(made)
    try:
        bound = bind(parse_expression(never), declared(spec))
    except InputError:
        assume(False)  # the condition names what this declaration rules out
    asked = [None, *VALUES[made.type], *({"default": value} for value in VALUES[made.type])]
    quiet = [level in by for level in LEVELS]

    @cache
    def world(at: tuple[int, ...]) -> dict[str, View]:
        return {"a.s": view(made, [asked[i] for i in at])}

    def violated(at: tuple[int, ...]) -> bool:
        now, before = world(at), world(tuple(0 if q else i for q, i in zip(quiet, at, strict=True)))
        return holds(bound, now, before) and not holds(bound, before, before)

    wanted = any(map(violated, product(range(len(asked)), repeat=len(LEVELS))))
    found = prove(spec, Obligation("x", never, by))
    assert found.outcome == ("refuted" if wanted else "proved")


LETTERS = ("a", "b", "c", "d", "e", "f")
UNIVERSE: dict[str, list[Any]] = {
    "enum": [*LETTERS, "x", "y", "z"],
    "integer": list(range(-30, 80)),
    "set": [subset for size in range(6) for subset in combinations((*LETTERS[:4], "x"), size)],
    "string": [
        "",
        *map("".join, product("abx", repeat=1)),
        *map("".join, product("abx", repeat=3)),
    ],
}


@st.composite
def classed(draw: st.DrawFn) -> tuple[Setting, str, list[Callable[[Any], bool]]]:
    """A declaration, an expression about it, and the expression's tests, written out here."""
    kind = draw(st.sampled_from(sorted(UNIVERSE)))
    limits = st.integers(0, 50)
    letters = st.lists(st.sampled_from(LETTERS[:4]), unique=True, min_size=1).map(tuple)

    def domain() -> Domain:
        if kind == "integer":
            low = draw(limits)
            return Domain(min=low, max=low + draw(limits))
        if kind == "string":
            return Domain(
                pattern=draw(st.sampled_from(["[ab]*", "a.*", "|.", ".{3}"])), max_length=3
            )
        return Domain(values=draw(letters))

    literal = {"integer": limits, "string": st.sampled_from(["a", "aba"])}.get(
        kind, st.sampled_from(LETTERS[:4])
    )
    one, other = draw(literal), draw(literal)
    shown = msgspec.json.encode(one).decode(), msgspec.json.encode(other).decode()
    if kind == "set":
        tests = [lambda v: one in v, lambda v: set(v) == {other}]
        text = f"{shown[0]} in a.s or a.s == [{shown[1]}]"
    elif kind == "integer":
        tests = [lambda v: v > one, lambda v: v == other, lambda v: v < other]
        text = f"a.s > {shown[0]} or a.s == {shown[1]}"
    else:
        tests = [lambda v: v == one, lambda v: v == other]
        text = f"a.s in [{shown[0]}, {shown[1]}]"
    default: Any = {"integer": draw(limits), "set": (), "string": "", "enum": "a"}[kind]
    bounds = {level: domain() for level in draw(st.lists(st.sampled_from(LEVELS), max_size=2))}
    return setting(type=kind, default=default, allowed=domain(), bounds=bounds), text, tests


@settings(max_examples=300, deadline=None)
@given(classed())
def test_every_class_of_values_is_represented(
    case: tuple[Setting, str, list[Callable[[Any], bool]]],
) -> None:
    """For any value there are three that no test tells apart from it, or all there are."""
    made, text, tests = case
    try:
        bound = bind(parse_expression(text), {"a.s": made})
    except InputError:
        assume(False)
    found = classes(made, bound)

    def answers(value: Any, declaration: Setting) -> tuple[bool, ...]:
        return (
            value == made.default, declaration.allowed.admits(value),
            *(bound.admits(value) for bound in declaration.bounds.values()),
            *(test(value) for test in tests),
        )  # fmt: skip

    alike = Counter(answers(value, made) for value in UNIVERSE[made.type])
    chosen = Counter(answers(value, found.setting) for value in found.values)
    short = {
        key: (count, chosen[key]) for key, count in alike.items() if chosen[key] < min(count, 3)
    }
    assert short == {}


def test_profiles_of_nobody_change_nothing() -> None:
    """The worlds a proof compares are those of whole profiles."""
    silent = {level: Profile("", {}) for level in LEVELS}
    assert (
        effective_settings(REFERENCE, silent).values() == effective_settings(REFERENCE, {}).values()
    )
