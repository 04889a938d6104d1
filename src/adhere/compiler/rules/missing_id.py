"""A heading without an id of its own."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        if not section.id_given:
            yield Finding(
                section.heading.span,
                f"the heading {quoted(section.title)} has no id",
                f"write {{#{section.id}}} at its end",
                section.id,
            )


RULE = Rule(
    "missing-id",
    Severity.WARNING,
    "a heading has no {#id}",
    "An id made from the title changes with the title, and every link and result that used it is "
    "lost.",
    _find,
)
