"""A file of prompts that nothing in the spec points to."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule


def _find(context: Context) -> Iterator[Finding]:
    for name, file in (context.prompts or {}).items():
        if name not in context.markers:
            yield Finding(
                file.header,
                f"the spec has no marker {quoted(name)}",
                f"write [^{name}] after the sentence these prompts test, or remove the file",
                file=file.name,
            )


RULE = Rule(
    "prompts-without-marker",
    Severity.WARNING,
    "a file of evaluation prompts has no [^marker] in the spec (with --prompts)",
    "The prompts test nothing: no sentence of the spec claims them.",
    _find,
)
