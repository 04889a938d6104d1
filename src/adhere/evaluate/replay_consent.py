"""Recorded service conversations: actions that the user had not explicitly agreed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

from adhere.evaluate.statistics import Rate, rate
from adhere.resolve import Effect, ToolSpecs
from adhere.resolve.gate.consent import unagreed_actions
from adhere.sources.tau_bench import Trial


class Unagreed(msgspec.Struct, frozen=True):
    """An action without an explicit yes: where, what, and which condition failed."""

    line: int
    message: int
    tool: str
    why: str


class ConsentReport(msgspec.Struct, frozen=True, kw_only=True):
    """The actions of recorded conversations (``adhere/consent-replay/1``).

    Attributes:
        runs: How many conversations.
        actions: Calls with side effects.
        unagreed: Those without an explicit yes, of all.
        runs_unagreed: Conversations with such a call, of those with an action.
        solved_unagreed: The same among the conversations whose task came out right.
        why: How often each condition failed first.
        found: Every such call; ``line`` counts conversations from 1.
    """

    schema: Literal["adhere/consent-replay/1"]
    runs: int
    actions: int
    unagreed: Rate
    runs_unagreed: Rate
    solved_unagreed: Rate
    why: dict[str, int]
    found: tuple[Unagreed, ...]


def replay_consent(trials: Iterable[Trial], specs: ToolSpecs) -> ConsentReport:
    """Look for actions without an explicit yes; trials of one task are not independent."""
    found: list[Unagreed] = []
    acting: list[tuple[Trial, int, int]] = []  # trial, its actions, those without a yes
    runs = 0
    for line, trial in enumerate(trials, 1):
        runs = line
        missing = unagreed_actions(trial.conversation, specs)
        found.extend(Unagreed(line, at, call.name, one.why) for at, call, one in missing)
        actions = sum(
            specs.get(call.name).effect is not Effect.READ
            for message in trial.conversation
            for call in message.tool_calls
        )
        if actions:
            acting.append((trial, actions, len(missing)))
    each = [
        (index < missing, trial.task)
        for trial, actions, missing in acting
        for index in range(actions)
    ]
    tasks = [task for _, task in each]
    return ConsentReport(
        schema="adhere/consent-replay/1",
        runs=runs,
        actions=len(each),
        unagreed=rate([hit for hit, _ in each], tasks, tasks),
        runs_unagreed=_runs(acting),
        solved_unagreed=_runs([one for one in acting if one[0].solved]),
        why=dict(Counter(one.why for one in found).most_common()),
        found=tuple(found),
    )


def _runs(acting: list[tuple[Trial, int, int]]) -> Rate:
    tasks = [trial.task for trial, _, _ in acting]
    return rate([missing > 0 for _, _, missing in acting], tasks, tasks)
