"""Typed settings: what developers and users may change about a section, and within what."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, TypeAlias

import msgspec
import re2

from adhere.spec.authority import Authority
from adhere.spec.span import SourceSpan

SettingType: TypeAlias = Literal["boolean", "enum", "integer", "string", "set"]
SettingValue: TypeAlias = bool | int | str | tuple[str, ...]

_TYPES: Final[dict[SettingType, type]] = {
    "boolean": bool, "enum": str, "integer": int, "string": str, "set": tuple,
}  # fmt: skip


class Domain(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The values a setting may take.

    Only the fields of its type are set: ``values`` for boolean, enum and set (whose members it
    lists), ``min`` and ``max`` (both inclusive) for integer, ``pattern`` (RE2, matched against the
    whole value) and ``max_length`` in characters for string.
    """

    values: tuple[bool | str, ...] | None = None
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    max_length: int | None = None

    def admits(self, value: SettingValue) -> bool:
        """Whether ``value`` lies in the domain (for a set: every member does)."""
        if isinstance(value, tuple):
            return self.values is None or all(member in self.values for member in value)
        if isinstance(value, bool):
            return self.values is None or any(value is allowed for allowed in self.values)
        if isinstance(value, int):
            return (self.min is None or value >= self.min) and (
                self.max is None or value <= self.max
            )
        return (
            (self.values is None or value in self.values)
            and (self.max_length is None or len(value) <= self.max_length)
            and (self.pattern is None or _compiled(self.pattern).fullmatch(value) is not None)
        )


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re2._Regexp[str]:
    options = re2.Options()
    options.log_errors = False  # an invalid pattern is ours to report, not the library's to print
    return re2.compile(pattern, options)


class Setting(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A setting declared in a section of the spec.

    Attributes:
        id: Its name within the section.
        section: The section that declares it; ``section.id`` is its address.
        type: What values look like.
        default: The value where nobody says anything.
        allowed: The values anybody may choose from.
        changeable_by: The levels that may set it.
        bounds: Per level, the part of ``allowed`` that level may choose from.
        governs: What instructions about the same thing are called, such as ``language``: those in
            messages are held to this setting. Empty where only profiles speak of it.
        summary: One sentence for people.
        span: The fenced block.
    """

    id: str
    section: str
    type: SettingType
    default: SettingValue
    allowed: Domain
    changeable_by: tuple[Authority, ...]
    bounds: dict[Authority, Domain]
    summary: str
    span: SourceSpan
    governs: str = ""

    @property
    def address(self) -> str:
        """The name profiles use: ``section.id``."""
        return f"{self.section}.{self.id}"

    def admits(self, value: SettingValue, by: Authority) -> bool:
        """Whether ``by`` may set ``value``.

        The level may change the setting, the value is of its type, and it lies within what is
        allowed to all and what the level is bound to.
        """
        bound = self.bounds.get(by)
        return (
            by in self.changeable_by
            and type(value) is _TYPES[self.type]  # True is an int, and must not pass for one
            and self.allowed.admits(value)
            and (bound is None or bound.admits(value))
        )
