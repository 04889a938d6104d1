"""What a run would cost, by rehearsing it: every request is made up, none is sent."""

from __future__ import annotations

from typing import Final

import msgspec

from adhere.conversation import Answer, Usage
from adhere.models.money import BYTES_A_TOKEN, estimated

ASSUMED_OUTPUT: Final = 300
"""Tokens an answer is assumed to have before there is one."""


class Rehearsed(msgspec.Struct):
    """The requests one model would get.

    Attributes:
        requests: How many.
        size: Bytes of their bodies.
        output: Tokens their answers are assumed to have.
        most_output: The most tokens their answers can have; None without a limit.
    """

    requests: int = 0
    size: int = 0
    output: int = 0
    most_output: int | None = 0


class Rehearsal:
    """Answers in a model's place, with as many words as are assumed, and counts.

    What it says reads as a grade too, so that judges go on as they would.
    """

    def __init__(self) -> None:
        self.of: dict[str, Rehearsed] = {}

    def answer(self, name: str, size: int, max_tokens: int | None) -> Answer:
        """Count a request and return an answer of the assumed length."""
        output = ASSUMED_OUTPUT if max_tokens is None else min(ASSUMED_OUTPUT, max_tokens)
        counted = self.of.setdefault(name, Rehearsed())
        counted.requests += 1
        counted.size += size
        counted.output += output
        if max_tokens is None or counted.most_output is None:
            counted.most_output = None
        else:
            counted.most_output += max_tokens
        words = "word " * (BYTES_A_TOKEN * output // 5)
        return Answer(f'{{"reason": "{words}", "score": 7}}', usage=Usage(estimated(size), output))
