"""Cases that a spec brings along: its labelled examples, and its files of evaluation prompts.

The same spec gives the same cases, byte for byte. Each says which example or prompt it comes from,
and where that stands. What a right answer is stands in the rubric, in the spec's own words; which
outcome is right is left open, but where the labels and the detector of refusals agree on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from adhere.compiler import PromptFile
from adhere.conversation import Case, ReferenceAnswer, ToolCall, ToolDefinition, ToolFunction
from adhere.detect import refusal_class
from adhere.resolve import conversation_of
from adhere.spec import Answer, Example, Section, SourceSpan, Spec, Verdict

LONGEST: Final = 4000
"""Characters of an answer, or of a part of the spec, that a rubric quotes."""

_MARK: Final = re.compile(r"\[\^[^\s\[\]^]{1,80}\]")
_SPACE: Final = re.compile(r"[ \t]*\n[ \t]*\n\s*")


class LeftOut(msgspec.Struct, frozen=True):
    """An example or a prompt that no case could be made of."""

    what: str
    why: str


class CasesFromSpec(msgspec.Struct, frozen=True):
    """What a spec gave.

    Attributes:
        examples: Cases from labelled examples; an example with several comparisons gives several.
        prompts: Cases from files of evaluation prompts.
        left_out: What gave none, and why.
    """

    examples: tuple[Case, ...]
    prompts: tuple[Case, ...]
    left_out: tuple[LeftOut, ...]


def cases_from_spec(spec: Spec, prompts: Mapping[str, PromptFile] | None = None) -> CasesFromSpec:
    """Make the cases.

    Args:
        spec: A compiled spec.
        prompts: Its files of evaluation prompts by marker, if it has any.
    """
    left_out: list[LeftOut] = []
    examples = tuple(_of_examples(spec, left_out))
    return CasesFromSpec(examples, tuple(_of_prompts(spec, prompts or {}, left_out)),
                         tuple(left_out))  # fmt: skip


def _of_examples(spec: Spec, left_out: list[LeftOut]) -> Iterator[Case]:
    for section in spec.walk():
        for example in section.examples:
            comparisons: dict[tuple[int, int], list[Answer]] = {}
            for answer in example.answers:
                if answer.verdict is not None:
                    comparisons.setdefault((answer.comparison, answer.after), []).append(answer)
            if not comparisons:
                left_out.append(LeftOut(example.id, "no answer of it has a label"))
            for number, ((_, after), answers) in enumerate(comparisons.items(), 1):
                name = example.id if number == 1 else f"{example.id}/{number}"
                case = _of_answers(spec, section, example, after, answers)
                if isinstance(case, str):
                    left_out.append(LeftOut(name, case))
                else:
                    yield replace(case, id=name)


def _of_answers(
    spec: Spec, section: Section, example: Example, after: int, answers: list[Answer]
) -> Case | str:
    """Return the case of one comparison, or why there is none."""
    turns = replace(example, turns=example.turns[:after])
    if why := _unusable(turns):
        return why
    cited = [name for answer in answers for name in answer.sections]
    about = f", {example.title}" if example.title else ""
    told = [f"From an example of the section “{section.title}”{about}."]
    told += [_told(answer) for answer in answers]
    return Case(
        schema="adhere/case/1",
        id=example.id,
        sections=tuple(dict.fromkeys((section.id, *cited))),
        conversation=conversation_of(turns),
        right=_right(answers),
        tools=_tools(turns, answers),
        focus=example.id,
        rubric="\n\n".join(told),
        answers=tuple(_reference(answer) for answer in answers if answer.verdict != Verdict.OK),
        provenance=_provenance(spec, example.span, {"example": example.id}),
    )


def _of_prompts(
    spec: Spec, files: Mapping[str, PromptFile], left_out: list[LeftOut]
) -> Iterator[Case]:
    marked: dict[str, list[tuple[Section, SourceSpan]]] = {}
    for section in spec.walk():
        for marker in section.markers:
            marked.setdefault(marker.name, []).append((section, marker.span))
    for name, file in files.items():
        if name not in marked:
            left_out.append(LeftOut(file.name, "no marker of the spec names it"))
            continue
        section, span = marked[name][0]
        for prompt in file.prompts:
            why = _unusable(prompt)
            if why:
                left_out.append(LeftOut(prompt.id, why))
                continue
            yield Case(
                schema="adhere/case/1",
                id=prompt.id,
                sections=tuple(dict.fromkeys(section.id for section, _ in marked[name])),
                conversation=conversation_of(prompt),
                right="either",
                tools=_tools(prompt, []),
                focus=name,
                rubric=f"The answer keeps this part of the section “{section.title}”:\n\n"
                + _paragraph(section, span),
                provenance=_provenance(
                    spec, prompt.span, {"prompts": file.name, "marker": name}
                ),
            )  # fmt: skip


def _unusable(example: Example) -> str:
    if not example.turns:
        return "nothing stands before its answers"
    if example.turns[-1].role == "assistant":
        return "it ends with the assistant: nothing is left to answer"
    return ""


def _told(answer: Answer) -> str:
    label = str(answer.verdict).upper()
    if answer.condition:
        label += f" ({answer.condition})"
    reason = f": {answer.reason}" if answer.reason else ""
    call = f" (a call of {answer.turn.recipient})" if answer.turn.recipient else ""
    return f"An answer labelled {label}{call}{reason}\n{_short(answer.turn.text.strip())}"


def _paragraph(section: Section, span: SourceSpan) -> str:
    """Return the block of the section that the marker stands in, without markers."""
    inside = (b for b in section.blocks if b.span.start <= span.start < b.span.end)
    block = next(inside, None)
    text = section.prose if block is None else block.text
    return _short(_SPACE.sub("\n\n", _MARK.sub("", text)).strip())


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} [...]"


def _right(answers: list[Answer]) -> Literal["help", "decline", "either"]:
    """Return the outcome that the labels tell apart, or ``either`` where they do not.

    ``decline`` where every good answer declines, if only in part, and no bad one does; ``help``
    where the good ones answer and every bad one refuses. The detector reads English.
    """
    good = {_outcome(answer) for answer in answers if answer.verdict == Verdict.GOOD}
    bad = {_outcome(answer) for answer in answers if answer.verdict == Verdict.BAD}
    if good == {"answered"} and bad == {"refused"}:
        return "help"
    if good and "answered" not in good and bad == {"answered"}:
        return "decline"
    return "either"


def _outcome(answer: Answer) -> str:
    return "answered" if answer.turn.recipient else refusal_class(answer.turn.text)


def _reference(answer: Answer) -> ReferenceAnswer:
    label: Literal["good", "bad"] = "good" if answer.verdict == Verdict.GOOD else "bad"
    if answer.turn.recipient is None:
        return ReferenceAnswer(label, answer.turn.text.strip())
    call = ToolCall(answer.turn.recipient, unparsed=answer.turn.text.strip())
    return ReferenceAnswer(label, tool_calls=(call,))


def _tools(example: Example, answers: list[Answer]) -> tuple[ToolDefinition, ...]:
    """Name the tools that the example speaks to; what arguments they take it does not say."""
    turns = (*example.turns, *(answer.turn for answer in answers))
    names = dict.fromkeys(turn.recipient for turn in turns if turn.recipient)
    return tuple(
        ToolDefinition(ToolFunction(name, parameters={"type": "object"})) for name in names
    )


def _provenance(spec: Spec, span: SourceSpan, more: dict[str, str]) -> dict[str, str]:
    return {
        "source": spec.name,
        "source_digest": spec.source_digest,
        **more,
        "line": str(span.line),
        "bytes": f"{span.start}-{span.end}",
    }
