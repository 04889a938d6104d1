"""``adhere init``: a spec to begin with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from adhere.assemble.starter import write_starter
from adhere.cli.main import main
from adhere.compiler import Context, compile_spec, lint
from adhere.spec import Authority

Run: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run ``adhere init`` in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["adhere", "init", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def test_the_starter_has_no_findings_at_all(tmp_path: Path) -> None:
    result = compile_spec(write_starter(tmp_path).read_bytes())
    assert result.diagnostics == ()
    assert lint(Context(result.require())) == ()


def test_the_starter_shows_what_a_spec_can_hold(tmp_path: Path) -> None:
    spec = compile_spec(write_starter(tmp_path).read_bytes()).require()
    ruled = [section for section in spec.walk() if section.authority]
    assert {section.authority for section in ruled} == {
        Authority.ROOT, Authority.USER, Authority.GUIDELINE,
    }  # fmt: skip
    for section in ruled:
        assert {box.kind for box in section.boxes} == {"summary", "meta"}
        assert section.examples
    assert [setting.address for setting in spec.settings()] == ["brevity.max_words"]
    assert spec.metadata.licence == "CC0-1.0"


@pytest.mark.parametrize("words", [[], ["mine"], ["mine/deep"]])
def test_what_to_do_next_is_said_and_works(init: Run, words: list[str]) -> None:
    code, out, err = init(*words)
    path = Path(*words) / "spec.md"
    assert (code, err) == (0, "")
    assert path.is_file()
    assert out.splitlines()[0] == f"Wrote {path}. Next:"
    assert f"  adhere lint {path} " in out


def test_nothing_is_overwritten(init: Run) -> None:
    Path("spec.md").write_text("mine")
    code, out, err = init()
    assert (code, out) == (2, "")
    assert err.startswith("adhere: spec.md: there is a file of this name already")
    assert Path("spec.md").read_text() == "mine"


def test_a_file_in_the_way_of_the_folder(init: Run) -> None:
    Path("mine").write_text("a file")
    for words in ("mine", "mine/deep"):
        code, out, err = init(words)
        assert code in (2, 3)
        assert out == ""
        assert err.startswith("adhere: mine")
    assert Path("mine").read_text() == "a file"
