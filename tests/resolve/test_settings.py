"""Settings: the laws by which platform, developer and user decide, and the reasons given."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.assemble import load_spec
from adhere.assemble.profiles import parse_profile
from adhere.compiler import compile_spec
from adhere.resolve import Profile, SettingsResult, effective_settings
from adhere.resolve.settings.effective import LEVELS, Refusal, Step
from adhere.resolve.settings.words import choices, plain, show
from adhere.spec import Authority, Domain, Setting, SettingValue, SourceSpan, Spec

REFERENCE = load_spec("reference")
SETTINGS = {setting.address: setting for setting in REFERENCE.settings()}
SYSTEM, DEVELOPER, USER = LEVELS


def decided(spec: Spec = REFERENCE, **texts: str) -> SettingsResult:
    """The result under profiles given by the lines below their ``[settings]``."""
    profiles = {
        Authority(level): parse_profile(f"[settings]\n{text}".encode(), name=f"{level}.toml")
        for level, text in texts.items()
    }
    return effective_settings(spec, profiles)


def only_step(result: SettingsResult) -> Step:
    (step,) = result.refused
    return step


# --- the rule, case by case


def test_without_profiles_every_default_holds() -> None:
    result = decided()
    assert list(result.values()) == list(SETTINGS)
    assert result.refused == ()
    for found in result.settings:
        assert (found.value, found.level) == (SETTINGS[found.address].default, None)


def test_the_highest_level_that_fixes_decides() -> None:
    result = decided(system="tone.warmth = 1", developer="tone.warmth = 2", user="tone.warmth = 3")
    assert result.values()["tone.warmth"] == 1
    assert [(step.request.level, step.refusal, step.by) for step in result.refused] == [
        (DEVELOPER, Refusal.OVERRIDDEN, SYSTEM), (USER, Refusal.OVERRIDDEN, SYSTEM),
    ]  # fmt: skip
    assert result.refused[1].message == "system has fixed it to 1 (system.toml:2:1)"
    assert "{ default = 1 }" in result.refused[1].remedy


def test_the_lowest_level_that_suggests_decides_where_none_fixes() -> None:
    result = decided(
        system="tone.warmth = { default = 1 }", developer="tone.warmth = { default = 2 }"
    )
    (found,) = (found for found in result.settings if found.address == "tone.warmth")
    assert (found.value, found.level, found.fixed_by) == (2, DEVELOPER, None)
    assert [(step.outcome, step.by) for step in found.steps] == [
        ("replaced", DEVELOPER), ("applies", None),
    ]  # fmt: skip
    assert result.refused == ()


def test_who_asks_for_what_is_fixed_anyway_is_not_refused() -> None:
    result = decided(developer="tone.warmth = 2", user="tone.warmth = { default = 2 }")
    (found,) = (found for found in result.settings if found.address == "tone.warmth")
    assert (found.level, found.fixed_by, result.refused) == (DEVELOPER, DEVELOPER, ())


@pytest.mark.parametrize(
    ("level", "line", "refusal", "remedy"),
    [
        ("user", "tone.warmth = 9", Refusal.OUTSIDE_ALLOWED, "choose an integer from 1 to 5"),
        ("user", 'tone.profanity = "freely"', Refusal.OUTSIDE_BOUNDS,
         'choose one of "never", "when_asked"'),
        ("user", "tone.warmth = true", Refusal.WRONG_TYPE, "choose an integer from 1 to 5"),
        ("user", "honesty.persona_name = 2026-01-01", Refusal.WRONG_TYPE,
         "choose a string that matches ^[^<>]*$ and has at most 40 characters"),
        ("user", "tone.warmth = 2.0", Refusal.WRONG_TYPE, "choose an integer from 1 to 5"),
        ("user", "tone.emoji = 1", Refusal.WRONG_TYPE, "choose one of false, true"),
        ("user", "tone.emoji = { default = true, extra = 1 }", Refusal.WRONG_TYPE,
         "choose one of false, true"),
        ("developer", 'regulated_advice.areas = ["law", 1]', Refusal.WRONG_TYPE,
         'choose a list out of "health", "law", "money"'),
        ("developer", 'regulated_advice.areas = ["art"]', Refusal.OUTSIDE_ALLOWED,
         'choose a list out of "health", "law", "money"'),
        ("user", 'self_harm.crisis_country = "at"', Refusal.OUTSIDE_ALLOWED,
         "choose a string that matches ^([A-Z]{2})?$ and has at most 2 characters"),
        ("developer", "teen_protection.under_18 = false", Refusal.NOT_CHANGEABLE,
         "it is for system to set"),
        ("user", "teen_protection.under_18 = 3", Refusal.NOT_CHANGEABLE,
         "it is for system to set"),
        ("user", "tone.warmt = 3", Refusal.UNKNOWN, "is it tone.warmth?"),
        ("user", '"tone.warmth" = 3', Refusal.UNKNOWN, "write tone.warmth without quotes"),
        ("user", "q = 3", Refusal.UNKNOWN, "`adhere settings SPEC` lists the settings"),
    ],
)  # fmt: skip
def test_a_request_that_does_not_count_says_why_and_changes_nothing(
    level: str, line: str, refusal: Refusal, remedy: str
) -> None:
    result = decided(**{level: line})
    step = only_step(result)
    assert (step.refusal, step.remedy) == (refusal, remedy)
    assert str(step.request.place) == f"{level}.toml:2:1"
    assert result.values() == decided().values()


def test_a_set_has_no_order() -> None:
    result = decided(
        developer='regulated_advice.areas = ["money", "health", "money"]',
        system='regulated_advice.areas = ["health", "money"]',
    )
    assert result.values()["regulated_advice.areas"] == ("health", "money")
    assert result.refused == ()


RENAMED = compile_spec(
    b"# New name {#new oldids=old authority=user}\n\n"
    b"~~~setting\nid = 'a'\ntype = 'boolean'\ndefault = false\nchangeable_by = ['user']\n~~~\n",
    name="renamed.md",
).spec


def test_a_section_keeps_its_old_name() -> None:
    assert RENAMED is not None
    assert decided(RENAMED, user="old.a = true").values() == {"new.a": True}
    step = only_step(decided(RENAMED, user="new.a = true\nold.a = false"))
    assert (step.refusal, step.remedy) == (Refusal.SET_TWICE, "write it once, as new.a")


def test_only_three_levels_have_profiles() -> None:
    with pytest.raises(ValueError, match="system, developer, user"):
        effective_settings(REFERENCE, {Authority.ROOT: Profile("root.toml", {})})


def test_words_are_those_of_toml() -> None:
    assert show({"default": ["a", True, 'q"']}) == '{ default = ["a", true, "q\\""] }'
    assert show({}) == "{}"
    assert show(1.5) == "1.5"
    nested: Any = 2**70
    for _ in range(5):
        nested = [nested]
    assert show(plain(nested)) == "[[[…]]]"
    assert show(plain(2**70)) == str(2**70)
    assert show(plain(float("nan"))) == "nan"
    open_ended = Setting(
        "n", "s", "integer", 0, Domain(min=0), (USER,), {USER: Domain(max=3)}, "",
        SourceSpan(0, 0, 1, 1),
    )  # fmt: skip
    assert choices(open_ended) == "an integer from 0"
    assert choices(open_ended, USER) == "an integer from 0 to 3"


# --- the laws, on any profiles


def values_of(setting: Setting) -> st.SearchStrategy[Any]:
    """Values near the setting's domain: inside, outside, and of other types."""
    near: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "enum": st.sampled_from([*(setting.allowed.values or ()), "other"]),
        "set": st.lists(st.sampled_from([*(setting.allowed.values or ()), "other"]), max_size=3),
        "integer": st.integers((setting.allowed.min or 0) - 1, (setting.allowed.max or 9) + 1),
        "string": st.sampled_from(["", "AT", "at", "auto", "<", "a" * 41]),
    }
    value = st.one_of(near[setting.type], st.sampled_from([True, 0, "never", [], 0.5, {}]))
    return st.one_of(value, value.map(lambda inner: {"default": inner}))


ONE = st.sampled_from(list(SETTINGS.values()))
REQUESTS = st.lists(ONE.flatmap(lambda s: st.tuples(st.just(s), values_of(s))), max_size=12)


@st.composite
def profiles(draw: st.DrawFn) -> dict[Authority, Profile]:
    found = {}
    for level in draw(st.lists(st.sampled_from(LEVELS), unique=True)):
        table: dict[str, Any] = {}
        for setting, value in draw(REQUESTS):
            table.setdefault(setting.section, {})[setting.id] = value
        found[level] = Profile(f"{level}.toml", table)
    return found


def counted(setting: Setting, given: dict[Authority, Profile]) -> list[tuple[bool, SettingValue]]:
    """The requests that count, the highest first: whether it fixes, and the value."""
    found = []
    for level in LEVELS:
        table = given[level].settings.get(setting.section, {}) if level in given else {}
        if setting.id not in table:
            continue
        asked = table[setting.id]
        fixes = not isinstance(asked, dict)
        value = asked if fixes else asked.get("default")
        if isinstance(value, list):
            members = setting.allowed.values or ()
            if any(member not in members for member in value):
                continue
            value = tuple(member for member in members if member in value)
        if setting.admits(value, level):
            found.append((fixes, value))
    return found


@settings(max_examples=1000)
@given(profiles())
def test_the_value_is_that_of_the_highest_fixer_else_the_lowest_suggester(
    given: dict[Authority, Profile],
) -> None:
    """The rule once more, in closed form and from the other end."""
    result = effective_settings(REFERENCE, given).values()
    for address, setting in SETTINGS.items():
        requests = counted(setting, given)
        fixers = [value for fixes, value in requests if fixes]
        suggested = [value for _, value in requests]
        wanted = fixers[0] if fixers else suggested[-1] if suggested else setting.default
        assert result[address] == wanted


@settings(max_examples=300)
@given(profiles())
def test_leaving_out_what_was_refused_changes_nothing(given: dict[Authority, Profile]) -> None:
    before = effective_settings(REFERENCE, given)
    refused = {(step.request.level, step.address) for step in before.refused}
    kept = {
        level: Profile(
            profile.name,
            {
                section: {
                    name: value
                    for name, value in table.items()
                    if (level, f"{section}.{name}") not in refused
                }
                for section, table in profile.settings.items()
            },
        )
        for level, profile in given.items()
    }
    after = effective_settings(REFERENCE, kept)
    assert after.values() == before.values()
    assert after.refused == ()


@settings(max_examples=300)
@given(profiles(), profiles())
def test_a_lower_level_never_changes_what_became_of_a_higher_request(
    given: dict[Authority, Profile], other: dict[Authority, Profile]
) -> None:
    """Except that a suggestion may be replaced, which is what a suggestion is for."""

    def fates(user: Profile) -> list[tuple[str, Authority, bool, SettingValue | None]]:
        result = effective_settings(REFERENCE, {**given, USER: user})
        return [
            (found.address, step.request.level, step.outcome == "refused",
             found.value if found.fixed_by in (SYSTEM, DEVELOPER) else None)
            for found in result.settings
            for step in found.steps
            if step.request.level is not USER
        ]  # fmt: skip

    silent = Profile("user.toml", {})
    assert fates(other.get(USER, silent)) == fates(silent)


@given(profiles(), profiles(), ONE)
def test_a_setting_depends_on_the_requests_for_it_alone(
    given: dict[Authority, Profile], other: dict[Authority, Profile], setting: Setting
) -> None:
    """What lets a proof look at the settings of its expression only."""

    def mixed(level: Authority) -> Profile:
        table = {key: dict(inner) for key, inner in tables(other, level).items()}
        table.setdefault(setting.section, {}).pop(setting.id, None)
        mine = tables(given, level).get(setting.section, {})
        if setting.id in mine:
            table[setting.section][setting.id] = mine[setting.id]
        return Profile(f"{level}.toml", table)

    def tables(of: dict[Authority, Profile], level: Authority) -> Any:
        return of[level].settings if level in of else {}

    whole = effective_settings(REFERENCE, given)
    swapped = effective_settings(REFERENCE, {level: mixed(level) for level in LEVELS})
    one = {found.address: found for found in whole.settings}[setting.address]
    assert {found.address: found for found in swapped.settings}[setting.address] == one


@given(profiles())
def test_the_result_survives_json(given: dict[Authority, Profile]) -> None:
    data = msgspec.json.encode(effective_settings(REFERENCE, given))
    again = msgspec.json.decode(data, type=SettingsResult)
    assert msgspec.json.encode(again) == data
