"""``adhere lint`` as people and scripts meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

import adhere
from adhere.cli.main import main
from adhere.compiler import CATALOGUE

Run: TypeAlias = Callable[..., tuple[int, str, str]]
CLEAN = "# A {#a}\n\n## B {#b authority=user}\n\nHelp.[^b1]\n"
PROMPTS = "Examples for [^b1] in B:\n\n~~~xml\n<user>Hi</user>\n~~~\n"


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run ``adhere lint`` in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["adhere", "lint", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def _write(name: str, text: str | bytes) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


# -- what is found -----------------------------------------------------------------------------


def test_a_clean_document(lint: Run) -> None:
    _write("spec.md", CLEAN)
    assert lint("spec.md") == (0, "no findings\n", "")


def test_findings_of_compiler_and_linter_in_order_of_place(lint: Run) -> None:
    _write("spec.md", "# A {#a tone=warm}\n\nSee [?](#b).\n\n## C {#c colour=red}\n\nX.\n")
    code, out, err = lint("spec.md")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        'spec.md:1:1: warning: "tone" is not an attribute of a heading, or has no value '
        "[unknown-attribute]",
        "    use one of authority, tags, oldids, owner",
        'spec.md:3:5: error: no section has the id "b" [dangling-reference]',
        "    link to the id of a section",
        'spec.md:5:1: warning: "colour" is not an attribute of a heading, or has no value '
        "[unknown-attribute]",
        "    use one of authority, tags, oldids, owner",
        "1 error, 2 warnings",
    ]


def test_notes_alone_are_fine(lint: Run) -> None:
    _write("spec.md", "# A {#a}\n\n### B {#b}\n\nX.\n")
    code, out, _ = lint("spec.md")
    assert code == 0
    assert out.endswith("[heading-jump]\n    use ##, or add the heading that is left out\n1 note\n")


def test_the_reference_spec_is_clean(lint: Run) -> None:
    assert lint("reference") == (0, "no findings\n", "")


def test_prompts(lint: Run) -> None:
    _write("spec.md", CLEAN)
    _write("prompts/b1.md", PROMPTS)
    assert lint("spec.md", "--prompts", "prompts")[0] == 0
    _write("prompts/c1.md", PROMPTS)
    _write("prompts/b1.md", "Nothing.\n")
    code, out, _ = lint("spec.md", "--prompts", "prompts", "--json")
    found = [(it["file"], it["code"]) for it in json.loads(out)["diagnostics"]]
    assert code == 1
    assert found == [
        ("prompts/b1.md", "prompts-empty"),
        ("prompts/b1.md", "prompts-header"),
        ("prompts/c1.md", "prompts-of-another-section"),
        ("prompts/c1.md", "prompts-without-marker"),
    ]


def test_a_prompt_file_that_cannot_be_read_is_a_finding(lint: Run) -> None:
    _write("spec.md", CLEAN)
    _write("prompts/b1.md", b"\xff")
    _write("prompts/b2.md", b"x" * (1024 * 1024 + 1))
    code, out, _ = lint("spec.md", "--prompts", "prompts")
    assert code == 1
    assert "prompts/b1.md:1:1: error: byte 0xff" in out
    assert "prompts/b2.md:1:1: error: the document is larger than the limit" in out


def test_names_of_prompt_files_need_not_be_text(lint: Run) -> None:
    _write("spec.md", CLEAN)
    _write("prompts/b1.md", PROMPTS)
    Path(os.fsdecode(b"prompts/\xff\x1b.md")).write_bytes(PROMPTS.encode())
    for form in ("text", "json", "sarif"):
        code, out, err = lint("spec.md", "--prompts", "prompts", "--format", form)
        assert (code, err) == (1, "")
        assert "\x1b" not in out


def test_since(lint: Run) -> None:
    _write("spec.md", CLEAN)
    _write("old.md", CLEAN.replace("#b ", "#bee "))
    code, out, _ = lint("spec.md", "--since", "old.md")
    assert code == 1
    assert out.splitlines()[0] == (
        'spec.md:3:1: warning: the section "B" had the id "bee" before [removed-id]'
    )
    assert lint("spec.md", "--since", "spec.md")[0] == 0


# -- forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--json"], ["--format", "json"], ["--json", "--format=json"]])
def test_json(lint: Run, words: list[str]) -> None:
    _write("spec.md", "# Ä\n\nX.\n")
    code, out, _ = lint("spec.md", *words)
    assert code == 1
    assert json.loads(out) == {
        "schema": "adhere/diagnostics/1",
        "diagnostics": [
            {
                "code": "missing-id",
                "severity": "warning",
                "message": 'the heading "Ä" has no id',
                "remedy": "write {#ä} at its end",
                "span": {"start": 0, "end": 4, "line": 1, "column": 1},
                "file": "spec.md",
                "section": "ä",
            }
        ],
        "dropped": 0,
    }


def test_sarif(lint: Run) -> None:
    _write("spec.md", "# A\n\nX.\n")
    code, out, _ = lint("spec.md", "--format", "sarif")
    (run,) = json.loads(out)["runs"]
    assert code == 1
    assert run["tool"]["driver"]["version"] == adhere.__version__
    assert [result["ruleId"] for result in run["results"]] == ["missing-id"]


def test_what_is_left_out_is_counted(lint: Run) -> None:
    _write("spec.md", "# A {#a}\n\n" + "[?](#x) " * 1003)
    assert lint("spec.md")[1].splitlines()[-1] == "1000 errors, 3 more not shown"
    assert json.loads(lint("spec.md", "--json")[1])["dropped"] == 3


def test_one_form_at_a_time(lint: Run) -> None:
    code, out, err = lint("spec.md", "--json", "--format", "sarif")
    assert (code, out) == (2, "")
    assert "exclude each other" in err


def test_the_rules_are_listed(lint: Run) -> None:
    code, out, err = lint("--rules")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == [rule.code for rule in CATALOGUE]
    code, out, _ = lint("--rules", "--json")
    assert code == 0
    assert [(rule["code"], rule["severity"]) for rule in json.loads(out)] == [
        (rule.code, rule.severity) for rule in CATALOGUE
    ]
    assert json.loads(out)[0].keys() == {"code", "severity", "summary", "why"}


@pytest.mark.parametrize("name", ["text", "sarif"])
def test_colours_stay_on_the_terminal(lint: Run, name: str) -> None:
    _write("spec.md", "# A\n\nX.\n")
    assert "\x1b" not in lint("spec.md", "--format", name)[1]


def test_a_document_cannot_speak_to_the_terminal(lint: Run) -> None:
    _write("spec.md", "# A \x1b]0;x\x07\u202e {authority=root}\n\nIt must [?](#\x1b[31m).\n")
    _, out, _ = lint("spec.md")
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


# -- what cannot be used -----------------------------------------------------------------------


def test_no_document(lint: Run) -> None:
    code, out, err = lint()
    assert (code, out) == (2, "")
    assert "Missing argument 'SPEC'" in err


@pytest.mark.parametrize(
    "words",
    [
        ["none.md"],
        ["spec.md", "--prompts", "none"],
        ["spec.md", "--prompts", "spec.md"],
        ["spec.md", "--since", "none.md"],
        ["spec.md", "--since", "latin.md"],
        ["spec.md", "--format", "xml"],
        ["damaged.json"],
        ["deep.json"],
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(lint: Run, words: list[str]) -> None:
    _write("spec.md", CLEAN)
    _write("latin.md", b"\xe4")
    piece = '{"start": 5, "end": 6, "line": 1, "column": 1}'
    _write("damaged.json", _compiled(f'{{"text": "x", "span": {piece}}}'))
    _write("deep.json", _compiled("[" * 100_000))
    code, out, err = lint(*words)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert err.startswith(("adhere: ", "Usage: "))


def _compiled(gap: str) -> str:
    return (
        '{"schema": "adhere/spec/1", "name": "x", "source_digest": "", "spec_digest": "", '
        f'"sections": [], "gaps": [{gap}]}}'
    )


def test_a_document_that_is_no_text(lint: Run) -> None:
    _write("spec.md", b"# A\n\n\xff\n")
    code, out, _ = lint("spec.md")
    assert code == 2
    assert out.startswith("spec.md:3:1: error: byte 0xff")
    assert lint("spec.md", "--max-bytes", "2")[0] == 2
    assert json.loads(lint("spec.md", "--json")[1])["diagnostics"][0]["code"] == "invalid-utf8"


def test_too_many_prompt_files(lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adhere.assemble.prompts.MAX_FILES", 1)
    _write("spec.md", CLEAN)
    _write("prompts/a.md", PROMPTS)
    _write("prompts/b.md", PROMPTS)
    code, _, err = lint("spec.md", "--prompts", "prompts")
    assert code == 2
    assert "2 files; the limit is 1" in err


def test_a_compiled_spec_is_linted_like_its_source(lint: Run) -> None:
    _write("spec.md", "# A {#a tone=warm}\n\nSee [?](#b).\n")
    program = "from adhere.cli.main import main; main()"
    subprocess.run(
        [sys.executable, "-c", program, "compile", "spec.md", "-o", "spec.json"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert lint("spec.json") == lint("spec.md")


def test_a_section_that_a_case_names_is_tested(lint: Run) -> None:
    """The suite beside the spec counts by itself; another one is named."""
    _write("spec.md", "# Be kind {#kind authority=user}\n\nThe assistant is kind.\n")
    untested = lint("spec.md")[1]
    assert "nothing tests" in untested
    case = (
        '{"schema": "adhere/case/1", "id": "a", "sections": ["kind"], "right": "help", '
        '"conversation": [{"role": "user", "content": "Hi"}]}\n'
    )
    for name in ("suite", "other"):
        _write(
            f"{name}/manifest.toml",
            'schema = "adhere/suite/1"\nid = "t"\ntitle = "T"\n'
            'version = "1"\nlicence = "CC0-1.0"\n',
        )
    _write("other/cases.jsonl", case)
    _write("suite/cases.jsonl", "")
    assert "nothing tests" in lint("spec.md")[1]
    assert "nothing tests" not in lint("spec.md", "--suite", "other")[1]
    _write("suite/cases.jsonl", case)
    assert "nothing tests" not in lint("spec.md")[1]
