"""tau-bench's recorded trials as a suite with recorded answers.

The user is played by a model, so that trials of a task begin in different words: each trial is a
case of its own, and the trials of a task share its focus. The label ``environment`` says
``solved`` or ``not_solved``: whether the end state was right, which is no verdict on each step.
"""

from __future__ import annotations

from typing import Final

from adhere.conversation import Answer, Case, Recording, Role
from adhere.sources.imported import Imported, Refusals, count_rows
from adhere.sources.tau_bench import Trial, parse_tau_bench

SECTIONS: Final = ("follow_all_applicable_instructions",)
"""Of the published Model Spec."""


def tau_bench_suite(lines: list[bytes], *, name: str, model: str) -> Imported:
    """Return every trial as a case with one recording.

    Args:
        lines: The file's lines.
        name: What to call it in errors.
        model: Who answered, which the rows do not say.
    """
    refusals = Refusals()
    cases: dict[str, Case] = {}
    recordings: list[Recording] = []
    after: dict[Role, int] = {}
    for trial in parse_tau_bench(lines, name=name, refuse=refusals):
        place = f"{name}, task {trial.task}, trial {trial.trial}"
        roles = [message.role for message in trial.conversation]
        if Role.USER not in roles or Role.ASSISTANT not in roles[roles.index(Role.USER) :]:
            refusals.add(place, "the assistant never answers a user")
            continue
        case = _case(trial, roles.index(Role.USER) + 1)
        if case.id in cases:
            refusals.add(place, "the trial is there twice")
            continue
        cases[case.id] = case
        recordings.append(_recording(trial, case, model))
        if roles[-1] is not Role.ASSISTANT:
            after[roles[-1]] = after.get(roles[-1], 0) + 1
    notes = [
        f"in {count} trials what the {role} says after the assistant's last message is left out"
        for role, count in after.items()
    ]
    notes.append("the tools need the airline's database: for recorded answers only")
    notes.append("the label says that a task came out right, not that the policy was kept")
    rows = count_rows(lines)
    return Imported(
        tuple(cases.values()), tuple(recordings), rows, tuple(notes), refused=refusals.all
    )


def _case(trial: Trial, until: int) -> Case:
    return Case(
        schema="adhere/case/1",
        id=f"task-{trial.task}/trial-{trial.trial}",
        sections=SECTIONS,
        conversation=trial.conversation[:until],
        right="either",
        focus=f"task-{trial.task}",
        rubric="Keeps the policy of the system message at every step.",
        provenance={"source": "tau-bench (arXiv 2406.12045)", "licence": "MIT"},
    )


def _recording(trial: Trial, case: Case, model: str) -> Recording:
    said = trial.conversation[len(case.conversation) :]
    last = max(n for n, message in enumerate(said) if message.role is Role.ASSISTANT)
    answer = Answer(
        content=said[last].text,
        tool_calls=tuple(call for message in said[: last + 1] for call in message.tool_calls),
        labels={"environment": "solved" if trial.solved else "not_solved"},
        said=said[:last],
    )
    return Recording(schema="adhere/recording/1", case=case.id, model=model, answer=answer)
