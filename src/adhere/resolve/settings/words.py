"""Values of settings: their one form, how TOML writes them, and what may be chosen, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from adhere.spec import Authority, Setting, SettingType, SettingValue

LIKE: Final[dict[SettingType, str]] = {
    "boolean": "true or false", "enum": "a string", "integer": "an integer",
    "string": "a string", "set": "a list of strings",
}  # fmt: skip
"""What a value of each type looks like."""


def of_type(kind: SettingType, value: object) -> bool:
    """Whether a value is of a setting's type; a set may be a list, as TOML and JSON give it."""
    if kind == "set":
        return isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
    if kind == "integer":
        return type(value) is int  # True is one too, and must not pass for a number
    return isinstance(value, bool if kind == "boolean" else str)


def choices(setting: Setting, level: Authority | None = None) -> str:
    """Say in words what anybody, or one level, may choose.

    >>> from adhere.spec import Domain, SourceSpan
    >>> warmth = Setting("warmth", "tone", "integer", 3, Domain(min=1, max=5),
    ...     (Authority.USER,), {Authority.USER: Domain(max=4)}, "", SourceSpan(0, 0, 1, 1))
    >>> choices(warmth), choices(warmth, Authority.USER)
    ('an integer from 1 to 5', 'an integer from 1 to 4')
    """
    bound = setting.bounds.get(level) if level else None
    domains = [setting.allowed, *([bound] if bound else [])]
    if setting.type == "integer":
        low = max((domain.min for domain in domains if domain.min is not None), default=None)
        high = min((domain.max for domain in domains if domain.max is not None), default=None)
        low_word = "" if low is None else f" from {low}"
        return f"an integer{low_word}{'' if high is None else f' to {high}'}"
    if setting.type == "string":
        parts = [f"matches {domain.pattern}" for domain in domains if domain.pattern is not None]
        longest = min((d.max_length for d in domains if d.max_length is not None), default=None)
        parts += [] if longest is None else [f"has at most {longest} characters"]
        return f"a string that {' and '.join(parts)}"
    values = [v for v in setting.allowed.values or () if bound is None or v in (bound.values or ())]
    words = ", ".join(map(show, values)) or "nothing"
    return f"a list out of {words}" if setting.type == "set" else f"one of {words}"


def show(value: object) -> str:
    """Return a value as TOML writes it; what TOML cannot write, as Python does."""
    if isinstance(value, (str, bool, int)):
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, Mapping):
        if value.keys() == {"toml"}:
            return str(value["toml"])
        pairs = ", ".join(f"{key} = {show(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return str(value)


def canonical(setting: Setting, value: SettingValue) -> SettingValue:
    """Return the one form of a value.

    A set has no order and no member twice: its form has the order in which the spec lists them.
    """
    if not isinstance(value, tuple):
        return value
    known = [v for v in setting.allowed.values or () if v in value]
    foreign = sorted({v for v in value if v not in known})
    return tuple(str(v) for v in (*known, *foreign))


def plain(value: object, depth: int = 3) -> object:
    """Return what was asked for as JSON can hold it.

    What JSON has no form for, a date or a number beyond its range, becomes ``{"toml": "…"}``: never
    a value that a setting could take.
    """
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)) and abs(value) < 2**63:
        return value
    if isinstance(value, (list, tuple)) and depth:
        return [plain(inner, depth - 1) for inner in value]
    if isinstance(value, Mapping) and depth:
        return {str(key): plain(inner, depth - 1) for key, inner in value.items()}
    return {"toml": "…" if isinstance(value, (list, tuple, Mapping)) else str(value)}


def profile_text(settings: Mapping[str, Mapping[str, object]]) -> str:
    """Return a profile as TOML.

    Args:
        settings: Section id to setting id to what is asked.

    >>> print(profile_text({"tone": {"warmth": 2}}), end="")
    schema = "adhere/profile/1"
    <BLANKLINE>
    [settings]
    tone.warmth = 2
    """
    lines = ['schema = "adhere/profile/1"', "", "[settings]"]
    for section, asked in settings.items():
        bare = section.isascii() and section.replace("-", "_").isidentifier()
        key = section if bare else show(section)
        lines += [f"{key}.{name} = {show(value)}" for name, value in asked.items()]
    return "\n".join(lines) + "\n"
