"""Conversations that go on: follow-ups, tools with results, and being cut off in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from service import Service

from adhere.assemble import load_spec
from adhere.assemble.services import open_service
from adhere.conversation import (
    Answer,
    Case,
    Message,
    Outcome,
    Role,
    ToolCall,
    ToolCalled,
    ToolDefinition,
    ToolFunction,
    Usage,
)
from adhere.evaluate import RunFolder, Suite, SuiteManifest, manifest_of, read_records, report_on
from adhere.evaluate.conduct import MAX_TURNS, conduct
from adhere.evaluate.runner import run
from adhere.judge import ChecksJudge
from adhere.models import Patience, Request

SPEC = load_spec("reference")
ABOUT = SuiteManifest(schema="adhere/suite/1", id="t", title="T", version="1", licence="CC0-1.0")
LOOK = ToolDefinition(ToolFunction("look", "Looks.", {"type": "object"}))
SEND = ToolDefinition(ToolFunction("send", "Sends.", {"type": "object"}))


def case(**more: Any) -> Case:
    return Case(
        schema="adhere/case/1", id="c", sections=("clear_words",), right="help",
        conversation=(Message(Role.USER, "Hi"),), **more,
    )  # fmt: skip


class Speaker:
    """Says one thing after the other."""

    name = "speaker"

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._answers = iter(answers)
        self.asked: list[Request] = []

    async def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return next(self._answers)

    async def close(self) -> None:
        """Nothing is held."""


def talk(found: Case, *answers: Answer, said: tuple[Message, ...] = ()) -> tuple[Answer, Speaker]:
    speaker, stored = Speaker(answers), list[Message]()
    answer = asyncio.run(conduct(speaker, found, 0, said, stored.extend))
    assert said + tuple(stored) == answer.said
    return answer, speaker


def test_a_follow_up_comes_after_each_answer_and_the_last_one_counts() -> None:
    found = case(follow_ups=(Message(Role.USER, "And now?"), Message(Role.USER, "Sure?")))
    one, two, three = (Answer(text, usage=Usage(1, 2)) for text in ("One.", "Two.", "Three."))
    answer, speaker = talk(found, one, two, three)
    assert answer.content == "Three."
    assert [m.text for m in answer.said] == ["One.", "And now?", "Two.", "Sure?"]
    assert [len(request.messages) for request in speaker.asked] == [1, 3, 5]
    assert answer.usage == Usage(3, 6)


def test_tools_give_their_results_and_their_calls_are_all_seen() -> None:
    found = case(tools=(LOOK, SEND), tool_results={"look": "a letter"})
    answer, speaker = talk(
        found,
        Answer("", (ToolCall("look", {"at": 1}, "a"), ToolCall("look", {"at": 2}, "b"))),
        Answer("Sending.", (ToolCall("send", {}, "c"),)),  # has no result: the end
    )
    assert [call.id for call in answer.tool_calls] == ["a", "b", "c"]
    results = [m for m in answer.said if m.role is Role.TOOL]
    assert [(m.name, m.text, m.tool_call_id) for m in results] == [
        ("look", "a letter", "a"), ("look", "a letter", "b")
    ]  # fmt: skip
    assert speaker.asked[0].tools == (LOOK, SEND)


def test_a_problem_ends_the_conversation_and_a_loop_does_not_go_on_forever() -> None:
    found = case(tools=(LOOK,), tool_results={"look": "x"}, follow_ups=(Message(Role.USER, "?"),))
    problem, _ = talk(found, Answer(problem=Outcome.ERROR, detail="gone"))
    assert (problem.problem, problem.said) == (Outcome.ERROR, ())
    again = Answer("", (ToolCall("look", {}, "a"),))
    endless, speaker = talk(found, *[again] * (MAX_TURNS + 1))
    assert endless.problem is Outcome.ERROR
    assert len(speaker.asked) == MAX_TURNS


def test_what_was_said_is_not_asked_again() -> None:
    found = case(follow_ups=(Message(Role.USER, "And now?"), Message(Role.USER, "Sure?")))
    said = (Message(Role.ASSISTANT, "One."), Message(Role.USER, "And now?"))
    answer, speaker = talk(found, Answer("Two."), Answer("Three."), said=said)
    assert len(speaker.asked) == 2
    assert [m.text for m in answer.said] == ["One.", "And now?", "Two.", "Sure?"]


def test_a_run_cut_off_in_a_conversation_goes_on_with_the_next_turn(tmp_path: Path) -> None:
    found = Suite(ABOUT, (case(follow_ups=(Message(Role.USER, "And now?"),)),), "sha256:x", "")

    def go(speaker: Speaker) -> None:
        manifest = manifest_of(SPEC, found, [speaker], ChecksJudge(), 1)
        with RunFolder(tmp_path, manifest, SPEC, found) as opened:
            asyncio.run(run(opened, found, [speaker], ChecksJudge(), concurrency=2))

    with pytest.raises(BaseExceptionGroup):  # the second turn never comes
        go(Speaker([Answer("One.")]))
    second = Speaker([Answer("Two.")])
    go(second)
    assert len(second.asked) == 1
    assert report_on(tmp_path).complete
    answer = next(record.answer for record in read_records(tmp_path) if hasattr(record, "answer"))
    assert [m.text for m in answer.said] == ["One.", "And now?"]


def test_a_tool_loop_over_http(tmp_path: Path) -> None:
    def handler(_request: Any, body: dict[str, Any], _before: int) -> Any:
        done = body["messages"][-1]["role"] == "tool"
        call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
        message = {"content": "It says hello."} if done else {"content": None, "tool_calls": [call]}
        return {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": "x"}]}

    found = case(tools=(LOOK,), tool_results={"look": "hello"}, checks=(ToolCalled(name="look"),))

    async def go(url: str) -> Answer:
        model = open_service(f"{url}#m", patience=Patience(attempts=1))
        try:
            return await conduct(model, found, 0, (), lambda _said: None)
        finally:
            await model.close()

    with Service(handler) as service:
        answer = asyncio.run(go(service.url))
    assert answer.content == "It says hello."
    assert service.bodies[0]["tools"][0]["function"]["name"] == "look"
    assert [m["role"] for m in service.bodies[1]["messages"]] == ["user", "assistant", "tool"]
    assert ChecksJudge().judge(found, answer).adherent is True
