"""A label that cites a section that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import Answer, SourceSpan

_CITED = re.compile(rb"#(?P<id>[^\s,\]#]+)")


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        for example in section.examples:
            for answer in example.answers:
                for cited, span in _unknown(context, answer):
                    yield Finding(
                        span,
                        f"the label cites {quoted(cited)}, which no section has as its id",
                        "cite the id of the section that the answer breaks or keeps",
                        section.id,
                    )


def _unknown(context: Context, answer: Answer) -> Iterator[tuple[str, SourceSpan]]:
    """Yield the cited ids that do not exist, and where in the label each stands."""
    turn, source = answer.turn.span, context.source
    written = _CITED.finditer(source.data, turn.start, turn.end)
    for cited in answer.sections:
        # In the order of the label; what precedes it (an attribute with "#" in it) is passed over.
        place = next((at for at in written if at["id"] == cited.encode()), None)
        if cited not in context.ids and cited not in context.old_ids:
            yield cited, source.span(*place.span()) if place else turn


RULE = Rule(
    "unknown-verdict-section",
    Severity.ERROR,
    "a label such as BAD[#id] cites a section that does not exist",
    "The answer would be counted for a section that nobody can look up.",
    _find,
)
