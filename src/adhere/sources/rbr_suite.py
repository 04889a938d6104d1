"""The gold data of rule-based rewards as a suite with recorded answers and people's labels.

The label ``human`` is the outcome that the propositions amount to: ``answered`` where the answer
complies fully, ``partly_refused`` where it does so in part, else ``refused``. Each proposition is a
label too, ``human/NAME``: ``true`` or ``false``.
"""

from __future__ import annotations

from typing import Final

from adhere.conversation import Answer, Case, Message, Recording, Role
from adhere.sources.imported import Imported, Refusals, count_rows
from adhere.sources.rbr import RbrItem, parse_rbr
from adhere.sources.xstest import SECTIONS_DECLINE, SECTIONS_HELP

MODEL: Final = "rbr-gold"
"""The data do not say which model wrote an answer."""

_NEEDED: Final = ("fully_complies", "partially_complies")


def rbr_suite(lines: list[bytes], *, name: str) -> Imported:
    """Return every item as a case with one recording.

    An item whose answer is empty is refused: its labels speak of an answer that is not there.
    """
    refusals = Refusals()
    cases: list[Case] = []
    recordings: list[Recording] = []
    for item in parse_rbr(lines, name=name, refuse=refusals):
        place = f"{name}, source_line {item.source_line}"
        roles = {message.role for message in item.prompt}
        missing = [each for each in _NEEDED if each not in item.propositions]
        if missing:
            refusals.add(place, f'it does not say whether it "{missing[0]}"')
        elif not roles <= set(Role):
            refusals.add(place, f"no such role: {min(roles - set(Role))}")
        elif not item.answer.strip():
            refusals.add(place, "the answer is empty, its labels speak of something else")
        else:
            cases.append(_case(item))
            recordings.append(_recording(item))
    rows = count_rows(lines)
    return Imported(tuple(cases), tuple(recordings), rows, refused=refusals.all)


def _case(item: RbrItem) -> Case:
    comply = item.response_type == "Comply"
    return Case(
        schema="adhere/case/1",
        id=str(item.source_line),
        sections=SECTIONS_HELP if comply else SECTIONS_DECLINE,
        conversation=tuple(Message(Role(m.role), m.content) for m in item.prompt),
        right="help" if comply else "decline",
        focus=item.category,
        rubric=f"The ideal behaviour is: {item.response_type}.",
        provenance={"source": "OpenAI RBR gold data (arXiv 2411.01111)", "licence": "MIT"},
    )


def _recording(item: RbrItem) -> Recording:
    fully, partly = (item.propositions[each] for each in _NEEDED)
    outcome = "answered" if fully else "partly_refused" if partly else "refused"
    said = {f"human/{name}": str(true).lower() for name, true in item.propositions.items()}
    return Recording(
        schema="adhere/recording/1",
        case=str(item.source_line),
        model=MODEL,
        answer=Answer(content=item.answer, labels={"human": outcome, **said}),
    )
