"""``adhere import``"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
import msgspec

from adhere.cli.options import json_option, print_json, write_file
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evaluate import SuiteManifest, write_suite
from adhere.sources.xstest import parse_xstest

MAX_BYTES = 256 * 1024 * 1024
"""Most that a file may unpack to: a compressed file is hostile until it is read."""


@click.command("import")
@click.argument("kind", type=click.Choice(["xstest"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the new suite.",
)
@json_option
def command(kind: str, file: Path, output: Path, as_json: bool) -> int:
    """Turn FILE, recorded by another tool, into a suite with its recorded answers.

    xstest: the CSV of XSTest v2 completions with human, GPT-4 and string-match labels (may be
    gzipped). Its sections are those of the published Model Spec.

    \b
    Example:
      adhere import xstest xstest_v2_labelled.csv.gz -o suites/xstest
    """
    if output.exists() and any(output.iterdir()):
        raise UsageError("the folder is not empty", place=str(output), remedy="name a new folder")
    with _open_text(file) as lines:
        imported = parse_xstest(lines, name=str(file))
    manifest = SuiteManifest(
        schema="adhere/suite/1",
        id=kind,
        title="XSTest v2",
        version="2",
        licence="CC-BY-4.0",
        description="Safe prompts that look unsafe, and unsafe contrasts (Röttger et al. 2024).",
        language="en",
    )
    write_suite(output, manifest, imported.cases)
    recordings = b"".join(msgspec.json.encode(line) + b"\n" for line in imported.recordings)
    write_file(output / "recordings.jsonl", recordings)
    models = list(dict.fromkeys(recording.model for recording in imported.recordings))
    if as_json:
        print_json(
            {
                "schema": "adhere/import/1",
                "folder": str(output),
                "rows": imported.rows,
                "cases": len(imported.cases),
                "recordings": len(imported.recordings),
                "models": models,
                "notes": imported.notes,
            }
        )
        return 0
    click.echo(f"{imported.rows} rows: {len(imported.cases)} cases, answers of {', '.join(models)}")
    for note in imported.notes:
        click.echo(f"note: {note}")
    click.echo(f"Suite: {output}")
    return 0


@contextmanager
def _open_text(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"the compressed file is damaged: {error}", place=str(path)) from error
    except FileNotFoundError as error:
        raise InputError("there is no such file", place=str(path)) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"the file holds more than {MAX_BYTES:,} bytes", place=str(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", place=str(path)) from error
    yield io.StringIO(text, newline="")
