"""IFEval as a suite: its prompts with their instructions as checks, its responses as recordings.

A response's labels ``ifeval_strict`` and ``ifeval_loose`` say what the original checkers said of
all its instructions together: ``followed`` or ``not_followed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adhere.conversation import Answer, Case, Ifeval, Message, Recording, Role
from adhere.sources.ifeval import IfevalPrompt, parse_ifeval_prompts, parse_ifeval_responses
from adhere.sources.imported import Imported, Refusals, count_rows

SECTIONS: Final = ("follow_all_applicable_instructions",)
"""Of the published Model Spec."""


def ifeval_suite(prompts: list[bytes], responses: Mapping[str, list[bytes]]) -> Imported:
    """Return the prompts as cases and the responses as recordings.

    Args:
        prompts: Lines of ``input_data.jsonl``.
        responses: Lines of the files of responses, by their names.
    """
    refusals = Refusals()
    known = parse_ifeval_prompts(prompts, refuse=refusals)
    recordings: list[Recording] = []
    seen: set[tuple[str, int]] = set()
    notes: list[str] = []
    for name, lines in responses.items():
        found = parse_ifeval_responses(lines, known, name=name, refuse=refusals)
        for each in found:
            if (each.model, each.key) in seen:
                refusals.add(name, f"{each.model} responds to prompt {each.key} twice")
                continue
            seen.add((each.model, each.key))
            said = {"strict": each.strict, "loose": each.loose}
            recordings.append(
                Recording(
                    schema="adhere/recording/1",
                    case=str(each.key),
                    model=each.model,
                    answer=Answer(
                        content=each.text,
                        labels={
                            f"ifeval_{how}": "followed" if all(verdicts) else "not_followed"
                            for how, verdicts in said.items()
                        },
                    ),
                )
            )
        absent = sorted(known.keys() - {each.key for each in found})
        if absent:
            which = ", ".join(map(str, absent[:5]))
            notes.append(f"{name} has no response to {len(absent)} of the prompts ({which})")
        empty = sum(not each.text.strip() for each in found)
        if empty:
            notes.append(f"{name} has {empty} empty responses, which follow nothing")
    rows = count_rows(prompts) + sum(count_rows(lines) for lines in responses.values())
    cases = tuple(map(_case, known.values()))
    return Imported(cases, tuple(recordings), rows, tuple(notes), refused=refusals.all)


def _case(prompt: IfevalPrompt) -> Case:
    return Case(
        schema="adhere/case/1",
        id=str(prompt.key),
        sections=SECTIONS,
        conversation=(Message(Role.USER, prompt.prompt),),
        right="help",
        focus="+".join(sorted({each.partition(":")[0] for each in prompt.instruction_id_list})),
        checks=tuple(
            Ifeval(instruction=kind, given=given)
            for kind, given in zip(prompt.instruction_id_list, prompt.kwargs, strict=True)
        ),
        provenance={"source": "IFEval (arXiv 2311.07911)", "licence": "Apache-2.0"},
    )
