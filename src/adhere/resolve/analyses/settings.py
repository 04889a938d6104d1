"""Who can change what, and what in the declarations of settings leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from adhere.resolve.settings.effective import LEVELS
from adhere.resolve.settings.words import choices, show
from adhere.spec import Authority, Setting, SettingValue, SourceSpan, Spec


class Right(msgspec.Struct, frozen=True):
    """What one level may do with a setting.

    Attributes:
        level: The level.
        may: Whether it may change it at all.
        bounded: Whether it may choose less than what is allowed.
        choices: What it may choose, in words; empty where it may not.
    """

    level: Authority
    may: bool
    bounded: bool
    choices: str


class SettingRights(msgspec.Struct, frozen=True):
    """One line of the matrix of who can change what.

    Attributes:
        address: The setting.
        section_level: The level of its section.
        default: Its default.
        rights: One a level, the highest first.
    """

    address: str
    section_level: Authority
    default: SettingValue
    rights: tuple[Right, ...]


class FindingKind(StrEnum):
    """What an analysis finds."""

    DEAD_DEFAULT = "dead-default"
    """The default is not allowed, so nobody can ask for it."""
    SHADOWED_DEFAULT = "shadowed-default"
    """A level that may change the setting cannot ask for the default it would otherwise have."""
    DEAD_VALUE = "dead-value"
    """A value that is allowed, but that no level may choose, and that is not the default."""
    NO_CHOICE = "no-choice"
    """A level may change the setting, and there is no value it may choose."""
    ONLY_DEFAULT = "only-default"
    """A level may change the setting, to the default only."""
    NO_VALUE = "no-value"
    """A key for which nothing is to be done: instructions of level root contradict each other."""
    CONFLICT = "conflict"
    """Instructions of one level contradict each other, and neither of them applies."""
    DEAD_INSTRUCTION = "dead-instruction"
    """An instruction that does not apply in any context."""
    UNDECIDED = "undecided"
    """More ways unknown facts can be than were looked at."""


NOTES = frozenset({FindingKind.SHADOWED_DEFAULT, FindingKind.ONLY_DEFAULT})
"""What may be meant: a level that can only make something stricter cannot ask for the default."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that leads nowhere.

    Attributes:
        kind: What it is.
        subject: The address of a setting, a key, or the id of an instruction.
        message: In words.
        span: Where it is declared.
        by: Ids of instructions it comes from.
        when: The facts under which it is so; empty where it is always.
    """

    kind: FindingKind
    subject: str
    message: str
    span: SourceSpan | None = None
    by: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


def rights_matrix(spec: Spec) -> tuple[SettingRights, ...]:
    """Say of every setting which levels may change it, and to what."""
    return tuple(
        SettingRights(
            setting.address,
            spec.effective_authority(setting.section),
            setting.default,
            tuple(_right(setting, level) for level in LEVELS),
        )
        for setting in spec.settings()
    )


def settings_findings(spec: Spec) -> tuple[Finding, ...]:
    """Find what in the declarations of settings leads nowhere."""
    return tuple(
        Finding(kind, setting.address, message, setting.span)
        for setting in spec.settings()
        for kind, message in _findings(setting)
    )


def _right(setting: Setting, level: Authority) -> Right:
    may = level in setting.changeable_by
    words = choices(setting, level) if may else ""
    return Right(level, may, may and words != choices(setting), words)


def _findings(setting: Setting) -> Iterator[tuple[FindingKind, str]]:
    default = show(setting.default)
    if not setting.allowed.admits(setting.default):
        yield FindingKind.DEAD_DEFAULT, f"the default {default} is not allowed"
    for level in setting.changeable_by:
        possible = _possible(setting, level)
        if possible == set():
            yield FindingKind.NO_CHOICE, f"there is no value that {level} may choose"
        elif possible == {setting.default}:
            yield FindingKind.ONLY_DEFAULT, f"{level} may choose the default {default} only"
        elif not setting.admits(setting.default, level):
            yield FindingKind.SHADOWED_DEFAULT, f"{level} may not choose the default {default}"
    if setting.type in ("boolean", "enum"):
        for value in setting.allowed.values or ():
            chosen = any(setting.admits(value, level) for level in setting.changeable_by)
            if not chosen and value != setting.default:
                yield FindingKind.DEAD_VALUE, f"no level may choose {show(value)}"


def _possible(setting: Setting, level: Authority) -> set[SettingValue] | None:
    """The values a level may choose, where they are few; None where they are many or unknown."""
    if setting.type in ("boolean", "enum"):
        return {value for value in setting.allowed.values or () if setting.admits(value, level)}
    if setting.type == "integer":
        domains = [setting.allowed, *([setting.bounds[level]] if level in setting.bounds else [])]
        lows = [domain.min for domain in domains if domain.min is not None]
        highs = [domain.max for domain in domains if domain.max is not None]
        if lows and highs and max(lows) >= min(highs):
            return {max(lows)} if max(lows) == min(highs) else set()
    return None
