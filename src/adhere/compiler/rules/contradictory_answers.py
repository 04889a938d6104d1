"""The same answer, labelled two ways."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import Verdict


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        for example in section.examples:
            seen: dict[tuple[int, str | None, str], Verdict] = {}
            for answer in example.answers:
                text = answer.turn.text.strip()
                # With a condition the same words may well be right in one case only.
                if answer.verdict is None or answer.condition or not text:
                    continue
                key = (answer.comparison, answer.turn.recipient, text)
                first = seen.setdefault(key, answer.verdict)
                if first is not answer.verdict:
                    yield Finding(
                        answer.turn.span,
                        f"the same answer is labelled {first} and {answer.verdict}",
                        "correct one of the labels, or say under which condition each holds",
                        section.id,
                    )


RULE = Rule(
    "contradictory-answers",
    Severity.ERROR,
    "a comparison labels the same answer in two ways",
    "No assistant can be right, and every judge is wrong once.",
    _find,
)
