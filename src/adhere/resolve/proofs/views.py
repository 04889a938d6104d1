"""What an expression can see of how a setting came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from adhere.resolve.settings.effective import (
    LEVELS,
    EffectiveSetting,
    Request,
    collect,
    current_names,
    decide_setting,
)
from adhere.resolve.settings.words import canonical
from adhere.spec import Authority, Setting, SettingValue, Spec


class View(NamedTuple):
    """What an expression can see of a setting's outcome.

    Attributes:
        value: The value that holds.
        lawful: Whether it is the default, or one that the level it comes from may choose.
        broken: The levels that fixed it, and had the right to, and whose value does not hold.
    """

    value: SettingValue
    lawful: bool
    broken: frozenset[Authority]


def view(setting: Setting, asked: Sequence[Any]) -> View:
    """Decide one setting where each of `LEVELS` asks for this; None where it is silent."""
    requests = [
        Request(level, one) for level, one in zip(LEVELS, asked, strict=True) if one is not None
    ]
    return seen(setting, decide_setting(setting, requests))


def seen(setting: Setting, found: EffectiveSetting) -> View:
    """Return what an expression can see of an outcome."""
    lawful = (
        found.value == canonical(setting, setting.default)
        if found.level is None
        else setting.admits(found.value, found.level)
    )
    return View(found.value, lawful, _broken(setting, found))


def _broken(setting: Setting, found: EffectiveSetting) -> frozenset[Authority]:
    """The levels whose fixed value does not hold although nobody above fixed another.

    Worked out from the requests and the declaration, not from what was decided about them.
    """
    fixed: SettingValue | None = None
    broken: list[Authority] = []
    for request in sorted(
        (step.request for step in found.steps), key=lambda r: LEVELS.index(r.level)
    ):
        value = request.asked
        if isinstance(value, list) and all(isinstance(member, str) for member in value):
            value = canonical(setting, tuple(value))
        if not setting.admits(value, request.level):
            continue
        if fixed is None:
            fixed = value
        if value == fixed != found.value:
            broken.append(request.level)
    return frozenset(broken)


def declared(spec: Spec) -> dict[str, Setting]:
    """Return the settings of a spec by address, and by the addresses they had before."""
    found = dict(collect(spec, {}).settings)
    for old, current in current_names(spec).items():
        for setting in spec.section(current).settings:
            found.setdefault(f"{old}.{setting.id}", setting)
    return found
