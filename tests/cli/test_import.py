"""``adhere import`` as a person would run it: figures of every kind, on the recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from adhere.assemble.importing import IMPORTERS
from adhere.assemble.schemas import schema
from adhere.cli import cli
from adhere.errors import InputError, UsageError
from adhere.evaluate.suite import load_suite
from adhere.models.recorded import recorded_models

ROW = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
ENDS_TWICE = {"messages": [*ROW["messages"], {"role": "assistant", "content": "Ho"}]}
CHAT = ("--section", "clear_and_brief")


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, words)], standalone_mode=False)


def as_json(*words: str | Path) -> Any:
    done = call(*words, "--json")
    value = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema("import-1")).validate(value)
    assert done.return_value == (1 if value["refused"] else 0)
    return value


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "chat_fixture.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n{json.dumps(ENDS_TWICE)}\n{{\n")
    return path


def test_every_kind_is_listed() -> None:
    listed = call("--list").output.splitlines()
    assert [line.split()[0] for line in listed] == list(IMPORTERS)


def test_one_output(tmp_path: Path, chat: Path) -> None:
    done = call("openai-chat", chat, *CHAT, "-o", tmp_path / "s")
    assert done.return_value == 1
    assert "3 rows: 1 cases, 1 recordings, 0 judgements, 0 scores; 0 skipped, 2 refused" in (
        done.output
    )
    assert "refused: chat_fixture.jsonl:3: not a conversation" in done.output
    assert 'refused: case "line-2": case "line-2" ends with the assistant' in done.output
    assert len(load_suite(tmp_path / "s").cases) == 1
    assert list(recorded_models(tmp_path / "s/recordings.jsonl")) == ["recorded"]


def test_what_is_printed_is_printable(tmp_path: Path, chat: Path) -> None:
    hostile = {**ROW, "id": "h", "model": "\x1b[2Jm", "\x1b]0;x\x07": 1}
    chat.write_text(f"{json.dumps(hostile)}\n{json.dumps(hostile)}\n")
    done = call("openai-chat", chat, *CHAT, "-o", tmp_path / "s")
    assert "Models: " in done.output
    assert "\x1b" not in done.output


def test_the_kinds_without_cases(tmp_path: Path, data_dir: Path) -> None:
    replication = data_dir / "model_spec_evals_replication"
    made = as_json("replication", replication, "-o", tmp_path / "r")
    assert (made["rows"], made["scores"], made["cases"]) == (130, 130, 0)
    rows = data_dir / "pandalm/testset_v1_labelled.jsonl.gz"
    made = as_json("pandalm", rows, "-o", tmp_path / "p")
    assert (made["rows"], made["judgements"], made["cases"]) == (999, 4995, 0)


def test_json_says_the_same(tmp_path: Path, chat: Path) -> None:
    made = as_json("openai-chat", chat, *CHAT, "-o", tmp_path / "s")
    assert (made["rows"], made["cases"], made["recordings"], len(made["refused"])) == (3, 1, 1, 2)


def test_a_file_of_which_nothing_can_be_taken_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "prompts_fixture.json"
    path.write_text('[{"id": "a"}]')
    error = call("model-spec-evals", path, "-o", tmp_path / "s").exception
    assert isinstance(error, InputError)
    assert "none of its 1 rows can be taken; the first: prompts_fixture.json, entry 1" in str(error)
    assert not (tmp_path / "s").exists()


def test_sections_are_asked_for_where_the_rows_do_not_say(tmp_path: Path, chat: Path) -> None:
    error = call("openai-chat", chat, "-o", tmp_path / "s").exception
    assert isinstance(error, UsageError)
    assert "needs --section" in error.message
    error = call("pandalm", chat, *CHAT, "-o", tmp_path / "s").exception
    assert isinstance(error, UsageError)


def test_a_list_of_prompts_becomes_a_suite(tmp_path: Path) -> None:
    path = tmp_path / "prompts_fixture.json"
    entries = [
        {"id": name, "input": ROW["messages"][:1], "target": "Greets.",
         "metadata": {"section_id": "clear_and_brief", "skip": name == "b"}}
        for name in "abc"
    ]  # fmt: skip
    path.write_text(json.dumps(entries))
    made = as_json("model-spec-evals", path, "-o", tmp_path / "s")
    assert (made["rows"], made["cases"], made["skipped"], made["refused"]) == (3, 2, 1, [])
    assert [case.id for case in load_suite(tmp_path / "s").cases] == ["a", "c"]


RECORDED = [
    ("xstest", "xstest/xstest_v2_labelled.csv.gz", (2250, 450, 2250, 4500, 0)),
    ("ifeval", "ifeval", (3786, 541, 3245, 0, 0)),
    ("rbr", "openai_rbr_gold/rbr_gold_train_no_sexual.jsonl.gz", (291, 286, 286, 0, 5)),
    ("tau-bench", "tau_bench_airline/gpt-4o-airline.jsonl.gz", (200, 200, 200, 0, 0)),
    ("syco-bench", "syco_bench", (3360, 260, 6238, 18714, 2)),
    ("agentdyn", "agentdyn", (1672, 360, 1440, 0, 0)),
]


@pytest.mark.parametrize(("kind", "path", "figures"), RECORDED)
def test_the_recordings(
    tmp_path: Path, data_dir: Path, kind: str, path: str, figures: tuple[int, ...]
) -> None:
    made = as_json(kind, data_dir / path, "-o", tmp_path / "s")
    counts = tuple(made[name] for name in ("rows", "cases", "recordings", "judgements"))
    assert (*counts, len(made["refused"])) == figures
    assert len(load_suite(tmp_path / "s").cases) == made["cases"]
    assert set(recorded_models(tmp_path / "s/recordings.jsonl")) == set(made["models"])


def test_the_known_traps_are_told(tmp_path: Path, data_dir: Path) -> None:
    ifeval = as_json("ifeval", data_dir / "ifeval", "-o", tmp_path / "i")["notes"]
    assert "responses_gpt-4-20231107.jsonl.gz has no response to 1 of the prompts (2785)" in ifeval
    assert any("o1-preview" in note and "22 empty" in note for note in ifeval)
    agentdyn = as_json("agentdyn", data_dir / "agentdyn", "-o", tmp_path / "a")
    assert any("3 of these are labelled as if" in note for note in agentdyn["notes"])
    pandalm = data_dir / "pandalm/testset_v1_labelled.jsonl.gz"
    (unread,) = as_json("pandalm", pandalm, "-o", tmp_path / "p")["notes"]
    assert unread.startswith("25 judgements could not be read")
    syco = as_json("syco-bench", data_dir / "syco_bench", "-o", tmp_path / "s")
    assert "96 of 96 averages computed again equal the published ones" in syco["notes"]
    assert agentdyn["skipped"] == 232
    rbr = data_dir / "openai_rbr_gold/rbr_gold_train_no_sexual.jsonl.gz"
    refused = as_json("rbr", rbr, "-o", tmp_path / "r")["refused"]
    assert [row["place"].split()[-1] for row in refused] == ["30", "74", "90", "182", "285"]


def test_the_checks_say_what_the_original_checkers_said(tmp_path: Path, data_dir: Path) -> None:
    """GPT-4's 540 recorded answers, judged by the checks that its cases were given.

    In three they differ, each with a demand for one case throughout, which asks for the language
    too; another library tells it (docs/detectors.md).
    """
    suite, run = tmp_path / "s", tmp_path / "run"
    call("ifeval", data_dir / "ifeval", "-o", suite)
    spec = data_dir / "openai_model_spec/2025-12-18-rev2"
    words = ("evaluate", "--spec", spec, "--suite", suite, "-o", run)
    model = "gpt-4-20231107"
    done = CliRunner().invoke(
        cli, [*map(str, words), "--model", f"recorded:{model}"], standalone_mode=False
    )
    assert done.exception is None, done.output
    report = json.loads((run / "report.json").read_text())
    failed = {each["case"] for each in report["failures"]}
    rows = map(json.loads, (suite / "recordings.jsonl").read_text().splitlines())
    strict = {
        row["case"]: row["answer"]["labels"]["ifeval_strict"] == "followed"
        for row in rows
        if row["model"] == model
    }
    assert (len(strict), sum(strict.values())) == (540, 417)
    differ = {case for case, followed in strict.items() if followed == (case in failed)}
    assert differ == {"1843", "3456", "3617"}
