"""Two examples of one section with the same title."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        seen: set[str] = set()
        for example in section.examples:
            title = " ".join(example.title.casefold().split())
            if title and title in seen:
                yield Finding(
                    example.span,
                    f"another example of this section is called {quoted(example.title)} too",
                    "say in the title what sets this one apart",
                    section.id,
                )
            seen.add(title)


RULE = Rule(
    "duplicate-example-title",
    Severity.WARNING,
    "two examples of a section have the same title",
    "They are told apart by number; when one is moved or removed, results go to the wrong one.",
    _find,
)
