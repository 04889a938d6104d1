"""A box of a kind that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule

KINDS: Final = ("meta", "summary")
_HEAD = re.compile(rb"!!!(?:[ \t]*(?P<kind>[A-Za-z][\w-]*))?")


def _find(context: Context) -> Iterator[Finding]:
    source = context.source
    for section in context.sections:
        for box in section.boxes:
            if box.kind in KINDS:
                continue
            head = _HEAD.match(source.data, box.span.start, box.span.end)
            group = "kind" if head and head["kind"] else 0
            yield Finding(
                source.span(*head.span(group)) if head else box.span,
                f"{quoted(box.kind)} is not a kind of box" if box.kind else "the box has no kind",
                f"use one of {', '.join(KINDS)}",
                section.id,
            )


RULE = Rule(
    "unknown-box",
    Severity.WARNING,
    "a !!! box has a kind other than meta and summary",
    "Readers and programs treat summaries and commentary differently; this one is treated as "
    "neither.",
    _find,
)
