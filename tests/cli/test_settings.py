"""``adhere settings`` as people and scripts meet it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import jsonschema
import pytest

from adhere.assemble.schemas import schema
from adhere.cli.main import main

Run: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def adhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run ``adhere settings reference`` in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["adhere", "settings", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def test_without_profiles_there_are_only_defaults(adhere: Run) -> None:
    code, out, err = adhere("reference")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 39
    assert all(line.endswith("  default") for line in lines)


def test_values_have_their_origin_and_refusals_their_place(adhere: Run) -> None:
    Path("developer.toml").write_text(
        "[settings]\ntone.warmth = { default = 4 }\ntone.emoji = true\n"
    )
    Path("user.toml").write_text("[settings.tone]\nwarmth = 5\nemoji = false\n")
    code, out, err = adhere("reference", "--developer", "developer.toml", "--user", "user.toml")
    assert (code, err) == (1, "")
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line[:1].isalpha()}
    assert lines["tone.warmth"] == ["5", "user", "user.toml:2:1"]
    assert lines["tone.emoji"] == ["true", "developer", "fixed", "it", "developer.toml:3:1"]
    assert out.endswith(
        "\nuser.toml:3:1: refused: tone.emoji = false\n"
        "  developer has fixed it to true (developer.toml:3:1)"
        " (leave it out, or have developer write { default = true })\n"
    )


def test_json_follows_its_schema(adhere: Run) -> None:
    Path("user.toml").write_text("[settings]\ntone.warmth = 2030-01-01\nx = nan\nno.no = {}\n")
    code, out, err = adhere("reference", "--user", "user.toml", "--json")
    assert (code, err) == (1, "")
    value = json.loads(out)
    jsonschema.Draft202012Validator(schema("settings-1")).validate(value)
    assert [step["refusal"] for step in value["unknown"]] == ["unknown-setting", "unknown-setting"]


def test_a_name_cannot_steer_the_terminal(adhere: Run) -> None:
    Path("user.toml").write_text('[settings]\n"\\u001b[31m".a = "\\u009b31m"\n')
    code, out, _ = adhere("reference", "--user", "user.toml")
    assert code == 1
    assert out.isascii()
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "adhere: user.toml: there is no such file (name a TOML file with [settings])\n"),
        ("[settings]\na =\n", "adhere: user.toml:2:4: this cannot be read as TOML:"
         " Invalid value\n"),
        ("[setting]\n", 'adhere: user.toml:1:1: "setting" is not a part of a profile'
         " (put settings under [settings])\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_one_line(adhere: Run, text: str | None, said: str) -> None:
    if text is not None:
        Path("user.toml").write_text(text)
    assert adhere("reference", "--user", "user.toml") == (2, "", said)


def test_a_spec_without_settings(adhere: Run) -> None:
    Path("spec.md").write_text("# A {#a authority=user}\n")
    assert adhere("spec.md") == (0, "this spec declares no settings\n", "")
