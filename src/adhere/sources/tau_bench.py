"""tau-bench: recorded conversations of a service agent with a simulated user.

Yao et al., "tau-bench", arXiv 2406.12045. One JSON object a line: ``task_id``, ``trial``,
``reward`` (1 where the end state of the database and the outputs are right) and ``traj``, the
messages. The system message is the policy; the user is played by a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from adhere.conversation import Message, Role, ToolCall
from adhere.errors import InputError
from adhere.resolve import ToolSpecs, parse_tool_specs
from adhere.sources.imported import Refuse, stop


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded conversation.

    Attributes:
        task: Number of the task.
        trial: Which of the repetitions.
        solved: The task came out right, which says nothing about each step.
        conversation: The messages in order.
    """

    task: int
    trial: int
    solved: bool
    conversation: tuple[Message, ...]


class _Function(msgspec.Struct, frozen=True):
    name: str
    arguments: str


class _Call(msgspec.Struct, frozen=True):
    function: _Function
    id: str = ""


class _Message(msgspec.Struct, frozen=True):
    role: Role
    content: str | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None


class _Row(msgspec.Struct, frozen=True):
    task_id: int
    trial: int
    reward: float
    traj: list[_Message]


_DECODER = msgspec.json.Decoder(_Row)
_ARGUMENTS = msgspec.json.Decoder(dict[str, Any])


@cache
def airline_tools() -> ToolSpecs:
    """Return the specs of the airline agent's tools."""
    name = "tau-airline-tools.toml"
    return parse_tool_specs(files("adhere.sources").joinpath(name).read_bytes(), name=name)


def parse_tau_bench(
    lines: Iterable[bytes], *, name: str = "tau-bench.jsonl", refuse: Refuse = stop
) -> Iterator[Trial]:
    """Turn recorded trials into conversations, one at a time.

    Args:
        lines: The file's lines.
        name: What to call it in errors.
        refuse: Given each line that is not a recorded trial.

    Raises:
        InputError: By default, a line is not a recorded trial.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _DECODER.decode(line)
            conversation = tuple(_message(message) for message in row.traj)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refuse(
                InputError(
                    f"this is not a recorded trial of tau-bench: {error}",
                    place=f"{name}:{number}",
                    remedy="give its trajectories as JSON lines, see docs/gate.md",
                )
            )
            continue
        yield Trial(
            task=row.task_id, trial=row.trial, solved=row.reward == 1, conversation=conversation
        )


def _message(row: _Message) -> Message:
    return Message(
        role=row.role,
        content=row.content or "",
        name=row.name,
        tool_calls=tuple(
            ToolCall(call.function.name, _ARGUMENTS.decode(call.function.arguments), call.id)
            for call in row.tool_calls or ()
        ),
        tool_call_id=row.tool_call_id,
    )
