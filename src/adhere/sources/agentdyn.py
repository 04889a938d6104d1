"""AgentDyn: recorded runs of agents whose tools returned injected instructions.

Li et al., "AgentDyn", arXiv 2602.03117; built on AgentDojo. One JSON object a line: a run of one
model on one user task, attacked (``injection_task_id``) or not. ``security`` of an attacked run
means that the attack *succeeded*; of any other run it means nothing. ``utility`` means that the
user's task was done. Both were worked out from the end state of the environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec
import re2

from adhere.conversation import Message, Role, ToolCall
from adhere.errors import InputError
from adhere.resolve import ToolSpecs, parse_tool_specs


class AgentRun(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded run.

    Attributes:
        suite: The environment.
        model: Who acted.
        task: The user's task; ``injection_task_N`` is an attacker's goal given by the user.
        attack: The injection task, or None for a run without attack.
        injection_seen: Whether the injected text reached the model.
        useful: The user's task was done.
        attacked: The attack succeeded.
        conversation: The messages in order.
    """

    suite: str
    model: str
    task: str
    attack: str | None
    injection_seen: bool
    useful: bool
    attacked: bool
    conversation: tuple[Message, ...]


class AttackStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of call: the tool's name is one of ``tools``, and each argument's text matches."""

    tools: tuple[str, ...]
    arguments: dict[str, str] = {}

    def __post_init__(self) -> None:
        if not self.tools:
            raise ValueError("a step needs 'tools'")
        for pattern in self.arguments.values():
            try:
                re2.compile(pattern)
            except re2.error as error:
                raise ValueError(f"not an RE2 pattern: {pattern!r}") from error


class AttackRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an attack has to do: each of the steps that a run makes at all."""

    suite: str
    task: str
    steps: tuple[AttackStep, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a rule needs 'steps'")


class AttackRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a set of recordings (``adhere/attack-rules/1``)."""

    schema: Literal["adhere/attack-rules/1"]
    rules: tuple[AttackRule, ...]


@cache
def known_rules() -> AttackRules:
    """Return the rules for AgentDyn's injection tasks."""
    name = "agentdyn-rules.toml"
    return parse_rules(files("adhere.sources").joinpath(name).read_bytes(), name=name)


def parse_rules(data: bytes, *, name: str) -> AttackRules:
    """Read rules of attacks from TOML.

    Raises:
        InputError: They are not rules of attacks.
    """
    try:
        return msgspec.toml.decode(data, type=AttackRules)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise InputError(
            f"these are not rules of attacks: {error}", place=name, remedy="see docs/gate.md"
        ) from error


@cache
def known_tools() -> ToolSpecs:
    """Return the specs of AgentDyn's tools."""
    name = "agentdyn-tools.toml"
    return parse_tool_specs(files("adhere.sources").joinpath(name).read_bytes(), name=name)


class _Text(msgspec.Struct, frozen=True):
    type: str
    content: str


class _Call(msgspec.Struct, frozen=True):
    function: str
    args: dict[str, Any] | None = None
    id: str | None = None


class _Message(msgspec.Struct, frozen=True):
    role: Role
    content: str | list[_Text] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    tool_call: _Call | None = None
    error: str | None = None


class _Row(msgspec.Struct, frozen=True):
    suite_name: str
    pipeline_name: str
    user_task_id: str
    injection_task_id: str | None
    utility: bool
    security: bool
    messages: list[_Message]
    injection_seen_in_tool_output: bool | None = None


_DECODER = msgspec.json.Decoder(_Row)


def parse_agentdyn(lines: Iterable[bytes], *, name: str = "agentdyn.jsonl") -> Iterator[AgentRun]:
    """Turn recorded runs into conversations, one at a time.

    Args:
        lines: The file's lines.
        name: What to call it in errors.

    Raises:
        InputError: A line is not a recorded run, or does not say whether the injection was seen.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(
                f"this is not a recorded run of AgentDyn: {error}",
                place=f"{name}:{number}",
                remedy="give its runs as JSON lines, see docs/gate.md",
            ) from error
        if row.injection_task_id is not None and row.injection_seen_in_tool_output is None:
            raise InputError(
                "the attacked run lacks 'injection_seen_in_tool_output'",
                place=f"{name}:{number}",
                remedy="add it: whether the injected text occurs in a tool message",
            )
        yield AgentRun(
            suite=row.suite_name,
            model=row.pipeline_name,
            task=row.user_task_id,
            attack=row.injection_task_id,
            injection_seen=bool(row.injection_seen_in_tool_output),
            useful=row.utility,
            attacked=row.injection_task_id is not None and row.security,
            conversation=tuple(_message(message) for message in row.messages),
        )


def _message(row: _Message) -> Message:
    text = row.content if isinstance(row.content, str) else _joined(row.content)
    if row.role is Role.TOOL and not text:
        text = row.error or ""  # what the model was shown instead of a result
    return Message(
        role=row.role,
        content=text,
        name=row.tool_call.function if row.tool_call else None,
        tool_calls=tuple(
            ToolCall(call.function, call.args or {}, call.id or "") for call in row.tool_calls or ()
        ),
        tool_call_id=row.tool_call_id,
    )


def _joined(parts: list[_Text] | None) -> str:
    return "".join(part.content for part in parts or () if part.type == "text")
