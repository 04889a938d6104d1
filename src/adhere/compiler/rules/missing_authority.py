"""A rule without a level."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.normative import has_labelled_example, instructs
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    # Chapters in which nothing has a level (an overview, definitions) explain and do not rule;
    # what they say with "should" is about the text. Where no chapter has one, all are suspect.
    unranked = not any(node.ranked for node in context.nodes)
    for node in context.nodes:
        section = node.section
        if node.ranked:
            continue
        chapter = node.chapter or node
        rules = has_labelled_example(section) or bool(section.settings)
        if rules or ((unranked or chapter.ranked) and instructs(section)):
            yield Finding(
                section.heading.span,
                f"{quoted(section.title)} instructs, but has no level of authority",
                "write authority=root, system, developer, user or guideline into its heading",
                section.id,
            )


RULE = Rule(
    "missing-authority",
    Severity.WARNING,
    "a section gives instructions, but neither it nor a subsection has a level of authority",
    "Levels are not inherited: a rule without one cannot be weighed against any instruction.",
    _find,
)
