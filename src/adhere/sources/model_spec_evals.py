"""Model Spec Evals: a JSON list of ``{id, input, target, metadata}``, as its harness reads it.

``input`` are messages, ``target`` is the rubric; ``metadata`` has ``top_level_section``,
``section_id``, ``focus_id`` and ``skip``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from adhere.conversation import Case, parse_chat
from adhere.errors import InputError
from adhere.sources.imported import Imported, Refusals


class _Metadata(msgspec.Struct, frozen=True):
    section_id: str
    top_level_section: str = ""
    focus_id: str | None = None
    skip: bool | None = None


class _Row(msgspec.Struct, frozen=True):
    id: str | int
    input: list[dict[str, Any]]
    target: str
    metadata: _Metadata


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ROW = msgspec.json.Decoder(_Row)


def parse_model_spec_evals(data: bytes, *, name: str) -> Imported:
    """Return the prompts as cases; those that say ``skip`` are counted and left out.

    Raises:
        InputError: The file is not a JSON list.
    """
    try:
        rows = _LIST.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not a JSON list of prompts: {error}", place=name) from error
    cases: dict[str, Case] = {}
    refusals = Refusals()
    skipped = 0
    for number, raw in enumerate(rows, 1):
        place = f"{name}, entry {number}"
        try:
            row = _ROW.decode(raw)
            if row.metadata.skip:
                skipped += 1
                continue
            case = _case(row, place)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refusals.add(place, f"not a prompt of Model Spec Evals: {error}")
        except InputError as error:
            refusals(error)
        else:
            if case.id in cases:
                refusals.add(place, f'the id "{case.id}" is there already')
            cases.setdefault(case.id, case)
    return Imported(
        tuple(cases.values()), (), len(rows), refused=refusals.all, skipped=skipped
    )  # fmt: skip


def _case(row: _Row, place: str) -> Case:
    if not row.target.strip():
        raise InputError("it has no rubric, so that nothing says what is right", place=place)
    return Case(
        schema="adhere/case/1",
        id=str(row.id),
        sections=(row.metadata.section_id,),
        conversation=parse_chat(row.input, name=place),
        right="either",
        focus=row.metadata.focus_id or "",
        rubric=row.target,
        provenance={
            "source": "Model Spec Evals",
            "top_level_section": row.metadata.top_level_section,
        },
    )
