"""A link to a section that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule

_NOT_LETTER = re.compile(r"[\W_]+")


def _find(context: Context) -> Iterator[Finding]:
    alike = {_letters(name): name for name in (*context.old_ids, *context.ids)}
    for section in context.sections:
        for reference in section.references:
            target = reference.target
            if target in context.ids or target in context.old_ids:
                continue
            meant = alike.get(_letters(target))
            remedy = f'did you mean "#{meant}"?' if meant else "link to the id of a section"
            message = f"no section has the id {quoted(target)}"
            yield Finding(reference.span, message, remedy, section.id)


def _letters(name: str) -> str:
    """Return what is left of an id when hyphens, underscores and case do not count."""
    return _NOT_LETTER.sub("", name.casefold())


RULE = Rule(
    "dangling-reference",
    Severity.ERROR,
    "a link points to a section that does not exist",
    "The reader lands nowhere, and a rule that rests on the other one loses its ground.",
    _find,
)
