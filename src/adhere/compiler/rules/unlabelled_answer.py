"""An answer to compare that is neither good nor bad."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule

_OPENING = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_COMMENT = re.compile(rb"\s*<!--")


def _find(context: Context) -> Iterator[Finding]:
    source = context.source
    for section in context.sections:
        for example in section.examples:
            for answer in example.answers:
                if answer.verdict is not None:
                    continue
                start, end = answer.turn.span.start, answer.turn.span.end
                opening = _OPENING.match(source.data, start, end)
                stop = opening.end() if opening else end
                if _COMMENT.match(source.data, stop, end):
                    continue  # a label that cannot be read, which the compiler has reported
                yield Finding(
                    source.span(start, stop),
                    "the answer has no label",
                    "begin it with <!-- GOOD: why -->, <!-- OK: why --> or <!-- BAD: why -->",
                    section.id,
                )


RULE = Rule(
    "unlabelled-answer",
    Severity.WARNING,
    "an answer in a comparison has no label",
    "Nobody can learn from it or test against it: the reader is left to guess what it shows.",
    _find,
)
