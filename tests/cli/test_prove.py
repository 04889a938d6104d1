"""``adhere prove`` as people and scripts meet it."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import jsonschema
import pytest

from adhere.assemble import reference_dir
from adhere.assemble.schemas import schema
from adhere.cli.main import main

Run: TypeAlias = Callable[..., tuple[int, str, str]]
MINORS = 'tone.profanity == "freely" and teen_protection.under_18'


@pytest.fixture
def adhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run a verb in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["adhere", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def test_a_proof_says_why_nothing_is_left_out(adhere: Run) -> None:
    code, out, err = adhere(
        "prove", "reference", "--never", 'tone.profanity == "freely"', "--by", "user"
    )
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        'proved    tone.profanity == "freely", by user  4,913 contexts',
        "  only settings that the expression names are varied: requests for others change nothing",
        "  tone.profanity: enum: 6 values stand for 6",
        "  every context was decided; it can be brought about only by the levels that may",
    ]


def test_a_counterexample_can_be_tried_out(adhere: Run) -> None:
    code, out, err = adhere("prove", "reference", "--never", MINORS, "-o", "found")
    assert code == 1
    assert "refuted" in out
    assert 'tone.profanity: "when_asked" becomes "freely"' in out
    assert err == (
        "wrote profiles: adhere settings SPEC"
        " --system found/system.toml --developer found/developer.toml\n"
    )
    words = err.split("SPEC")[1].split()
    code, out, err = adhere("settings", "reference", *words, "--json")
    assert (code, err) == (0, "")
    values = {found["address"]: found["value"] for found in json.loads(out)["settings"]}
    assert (values["tone.profanity"], values["teen_protection.under_18"]) == ("freely", True)


def test_obligations_beside_the_spec(adhere: Run) -> None:
    Path("spec.md").write_text(
        "# A {#a authority=user}\n\n~~~setting\nid = 'b'\ntype = 'boolean'\ndefault = false\n"
        "changeable_by = ['system', 'user']\n~~~\n"
    )
    Path("obligations.toml").write_text(
        'schema = "adhere/obligations/1"\n[[obligation]]\nname = "no-b"\n'
        'never = "a.b"\nby = ["user"]\n'
        '[[obligation]]\nname = "lawful"\nnever = "not lawful(it)"\nby = ["user"]\n'
        '[[protection]]\nname = "a-stands"\nsections = ["a"]\nfact = "a.b"\n'
    )
    code, out, err = adhere("prove", ".", "--json", "-o", "found")
    assert code == 1
    value = json.loads(out)
    jsonschema.Draft202012Validator(schema("proofs-1")).validate(value)
    assert [proof["outcome"] for proof in value["proofs"]] == ["refuted", "proved"]
    assert [proof["outcome"] for proof in value["protections"]] == ["refuted"]
    written = tomllib.loads(Path("found/no-b/user.toml").read_text())
    assert written == {"schema": "adhere/profile/1", "settings": {"a": {"b": True}}}
    assert "found/no-b/user.toml" in err
    assert "wrote instructions: adhere resolve found/a-stands/instructions.json" in err
    code, out, err = adhere("resolve", "found/a-stands/instructions.json", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["rows"][0]["fate"] == "out_of_scope"
    code, out, _ = adhere("prove", ".")
    assert code == 1
    assert "refuted   a-stands, by anything below user" in out


def test_the_shipped_obligations_follow_their_schema() -> None:
    table = tomllib.loads((reference_dir() / "obligations.toml").read_text())
    jsonschema.Draft202012Validator(schema("obligations-1")).validate(table)


def test_time_is_limited(adhere: Run) -> None:
    code, out, _ = adhere("prove", "reference", "--never", "not lawful(it)", "--time-limit", "0")
    assert code == 1
    assert out.startswith("undecided")
    assert "the time was up" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--never", "tone.emoj"], "--never:1: the spec has no setting 'tone.emoj'"),
        (["--never", "tone.emoji", "--by", "root"], "--by takes levels out of"),
        (["--by", "user"], "--by goes with --never"),
        (["--never", "tone.emoji", "--obligations", "x.toml"], "not both"),
        (["--obligations", "x.toml"], "x.toml: there is no such file"),
        (["--obligations", "bad.toml"], "bad.toml: these are not obligations"),
        (["--obligations", "twice.toml"], "two obligations have the same name"),
        (["--never", "tone.emoji", "--user", "user.toml"], "not both"),
    ],
)
def test_wrong_use_is_said_in_one_line(adhere: Run, words: list[str], said: str) -> None:
    one = '[[obligation]]\nname = "a"\nnever = "tone.emoji"\nby = ["user"]\n'
    Path("bad.toml").write_text(f"{one}when = 3\n")
    Path("twice.toml").write_text(f'schema = "adhere/obligations/1"\n{one}{one}')
    Path("user.toml").write_text("[settings]\n")
    code, out, err = adhere("prove", "reference", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
