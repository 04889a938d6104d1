"""A comparison with nothing to compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import Answer, Verdict


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        for example in section.examples:
            comparisons: defaultdict[int, list[Answer]] = defaultdict(list)
            for answer in example.answers:
                comparisons[answer.comparison].append(answer)
            for answers in comparisons.values():
                verdicts = {answer.verdict for answer in answers}
                # An answer without a label is another rule's affair; conditions ("GOOD, given
                # …") tell cases apart and are complete without a counterpart.
                if None in verdicts or all(answer.condition for answer in answers):
                    continue
                missing = "bad" if Verdict.BAD not in verdicts else "good"
                if verdicts >= {Verdict.BAD} and verdicts & {Verdict.GOOD, Verdict.OK}:
                    continue
                yield Finding(
                    answers[0].turn.span,
                    f"there is no {missing} answer to compare with",
                    f"add a {missing} answer, so that the line between the two can be seen",
                    section.id,
                )


RULE = Rule(
    "one-sided-example",
    Severity.NOTE,
    "labelled answers are all good or all bad",
    "It shows one side of the line only; a judge cannot be checked against it.",
    _find,
)
