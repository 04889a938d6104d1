"""What holds for each setting once platform, developer and user have asked, and why.

A profile asks in one of two forms. A plain value *fixes* the setting for every level below:

    [settings]
    tone.profanity = "never"

A table with `default` only *suggests*; the levels below may still choose, within their bounds:

    [settings]
    tone.warmth = { default = 4 }

A request counts if its level may change the setting and the value is one the level may choose. The
highest level that fixes a value decides; where none does, the lowest level that suggests one; where
nobody does, the spec's default holds. A request that does not count, or wants another value than
the one fixed above it, is refused with its reason and changes nothing. A setting's outcome depends
on the requests for that setting alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple

import msgspec

from adhere.resolve.settings.words import LIKE, canonical, choices, of_type, plain, show
from adhere.spec import Authority, Setting, SettingValue, Spec

LEVELS: Final = (Authority.SYSTEM, Authority.DEVELOPER, Authority.USER)
"""The levels that have profiles, the highest first."""

MAX_INTEGER: Final = 2**53 - 1
"""Beyond it JSON numbers, and so digests, are not exact (RFC 8785)."""


class Place(msgspec.Struct, frozen=True):
    """Where a request stands: a file, and line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Profile(msgspec.Struct, frozen=True):
    """What one level asks for.

    Attributes:
        name: The file it comes from.
        settings: Section id to setting id to what is asked, as TOML gives it.
        places: Line and column by section id and setting id.
    """

    name: str
    settings: Mapping[str, Any]
    places: Mapping[tuple[str, ...], tuple[int, int]] = {}

    def place(self, *path: str) -> Place | None:
        """Where the request with this path stands, if that is known."""
        found = self.places.get(path)
        return None if found is None else Place(self.name, *found)


class Refusal(StrEnum):
    """Why a request does not count."""

    UNKNOWN = "unknown-setting"
    WRONG_TYPE = "wrong-type"
    SET_TWICE = "set-twice"
    NOT_CHANGEABLE = "not-changeable"
    OUTSIDE_ALLOWED = "outside-allowed"
    OUTSIDE_BOUNDS = "outside-bounds"
    OVERRIDDEN = "overridden"


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One level's word on one setting.

    Attributes:
        level: Who asks.
        asked: The value, or a table with `default`, as TOML gives it.
        place: Where it stands.
    """

    level: Authority
    asked: Any
    place: Place | None = None


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request and what became of it.

    Attributes:
        address: The setting it names.
        request: The request itself.
        outcome: ``applies``: the value is what it asks for. ``replaced``: it suggested, and a
            lower level chose otherwise. ``refused``: it does not count.
        refusal: Why it was refused.
        message: The reason in words.
        remedy: What the one who asked can do.
        by: For ``overridden`` and ``replaced``: the level that decided instead.
    """

    address: str
    request: Request
    outcome: Literal["applies", "replaced", "refused"]
    refusal: Refusal | None = None
    message: str = ""
    remedy: str = ""
    by: Authority | None = None


class EffectiveSetting(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds for a setting.

    Attributes:
        address: ``section.id``.
        value: The value that holds; a set in the order in which the spec lists its members.
        level: Who gave it; None where it is the spec's default.
        place: Where it was given.
        fixed_by: The level that fixed it, if one did.
        steps: What each level asked, the highest first.
    """

    address: str
    value: SettingValue
    level: Authority | None = None
    place: Place | None = None
    fixed_by: Authority | None = None
    steps: tuple[Step, ...] = ()


class SettingsResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every setting of a spec under some profiles (``adhere/settings/1``).

    Attributes:
        schema: The file format.
        spec_digest: The spec it was decided under.
        settings: In document order.
        unknown: Requests for settings that the spec does not have.
    """

    schema: Literal["adhere/settings/1"]
    spec_digest: str
    settings: tuple[EffectiveSetting, ...]
    unknown: tuple[Step, ...] = ()

    @property
    def refused(self) -> tuple[Step, ...]:
        """Every request that does not count: unknown settings, then in document order."""
        steps = (step for setting in self.settings for step in setting.steps)
        return (*self.unknown, *(step for step in steps if step.outcome == "refused"))

    def values(self) -> dict[str, SettingValue]:
        """The value of each setting by its address."""
        return {setting.address: setting.value for setting in self.settings}


def effective_settings(spec: Spec, profiles: Mapping[Authority, Profile]) -> SettingsResult:
    """Decide every setting of ``spec`` under the profiles of some levels.

    Raises:
        ValueError: A profile is of a level that has none (only `LEVELS` do).
    """
    collected = collect(spec, profiles)
    decided = (
        decide_setting(setting, collected.requests[address], collected.twice[address])
        for address, setting in collected.settings.items()
    )
    return SettingsResult(
        "adhere/settings/1", spec.spec_digest, tuple(decided), tuple(collected.unknown)
    )


class Collected(NamedTuple):
    """The requests of some profiles, by the setting they are for.

    Attributes:
        settings: The declarations by address, in document order; the first of each address.
        requests: For each address at most one of each level, the highest first.
        twice: What a level asked again, under another name of the section.
        unknown: What is for no setting of the spec.
    """

    settings: dict[str, Setting]
    requests: dict[str, list[Request]]
    twice: dict[str, list[Step]]
    unknown: list[Step]


def collect(spec: Spec, profiles: Mapping[Authority, Profile]) -> Collected:
    """Find the setting that each request of the profiles is for.

    Raises:
        ValueError: A profile is of a level that has none.
    """
    if not profiles.keys() <= set(LEVELS):
        raise ValueError(f"only {', '.join(LEVELS)} have profiles")
    settings: dict[str, Setting] = {}
    for setting in spec.settings():
        settings.setdefault(setting.address, setting)
    found = Collected(
        settings, {name: [] for name in settings}, {name: [] for name in settings}, []
    )
    current = current_names(spec)
    for level in (level for level in LEVELS if level in profiles):
        for path, request in _requests(profiles[level], level):
            address = ".".join((current.get(path[0], path[0]), *path[1:]))
            if len(path) != 2 or address not in settings:
                found.unknown.append(_unknown(path, request, settings))
            elif any(other.level is level for other in found.requests[address]):
                found.twice[address].append(_set_twice(settings[address], request))
            else:
                found.requests[address].append(request)
    return found


def decide_setting(
    setting: Setting, requests: Iterable[Request], refused: Sequence[Step] = ()
) -> EffectiveSetting:
    """Decide one setting.

    Args:
        setting: Its declaration.
        requests: At most one of each level, the highest first.
        refused: Steps that were refused before, to be kept on record.
    """
    value, level, place = canonical(setting, setting.default), None, None
    fixed: Request | None = None
    steps: list[Step] = []
    for request in requests:
        wanted, fixes = _read(setting, request.asked)
        step = _refuse(setting, request, wanted)
        if step is None and fixed is not None and wanted != value:
            step = _overridden(setting, request, fixed, value)
        if step is not None or wanted is None:
            steps.extend([step] if step else [])
            continue
        if fixed is None:
            if wanted != value:
                steps = [_replaced(step, wanted, request) for step in steps]
            value, level, place = wanted, request.level, request.place
            fixed = request if fixes else None
        steps.append(Step(setting.address, request, "applies"))
    return EffectiveSetting(
        setting.address, value, level, place, fixed.level if fixed else None, (*steps, *refused)
    )


def current_names(spec: Spec) -> dict[str, str]:
    """Return old ids of sections with the id of today; an id that is in use again is not old."""
    old: dict[str, str] = {}
    current = {section.id for section in spec.walk()}
    for section in spec.walk():
        for name in section.old_ids:
            if name not in current:
                old.setdefault(name, section.id)
    return old


def _requests(profile: Profile, level: Authority) -> Iterator[tuple[tuple[str, ...], Request]]:
    for section, table in profile.settings.items():
        if not isinstance(table, Mapping):
            yield (section,), Request(level, plain(table), profile.place(section))
            continue
        for name, asked in table.items():
            yield (section, name), Request(level, plain(asked), profile.place(section, name))


def _read(setting: Setting, asked: object) -> tuple[SettingValue | None, bool]:
    """Return the value asked for (None: of the wrong type), and whether it fixes."""
    fixes = not isinstance(asked, Mapping)
    value: Any = asked
    if isinstance(asked, Mapping):
        if asked.keys() != {"default"}:
            return None, fixes
        value = asked["default"]
    if not of_type(setting.type, value) or (type(value) is int and abs(value) > MAX_INTEGER):
        return None, fixes
    return (canonical(setting, tuple(value)) if setting.type == "set" else value), fixes


def _refuse(setting: Setting, request: Request, wanted: SettingValue | None) -> Step | None:
    """Refuse what the declaration alone already rules out."""
    level = request.level
    if level not in setting.changeable_by:
        return _refusal(
            setting, request, Refusal.NOT_CHANGEABLE, f"{level} may not change this setting",
            f"it is for {' and '.join(setting.changeable_by)} to set",
        )  # fmt: skip
    if wanted is None:
        return _refusal(
            setting, request, Refusal.WRONG_TYPE,
            f"{show(request.asked)} is not {LIKE[setting.type]}",
            f"choose {choices(setting, level)}",
        )  # fmt: skip
    if not setting.allowed.admits(wanted):
        return _refusal(
            setting, request, Refusal.OUTSIDE_ALLOWED,
            f"{show(wanted)} is not allowed", f"choose {choices(setting, level)}",
        )  # fmt: skip
    if not setting.admits(wanted, level):
        return _refusal(
            setting, request, Refusal.OUTSIDE_BOUNDS, f"{level} may not choose {show(wanted)}",
            f"choose {choices(setting, level)}",
        )  # fmt: skip
    return None


def _overridden(setting: Setting, request: Request, fixed: Request, value: SettingValue) -> Step:
    where = f" ({fixed.place})" if fixed.place else ""
    return _refusal(
        setting, request, Refusal.OVERRIDDEN,
        f"{fixed.level} has fixed it to {show(value)}{where}",
        f"leave it out, or have {fixed.level} write {{ default = {show(value)} }}",
        by=fixed.level,
    )  # fmt: skip


def _replaced(step: Step, value: SettingValue, request: Request) -> Step:
    if step.outcome != "applies":
        return step
    message = f"{request.level} chose {show(value)}"
    return msgspec.structs.replace(step, outcome="replaced", message=message, by=request.level)


def _set_twice(setting: Setting, request: Request) -> Step:
    return _refusal(
        setting, request, Refusal.SET_TWICE, "the same profile sets it under another name",
        f"write it once, as {setting.address}",
    )  # fmt: skip


def _unknown(path: tuple[str, ...], request: Request, settings: Mapping[str, Setting]) -> Step:
    address = ".".join(path)
    if address in settings and len(path) == 1:
        remedy = f"write {address} without quotes"
    else:
        near = get_close_matches(address[:200], settings, n=1)
        remedy = f"is it {near[0]}?" if near else "`adhere settings SPEC` lists the settings"
    return Step(
        address, request, "refused", Refusal.UNKNOWN, "the spec has no such setting", remedy
    )


def _refusal(
    setting: Setting, request: Request, refusal: Refusal, message: str, remedy: str,
    by: Authority | None = None,
) -> Step:  # fmt: skip
    return Step(setting.address, request, "refused", refusal, message, remedy, by)
