"""A section that says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.normative import own_words
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        if own_words(section) or section.examples or section.settings:
            continue
        if section.authority is not None:
            message = f"{quoted(section.title)} has a level of authority, but says nothing"
        elif not section.children and not section.boxes:
            message = f"{quoted(section.title)} is empty"
        else:
            continue
        remedy = "write what it is for, or remove the heading"
        yield Finding(section.heading.span, message, remedy, section.id)


RULE = Rule(
    "empty-section",
    Severity.WARNING,
    "a section has a level of authority but no text, or nothing at all",
    "A level without a rule binds nobody; usually the text was lost when sections were moved.",
    _find,
)
