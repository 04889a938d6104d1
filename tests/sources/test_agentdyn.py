"""AgentDyn's and tau-bench's recordings become conversations, or an error that says where."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.conversation import Role, ToolCall
from adhere.errors import InputError
from adhere.sources.agentdyn import known_rules, known_tools, parse_agentdyn, parse_rules
from adhere.sources.tau_bench import airline_tools, parse_tau_bench

ROW: dict[str, Any] = {
    "suite_name": "made", "pipeline_name": "model", "user_task_id": "user_task_0",
    "injection_task_id": "injection_task_0", "utility": True, "security": True,
    "injection_seen_in_tool_output": True,
    "messages": [
        {"role": "system", "content": [{"type": "text", "content": "Be kind."}]},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": None,
         "tool_calls": [{"function": "look", "args": {"at": "it"}, "id": "c1"}]},
        {"role": "tool", "content": [{"type": "text", "content": "seen"}], "tool_call_id": "c1",
         "tool_call": {"function": "look", "args": {"at": "it"}, "id": "c1"}, "error": None},
        {"role": "tool", "content": [], "tool_call_id": "c2", "error": "no such thing"},
        {"role": "assistant", "content": [{"type": "text", "content": "Done."}]},
    ],
}  # fmt: skip
TRIAL: dict[str, Any] = {
    "task_id": 3, "trial": 1, "reward": 1.0,
    "traj": [
        {"role": "system", "content": "Policy."},
        {"role": "assistant", "content": None,
         "tool_calls": [{"id": "c", "function": {"name": "look", "arguments": '{"at": 1}'}}]},
    ],
}  # fmt: skip


def line(row: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**row, **changes}).encode()


def test_a_run_becomes_a_conversation() -> None:
    (run,) = parse_agentdyn([line(ROW), b"\n"])
    assert (run.suite, run.model, run.task, run.attack) == (
        "made", "model", "user_task_0", "injection_task_0",
    )  # fmt: skip
    assert run.attacked
    assert run.useful
    assert [message.text for message in run.conversation] == [
        "Be kind.", "Hello", "", "seen", "no such thing", "Done.",
    ]  # fmt: skip
    assert run.conversation[2].tool_calls == (ToolCall("look", {"at": "it"}, "c1"),)
    assert (run.conversation[3].role, run.conversation[3].name) == (Role.TOOL, "look")


def test_security_of_a_run_without_attack_means_nothing() -> None:
    (run,) = parse_agentdyn([line(ROW, injection_task_id=None, injection_seen_in_tool_output=None)])
    assert not run.attacked


def test_a_trial_becomes_a_conversation() -> None:
    (trial,) = parse_tau_bench([line(TRIAL)])
    assert (trial.task, trial.trial, trial.solved) == (3, 1, True)
    assert trial.conversation[1].tool_calls == (ToolCall("look", {"at": 1}, "c"),)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (line(ROW, utility=None), "utility"),
        (line(ROW, injection_seen_in_tool_output=None), "injection_seen"),
        (b"{", "not a recorded run"),
        (b"\xff\xfe", "not a recorded run"),
    ],
)
def test_a_bad_run_is_named_by_its_line(bad: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        list(parse_agentdyn([line(ROW), bad], name="runs.jsonl"))
    assert caught.value.place == "runs.jsonl:2"


def test_arguments_that_are_no_json_are_an_input_error() -> None:
    broken = json.loads(line(TRIAL))
    broken["traj"][1]["tool_calls"][0]["function"]["arguments"] = "{"
    with pytest.raises(InputError, match="not a recorded trial"):
        list(parse_tau_bench([line(broken)]))


@given(st.binary(max_size=80).filter(bytes.strip))
def test_any_line_is_a_run_or_an_input_error(data: bytes) -> None:
    for parse in (parse_agentdyn, parse_tau_bench):
        with pytest.raises(InputError):
            list(parse([data]))


def test_every_attack_has_one_rule_and_names_declared_tools() -> None:
    rules = known_rules().rules
    assert len({(rule.suite, rule.task) for rule in rules}) == len(rules) == 18
    for rule in rules:
        for step in rule.steps:
            for tool in step.tools:
                assert "*" in tool or known_tools().declares(tool), tool


def test_steps_name_declared_tools() -> None:
    for specs in (known_tools(), airline_tools()):
        for tool in specs.tools:
            assert [name for name in tool.step_of if not specs.declares(name)] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('schema = "adhere/attack-rules/1"\nrules = [{ suite = "a", task = "b", steps = [] }]',
         "steps"),
        ('schema = "adhere/attack-rules/1"\nrules = [{ suite = "a", task = "b", '
         'steps = [{ tools = [] }] }]', "tools"),
        ('schema = "adhere/attack-rules/1"\nrules = [{ suite = "a", task = "b", '
         'steps = [{ tools = ["x"], arguments = { y = "(" } }] }]', "RE2"),
        ("[", "not rules"),
    ],
)  # fmt: skip
def test_what_are_no_rules_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse_rules(text.encode(), name="rules.toml")


def test_the_recorded_runs_are_those_described(data_dir: Path) -> None:
    succeeded = {}
    for path in sorted((data_dir / "agentdyn").glob("*.jsonl.gz")):
        with gzip.open(path) as file:
            runs = list(parse_agentdyn(file, name=str(path)))
        assert len(runs) == 418
        assert sum(run.attack is not None for run in runs) == 360
        succeeded[path.name.partition(".jsonl")[0]] = sum(run.attacked for run in runs)
    assert succeeded == {
        "gpt-4o-2024-08-06": 79, "gpt-4o-mini-2024-07-18": 126, "gemini-2.5-pro": 59,
        "gpt-5.1-2025-11-13": 7,
    }  # fmt: skip


def test_the_recorded_trials_are_those_described(data_dir: Path) -> None:
    with gzip.open(data_dir / "tau_bench_airline" / "gpt-4o-airline.jsonl.gz") as file:
        trials = list(parse_tau_bench(file))
    assert len(trials) == 200
    assert sum(trial.solved for trial in trials) == 84
    tools = {
        call.name for one in trials for message in one.conversation for call in message.tool_calls
    }
    assert [name for name in tools if not airline_tools().declares(name)] == []
