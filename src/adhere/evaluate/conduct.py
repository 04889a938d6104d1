"""Holding a case's whole conversation: follow-ups after each answer, tools that give results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from adhere.conversation import Answer, Case, Message, Outcome, Role, Usage
from adhere.models import Model, RecordedModel, Request, ScriptedModel

MAX_TURNS: Final = 32
"""Answers of one conversation after which it counts as one that does not end."""

_WHOLE: Final = (RecordedModel, ScriptedModel)
"""Models whose answer to a case is what it came to in the end: there is nothing to go on with."""


async def conduct(
    model: Model, case: Case, epoch: int, said: tuple[Message, ...],
    store: Callable[[tuple[Message, ...]], None],
) -> Answer:  # fmt: skip
    """Ask until the case has its last answer.

    A tool that is called gives the case's result of it, and the model goes on; a call of a tool
    without one ends the conversation. An answer without a call is followed by the next follow-up,
    the last one is what is judged. Its tool calls are those of every turn, in their order.

    Args:
        model: Who is asked.
        case: What.
        epoch: Which repetition.
        said: What was said already, where the conversation was cut off.
        store: Given what each turn added, before the next is asked.

    Returns:
        The last answer; what was said before it is in ``said``, the tokens are those of all turns
        since it was taken up.
    """
    usage: Usage | None = None
    for _ in range(MAX_TURNS):
        request = Request(case.conversation + said, case.id, epoch, case.tools)
        answer = await model.answer(request)
        usage = _sum(usage, answer.usage)
        more = () if isinstance(model, _WHOLE) else _next(case, said, answer)
        if not more:
            before = tuple(call for message in said for call in message.tool_calls)
            return replace(answer, tool_calls=before + answer.tool_calls, said=said, usage=usage)
        store(more)
        said += more
    return Answer(
        problem=Outcome.ERROR, said=said, usage=usage,
        detail=f"the conversation did not end in {MAX_TURNS} answers",
    )  # fmt: skip


def _next(case: Case, said: tuple[Message, ...], answer: Answer) -> tuple[Message, ...]:
    """Return what the turn adds to the conversation; nothing where the answer is the last."""
    if answer.problem is not None:
        return ()
    spoken = Message(Role.ASSISTANT, answer.content, tool_calls=answer.tool_calls)
    if answer.tool_calls:
        results = [case.tool_results.get(call.name) for call in answer.tool_calls]
        return (spoken, *(
            Message(Role.TOOL, result, name=call.name, tool_call_id=call.id)
            for call, result in zip(answer.tool_calls, results, strict=True)
            if result is not None
        )) if None not in results else ()  # fmt: skip
    followed = sum(message.role not in (Role.ASSISTANT, Role.TOOL) for message in said)
    return (spoken, case.follow_ups[followed]) if followed < len(case.follow_ups) else ()


def _sum(first: Usage | None, second: Usage | None) -> Usage | None:
    if first is None or second is None:
        return first or second
    return Usage(
        first.input_tokens + second.input_tokens, first.output_tokens + second.output_tokens
    )
