"""``~~~setting`` fences: TOML that declares a typed setting on its section.

::

    id = "max_words"
    type = "integer"                      # boolean | enum | integer | string | set
    summary = "How long an answer may be."
    default = 300
    allowed = { min = 10, max = 2000 }    # a list for enum and set; pattern, max_length for string
    changeable_by = ["system", "developer", "user"]
    bounds.user = { min = 50, max = 500 } # what one level may choose, within allowed
    governs = "length.words"              # what instructions about the same thing are called
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import re2

from adhere.compiler.toml import read_table
from adhere.spec import Authority, Domain, Setting, SettingType, SettingValue, SourceSpan

_MAX_INTEGER = 2**53 - 1  # beyond it JSON numbers, and so digests, are not exact (RFC 8785)
_KEYS = frozenset(
    {"id", "type", "summary", "default", "allowed", "changeable_by", "bounds", "governs"}
)
_TYPES: Final[tuple[SettingType, ...]] = ("boolean", "enum", "integer", "string", "set")


class SettingProblem(Exception):
    """Why a declaration cannot be read; the message says what to write instead."""


def parse_setting(text: str, section: str, span: SourceSpan) -> Setting:
    """Read one declaration.

    Raises:
        SettingProblem: It is not TOML, or not a setting.
    """
    try:
        table = read_table(text)
    except ValueError as error:
        raise SettingProblem(f"it is not TOML: {error}") from error
    unknown = table.keys() - _KEYS
    if unknown:
        raise SettingProblem(f'"{min(unknown)}" is not a key of a setting')
    for key in ("id", "type", "default", "changeable_by"):
        if key not in table:
            raise SettingProblem(f'"{key}" is missing')
    name, kind = table["id"], table["type"]
    summary, governs = table.get("summary", ""), table.get("governs", "")
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
        raise SettingProblem('"id" must be a word of letters, digits and underscores')
    if kind not in _TYPES:
        raise SettingProblem(f'"type" must be one of {", ".join(_TYPES)}')
    if not isinstance(summary, str) or not isinstance(governs, str):
        raise SettingProblem('"summary" and "governs" must be strings')
    if kind != "boolean" and "allowed" not in table:
        raise SettingProblem(f'a setting of type "{kind}" must say what is "allowed"')
    allowed = _domain(table.get("allowed", [False, True]), kind, "allowed")
    levels = _levels(table["changeable_by"])
    bounds = _bounds(table.get("bounds", {}), kind, levels)
    return Setting(
        id=name,
        section=section,
        type=kind,
        default=_value(table["default"], kind),
        allowed=allowed,
        changeable_by=levels,
        bounds=bounds,
        governs=governs,
        summary=summary,
        span=span,
    )


def _levels(value: object) -> tuple[Authority, ...]:
    names = [Authority.SYSTEM, Authority.DEVELOPER, Authority.USER]
    if not isinstance(value, list) or not value or any(level not in names for level in value):
        raise SettingProblem(f'"changeable_by" must list levels out of {", ".join(names)}')
    return tuple(Authority(level) for level in value)


def _bounds(
    value: object, kind: SettingType, levels: tuple[Authority, ...]
) -> dict[Authority, Domain]:
    if not isinstance(value, Mapping):
        raise SettingProblem('"bounds" must be a table from level to what that level may choose')
    for level in value:
        if level not in levels:
            raise SettingProblem(f'"bounds.{level}" bounds a level that may not change the setting')
    return {
        Authority(level): _domain(domain, kind, f"bounds.{level}")
        for level, domain in value.items()
    }


def _domain(value: object, kind: SettingType, where: str) -> Domain:
    if kind in ("boolean", "enum", "set"):
        wanted: type = bool if kind == "boolean" else str
        if not isinstance(value, list) or not value or any(type(v) is not wanted for v in value):
            raise SettingProblem(f'"{where}" must be a list of {wanted.__name__} values')
        if len(set(value)) != len(value):
            raise SettingProblem(f'"{where}" lists a value twice')
        return Domain(values=tuple(value))
    keys = {"min", "max"} if kind == "integer" else {"pattern", "max_length"}
    if not isinstance(value, Mapping) or not value or value.keys() - keys:
        raise SettingProblem(f'"{where}" must be a table with {" and ".join(sorted(keys))}')
    for key in ("min", "max", "max_length"):
        if key in value:
            _integer(value[key], f"{where}.{key}")
    if value.get("min", -_MAX_INTEGER) > value.get("max", _MAX_INTEGER):
        raise SettingProblem(f'"{where}" has its minimum above its maximum')
    if "pattern" in value:
        _pattern(value["pattern"], where)
    return Domain(**value)


def _pattern(value: object, where: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        if not isinstance(value, str):
            raise SettingProblem(f'"{where}.pattern" must be a string')
        re2.compile(value, options)
    except re2.error as error:
        raise SettingProblem(f'"{where}.pattern" is not an RE2 pattern: {error}') from error


def _integer(value: object, where: str) -> int:
    if type(value) is not int or abs(value) > _MAX_INTEGER:
        raise SettingProblem(f'"{where}" must be an integer within ±{_MAX_INTEGER}')
    return value


def _value(value: object, kind: SettingType) -> SettingValue:
    if kind == "integer":
        return _integer(value, "default")
    if kind == "set":
        if not isinstance(value, list) or any(not isinstance(v, str) for v in value):
            raise SettingProblem('"default" must be a list of strings')
        return tuple(value)
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind in ("enum", "string") and isinstance(value, str):
        return value
    raise SettingProblem(f'"default" is not a value of type "{kind}"')
