"""Files are valid under their published schemas, and the schemas are what the types say."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner

from adhere.assemble import find_suite, load_spec, shipped_suites
from adhere.assemble.schemas import FOLDER, SCHEMAS, encode, schema
from adhere.cli import cli
from adhere.resolve import DecisionOutcome, decision, public_view


def check(name: str, value: Any) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(value)


def as_json(value: object) -> Any:
    return json.loads(msgspec.json.encode(value))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_in_the_package_is_what_the_types_say(name: str) -> None:
    """If it differs on purpose, `make docs` writes it again."""
    assert (FOLDER / f"{name}.json").read_bytes() == encode(name)
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_the_files_of_spec_and_suite_are_valid() -> None:
    check("spec-1", as_json(load_spec("reference")))
    for suite in shipped_suites().values():
        check("suite-1", tomllib.loads((suite / "manifest.toml").read_text()))
        for line in (suite / "cases.jsonl").read_text().splitlines():
            check("case-1", json.loads(line))


def test_the_files_of_a_run_are_valid(tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["demo", "-o", str(tmp_path)], standalone_mode=False)
    check("run-1", json.loads((tmp_path / "manifest.json").read_text()))
    check("report-1", json.loads((tmp_path / "report.json").read_text()))
    lines = (tmp_path / "records.jsonl").read_text().splitlines()
    assert len(lines) == 2 * 2 * len(find_suite("reference").cases)
    for line in lines:
        check("record-1", json.loads(line))


def test_decisions_are_valid_and_the_public_view_holds_nothing_privileged() -> None:
    full = decision(
        kind="text", outcome=DecisionOutcome.BLOCK, check="leak", section="confidential_text",
        reason_public="This part is confidential.", reason_full="the secret word is plover",
    )  # fmt: skip
    check("decision-1", as_json(full))
    shown = as_json(public_view(full))
    check("public-decision-1", shown)
    assert "plover" not in json.dumps(shown)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_refuses_what_is_not_of_it(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(name, {"schema": "adhere/other/9"})
