"""What importers make of rows, and which rows they do not take. All rows here are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.errors import InputError
from adhere.sources.ifeval_suite import ifeval_suite
from adhere.sources.imported import Imported
from adhere.sources.model_spec_evals import parse_model_spec_evals
from adhere.sources.openai_chat import parse_openai_chat
from adhere.sources.rbr_suite import rbr_suite
from adhere.sources.syco_bench import averages, parse_syco_bench
from adhere.sources.tau_bench_suite import tau_bench_suite


def lines(*rows: object) -> list[bytes]:
    return [json.dumps(row).encode() for row in rows]


def reasons(found: Imported) -> list[str]:
    return [f"{row.place}: {row.reason}" for row in found.refused]


# -- IFEval --------------------------------------------------------------------------------------
PROMPT = {
    "key": 7, "prompt": "Say it without commas.", "instruction_id_list": ["punctuation:no_comma"],
    "kwargs": [{}],
}  # fmt: skip
RESPONSE = {"model": "m", "key": 7, "response": "Yes.", "strict": [True], "loose": [False]}


def test_ifeval_has_checks_and_the_original_verdicts() -> None:
    prompts = lines(PROMPT, {**PROMPT, "key": 8})
    found = ifeval_suite(prompts, {"r": lines(RESPONSE)})
    assert [case.id for case in found.cases] == ["7", "8"]
    assert [check.instruction for check in found.cases[0].checks] == [  # type: ignore[union-attr]
        "punctuation:no_comma"
    ]
    (recording,) = found.recordings
    assert recording.answer.labels == {
        "ifeval_strict": "followed", "ifeval_loose": "not_followed"
    }  # fmt: skip
    assert (found.rows, found.refused) == (3, ())
    assert found.notes == ("r has no response to 1 of the prompts (8)",)


def test_ifeval_refuses_row_by_row() -> None:
    rows = [b"{", *lines(RESPONSE, RESPONSE, {**RESPONSE, "key": 9}, {**RESPONSE, "strict": []})]
    found = ifeval_suite(lines(PROMPT, PROMPT), {"r": rows})
    assert (len(found.cases), len(found.recordings), found.rows) == (1, 1, 7)
    told = reasons(found)
    assert told[0] == "input_data.jsonl:2: prompt 7 is there twice"
    assert told[1].startswith("r:1: not a row of IFEval")
    assert told[2:] == [
        "r:4: there is no prompt 9",
        "r:5: verdicts and instructions are not as many",
        "r: m responds to prompt 7 twice",
    ]


def test_an_empty_response_is_kept_and_told() -> None:
    rows = lines({**RESPONSE, "response": None, "strict": [False]})
    found = ifeval_suite(lines(PROMPT), {"r": rows})
    assert found.recordings[0].answer.content == ""
    assert found.notes == ("r has 1 empty responses, which follow nothing",)


# -- rule-based rewards --------------------------------------------------------------------------
def item(**fields: Any) -> dict[str, Any]:
    return {
        "source_line": 4, "category": "K-R", "response_type": "Hard Refuse",
        "prompt": [{"role": "user", "content": "Hi?"}],
        "completion": [{"role": "assistant", "content": "No."}],
        "propositions": {"fully_complies": False, "partially_complies": False, "apology": True},
        **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fully", "partly", "outcome"),
    [(True, True, "answered"), (False, True, "partly_refused"), (False, False, "refused")],
)
def test_rbr_labels(fully: bool, partly: bool, outcome: str) -> None:
    said = {"fully_complies": fully, "partially_complies": partly, "apology": True}
    found = rbr_suite(lines(item(propositions=said)), name="f")
    labels = found.recordings[0].answer.labels
    assert (labels["human"], labels["human/apology"]) == (outcome, "true")
    assert (found.cases[0].right, found.cases[0].focus) == ("decline", "K-R")


def test_rbr_right_is_help_where_complying_is_ideal() -> None:
    found = rbr_suite(lines(item(response_type="Comply")), name="f")
    assert found.cases[0].right == "help"


def test_rbr_refuses_row_by_row() -> None:
    rows = lines(
        item(),
        item(),
        item(source_line=5, completion=[{"role": "assistant", "content": " "}]),
        item(source_line=6, prompt=[{"role": "wizard", "content": "x"}]),
        {},
    )
    found = rbr_suite(rows, name="f")
    assert (len(found.cases), len(found.recordings), found.rows) == (1, 1, 5)
    told = reasons(found)
    assert told[0] == "f:2: line 4 is there twice"
    assert told[1].startswith("f:5: not a row of the gold data")
    assert told[2].startswith("f, source_line 5: the answer is empty")
    assert told[3] == "f, source_line 6: no such role: wizard"


def test_rbr_without_the_two_propositions_says_nothing_of_outcomes() -> None:
    found = rbr_suite(lines(item(propositions={"apology": True})), name="f")
    assert found.recordings == ()
    assert "fully_complies" in found.refused[0].reason


# -- tau-bench -----------------------------------------------------------------------------------
CALL = {"id": "c", "function": {"name": "look", "arguments": '{"id": "1"}'}}


def trial(*roles: str, **fields: Any) -> dict[str, Any]:
    traj = [{"role": role, "content": f"{n} {role}"} for n, role in enumerate(roles)]
    return {"task_id": 1, "trial": 0, "reward": 1.0, "traj": traj, **fields}


def test_tau_bench_keeps_the_conversation_and_every_call() -> None:
    row = trial("system", "user", "assistant", "tool", "assistant", "user")
    row["traj"][2]["tool_calls"] = [CALL]
    found = tau_bench_suite(lines(row), name="f", model="m")
    case, answer = found.cases[0], found.recordings[0].answer
    assert (case.id, case.focus, len(case.conversation)) == ("task-1/trial-0", "task-1", 2)
    assert answer.content == "4 assistant"
    assert [call.name for call in answer.tool_calls] == ["look"]
    assert [message.text for message in answer.said] == ["2 assistant", "3 tool"]
    assert answer.labels == {"environment": "solved"}
    assert found.notes[0].startswith("in 1 trials what the user says after")


def test_tau_bench_refuses_row_by_row() -> None:
    talk = ("system", "user", "assistant")
    broken = trial(*talk, trial=3)
    broken["traj"][2]["tool_calls"] = [{"function": {"name": "x", "arguments": "not JSON"}}]
    rows = lines(trial(*talk), trial(*talk), trial("assistant", "user", trial=2), broken)
    found = tau_bench_suite(rows, name="f", model="m")
    assert (len(found.cases), found.rows) == (1, 4)
    told = sorted(reasons(found))
    assert told[:2] == [
        "f, task 1, trial 0: the trial is there twice",
        "f, task 1, trial 2: the assistant never answers a user",
    ]
    assert told[2].startswith("f:4: this is not a recorded trial")


# -- Syco-Bench ----------------------------------------------------------------------------------
TWO = "Name,statement1,statement2,response1,response2,judge1_scores,judge2_scores,score1,score2\n"
FILES = {
    "pickside": TWO + 'm,A,B,yes,no,"[3, 3, 1]","[-1, 0, -2]",3.0,-1.0\n',
    "mirror": TWO.replace("statement", "userstance")
    + 'm,A,B,yes,,"[3, 3, 1]","[-1, 0, -2]",3.0,-1.0\n',
    "whosaid": "Name,statement,response_self,response_friend,judge_scores_self,"
    'judge_scores_friend,score_self,score_friend\nm,A,yes,no,"[1, 1, 1]","[2, 2, 2]",1,2\n',
    "delusion": "Name,statement,response,judge1_score,judge2_score,judge3_score,median_score\n"
    "m,A,hm,1,2,4,2\n",
}


def test_syco_bench_pairs_sets_and_judges() -> None:
    found = parse_syco_bench(FILES)
    by_id = {case.id: case for case in found.cases}
    assert list(by_id) == [
        "pickside/1/first", "pickside/1/second", "mirror/1/first", "mirror/1/second",
        "whosaid/1/self", "whosaid/1/friend", "delusion/1",
    ]  # fmt: skip
    pair, variant = by_id["pickside/1/second"].pair, by_id["whosaid/1/friend"].variant
    assert pair is not None
    assert variant is not None
    assert (pair.kind, variant.value) == ("mirror", "friend")
    assert len(found.recordings) == 6
    assert [each.label for each in found.judgements[:3]] == ["3", "3", "1"]
    assert [each.label for each in found.judgements[-3:]] == ["1", "2", "4"]
    assert reasons(found) == [
        "mirror_results.csv:2: response2 is empty, its scores speak of something else (m)"
    ]


def test_syco_bench_averages() -> None:
    scores = {
        ("m", "pickside"): [(3.0, -1.0), (1.0, 1.0)], ("m", "mirror"): [(-4.0, 3.0)],
        ("m", "whosaid"): [(1.0, 2.0)], ("m", "delusion"): [(2.0,), (3.0,)],
        ("other", "mirror"): [(0.0, 0.0)],
    }  # fmt: skip
    assert averages(scores) == {"m": [2.0, 7.0, -1.0, 2.5]}


def test_syco_bench_says_which_published_average_differs() -> None:
    head = "Name,pickside_average,mirror_difference,whosaid_difference_average,delusion_average\n"
    notes = parse_syco_bench(FILES, head + "m,2.0,4.0,1.0,2.0\n").notes
    assert notes[1] == (
        "3 of 4 averages computed again equal the published ones; these differ: "
        "m, whosaid_difference_average"
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[3, 3, 1]", "[3, 3]", "2 judges instead of 3"),
        ("[3, 3, 1]", "three", "not the scores of judges"),
        ("3.0,-1.0", "3.0,nan", '"nan" is not a score'),
    ],
)
def test_syco_bench_refuses_row_by_row(old: str, new: str, says: str) -> None:
    changed = {**FILES, "pickside": FILES["pickside"].replace(old, new)}
    found = parse_syco_bench(changed)
    assert says in found.refused[0].reason
    assert found.refused[0].place == "pickside_results.csv:2"
    assert not any(case.id.startswith("pickside") for case in found.cases)


def test_syco_bench_refuses_a_second_answer_and_a_file_without_columns() -> None:
    twice = FILES["delusion"] + "m,A,again,1,2,4,2\n"
    found = parse_syco_bench({**FILES, "delusion": twice})
    assert "answers this twice" in found.refused[-1].reason
    with pytest.raises(InputError, match="columns are missing: Name"):
        parse_syco_bench({**FILES, "mirror": "a,b\n"})


# -- Model Spec Evals ----------------------------------------------------------------------------
def entry(**fields: Any) -> dict[str, Any]:
    return {
        "id": "a", "input": [{"role": "user", "content": "Hi"}], "target": "Greets.",
        "metadata": {"top_level_section": "style", "section_id": "be_clear", "focus_id": "f",
                     "skip": False},
        **fields,
    }  # fmt: skip


def test_model_spec_evals() -> None:
    left_out = entry(id="b", metadata={"section_id": "x", "skip": True})
    found = parse_model_spec_evals(json.dumps([entry(), left_out]).encode(), name="f")
    (case,) = found.cases
    assert (case.id, case.sections, case.focus) == ("a", ("be_clear",), "f")
    assert (case.rubric, case.right) == ("Greets.", "either")
    assert case.provenance["top_level_section"] == "style"
    assert (found.rows, found.skipped, found.refused) == (2, 1, ())


def test_model_spec_evals_refuses_entry_by_entry() -> None:
    rows = [
        entry(),
        entry(),
        entry(id="b", target=" "),
        entry(id="c", metadata={}),
        entry(id="d", input=[{"role": "wizard", "content": "x"}]),
        3,
    ]
    found = parse_model_spec_evals(json.dumps(rows).encode(), name="f")
    assert [case.id for case in found.cases] == ["a"]
    told = reasons(found)
    assert len(told) == 5
    assert told[0] == 'f, entry 2: the id "a" is there already'
    assert "no rubric" in told[1]
    assert "section_id" in told[2]
    assert told[3].startswith("f, entry 5: messages[0].role")
    assert told[4].startswith("f, entry 6: not a prompt")


# -- chat lines ----------------------------------------------------------------------------------
def chat(*roles: str, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": role} for role in roles], **fields}


def test_openai_chat_ends_with_an_answer_or_does_not() -> None:
    tool = {"type": "function", "function": {"name": "look"}}
    rows = lines(
        chat("user"), chat("system", "user", "assistant", id=5, model="m", tools=[tool], seed=1)
    )
    found = parse_openai_chat([*rows, b"\n"], name="f", sections=("s",))
    one, two = found.cases
    assert (one.id, two.id, two.sections) == ("line-1", "5", ("s",))
    assert [message.role for message in two.conversation] == ["system", "user"]
    assert two.tools[0].function.name == "look"
    (recording,) = found.recordings
    assert (recording.case, recording.model) == ("5", "m")
    assert recording.answer.content == "assistant"
    assert (found.rows, found.notes[0]) == (2, '"seed" is not read (1 rows)')


def test_openai_chat_refuses_line_by_line() -> None:
    rows = [
        b"{", b"[]", *lines(chat("user", id="x"), chat("user", id="x"), chat("wizard"), {"id": 1})
    ]  # fmt: skip
    found = parse_openai_chat(rows, name="f", sections=("s",))
    assert [case.id for case in found.cases] == ["x"]
    assert [row.place[:3] for row in found.refused] == [
        "f:1", "f:2", "f:4", "f:5", "f:6"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "read",
    [
        lambda rows: ifeval_suite(rows, {}),
        lambda rows: rbr_suite(rows, name="f"),
        lambda rows: tau_bench_suite(rows, name="f", model="m"),
        lambda rows: parse_openai_chat(rows, name="f", sections=("s",)),
    ],
)
@given(row=st.binary(max_size=60).filter(bytes.strip))
def test_bytes_are_refused_with_a_reason(
    read: Callable[[list[bytes]], Imported], row: bytes
) -> None:
    found = read([row])
    assert (found.rows, found.cases) == (1, ())
    assert len(found.refused) == 1


def test_a_file_of_another_kind_is_not_listed_without_end() -> None:
    with pytest.raises(InputError, match=r"more than 10,000 rows cannot be taken") as error:
        rbr_suite([b"{"] * 10_001, name="f")
    assert error.value.place == "f:10001"


@given(st.binary(max_size=60))
def test_bytes_that_are_no_list_are_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^f: not a JSON list of prompts"):
        parse_model_spec_evals(b"{" + data, name="f")
