"""A heading without words."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        if not section.title:
            message = "the heading has no words"
            yield Finding(section.heading.span, message, "give it a title", section.id)


RULE = Rule(
    "empty-title",
    Severity.WARNING,
    "a heading has no words",
    "Contents, links and reports show the title; without one they show nothing.",
    _find,
)
