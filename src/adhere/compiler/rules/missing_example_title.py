"""An example without a title."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        for example in section.examples:
            if not example.title:
                yield Finding(
                    example.span,
                    "the example has no title",
                    "write **Example**: what it shows, directly above it",
                    section.id,
                )


RULE = Rule(
    "missing-example-title",
    Severity.NOTE,
    "an example has no title",
    "Its name in results is made from its text, and changes with every edit.",
    _find,
)
