"""A section that ranks above the one it is part of."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for node in context.nodes:
        section, above = node.section, node.above
        if section.authority is None or above is None or above.authority is None:
            continue
        if section.authority.outranks(above.authority):
            yield Finding(
                section.heading.span,
                f"{quoted(section.title)} has the level {section.authority}, above the "
                f"{above.authority} of {quoted(above.title)}, which it is part of",
                "raise the outer section, lower this one, or move it out",
                section.id,
            )


RULE = Rule(
    "authority-above-parent",
    Severity.WARNING,
    "a section has a higher level than the section around it",
    "Who may change the outer rule is told otherwise inside it; readers take the level from the "
    "heading they see first.",
    _find,
)
