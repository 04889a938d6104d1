"""Examples in documents and docstrings run as tests.

In Markdown, ``python`` blocks run as doctests and ``console`` blocks as a person would type them
(what needs the network or recordings is a ``sh`` or ``text`` block, which is not run): each line
that starts with ``$`` is run in a folder of its own for the document, and what it prints
must be what follows, up to ``...`` for what changes. In docstrings, doctests run.
"""

from __future__ import annotations

import doctest
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sybil import Document, Example, Region, Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class ConsoleParser(CodeBlockParser):
    """Runs ``console`` blocks."""

    language = "console"

    def evaluate(self, example: Example) -> str | None:
        """Return what differs between the document and what the commands print."""
        folder = example.namespace.setdefault("folder", tempfile.mkdtemp(prefix="adhere-docs-"))
        for command, wanted in commands(str(example.parsed)):
            got = run(command, Path(folder))
            if not doctest.OutputChecker().check_output(wanted, got, FLAGS):
                return f"$ {command}\nshould print:\n{wanted}\nbut prints:\n{got}"
        return None


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block with the output that follows it."""
    command, output = "", ""
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, output
            command, output = line[2:], ""
        elif command.endswith("\\") and line.startswith("> "):
            command = command[:-1] + line[2:]
        else:
            output += line + "\n"
    if command:
        yield command, output


def run(command: str, folder: Path) -> str:
    """Run one command; ``adhere`` is the one under test, others are the shell's."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**environment, "PATH": path, "ROOT": shlex.quote(str(ROOT))}, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def console_blocks(document: Document) -> Iterator[Region]:
    """Parse the console blocks of a document."""
    yield from ConsoleParser()(document)


def remove_folder(namespace: dict[str, Any]) -> None:
    """Remove the folder the document's commands ran in."""
    if "folder" in namespace:
        subprocess.run(["rm", "-rf", namespace["folder"]], check=True)


pytest_collect_file = (
    Sybil(
        parsers=[PythonCodeBlockParser(doctest_optionflags=FLAGS), console_blocks],
        patterns=["*.md"],
        excludes=["specs/**"],
        teardown=remove_folder,
    )
    + Sybil(
        parsers=[DocTestParser(optionflags=FLAGS)],
        patterns=["src/**/*.py"],
        document_types={".py": PythonDocStringDocument},
    )
).pytest()
