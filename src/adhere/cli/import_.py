"""``adhere import``"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from adhere.assemble.importing import (
    IMPORTERS,
    ImportSummary,
    manifest_of,
    read_import,
    summary,
)
from adhere.cli.options import json_option, print_json, write_file
from adhere.compiler.formats import printable
from adhere.errors import UsageError
from adhere.evaluate import write_suite
from adhere.sources.imported import Imported

SHOWN: Final = 20
"""Refused rows that a person is shown; the JSON has all."""


def _list(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        for name, importer in IMPORTERS.items():
            click.echo(f"{name:<18}{importer.what}")
        context.exit()


@click.command("import")
@click.argument("kind", type=click.Choice(list(IMPORTERS)))
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to make."
)
@click.option(
    "--section", "sections", multiple=True, metavar="ID",
    help="Section that the cases test, for kinds that do not say (may be repeated).",
)  # fmt: skip
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list,
    help="Say what each kind reads and makes.",
)  # fmt: skip
@json_option
def command(kind: str, path: Path, output: Path, sections: tuple[str, ...], as_json: bool) -> int:
    """Turn what another tool recorded into a folder that adhere reads.

    Files may be gzipped. Rows that cannot be taken are listed with their reason, and the exit
    code is 1 then. Sections are those of the published Model Spec. `--list` says what each kind
    reads.

    \b
    Examples:
      adhere import --list
      adhere import xstest xstest_v2_labelled.csv.gz -o suites/xstest
      adhere import ifeval ifeval/ -o suites/ifeval
      adhere import openai-chat log.jsonl --section clear_and_brief -o suites/log
    """
    if output.exists() and any(output.iterdir()):
        raise UsageError("the folder is not empty", place=str(output), remedy="name a new folder")
    found = read_import(kind, path, sections)
    _write(kind, output, found)
    made = summary(kind, output, found)
    if as_json:
        print_json(made)
    else:
        _show(made)
    return 1 if made.refused else 0


def _write(kind: str, output: Path, found: Imported) -> None:
    manifest = manifest_of(kind)
    if manifest is not None:
        write_suite(output, manifest, found.cases)
    for name, lines in (("recordings", found.recordings), ("judgements", found.judgements)):
        if lines:
            write_file(output / f"{name}.jsonl", _encoded(lines))
    if found.scores is not None:
        encoded = msgspec.json.format(msgspec.json.encode(found.scores), indent=2)
        write_file(output / "scores.json", encoded + b"\n")


def _encoded(lines: Iterable[Any]) -> bytes:
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _show(made: ImportSummary) -> None:
    click.echo(
        f"{made.rows} rows: {made.cases} cases, {made.recordings} recordings, "
        f"{made.judgements} judgements, {made.scores} scores; "
        f"{made.skipped} skipped, {len(made.refused)} refused"
    )
    if made.models:
        click.echo(f"Models: {', '.join(map(printable, made.models))}")
    for row in made.refused[:SHOWN]:
        click.echo(f"refused: {printable(row.place)}: {printable(row.reason)}")
    if len(made.refused) > SHOWN:
        click.echo(f"refused: {len(made.refused) - SHOWN} more, see --json")
    for note in made.notes:
        click.echo(f"note: {printable(note)}")
    click.echo(f"Folder: {made.folder}")
