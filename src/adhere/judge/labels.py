"""The judge that takes somebody's label for the answer: a person's, or another instrument's."""

from __future__ import annotations

from adhere.conversation import Answer, Case, Outcome
from adhere.judge.verdict import Finding, Verdict, direction


class LabelJudge:
    """Holds the outcome that ``who`` saw against the one that is right.

    It says nothing about quality: checks are not run, since the label is what is to be trusted.
    """

    def __init__(self, who: str) -> None:
        self.who = who
        self.name = f"label:{who}"

    async def verdict(self, case: Case, answer: Answer) -> Verdict:
        """Return what `judge` says: nobody has to be waited for."""
        return self.judge(case, answer)

    async def close(self) -> None:
        """Nothing is held."""

    def judge(self, case: Case, answer: Answer) -> Verdict:
        """Return the verdict; ``unparsed`` where the answer has no such label that can be read."""
        if answer.problem is not None:
            return Verdict(self.name, answer.problem, None)
        label = answer.labels.get(self.who, "")
        try:
            outcome = Outcome(label)
        except ValueError:
            detail = f'"{label[:80]}" is not an outcome' if label else "there is no such label"
            return Verdict(
                self.name, Outcome.UNPARSED, None, evidence=(Finding(self.name, False, detail),)
            )
        if not outcome.heard:
            return Verdict(self.name, outcome, None)
        failure = direction(case, outcome)
        evidence = (Finding(self.name, failure is None, f"{self.who} says {outcome}"),)
        return Verdict(self.name, outcome, failure is None, failure, evidence)
