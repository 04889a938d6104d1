"""``adhere judge-report`` on recordings of real judges, and on what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adhere.cli import cli
from adhere.errors import InputError


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)


def cards(folder: Path) -> dict[tuple[str, str], Any]:
    report = json.loads(call("judge-report", folder, "--json").output)
    return {(card["judge"], card["group"]): card for card in report["cards"]}


def test_llmbars_65_judges_come_out_as_published(tmp_path: Path, data_dir: Path) -> None:
    folder = tmp_path / "judges"
    assert "57670 judgements" in call("import", "llmbar", data_dir / "llmbar", "-o", folder).output
    found = cards(folder)
    assert len({judge for judge, _ in found}) == 65
    groups = ("LLMBar/Natural", "LLMBar/Adversarial/Neighbor", "LLMBar/Adversarial/GPTInst",
              "LLMBar/Adversarial/GPTOut", "LLMBar/Adversarial/Manual")  # fmt: skip
    gpt4 = [found["GPT-4/Vanilla", group] for group in groups]
    assert [round(100 * card["accuracy_of_all"], 1) for card in gpt4] == [
        95.5, 78.7, 86.4, 77.7, 80.4
    ]  # fmt: skip
    assert [round(100 * card["same_both_ways"], 1) for card in gpt4] == [
        95.0, 93.3, 94.6, 93.6, 82.6
    ]  # fmt: skip
    chatgpt = [found["ChatGPT/Vanilla", group] for group in groups]
    assert [round(100 * card["accuracy_of_all"], 1) for card in chatgpt] == [
        81.5, 19.4, 26.6, 41.5, 34.8
    ]  # fmt: skip
    assert all(card["drawn_to_first"] > 0.8 for card in chatgpt)


def test_pandalms_judges_come_out_as_published(tmp_path: Path, data_dir: Path) -> None:
    call(
        "import", "pandalm", data_dir / "pandalm/testset_v1_labelled.jsonl.gz", "-o", tmp_path / "p"
    )
    found = cards(tmp_path / "p")
    assert round(found["gpt-3.5-turbo", ""]["accuracy_of_all"], 3) == 0.698
    assert found["gpt-3.5-turbo", ""]["unparsed"] == 25
    assert round(found["pandalm-7b", ""]["accuracy"], 3) == 0.668


def test_gpt4_as_judge_of_refusals_and_its_unreadable_labels(
    tmp_path: Path, data_dir: Path
) -> None:
    source = data_dir / "xstest/xstest_v2_labelled.csv.gz"
    call("import", "xstest", source, "-o", tmp_path / "xs")
    found = cards(tmp_path / "xs")
    assert found["gpt-4", "all"]["unparsed"] == 11
    assert found["gpt-4", "all"]["judged"] == 2250
    table = call("judge-report", tmp_path / "xs", "--judge", "string match").output
    assert "gpt-4" not in table
    assert "string match  all" in table


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "not a judgement"), (b"", "no judgement"), (None, "no such file")],
)
def test_what_is_no_file_of_judgements(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "judgements.jsonl"
    if content is not None:
        path.write_bytes(content)
    error = call("judge-report", tmp_path).exception
    assert isinstance(error, InputError)
    assert message in error.message
