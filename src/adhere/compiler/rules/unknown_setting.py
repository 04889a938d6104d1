"""An example that sets something the document does not declare."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import Example, Part

_LINE = re.compile(rb"[ \t]*(?P<all>(?P<name>[^\s:][^:\r\n]*?)[ \t]*:[ \t]*\S[^\r\n]*|\S[^\r\n]*)")


def _find(context: Context) -> Iterator[Finding]:
    declaring: defaultdict[str, list[str]] = defaultdict(list)
    for setting in context.settings.values():
        declaring[setting.id].append(setting.section)
    for section in context.sections:
        for example in section.examples:
            for part in _settings(example):
                for finding in _lines(context, part, section.id, declaring):
                    yield finding._replace(section=section.id)


def _settings(example: Example) -> Iterator[Part]:
    for turn in (*example.turns, *(answer.turn for answer in example.answers)):
        yield from (part for part in turn.parts if part.kind == "settings")


def _lines(
    context: Context, part: Part, section: str, declaring: Mapping[str, list[str]]
) -> Iterator[Finding]:
    source = context.source
    for line in _LINE.finditer(source.data, part.span.start, part.span.end):
        if line["name"] is None:
            yield Finding(
                source.span(*line.span("all")),
                "the line is neither a setting nor a fact",
                "write one `name: value` a line",
            )
            continue
        name, span = line["name"].decode(), source.span(*line.span("name"))
        if "." in name and name not in context.settings:
            yield Finding(
                span,
                f"no section declares the setting {quoted(name)}",
                "write the address section.setting of one that is declared, or declare it",
            )
        elif name in declaring and len(declaring[name]) > 1 and section not in declaring[name]:
            yield Finding(
                span,
                f"{len(declaring[name])} sections declare a setting {quoted(name)}",
                f"write the address of the one you mean, such as {declaring[name][0]}.{name}",
            )


RULE = Rule(
    "unknown-setting",
    Severity.NOTE,
    "a <settings> block of an example names a setting that no section declares",
    "The example shows a situation that cannot be set up.",
    _find,
)
