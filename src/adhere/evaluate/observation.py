"""What the figures over groups of cases need of an answer, and no more: the text is not kept."""

from __future__ import annotations

import re

import msgspec

from adhere.conversation import Answer, Case, Outcome
from adhere.judge import Verdict

_CONFIDENCE = re.compile(
    r"(?im)^[^\w\n]{0,8}confidence[^\w\n]{0,8}(\d{1,3}(?:\.\d{1,3})?) ?(?:%|percent)"
)


class Observation(msgspec.Struct, frozen=True):
    """One answer to a case that belongs to a group.

    Attributes:
        case: The case.
        epoch: Which repetition.
        adherent: Whether the answer is right; None where it could not be scored.
        outcome: What the answer does.
        words: How many words it has.
        confidence: How sure it says it is, 0 to 1; None where it does not say so.
    """

    case: Case
    epoch: int
    adherent: bool | None
    outcome: Outcome
    words: int
    confidence: float | None = None

    @property
    def cluster(self) -> str:
        """What other cases it is not independent of."""
        return self.case.focus or self.case.id


def observe(case: Case, epoch: int, answer: Answer, verdict: Verdict) -> Observation | None:
    """Return what there is to see, or None where the case belongs to no group."""
    if case.pair is None and case.variant is None and not case.states_confidence:
        return None
    confidence = stated_confidence(answer.content) if case.states_confidence else None
    words = len(answer.content.split())
    return Observation(case, epoch, verdict.adherent, verdict.outcome, words, confidence)


def stated_confidence(text: str) -> float | None:
    """Return the confidence an answer states on a line of its own, 0 to 1; the last one counts.

    >>> stated_confidence("It is Canberra.\\nConfidence: 90%")
    0.9
    >>> stated_confidence("I say this with confidence: 3 of 4.") is None
    True
    """
    found = _CONFIDENCE.findall(text)
    value = float(found[-1]) / 100 if found else None
    return value if value is not None and value <= 1 else None
