"""Who may set what: the laws of domains and settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.spec import Authority, Domain, Setting, SettingType, SettingValue, SourceSpan

CHANGERS = (Authority.SYSTEM, Authority.DEVELOPER, Authority.USER)
WORDS = ("a", "b", "c", "d")
PATTERNS = ("[ab]+", "a*", "a|bb", ".*")


@st.composite
def domains(draw: st.DrawFn, kind: SettingType) -> Domain:
    if kind == "boolean":
        return Domain(values=tuple(draw(st.lists(st.booleans(), min_size=1, unique=True))))
    if kind in ("enum", "set"):
        return Domain(values=tuple(draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))))
    if kind == "integer":
        low, high = sorted((draw(st.integers(-5, 5)), draw(st.integers(-5, 5))))
        return Domain(
            min=low if draw(st.booleans()) else None, max=high if draw(st.booleans()) else None
        )
    return Domain(
        pattern=draw(st.none() | st.sampled_from(PATTERNS)),
        max_length=draw(st.none() | st.integers(0, 4)),
    )


def values(kind: SettingType) -> st.SearchStrategy[SettingValue]:
    words = st.sampled_from((*WORDS, "", "e", "aa", "ab", "bb", "a\n"))
    by_kind: dict[SettingType, st.SearchStrategy[SettingValue]] = {
        "boolean": st.booleans(),
        "enum": words,
        "integer": st.integers(-8, 8),
        "string": words,
        "set": st.lists(words, max_size=3).map(tuple),
    }
    return by_kind[kind]


@st.composite
def settings_and_values(draw: st.DrawFn) -> tuple[Setting, SettingValue]:
    kind = draw(st.sampled_from(("boolean", "enum", "integer", "string", "set")))
    levels = tuple(draw(st.lists(st.sampled_from(CHANGERS), min_size=1, unique=True)))
    bounded = draw(st.lists(st.sampled_from(levels), unique=True))
    setting = Setting(
        id="s",
        section="rule",
        type=kind,
        default=draw(values(kind)),
        allowed=draw(domains(kind)),
        changeable_by=levels,
        bounds={level: draw(domains(kind)) for level in bounded},
        summary="",
        span=SourceSpan(0, 0, 1, 1),
    )
    return setting, draw(values(kind))


@given(settings_and_values(), st.sampled_from(Authority), st.data())
def test_a_value_of_another_type_is_never_admitted(
    case: tuple[Setting, SettingValue], level: Authority, data: st.DataObject
) -> None:
    setting, _ = case
    wrong: dict[SettingType, tuple[SettingValue, ...]] = {
        "boolean": (0, 1, "a", ("a",)),
        "enum": (True, 1, ("a",), ()),
        "integer": (True, False, "1", ()),
        "string": (True, 1, ("a",), ()),
        "set": (True, 1, "a", ""),
    }
    assert not setting.admits(data.draw(st.sampled_from(wrong[setting.type])), level)


@given(settings_and_values(), st.sampled_from(Authority))
def test_admits_means_all_three(case: tuple[Setting, SettingValue], level: Authority) -> None:
    setting, value = case
    bound = setting.bounds.get(level, Domain())
    assert setting.admits(value, level) == (
        level in setting.changeable_by and setting.allowed.admits(value) and bound.admits(value)
    )


@given(settings_and_values())
def test_bounds_only_narrow(case: tuple[Setting, SettingValue]) -> None:
    setting, value = case
    for level in Authority:
        if setting.admits(value, level):
            assert setting.allowed.admits(value)
            assert level in CHANGERS


@given(settings_and_values())
def test_a_set_is_admitted_member_by_member(case: tuple[Setting, SettingValue]) -> None:
    setting, value = case
    if isinstance(value, tuple):
        assert setting.allowed.admits(value) == all(
            setting.allowed.admits((member,)) for member in value
        )
        assert setting.allowed.admits(value[::-1]) == setting.allowed.admits(value)


@pytest.mark.parametrize(
    ("domain", "value", "admitted"),
    [
        (Domain(values=(True, False)), True, True),
        (Domain(values=(False,)), True, False),
        (Domain(min=1, max=3), 3, True),
        (Domain(min=1, max=3), 4, False),
        (Domain(min=1), 0, False),
        (Domain(pattern="[a-z]+"), "abc", True),
        (Domain(pattern="[a-z]+"), "abc1", False),
        (Domain(pattern="[a-z]+"), "abc\n", False),
        (Domain(max_length=2), "éé", True),
        (Domain(max_length=2), "ééé", False),
        (Domain(values=("x",)), (), True),
        (Domain(values=("x",)), ("x", "y"), False),
        (Domain(), "anything", True),
    ],
)
def test_domains(domain: Domain, value: SettingValue, admitted: bool) -> None:
    assert domain.admits(value) is admitted


def test_a_slow_pattern_is_not_slow() -> None:
    assert not Domain(pattern="(a|a)*b").admits("a" * 100_000)


def test_address() -> None:
    setting = Setting(
        "id", "rule", "boolean", True, Domain(), (Authority.USER,), {}, "", SourceSpan(0, 0, 1, 1)
    )
    assert setting.address == "rule.id"
