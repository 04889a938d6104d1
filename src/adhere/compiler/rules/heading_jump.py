"""A heading that skips a level."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for node in context.nodes:
        section = node.section
        if node.parent is None or section.depth <= node.parent.section.depth + 1:
            continue
        yield Finding(
            section.heading.span,
            f"the heading jumps from depth {node.parent.section.depth} to {section.depth}",
            f"use {'#' * (node.parent.section.depth + 1)}, or add the heading that is left out",
            section.id,
        )


RULE = Rule(
    "heading-jump",
    Severity.NOTE,
    "a heading skips a depth",
    "Contents and screen readers show a level that is not there.",
    _find,
)
