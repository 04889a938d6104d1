"""One file of prompts for two sentences."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for name, places in context.markers.items():
        first = places[0][0]
        for section, marker in places[1:]:
            yield Finding(
                marker.span,
                f"the marker {quoted(name)} stands in {quoted(first.title)} already",
                "give each sentence a file of prompts of its own",
                section.id,
            )


RULE = Rule(
    "repeated-marker",
    Severity.WARNING,
    "a [^marker] stands in two places",
    "A failed prompt does not tell which of the two sentences was broken.",
    _find,
)
