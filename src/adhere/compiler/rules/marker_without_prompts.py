"""A marker whose file of prompts is not there."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    if context.prompts is None:
        return
    for section in context.sections:
        for marker in section.markers:
            if marker.name not in context.prompts:
                yield Finding(
                    marker.span,
                    f"there is no file of prompts for the marker {quoted(marker.name)}",
                    f"add {marker.name}.md to the prompts, or remove the marker",
                    section.id,
                )


RULE = Rule(
    "marker-without-prompts",
    Severity.WARNING,
    "a [^marker] has no file of evaluation prompts (with --prompts)",
    "The sentence looks tested and is not.",
    _find,
)
