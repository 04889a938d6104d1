"""A setting that contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import Domain, Setting


def _find(context: Context) -> Iterator[Finding]:
    governed: dict[str, str] = {}
    for section in context.sections:
        for setting in section.settings:
            if context.settings[setting.address] is not setting:
                yield Finding(
                    setting.span,
                    f"the setting {quoted(setting.address)} is declared twice",
                    "rename one of them",
                    section.id,
                )
            first = governed.setdefault(setting.governs, setting.address)
            if setting.governs and first != setting.address:
                yield Finding(
                    setting.span,
                    f"{quoted(first)} governs {quoted(setting.governs)} already",
                    "leave one of them to govern it",
                    section.id,
                )
            for message, remedy in _contradictions(setting):
                yield Finding(setting.span, message, remedy, section.id)


def _contradictions(setting: Setting) -> Iterator[tuple[str, str]]:
    address = quoted(setting.address)
    if not setting.allowed.admits(setting.default):
        yield (
            f"the default of {address} is not allowed",
            "choose a default out of what is allowed, or allow it",
        )
    for level, bound in setting.bounds.items():
        if not _within(bound, setting.allowed):
            yield (
                f"the bounds of {level} on {address} reach beyond what is allowed",
                "narrow the bounds, or widen what is allowed",
            )


def _within(inner: Domain, outer: Domain) -> bool:
    """Whether every limit that ``inner`` sets lies within ``outer`` (patterns are not compared)."""
    if inner.values is not None and outer.values is not None:
        return set(inner.values) <= set(outer.values)
    if inner.max_length is not None and outer.max_length is not None:
        return inner.max_length <= outer.max_length
    ends = [end for end in (inner.min, inner.max) if end is not None]
    return all(
        (outer.min is None or end >= outer.min) and (outer.max is None or end <= outer.max)
        for end in ends
    )


RULE = Rule(
    "setting-unresolvable",
    Severity.ERROR,
    "a setting contradicts itself or another: its default, bounds, address or what it governs",
    "No value can be worked out that keeps what the declaration says.",
    _find,
)
