"""A link that more than one section answers to."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        for reference in section.references:
            target = reference.target
            current = context.ids.get(target, [])
            old = context.old_ids.get(target, [])
            if len(current) > 1:
                message = f"{len(current)} sections have the id {quoted(target)}"
                remedy = "give every section an id of its own and link to the one you mean"
            elif not current and len(old) > 1:
                message = f"{quoted(target)} is an old id of {len(old)} sections"
                remedy = "link to the present id of the one you mean"
            else:
                continue
            yield Finding(reference.span, message, remedy, section.id)


RULE = Rule(
    "ambiguous-reference",
    Severity.WARNING,
    "a link points to an id that more than one section has or had",
    "Readers are sent to the first of them, which may be the wrong one.",
    _find,
)
