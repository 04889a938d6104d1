"""A rule that nothing tests."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.normative import has_labelled_example, own_words
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        if section.authority is None or not own_words(section):
            continue
        if section.markers or section.no_test_reason or section.id in context.tested:
            continue
        if has_labelled_example(section):
            continue
        yield Finding(
            section.heading.span,
            f"nothing tests {quoted(section.title)}",
            "add an example with labelled answers, a test case, or "
            "<!-- no test needed: the reason -->",
            section.id,
        )


RULE = Rule(
    "untested-section",
    Severity.WARNING,
    "a rule has no labelled example, no prompts and no test case",
    "Whether an assistant keeps the rule cannot be shown, and a change that breaks it goes "
    "unnoticed.",
    _find,
)
