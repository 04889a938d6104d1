"""Models that need no network: recordings and the scripted fake."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from adhere.conversation import Answer, Message, Outcome, Recording, Role
from adhere.errors import InputError, SystemFault
from adhere.models import Request, Script, ScriptedModel, recorded_models


def request(case: str, epoch: int = 0) -> Request:
    return Request((Message(Role.USER, "Hi"),), case, epoch)


def ask(model: ScriptedModel, case: str) -> Answer:
    return asyncio.run(model.answer(request(case)))


def test_a_scripted_model_has_its_fault_where_the_case_has_one_and_is_right_elsewhere() -> None:
    good, bad = Answer(content="good"), Answer(content="bad")
    scripts = {"a": Script(good, {"flatters": bad}), "b": Script(good)}
    faulty = ScriptedModel("x", scripts, "flatters")
    assert faulty.name == "scripted:x"
    assert (ask(faulty, "a"), ask(faulty, "b")) == (bad, good)
    assert ask(ScriptedModel("y", scripts), "a") == good


def test_a_case_without_a_script_is_an_error_and_not_an_empty_answer() -> None:
    assert ask(ScriptedModel("x", {}), "a").problem is Outcome.ERROR


def write(path: Path, *recordings: Recording) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in recordings))
    return path


def recording(case: str, model: str, text: str, epoch: int = 0) -> Recording:
    return Recording(
        schema="adhere/recording/1", case=case, model=model, epoch=epoch,
        answer=Answer(content=text, labels={"human": "answered"}),
    )  # fmt: skip


def test_recordings_come_back_by_model_case_and_epoch(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.jsonl",
        recording("a", "one", "1"), recording("a", "two", "2"), recording("a", "one", "3", epoch=1),
    )  # fmt: skip
    models = recorded_models(path)
    assert list(models) == ["one", "two"]
    assert asyncio.run(models["one"].answer(request("a", 1))).content == "3"
    assert asyncio.run(models["two"].answer(request("a", 1))).problem is Outcome.ERROR


def test_a_bad_line_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", recording("a", "one", "1"))
    path.write_bytes(path.read_bytes() + b'{"schema": "adhere/recording/1"}\n')
    with pytest.raises(InputError) as caught:
        recorded_models(path)
    assert caught.value.place == f"{path}:2"


def test_two_answers_to_one_question_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", recording("a", "one", "1"), recording("a", "one", "2"))
    with pytest.raises(InputError, match="twice"):
        recorded_models(path)


def test_a_missing_file_is_the_machines_fault(tmp_path: Path) -> None:
    with pytest.raises(SystemFault):
        recorded_models(tmp_path / "none.jsonl")
