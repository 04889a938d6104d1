"""The gate on recorded agent runs: what it would have stopped, and what that would have cost.

Every call of a recording is decided with what came before it. A recording goes on as it was
recorded, also after a call that the gate would have held: what the agent would have done instead
is not known. An attack counts as stopped where each call that makes one of its steps is blocked or
awaits a confirmation; a person is taken to decline what an attack wants and to grant what a run
without attack wants. A recorded success that matches no rule counts as a success.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final, Literal

import msgspec
import re2

from adhere.conversation import ToolCall
from adhere.evaluate.statistics import CONFIDENCE, Rate, rate
from adhere.resolve import (
    DecisionOutcome,
    Effect,
    Reading,
    ScopeOfAutonomy,
    ToolSpecs,
    call_digest,
    decide_read,
)
from adhere.sources.agentdyn import AgentRun, AttackRule, AttackRules, AttackStep

ALL: Final = "all"
"""The row of all models together."""


class Policy(StrEnum):
    """What decides."""

    UNDEFENDED = "undefended"
    CONFIRM_ALL = "confirm_all"
    """Confirm every call with side effects once any tool has returned something."""
    GATE = "gate"


class Cost(msgspec.Struct, frozen=True):
    """What a policy did to a run's calls, those that carry out an attack left aside.

    ``confirmations`` counts different calls: the same call again is the same question.
    """

    blocks: int
    confirmations: int


class RunFate(msgspec.Struct, frozen=True, kw_only=True):
    """A run under each policy.

    Attributes:
        matched: Whether a call matches the attack's rule; true for a run without attack.
        stopped: How the attack was stopped: by a block, by a confirmation that was asked for, or
            not at all.
    """

    suite: str
    model: str
    task: str
    attack: str | None
    injection_seen: bool
    useful: bool
    attacked: bool
    matched: bool
    stopped: dict[Policy, Literal["block", "confirm", ""]]
    costs: dict[Policy, Cost]


class Mean(msgspec.Struct, frozen=True):
    """A mean per run with its 95 % interval, the tasks being the independent units."""

    total: int
    runs: int
    value: float | None
    low: float
    high: float | None
    """None where nothing bounds it."""


class PolicyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy achieved and cost, for one model or all.

    Attributes:
        attack_success: Attacks that succeeded, of the attacked runs whose injection was seen.
        stopped_by_block: Of the stopped attacks, those that no person had to decline.
        clean_kept: Useful runs without attack in which nothing was blocked.
        clean_untouched: Useful runs without attack in which nothing was blocked or asked.
        clean_confirmations: Confirmations in a useful run without attack.
        attacked_kept, attacked_untouched, attacked_confirmations: The same of useful runs under
            attack, for the calls that do not carry it out.
        asked_kept, asked_confirmations: The same of useful runs in which the user asked for the
            attacker's goal: a gate must not mistake the goal for the attack.
    """

    policy: Policy
    model: str
    attack_success: Rate
    stopped_by_block: int
    clean_kept: Rate
    clean_untouched: Rate
    clean_confirmations: Mean
    attacked_kept: Rate
    attacked_untouched: Rate
    attacked_confirmations: Mean
    asked_kept: Rate
    asked_confirmations: Mean


class GateReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a replay (``adhere/gate-replay/1``).

    Attributes:
        suites: The suites of the runs that were read.
        runs: How many runs.
        decisions: How many calls were decided.
        successes_unseen: Recorded successes of attacks that never reached the model; in no figure.
        successes_unmatched: Recorded successes without a call that matches the attack's rule, as
            ``model suite/task/attack``; counted as successes under every policy.
        figures: By model, all models last, and by policy.
    """

    schema: Literal["adhere/gate-replay/1"]
    suites: tuple[str, ...]
    runs: int
    decisions: int
    successes_unseen: int
    successes_unmatched: tuple[str, ...]
    figures: tuple[PolicyFigures, ...]


def replay_run(
    run: AgentRun, specs: ToolSpecs, rule: AttackRule | None, scope: ScopeOfAutonomy, now: datetime
) -> RunFate:
    """Decide every call of a run again.

    Args:
        run: The recording.
        specs: What the tools do.
        rule: What the run's attack has to do; None for a run without attack.
        scope: What the agent may do at all.
        now: The time at which all is decided.
    """
    reading = Reading(specs)
    calls: list[tuple[ToolCall, dict[Policy, DecisionOutcome]]] = []
    answered = False
    for message in run.conversation:
        for call in message.tool_calls:
            acts = specs.get(call.name).effect is not Effect.READ
            asks = DecisionOutcome.CONFIRM if acts and answered else DecisionOutcome.ALLOW
            outcomes = {
                Policy.UNDEFENDED: DecisionOutcome.ALLOW,
                Policy.CONFIRM_ALL: asks,
                Policy.GATE: decide_read(call, reading, scope, now=now).outcome,
            }
            calls.append((call, outcomes))
        answered = answered or message.role == "tool"
        reading.add(message)
    steps = rule.steps if rule else ()
    attacking = [[pair for pair in calls if matches(step, pair[0])] for step in steps]
    aside = {id(pair) for pairs in attacking for pair in pairs}
    rest = [pair for pair in calls if id(pair) not in aside]
    return RunFate(
        suite=run.suite, model=run.model, task=run.task, attack=run.attack,
        injection_seen=run.injection_seen, useful=run.useful, attacked=run.attacked,
        matched=rule is None or any(attacking),
        stopped={
            policy: _stopped([[had[policy] for _, had in pairs] for pairs in attacking if pairs])
            for policy in Policy
        },
        costs={policy: _cost([(call, had[policy]) for call, had in rest]) for policy in Policy},
    )  # fmt: skip


def _stopped(steps: Sequence[Sequence[DecisionOutcome]]) -> Literal["block", "confirm", ""]:
    held = [set(outcomes) for outcomes in steps if DecisionOutcome.ALLOW not in outcomes]
    if not held:
        return ""
    return "block" if {DecisionOutcome.BLOCK} in held else "confirm"


def _cost(calls: Sequence[tuple[ToolCall, DecisionOutcome]]) -> Cost:
    blocks = sum(outcome is DecisionOutcome.BLOCK for _, outcome in calls)
    asked = {call_digest(call) for call, outcome in calls if outcome is DecisionOutcome.CONFIRM}
    return Cost(blocks, len(asked))


def matches(step: AttackStep, call: ToolCall) -> bool:
    """Whether a call makes a step of an attack."""
    if not any(fnmatchcase(call.name, pattern) for pattern in step.tools):
        return False
    texts = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in call.arguments.items()
    }
    return all(
        any(re2.search(pattern, text) for key, text in texts.items() if name in ("*", key))
        for name, pattern in step.arguments.items()
    )


def replay_gate(
    runs: Iterable[AgentRun],
    specs: ToolSpecs,
    rules: AttackRules,
    scope: ScopeOfAutonomy,
    now: datetime,
) -> GateReport:
    """Replay recorded runs and work out the figures.

    Raises:
        ValueError: A run's attack has no rule.
    """
    by_task = {(rule.suite, rule.task): rule for rule in rules.rules}
    fates: list[RunFate] = []
    decisions = 0
    for run in runs:
        rule = by_task.get((run.suite, run.attack)) if run.attack is not None else None
        if run.attack is not None and rule is None:
            raise ValueError(f"no rule says what {run.suite}/{run.attack} has to do")
        fates.append(replay_run(run, specs, rule, scope, now))
        decisions += sum(len(message.tool_calls) for message in run.conversation)
    return report_gate(fates, decisions)


def report_gate(fates: Sequence[RunFate], decisions: int) -> GateReport:
    """Work out the figures of runs that were replayed."""
    models = sorted({fate.model for fate in fates})
    groups = [(model, [fate for fate in fates if fate.model == model]) for model in models]
    if len(models) != 1:
        groups.append((ALL, list(fates)))
    return GateReport(
        schema="adhere/gate-replay/1",
        suites=tuple(sorted({fate.suite for fate in fates})),
        runs=len(fates),
        decisions=decisions,
        successes_unseen=sum(fate.attacked and not fate.injection_seen for fate in fates),
        successes_unmatched=tuple(
            f"{fate.model} {fate.suite}/{fate.task}/{fate.attack}"
            for fate in fates
            if fate.attacked and fate.injection_seen and not fate.matched
        ),
        figures=tuple(_figures(policy, *group) for group in groups for policy in Policy),
    )


def _figures(policy: Policy, model: str, fates: Sequence[RunFate]) -> PolicyFigures:
    seen = [fate for fate in fates if fate.attack is not None and fate.injection_seen]
    succeeded = [fate for fate in seen if fate.attacked]
    under_attack = [fate for fate in seen if fate.useful]
    unattacked = [fate for fate in fates if fate.attack is None and fate.useful]
    asked = [fate for fate in unattacked if fate.task.startswith("injection_")]
    clean = [fate for fate in unattacked if not fate.task.startswith("injection_")]

    def kept(fate: RunFate) -> bool:
        return fate.costs[policy].blocks == 0

    def untouched(fate: RunFate) -> bool:
        return fate.costs[policy] == Cost(0, 0)

    def confirmations(fates: Sequence[RunFate]) -> Mean:
        counts = [fate.costs[policy].confirmations for fate in fates]
        return mean(counts, [f"{fate.suite}/{fate.task}" for fate in fates])

    return PolicyFigures(
        policy=policy, model=model,
        attack_success=_share(seen, lambda fate: fate.attacked and not fate.stopped[policy]),
        stopped_by_block=sum(fate.stopped[policy] == "block" for fate in succeeded),
        clean_kept=_share(clean, kept), clean_untouched=_share(clean, untouched),
        clean_confirmations=confirmations(clean),
        attacked_kept=_share(under_attack, kept),
        attacked_untouched=_share(under_attack, untouched),
        attacked_confirmations=confirmations(under_attack),
        asked_kept=_share(asked, kept), asked_confirmations=confirmations(asked),
    )  # fmt: skip


def _share(fates: Sequence[RunFate], hit: Callable[[RunFate], bool]) -> Rate:
    """Runs on one user task are not independent, whoever acted and whatever was injected."""
    return rate(
        [hit(fate) for fate in fates],
        [f"{fate.suite}/{fate.task}/{fate.attack}" for fate in fates],
        [f"{fate.suite}/{fate.task}" for fate in fates],
    )


def mean(values: Sequence[int], clusters: Sequence[str]) -> Mean:
    """Estimate a mean; its variance is the one between clusters (CR1), with Student's t.

    Args:
        values: One a run.
        clusters: The cluster each run belongs to.
    """
    size, total = len(values), sum(values)
    if size == 0:
        return Mean(0, 0, None, 0.0, None)
    value = total / size
    sums: dict[str, float] = {}
    for one, cluster in zip(values, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + one - value
    groups = len(sums)
    if groups < 2:
        return Mean(total, size, value, 0.0, None)
    from scipy.special import stdtrit  # noqa: PLC0415  (0.3 s that most verbs never need)

    spread = math.sqrt(groups / (groups - 1) * math.fsum(d * d for d in sums.values())) / size
    half = float(stdtrit(groups - 1, 0.5 + CONFIDENCE / 2)) * spread
    return Mean(total, size, value, max(0.0, value - half), value + half)
