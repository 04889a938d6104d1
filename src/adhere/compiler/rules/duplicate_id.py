"""Two sections with one id."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.headings import id_span
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for name, sections in context.ids.items():
        for section in sections[1:]:
            yield Finding(
                id_span(context, section),
                f"the section {quoted(sections[0].title)} has the id {quoted(name)} too",
                "give this section an id of its own",
                name,
            )


RULE = Rule(
    "duplicate-id",
    Severity.ERROR,
    "two sections have the same id",
    "Links, settings, test results and audit records name sections by id; with two of a kind "
    "nobody can tell which is meant.",
    _find,
)
