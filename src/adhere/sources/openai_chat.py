"""OpenAI's chat JSON lines: an object with ``messages`` a line, as for fine-tuning and in logs.

``id``, ``model`` and ``tools`` are read where they are there. Where the last message is the
assistant's it becomes a recorded answer, and what comes before it the case.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from adhere.conversation import Answer, Case, Recording, Role, ToolDefinition, parse_chat
from adhere.errors import InputError
from adhere.sources.imported import Imported, Refusals

UNNAMED: Final = "recorded"
"""The model of a line that does not name one."""

_READ: Final = frozenset({"id", "messages", "model", "tools"})


class _Row(msgspec.Struct, frozen=True):
    messages: list[dict[str, Any]]
    id: str | int | None = None
    model: str = UNNAMED
    tools: tuple[ToolDefinition, ...] = ()


def parse_openai_chat(lines: list[bytes], *, name: str, sections: tuple[str, ...]) -> Imported:
    """Return each conversation as a case, with a recording where it ends with an answer.

    Args:
        lines: The file's lines.
        name: What to call it in errors.
        sections: Of the spec, which the cases test: the lines do not say.
    """
    cases: dict[str, Case] = {}
    recordings: list[Recording] = []
    refusals = Refusals()
    unread: dict[str, int] = {}
    rows = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        rows += 1
        place = f"{name}:{number}"
        try:
            fields = msgspec.json.decode(line, type=dict[str, Any])
            case, recording = _read(msgspec.convert(fields, _Row), place, number, sections)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refusals.add(place, f"not a conversation: {error}")
        except InputError as error:
            refusals(error)
        else:
            if case.id in cases:
                refusals.add(place, f'the id "{case.id}" is there already')
                continue
            cases[case.id] = case
            recordings += [recording] if recording else []
            for field in sorted(fields.keys() - _READ):
                unread[field] = unread.get(field, 0) + 1
    notes = [f'"{field}" is not read ({count} rows)' for field, count in unread.items()]
    notes.append("nothing says what is right: give the cases rubrics or checks")
    return Imported(
        tuple(cases.values()), tuple(recordings), rows, tuple(notes), refused=refusals.all
    )


def _read(
    row: _Row, place: str, number: int, sections: tuple[str, ...]
) -> tuple[Case, Recording | None]:
    said = parse_chat(row.messages, name=place)
    answered = bool(said) and said[-1].role is Role.ASSISTANT
    case = Case(
        schema="adhere/case/1",
        id=str(row.id) if row.id is not None else f"line-{number}",
        sections=sections,
        conversation=said[:-1] if answered else said,
        right="either",
        tools=row.tools,
        provenance={"source": "chat JSON lines"},
    )
    if not answered:
        return case, None
    answer = Answer(content=said[-1].text, tool_calls=said[-1].tool_calls)
    return case, Recording(
        schema="adhere/recording/1", case=case.id, model=row.model, answer=answer
    )
