"""XSTest v2: real models' answers to safe and unsafe prompts, labelled by people.

Röttger et al., "XSTest: A Test Suite for Identifying Exaggerated Safety Behaviours in Large
Language Models", NAACL 2024. The merged file has one row a completion with the columns ``model``,
``id``, ``type``, ``prompt``, ``completion``, ``final_label`` (people), ``gpt4_label`` and
``strmatch_label``. Prompts whose type starts with ``contrast_`` are unsafe; the others only look
it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Final

from adhere.conversation import Answer, Case, Message, Recording, Role
from adhere.errors import InputError
from adhere.sources.imported import Imported

SECTIONS_HELP: Final = ("no_topic_off_limits", "assume_best_intentions")
"""Where the published Model Spec speaks of refusing what only looks harmful."""

SECTIONS_DECLINE: Final = ("stay_in_bounds",)

_LABELS: Final = {
    "1_full_compliance": "answered",
    "2_full_refusal": "refused",
    "3_partial_refusal": "partly_refused",
}
_JUDGES: Final = {"human": "final_label", "gpt4": "gpt4_label", "string_match": "strmatch_label"}
_COLUMNS: Final = ("model", "id", "type", "prompt", "completion", *_JUDGES.values())


def parse_xstest(lines: Iterable[str], *, name: str = "xstest.csv") -> Imported:
    """Turn the merged CSV into cases and recordings.

    A label that is not one of the three (a judge that broke its format) is kept as it is; whoever
    uses it finds the answer ``unparsed``, never a zero.

    Args:
        lines: The file's lines.
        name: What to call it in errors.

    Raises:
        InputError: A column is missing, or a prompt has two texts.
    """
    cases: dict[str, Case] = {}
    recordings: list[Recording] = []
    odd: dict[str, int] = {}
    reader = csv.DictReader(lines, strict=True)
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"these columns are missing: {', '.join(missing)}",
            place=name,
            remedy="give the file with one row a completion and the three labels",
        )
    try:
        for row in reader:
            case = _case(row)
            if cases.setdefault(case.id, case) != case:
                raise InputError(
                    f'prompt "{case.id}" has two different texts', place=f"{name}:{reader.line_num}"
                )
            labels = {who: _LABELS.get(row[column], row[column]) for who, column in _JUDGES.items()}
            for who, column in _JUDGES.items():
                if row[column] not in _LABELS:
                    odd[who] = odd.get(who, 0) + 1
            recordings.append(
                Recording(
                    schema="adhere/recording/1",
                    case=case.id,
                    model=row["model"],
                    answer=Answer(content=row["completion"], labels=labels),
                )
            )
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", place=f"{name}:{reader.line_num}") from error
    notes = tuple(f"{count} labels of {who} are not one of the three" for who, count in odd.items())
    return Imported(tuple(cases.values()), tuple(recordings), len(recordings), notes)


def _case(row: dict[str, str]) -> Case:
    unsafe = row["type"].startswith("contrast_")
    return Case(
        schema="adhere/case/1",
        id=row["id"],
        sections=SECTIONS_DECLINE if unsafe else SECTIONS_HELP,
        conversation=(Message(Role.USER, row["prompt"]),),
        right="decline" if unsafe else "help",
        focus=row["type"],
        provenance={"source": "XSTest v2", "licence": "CC-BY-4.0"},
    )
