"""A model that speaks prepared answers: the in-memory fake of the port."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from adhere.conversation import Answer, Outcome
from adhere.models.port import Request


class Script(msgspec.Struct, frozen=True):
    """Answers to one case: a right one, and wrong ones by the fault that produces them."""

    good: Answer
    faults: Mapping[str, Answer] = {}


class ScriptedModel:
    """Answers rightly, but for one planted fault.

    It is no model of anything: it exists so that the path from case to report can be tried and
    tested where the right result is known.

    Args:
        name: Without the prefix ``scripted:``, which is put before it.
        scripts: By case id.
        fault: The fault it has; None for one without.
    """

    def __init__(self, name: str, scripts: Mapping[str, Script], fault: str | None = None) -> None:
        self.name = f"scripted:{name}"
        self._scripts = scripts
        self._fault = fault

    async def answer(self, request: Request) -> Answer:
        """Return the prepared answer; an error where there is none for the case."""
        script = self._scripts.get(request.case)
        if script is None:
            return Answer(problem=Outcome.ERROR, detail=f'no script for case "{request.case}"')
        if self._fault is not None and self._fault in script.faults:
            return script.faults[self._fault]
        return script.good

    async def close(self) -> None:
        """Nothing is held."""
