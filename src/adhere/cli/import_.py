"""``adhere import``"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import click
import msgspec

from adhere.assemble.scores import read_replication
from adhere.cli.options import json_option, print_json, write_file
from adhere.conversation import Judgement
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evaluate import SuiteManifest, write_suite
from adhere.sources.agentdyn import parse_agentdyn
from adhere.sources.agentdyn_suite import suite_of
from adhere.sources.judgements import parse_llmbar, parse_pandalm, parse_xstest_judges
from adhere.sources.xstest import parse_xstest

MAX_BYTES = 256 * 1024 * 1024
"""Most that a file may unpack to: a compressed file is hostile until it is read."""


class Summary(msgspec.Struct, frozen=True):
    """What was made of a recording."""

    folder: str
    rows: int
    cases: int = 0
    recordings: int = 0
    judgements: int = 0
    scores: int = 0
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _xstest(path: Path, output: Path) -> Summary:
    text = _text(path)
    imported = parse_xstest(io.StringIO(text, newline=""), name=str(path))
    judgements = list(parse_xstest_judges(io.StringIO(text, newline="")))
    manifest = SuiteManifest(
        schema="adhere/suite/1", id="xstest", title="XSTest v2", version="2", licence="CC-BY-4.0",
        description="Safe prompts that look unsafe, and unsafe contrasts (Röttger et al. 2024).",
        language="en",
    )  # fmt: skip
    write_suite(output, manifest, imported.cases)
    _write_lines(output / "recordings.jsonl", imported.recordings)
    _write_lines(output / "judgements.jsonl", judgements)
    models = tuple(dict.fromkeys(recording.model for recording in imported.recordings))
    return Summary(
        str(output), imported.rows, len(imported.cases), len(imported.recordings), len(judgements),
        models=models, notes=imported.notes,
    )  # fmt: skip


def _llmbar(path: Path, output: Path) -> Summary:
    items, verdicts = (_read(path / f"{name}.jsonl.gz") for name in ("items", "verdicts"))
    rows = verdicts.splitlines()
    return _judgements_only(output, parse_llmbar(items.splitlines(), rows), len(rows))


def _pandalm(path: Path, output: Path) -> Summary:
    rows = _read(path).splitlines()
    return _judgements_only(output, parse_pandalm(rows), len(rows))


def _agentdyn(path: Path, output: Path) -> Summary:
    files = sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]
    runs = (
        run for file in files for run in parse_agentdyn(_read(file).splitlines(), name=file.name)
    )
    imported = suite_of(runs)
    manifest = SuiteManifest(
        schema="adhere/suite/1", id="agentdyn", title="AgentDyn, attacked runs", version="1",
        licence="MIT", language="en",
        description="Tools that return an attacker's instruction (arXiv 2602.03117).",
    )  # fmt: skip
    write_suite(output, manifest, imported.cases)
    _write_lines(output / "recordings.jsonl", imported.recordings)
    models = tuple(dict.fromkeys(recording.model for recording in imported.recordings))
    return Summary(
        str(output), imported.rows, len(imported.cases), len(imported.recordings),
        models=models, notes=imported.notes,
    )  # fmt: skip


def _replication(path: Path, output: Path) -> Summary:
    scores = read_replication(path)
    encoded = msgspec.json.format(msgspec.json.encode(scores), indent=2)
    write_file(output / "scores.json", encoded + b"\n")
    return Summary(
        str(output), len(scores.scores), scores=len(scores.scores), models=scores.models,
        notes=(scores.note,),
    )  # fmt: skip


KINDS: Final[dict[str, Callable[[Path, Path], Summary]]] = {
    "xstest": _xstest,
    "agentdyn": _agentdyn,
    "llmbar": _llmbar,
    "pandalm": _pandalm,
    "replication": _replication,
}


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to make."
)
@json_option
def command(kind: str, path: Path, output: Path, as_json: bool) -> int:
    """Turn what another tool recorded into a folder that adhere reads.

    \b
    xstest   CSV of XSTest v2 completions with human, GPT-4 and string-match labels (may be
             gzipped): a suite, its recorded answers, and the judgements of the instruments.
             Its sections are those of the published Model Spec.
    agentdyn folder of AgentDyn's recorded runs: the attacked ones as a suite with recorded answers,
             labelled by the environment (--judge label:environment).
    llmbar   folder with items.jsonl.gz and verdicts.jsonl.gz: judgements of 65 judge set-ups.
    pandalm  JSON lines of PandaLM's labelled test set (may be gzipped): judgements.
    replication
             folder of the independent replication of the Model Spec evaluation: scores of five
             models for `adhere publish --scores`.

    \b
    Examples:
      adhere import xstest xstest_v2_labelled.csv.gz -o suites/xstest
      adhere import llmbar llmbar/ -o judges/llmbar
    """
    if output.exists() and any(output.iterdir()):
        raise UsageError("the folder is not empty", place=str(output), remedy="name a new folder")
    summary = KINDS[kind](path, output)
    if as_json:
        print_json({"schema": "adhere/import/1", **msgspec.to_builtins(summary)})
        return 0
    made = []
    if summary.cases:
        made.append(f"{summary.cases} cases, answers of {', '.join(summary.models)}")
    if summary.scores:
        made.append(f"{summary.scores} scores of {', '.join(summary.models)}")
    if summary.judgements:
        made.append(f"{summary.judgements} judgements")
    click.echo(f"{summary.rows} rows: {'; '.join(made)}")
    for note in summary.notes:
        click.echo(f"note: {note}")
    click.echo(f"Folder: {output}")
    return 0


def _judgements_only(output: Path, judgements: Iterable[Judgement], rows: int) -> Summary:
    made = list(judgements)
    _write_lines(output / "judgements.jsonl", made)
    return Summary(str(output), rows, judgements=len(made))


def _write_lines(path: Path, lines: Iterable[object]) -> None:
    write_file(path, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def _read(path: Path) -> bytes:
    """Read a file, unpacked if it is gzipped, up to `MAX_BYTES`."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"the compressed file is damaged: {error}", place=str(path)) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("there is no such file", place=str(path)) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"the file holds more than {MAX_BYTES:,} bytes", place=str(path))
    return data


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", place=str(path)) from error
