"""What other tools recorded, by kind: which files are read, and what they become."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

from adhere.assemble.scores import read_replication
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evaluate import SuiteManifest
from adhere.evaluate.case_file import case_flaw
from adhere.sources.agentdyn import parse_agentdyn
from adhere.sources.agentdyn_suite import suite_of
from adhere.sources.ifeval_suite import ifeval_suite
from adhere.sources.imported import Imported, Refused
from adhere.sources.judgements import parse_llmbar, parse_pandalm, parse_xstest_judges
from adhere.sources.model_spec_evals import parse_model_spec_evals
from adhere.sources.openai_chat import parse_openai_chat
from adhere.sources.rbr_suite import rbr_suite
from adhere.sources.syco_bench import TESTS, parse_syco_bench
from adhere.sources.tau_bench_suite import tau_bench_suite
from adhere.sources.xstest import parse_xstest

MAX_BYTES: Final = 256 * 1024 * 1024
"""Most that a file may unpack to: a compressed file is hostile until it is read."""

Sections = tuple[str, ...]


class ImportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was made of a recording (``adhere/import/1``).

    Attributes:
        kind: The importer.
        folder: Where it was written.
        rows: Rows read, those refused and skipped among them.
        cases, recordings, judgements, scores: How many were made.
        models: Whose answers or scores they are.
        skipped: Rows left out on purpose: they say so themselves, or are no use as a case.
        refused: Rows, or parts of them, that were not taken, and why.
        notes: What whoever uses it should know.
    """

    schema: Literal["adhere/import/1"]
    kind: str
    folder: str
    rows: int
    cases: int
    recordings: int
    judgements: int
    scores: int
    models: tuple[str, ...]
    skipped: int
    refused: tuple[Refused, ...]
    notes: tuple[str, ...]


class Importer(msgspec.Struct, frozen=True):
    """One kind of recording.

    Attributes:
        what: What to give it and what it makes, in a line.
        read: Makes something of a file or folder; the sections are those asked for.
        manifest: Title, version, licence and description of the suite, where there is one.
        wants_sections: Whether the recording does not say what it tests.
    """

    what: str
    read: Callable[[Path, Sections], Imported]
    manifest: tuple[str, str, str, str] | None = None
    wants_sections: bool = False


def _xstest(path: Path, _sections: Sections) -> Imported:
    text = _text(path)
    imported = parse_xstest(io.StringIO(text, newline=""), name=str(path))
    judgements = tuple(parse_xstest_judges(io.StringIO(text, newline="")))
    return msgspec.structs.replace(imported, judgements=judgements)


def _llmbar(path: Path, _sections: Sections) -> Imported:
    items, rows = (_lines(path / f"{name}.jsonl.gz") for name in ("items", "verdicts"))
    return Imported((), (), len(rows), judgements=tuple(parse_llmbar(items, rows)))


def _pandalm(path: Path, _sections: Sections) -> Imported:
    rows = _lines(path)
    return Imported((), (), len(rows), judgements=tuple(parse_pandalm(rows)))


def _agentdyn(path: Path, _sections: Sections) -> Imported:
    files = sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]
    return suite_of(
        run for file in files for run in parse_agentdyn(_lines(file), name=file.name)
    )  # fmt: skip


def _ifeval(path: Path, _sections: Sections) -> Imported:
    responses = {file.name: _lines(file) for file in sorted(path.glob("responses_*.jsonl*"))}
    return ifeval_suite(_lines(path / "input_data.jsonl"), responses)


def _rbr(path: Path, _sections: Sections) -> Imported:
    return rbr_suite(_lines(path), name=path.name)


def _tau_bench(path: Path, _sections: Sections) -> Imported:
    return tau_bench_suite(_lines(path), name=path.name, model=path.name.partition(".json")[0])


def _syco_bench(path: Path, _sections: Sections) -> Imported:
    files = {}
    for test in TESTS:
        packed = path / f"{test}_results.csv.gz"
        files[test] = _text(packed if packed.exists() else packed.with_suffix(""))
    published = path / "master_results.csv"
    return parse_syco_bench(files, _text(published) if published.exists() else None)


def _replication(path: Path, _sections: Sections) -> Imported:
    scores = read_replication(path)
    return Imported((), (), len(scores.scores), (scores.note,), scores=scores)


def _model_spec_evals(path: Path, _sections: Sections) -> Imported:
    return parse_model_spec_evals(_read(path), name=path.name)


def _openai_chat(path: Path, sections: Sections) -> Imported:
    return parse_openai_chat(_lines(path), name=path.name, sections=sections)


IMPORTERS: Final[dict[str, Importer]] = {
    "xstest": Importer(
        "CSV of XSTest v2 completions with human, GPT-4 and string-match labels: a suite, recorded"
        " answers, and judgements of the instruments.",
        _xstest,
        ("XSTest v2", "2", "CC-BY-4.0",
         "Safe prompts that look unsafe, and unsafe contrasts (Röttger et al. 2024)."),
    ),
    "agentdyn": Importer(
        "Folder of AgentDyn's recorded runs: the attacked ones as a suite with recorded answers,"
        " labelled by the environment (--judge label:environment).",
        _agentdyn,
        ("AgentDyn, attacked runs", "1", "MIT",
         "Tools that return an attacker's instruction (arXiv 2602.03117)."),
    ),
    "ifeval": Importer(
        "Folder with input_data.jsonl and responses_*.jsonl: prompts with their instructions as"
        " checks, recorded answers labelled by the original checkers.",
        _ifeval,
        ("IFEval", "1", "Apache-2.0", "Verifiable instructions (arXiv 2311.07911)."),
    ),
    "rbr": Importer(
        "JSON lines of the gold data of rule-based rewards: a suite with recorded answers, labelled"
        " by people (--judge label:human).",
        _rbr,
        ("RBR gold data", "1", "MIT", "Ideal answers and refusals (arXiv 2411.01111)."),
    ),
    "tau-bench": Importer(
        "JSON lines of tau-bench's trials: a suite with recorded conversations, labelled by the"
        " environment as solved or not.",
        _tau_bench,
        ("tau-bench", "1", "MIT", "A service agent and its policy (arXiv 2406.12045)."),
    ),
    "syco-bench": Importer(
        "Folder with the four CSV files of Syco-Bench's results: a suite of pairs with recorded"
        " answers, and the judgements of its three judges.",
        _syco_bench,
        ("Syco-Bench", "1", "MIT-0", "The same question under opposite stances of the user."),
    ),
    "llmbar": Importer(
        "Folder with items.jsonl.gz and verdicts.jsonl.gz of LLMBar: judgements of 65 set-ups.",
        _llmbar,
    ),
    "pandalm": Importer("JSON lines of PandaLM's labelled test set: judgements.", _pandalm),
    "replication": Importer(
        "Folder of the independent replication of the Model Spec evaluation: scores of five models"
        " for `adhere publish --scores`.",
        _replication,
    ),
    "model-spec-evals": Importer(
        "JSON list of {id, input, target, metadata}: a suite with rubrics; entries that say `skip`"
        " are counted and left out.",
        _model_spec_evals,
        ("Model Spec Evals", "1", "unknown", "Prompts with rubrics, one a behaviour."),
    ),
    "openai-chat": Importer(
        "JSON lines with `messages`: a suite, with recorded answers where the last message is the"
        " assistant's. Needs --section.",
        _openai_chat,
        ("Conversations", "1", "unknown", "Conversations as chat interfaces exchange them."),
        wants_sections=True,
    ),
}  # fmt: skip
"""By name; AgentDojo's runs and Inspect's logs are not read."""


def read_import(kind: str, path: Path, sections: Sections = ()) -> Imported:
    """Read a recording; a case that no run could use is refused with its recordings.

    Raises:
        InputError: Nothing of it can be taken.
        UsageError: Sections are given and not wanted, or wanted and not given.
        SystemFault: A file cannot be read.
    """
    importer = IMPORTERS[kind]
    if importer.wants_sections != bool(sections):
        wanted = "needs" if importer.wants_sections else "does not take"
        raise UsageError(f'"{kind}" {wanted} --section', remedy="see `adhere import --help`")
    found = importer.read(path, sections)
    flaws = {case.id: flaw for case in found.cases if (flaw := case_flaw(case)) is not None}
    refused = (*found.refused, *(Refused(f'case "{name}"', why) for name, why in flaws.items()))
    cases = tuple(case for case in found.cases if case.id not in flaws)
    if not (cases or found.judgements or found.scores):
        first = f"; the first: {refused[0].place}: {refused[0].reason}" if refused else ""
        raise InputError(
            f"none of its {found.rows} rows can be taken{first}",
            place=str(path),
            remedy="see docs/import.md for what each kind reads",
        )
    recordings = tuple(each for each in found.recordings if each.case not in flaws)
    return msgspec.structs.replace(found, cases=cases, recordings=recordings, refused=refused)


def manifest_of(kind: str) -> SuiteManifest | None:
    """Return what a suite of this kind says of itself; None where none is made."""
    words = IMPORTERS[kind].manifest
    if words is None:
        return None
    title, version, licence, description = words
    return SuiteManifest(
        schema="adhere/suite/1", id=kind, title=title, version=version, licence=licence,
        description=description, language="" if licence == "unknown" else "en",
    )  # fmt: skip


def summary(kind: str, folder: Path, found: Imported) -> ImportSummary:
    """Return what was made of a recording, in figures."""
    unread = sum(each.label is None for each in found.judgements)
    told = (f"{unread} judgements could not be read: the judge broke its format",)
    models = dict.fromkeys(recording.model for recording in found.recordings)
    return ImportSummary(
        schema="adhere/import/1", kind=kind, folder=str(folder), rows=found.rows,
        cases=len(found.cases), recordings=len(found.recordings),
        judgements=len(found.judgements),
        scores=len(found.scores.scores) if found.scores else 0,
        models=tuple(models) or (found.scores.models if found.scores else ()),
        skipped=found.skipped, refused=found.refused, notes=found.notes + (told if unread else ()),
    )  # fmt: skip


def _lines(path: Path) -> list[bytes]:
    return _read(path).splitlines()


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
