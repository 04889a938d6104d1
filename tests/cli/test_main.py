"""The root command: help, errors, exit codes, completion, start-up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from adhere.assemble import load_spec
from adhere.cli import cli
from adhere.cli.main import VERBS
from adhere.errors import InputError

ALL_VERBS = [verb for verbs in VERBS.values() for verb in verbs]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adhere.cli", *words], capture_output=True, text=True, check=False,
        env={**os.environ, **environment}, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    done = CliRunner().invoke(cli, [verb, "--help"])
    assert done.exit_code == 0
    assert f"adhere {verb}" in done.output


def test_help_lists_every_verb_and_the_exit_codes() -> None:
    text = CliRunner().invoke(cli, ["--help"]).output
    assert [verb for verb in ALL_VERBS if f"  {verb} " not in text] == []
    assert "Exit codes" in text


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("no-such-verb",), 2, "No such command"),
        (("show", "no-such-file.md"), 2, "there is no such file"),
        (("show", "openai@2025-12-18"), 2, "adhere fetch openai@2025-12-18"),
        (("show", "reference", "no_such_section"), 2, 'there is no section "no_such_section"'),
        (("compile", "/proc/self/mem"), 3, "cannot read it"),
        (("compile", "reference", "-o", "/proc/x/y.json"), 3, "cannot write it"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    words: tuple[str, ...], code: int, message: str
) -> None:
    done = run(*words)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


PLAIN = {
    "audit erase", "audit export", "audit find", "audit init", "audit prove", "audit record",
    "audit sequence", "audit show", "audit witness cosign", "audit witness init", "compile",
    "release key", "serve rollback", "serve rollout", "serve worker", "site",
}  # fmt: skip
"""What has no --json: it prints JSON or a signed text anyway, or one line such as a key."""


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from commands(f"{name} {word}", inner)


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_every_command_that_prints_offers_json(verb: str) -> None:
    """Looks at the options: the words --json in an example are none."""
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    found = dict(commands(verb, command))
    without = {
        name
        for name, one in found.items()
        if "--json" not in {word for option in one.params for word in option.opts}
    }
    assert without == PLAIN & found.keys()


def test_a_compiled_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"schema": "adhere/other/1"}')
    done = run("show", str(path))
    assert done.returncode == 2
    assert "not a compiled spec" in done.stderr


def test_a_compiled_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(msgspec.json.encode(load_spec("reference")))
    assert load_spec(str(path)) == load_spec("reference")
    path.write_text(path.read_text().replace('"authority":"root"', '"authority":"guideline"', 1))
    with pytest.raises(InputError, match="was changed"):
        load_spec(str(path))


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m adhere.cli show reference --json | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_no_colours_where_nobody_sees_them() -> None:
    assert "\x1b[" not in run("show", "reference", "clear_and_brief").stdout


def test_the_shell_is_offered_verbs_and_specs() -> None:
    asked = {"_ADHERE_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    script = "import adhere.cli, sys; sys.argv[0] = 'adhere'; adhere.cli.main.main()"

    def offered(words: str, at: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False,
            env={**os.environ, **asked, "COMP_WORDS": words, "COMP_CWORD": at},
        ).stdout  # fmt: skip

    assert "plain,compile" in offered("adhere comp", "1")
    shown = offered("adhere show ref", "2")
    assert "plain,reference" in shown
    assert "file,ref" in shown


def test_compile_writes_what_show_reads(tmp_path: Path) -> None:
    done = run("compile", "reference", "-o", str(tmp_path / "r.json"))
    assert (done.returncode, done.stdout) == (0, "")
    assert run("show", str(tmp_path / "r.json")).stdout == run("show", "reference").stdout


def test_compile_of_a_broken_document_says_where_and_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "bad.md"
    path.write_bytes(b"# A {#a authority=boss}\n\xff\n")
    done = run("compile", str(path))
    assert done.returncode == 2
    assert "bad.md:2:1: error: byte 0xff" in done.stderr
    assert done.stdout == ""


def test_start_up_loads_no_heavy_library() -> None:
    script = (
        "import sys, adhere.cli.main as m; m.cli.main(['--help'], standalone_mode=False);"
        "print(sorted({'scipy', 'aiohttp', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
