"""``adhere analyse`` as people and scripts meet it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import jsonschema
import pytest

from adhere.assemble import reference_dir
from adhere.assemble.schemas import schema
from adhere.cli.main import main

Run: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def adhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run ``adhere analyse`` in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["adhere", "analyse", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def changed() -> str:
    """The reference spec with one level and one setting changed, in a file."""
    text = (reference_dir() / "spec.md").read_text(encoding="utf-8")
    for old, new in (
        ("{#tone authority=guideline}", "{#tone authority=user}"),
        ('bounds.user = ["never", "when_asked"]\n', ""),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    Path("changed.md").write_text(text, encoding="utf-8")
    return "changed.md"


def test_one_spec(adhere: Run) -> None:
    code, out, err = adhere("reference")
    assert (code, err) == (0, "")
    assert "shadowed-default  sub_agents.allowed: user may not choose the default true" in out
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert lines["tone.profanity"] == ["guideline", "yes", "yes", "in", "bounds"]
    assert lines["teen_protection.under_18"] == ["root", "yes", "–", "–"]


def test_against_an_older_version(adhere: Run) -> None:
    code, out, err = adhere(changed(), "--against", "reference")
    assert (code, err) == (0, "")
    assert "  tone: guideline becomes user: what is only implied: applies becomes misaligned" in out
    (line,) = (line for line in out.splitlines() if line.startswith("  tone.profanity: changed"))
    assert "changed in bounds" in line
    assert line.endswith('such as user asks "freely": "when_asked" becomes "freely"')


def test_json_follows_its_schema(adhere: Run) -> None:
    code, out, _ = adhere(changed(), "--against", "reference", "--json")
    assert code == 0
    value = json.loads(out)
    jsonschema.Draft202012Validator(schema("analysis-1")).validate(value)
    assert value["change"]["settings"][0]["witness"]["asked"] == {"user": "freely"}


def test_a_trend(adhere: Run) -> None:
    Path("v1").mkdir()
    Path("v1/spec.md").write_text("# A {#a authority=root}\n\nYou must never.\n")
    Path("v2.md").write_text("# A {#a authority=guideline}\n\nYou may.\n")
    code, out, err = adhere("v1", "v2.md")
    assert (code, err) == (0, "")
    table = [line.split() for line in out.splitlines()]
    assert ["v1", "1", "0", "1"] in table
    assert ["v2", "0", "1", "1"] in table
    assert ["v1", "1", "0", "0", "3", "333.3", "0.0", "0.0"] in table
    assert ["v2", "0", "0", "1", "2", "0.0", "0.0", "500.0"] in table
    assert ["v2", "0", "0", "0", "0", "1", "1"] in table
    code, out, _ = adhere("v1", "v2.md", "--json")
    value = json.loads(out)
    jsonschema.Draft202012Validator(schema("analyses-1")).validate(value)
    assert [one["name"] for one in value["versions"]] == ["v1", "v2"]


def test_what_leads_nowhere_is_a_finding(adhere: Run) -> None:
    origin = {"kind": "section", "ref": "secrets"}
    rows = [
        {"id": name, "level": "root", "origin": origin, "key": "k", "allowed": {"one_of": [name]},
         "when": when}
        for name, when in (("a", []), ("b", [{"fact": "f", "values": {"one_of": [True]}}]))
    ]  # fmt: skip
    Path("i.json").write_text(json.dumps({"schema": "adhere/instructions/1", "instructions": rows}))
    code, out, _ = adhere("reference", "--instructions", "i.json")
    assert code == 1
    assert "no-value  k: instructions of level root contradict each other (a, b) where f is" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reference", "reference", "--against", "reference"], "go with one SPEC"),
        (["reference", "--instructions", "no.json"], "no.json: there is no such file"),
        (
            ["reference", "--instructions", "bad.json"],
            "bad.json: this is not a file of instructions",
        ),
        (["nowhere.md"], "there is no such file"),
    ],
)
def test_wrong_use_is_said_in_one_line(adhere: Run, words: list[str], said: str) -> None:
    Path("bad.json").write_text('{"instructions": 3}')
    code, out, err = adhere(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
