"""``adhere suite`` as a person would run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from adhere.assemble.schemas import schema
from adhere.cli import cli
from adhere.errors import UsageError


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["suite", *map(str, words)], standalone_mode=False)


def as_json(name: str, *words: str | Path) -> Any:
    value = json.loads(call(*words, "--json").stdout)
    jsonschema.Draft202012Validator(schema(name)).validate(value)
    return value


def test_the_shipped_suites_are_listed_and_shown() -> None:
    listed = call("list")
    names = [line.split()[0] for line in listed.output.splitlines()]
    assert names == ["reference", "reference/counterfactual", "reference/truthfulness"]
    for name in names:
        shown = as_json("suite-summary-1", "show", name)
        assert shown["cases"] == sum(shown["right"].values())
        assert f"{shown['cases']} cases" in listed.output
        assert shown["digest"] in call("show", name).output


def test_coverage_as_table_and_json() -> None:
    table = call("coverage")
    assert table.return_value == 0
    assert "61 cases, 0 spec, 0 no test needed, 0 untested" in table.output
    found = as_json("coverage-1", "coverage", "--suite", "reference")
    assert len(found["sections"]) == 61
    assert found["pairs"]["contrast"] >= 40


def test_an_untested_rule_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "spec.md"
    path.write_text("# Kind {#kind authority=user}\n\nBe kind.\n")
    done = call("coverage", path)
    assert done.return_value == 1
    assert "untested" in done.output
    path.write_text("# Kind {#kind authority=user}\n\n<!-- no test needed: a motto -->\n\nBe.\n")
    excused = call("coverage", path)
    assert excused.return_value == 0
    assert "no test needed: a motto" in excused.output


def test_a_suite_from_a_spec_is_the_same_each_time(tmp_path: Path) -> None:
    made = as_json("suite-from-spec-1", "from-spec", "reference", "-o", tmp_path / "a")
    assert (made["examples"], made["prompts"], made["left_out"]) == (61, 0, [])
    call("from-spec", "reference", "-o", tmp_path / "b")
    for name in ("manifest.toml", "cases.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    shown = as_json("suite-summary-1", "show", tmp_path / "a")
    assert shown["sections"] >= 61
    again = call("from-spec", "reference", "-o", tmp_path / "a")
    assert isinstance(again.exception, UsageError)


def test_prompts_beside_a_published_spec_are_found(tmp_path: Path, data_dir: Path) -> None:
    spec = data_dir / "openai_model_spec/2025-12-18-rev2"
    done = call("from-spec", spec, "-o", tmp_path / "s")
    assert "187 cases from labelled examples, 270 from 114 files of prompts" in done.output
    assert done.output.count("left out: ") == 6


@pytest.mark.parametrize("where", ["nowhere", "reference/nothing"])
def test_a_suite_that_is_not_there_names_those_that_are(where: str) -> None:
    error = call("show", where).exception
    assert error is not None
    assert "reference/counterfactual" in str(error)
