"""The resolver comes to what settings come to, and names the same level as the one in the way."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.assemble import load_spec
from adhere.assemble.profiles import parse_profile
from adhere.compiler import compile_spec
from adhere.resolve import (
    Candidates,
    Condition,
    Fate,
    Instruction,
    Origin,
    Profile,
    Resolution,
    check_resolution,
    effective_settings,
    one_of,
    resolve,
)
from adhere.resolve.settings.candidates import is_fact, scalar, settings_candidates
from adhere.resolve.settings.effective import LEVELS, Refusal
from adhere.spec import Authority, Setting

REFERENCE = load_spec("reference")
SETTINGS = {setting.address: setting for setting in REFERENCE.settings()}
FACTS = {address for address, setting in SETTINGS.items() if is_fact(setting)}
SYSTEM, DEVELOPER, USER = LEVELS


def test_facts_are_for_the_platform_alone() -> None:
    assert {"teen_protection.under_18", "graphic_content.adult_verified"} == FACTS


def values_of(setting: Setting) -> st.SearchStrategy[object]:
    named = list(setting.allowed.values or ())
    value: st.SearchStrategy[object] = {
        "boolean": st.booleans(),
        "enum": st.sampled_from([*named, "other"]),
        "set": st.lists(st.sampled_from([*named, "other"]), max_size=3),
        "integer": st.integers((setting.allowed.min or 0) - 1, (setting.allowed.max or 9) + 1),
        "string": st.sampled_from(["", "AT", "at", "auto", "<"]),
    }[setting.type]
    return st.one_of(value, value.map(lambda inner: {"default": inner}), st.just(0.5))


@st.composite
def profiles(draw: st.DrawFn) -> dict[Authority, Profile]:
    """Profiles that meet on few settings, so that they often disagree."""
    some = draw(st.lists(st.sampled_from(list(SETTINGS.values())), min_size=1, max_size=5))
    found = {}
    for level in LEVELS:
        table: dict[str, dict[str, object]] = {}
        for setting in some:
            if draw(st.booleans()):
                table.setdefault(setting.section, {})[setting.id] = draw(values_of(setting))
        found[level] = Profile(f"{level}.toml", table)
    return found


@settings(max_examples=1000, deadline=None)
@given(profiles())
def test_the_resolver_agrees(given: dict[Authority, Profile]) -> None:
    result = effective_settings(REFERENCE, given)
    candidates = settings_candidates(REFERENCE, given)
    resolution = resolve(candidates)
    admitted = {outcome.key: outcome.admitted for outcome in resolution.keys}
    assert admitted == {
        found.address: one_of(scalar(found.value))
        for found in result.settings
        if found.address not in FACTS
    }
    assert {name: fact.value for name, fact in candidates.facts.items()} == {
        found.address: found.value for found in result.settings if found.address in FACTS
    }
    rows = {row.id: row for row in resolution.rows}
    for found in result.settings:
        for step in found.steps:
            row = rows.get(f"{found.address}:{step.request.level}")
            if row is None or isinstance(step.request.asked, dict):
                continue
            if step.refusal is Refusal.OVERRIDDEN:
                assert (row.fate, row.by) == (Fate.MISALIGNED, (f"{found.address}:{step.by}",))
            else:
                assert row.fate is Fate.APPLIES


@given(profiles())
def test_the_checker_accepts_it(given: dict[Authority, Profile]) -> None:
    candidates = settings_candidates(REFERENCE, given)
    assert not check_resolution(candidates, resolve(candidates))


def resolved(*more: Instruction, **texts: str) -> Resolution:
    given = {
        Authority(level): parse_profile(f"[settings]\n{text}".encode(), name=level)
        for level, text in texts.items()
    }
    base = settings_candidates(REFERENCE, given)
    return resolve(msgspec.structs.replace(base, instructions=(*base.instructions, *more)))


def message(level: Authority, key: str, value: object, **fields: object) -> Instruction:
    return msgspec.convert(
        {"id": "m", "level": level, "origin": Origin("message", "0", 0), "key": key,
         "allowed": one_of(value), **fields}, Instruction,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("level", "value", "fate", "left"),
    [
        (USER, "never", Fate.APPLIES, "never"),  # a message overrides a default
        (USER, "obscene", Fate.MISALIGNED, "when_asked"),  # but nothing goes beyond the allowed
        (SYSTEM, "obscene", Fate.MISALIGNED, "when_asked"),
    ],
)
def test_messages_meet_settings(level: Authority, value: str, fate: Fate, left: str) -> None:
    found = resolved(message(level, "tone.profanity", value))
    assert found.rows[-1].fate is fate
    (outcome,) = (one for one in found.keys if one.key == "tone.profanity")
    assert outcome.admitted == one_of(left)


@pytest.mark.parametrize(
    ("level", "key", "value", "fate", "left"),
    [
        (USER, "tone.profanity", "freely", Fate.MISALIGNED, "when_asked"),  # out of its bounds
        (DEVELOPER, "tone.profanity", "freely", Fate.APPLIES, "freely"),  # which are the user's
        (USER, "confidential_text.developer_text", "public", Fate.MISALIGNED, "private"),
        (DEVELOPER, "confidential_text.developer_text", "public", Fate.APPLIES, "public"),
        (USER, "sub_agents.allowed", True, Fate.APPLIES, True),  # what holds is within any bounds
    ],
)
def test_messages_are_held_to_bounds(
    level: Authority, key: str, value: object, fate: Fate, left: object
) -> None:
    found = resolved(message(level, key, value))
    assert found.rows[-1].fate is fate
    (outcome,) = (one for one in found.keys if one.key == key)
    assert outcome.admitted == one_of(left)


@pytest.mark.parametrize(
    ("default", "asked", "fate"),
    [
        (1400, 1400, Fate.APPLIES), (1400, 100, Fate.APPLIES), (1400, 600, Fate.MISALIGNED),
        (1, 1, Fate.APPLIES), (1, 30, Fate.MISALIGNED), (1, 50, Fate.APPLIES),
        (9000, 100, Fate.MISALIGNED),  # too wide a gap to write out: what holds is all that is left
        (9000, 9000, Fate.APPLIES),
    ],
)  # fmt: skip
def test_what_holds_outside_the_bounds_of_a_level(default: int, asked: int, fate: Fate) -> None:
    text = (
        "# A {#a authority=user}\n\nText.\n\n~~~setting\nid = 'n'\ntype = 'integer'\n"
        f"default = {default}\nallowed = {{ min = 1, max = 9000 }}\n"
        "changeable_by = ['user']\nbounds.user = { min = 50, max = 500 }\n~~~\n"
    )
    base = settings_candidates(compile_spec(text.encode()).require(), {})
    said = message(USER, "a.n", asked)
    found = resolve(msgspec.structs.replace(base, instructions=(*base.instructions, said)))
    assert found.rows[-1].fate is fate


def test_a_message_does_not_lift_what_a_higher_level_fixed() -> None:
    found = resolved(
        message(USER, "tone.profanity", "when_asked"), developer='tone.profanity = "never"'
    )
    assert (found.rows[-1].fate, found.rows[-1].by) == (
        Fate.MISALIGNED, ("tone.profanity:developer",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "fate"),
    [
        ({"system": "teen_protection.under_18 = true"}, Fate.APPLIES),
        ({}, Fate.OUT_OF_SCOPE),
        ({"developer": "teen_protection.under_18 = true"}, Fate.OUT_OF_SCOPE),
        ({"system": "teen_protection.under_18 = true", "user": "teen_protection.under_18 = false"},
         Fate.APPLIES),
    ],
)  # fmt: skip
def test_sections_read_settings_as_facts(texts: dict[str, str], fate: Fate) -> None:
    protection = Instruction(
        id="p", level=Authority.ROOT, origin=Origin("section", "teen_protection"), key="help",
        allowed=one_of("safe"), when=(Condition("teen_protection.under_18", one_of(True)),),
    )  # fmt: skip
    assert resolved(protection, **texts).rows[-1].fate is fate


def test_candidates_survive_json() -> None:
    candidates = settings_candidates(REFERENCE, {})
    assert msgspec.json.decode(msgspec.json.encode(candidates), type=Candidates) == candidates
