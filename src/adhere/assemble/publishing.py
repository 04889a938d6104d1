"""From the words a person types for a site to what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from adhere.assemble.loading import find_document, load_spec, read_limited
from adhere.audit import Admitted, Completed, LogFolder, decode_record
from adhere.audit.proof import write_inclusion
from adhere.conversation import Answer
from adhere.errors import InputError, UsageError
from adhere.evaluate import AnswerRecord, read_cases, read_records, report_on
from adhere.evaluate.run import Key
from adhere.judge import Verdict
from adhere.publish.site import (
    Edition,
    RunEvidence,
    ShownDecision,
    Site,
    Transcript,
    draw,
    notes_by_version,
    seed_of,
    unique_slugs,
)
from adhere.resolve import Decision, PublicDecision, public_view
from adhere.spec import Spec

_MOST_BYTES = 64 * 1024 * 1024
DOWNLOADS = ("report.json", "manifest.json", "report.html")


def find_editions(
    spec: str, previous: Sequence[str] = (), *, changelog: Path | None = None,
    translations: Sequence[str] = (),
) -> tuple[Edition, ...]:  # fmt: skip
    """Return a spec and its earlier versions, newest first.

    Args:
        spec: The newest version, as `load_spec` takes it.
        previous: Earlier versions, in any order but oldest or newest first.
        changelog: Markdown whose headings name versions: what their makers say has changed.
        translations: The newest version in other languages.

    Raises:
        InputError: One cannot be read, or a translation does not say its language.
        UsageError: A version is named twice.
    """
    names = [spec, *previous]
    specs = [load_spec(name) for name in names]
    labels = [_label(name, one) for name, one in zip(names, specs, strict=True)]
    if len(set(labels)) != len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise UsageError(f'two of the versions are called "{twice}"', remedy="name each once")
    order = [0, *sorted(range(1, len(names)), key=lambda n: _sortable(labels[n]), reverse=True)]
    notes = {}
    if changelog is not None:
        text = read_limited(changelog, _MOST_BYTES).decode("utf-8", "replace")
        notes = notes_by_version(text)
    slugs = unique_slugs(labels)
    found = tuple(_translation(name) for name in translations)
    return tuple(
        Edition(slugs[n], labels[n], specs[n], found if n == 0 else (), notes.get(slugs[n], ""))
        for n in order
    )


def _label(name: str, spec: Spec) -> str:
    if spec.metadata.version:
        return spec.metadata.version
    path = find_document(name)
    return path.resolve().parent.name if path.name in ("spec.md", "model_spec.md") else path.stem


def _sortable(label: str) -> list[tuple[int, int, str]]:
    """Versions in the order of their numbers: 1.10 comes after 1.9."""
    parts = "".join(c if c.isalnum() else " " for c in label).split()
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def _translation(name: str) -> Spec:
    spec = load_spec(name)
    if not spec.metadata.language:
        raise InputError(
            "a translation has to say its language",
            place=name,
            remedy='write language = "…" between +++ lines at its top',
        )
    return spec


def find_run(folder: Path, slug: str) -> RunEvidence:
    """Return a run as a site shows it.

    Raises:
        InputError: The folder holds no run, or a file of it cannot be read.
    """
    report = report_on(folder)
    seed = seed_of(report)
    return RunEvidence(
        slug=slug,
        title=report.manifest.suite.title,
        report=report,
        cases=read_cases(folder),
        transcripts=_transcripts(folder, seed),
        seed=seed,
        downloads=tuple(name for name in DOWNLOADS if (folder / name).is_file()),
    )


def _transcripts(folder: Path, seed: int) -> tuple[Transcript, ...]:
    if not (folder / "records.jsonl").exists():
        return ()
    keys = [record.key for record in read_records(folder) if isinstance(record, AnswerRecord)]
    drawn = draw(keys, seed)
    answers: dict[Key, Answer] = {}
    verdicts: dict[Key, Verdict] = {}
    for record in read_records(folder):
        if record.key not in drawn:
            continue
        if isinstance(record, AnswerRecord):
            answers[record.key] = record.answer
        else:
            verdicts[record.key] = record.verdict
    asked = {name for _, name, _ in drawn}
    cases = {case.id: case for case in read_cases(folder) if case.id in asked}
    return tuple(
        Transcript(key[0], cases[key[1]], key[2], answers[key], verdicts.get(key))
        for key in drawn
        if key[1] in cases
    )


def find_runs(folders: Iterable[Path]) -> tuple[RunEvidence, ...]:
    """Return runs in the order given, which is the order of time; see `find_run`.

    Raises:
        InputError: A folder holds no run.
    """
    listed = [Path(folder) for folder in folders]
    names = [folder.resolve().name for folder in listed]
    runs = [find_run(*pair) for pair in zip(listed, unique_slugs(names), strict=True)]
    titles = [run.title for run in runs]
    return tuple(
        replace(run, title=f"{run.title}, {name}") if titles.count(run.title) > 1 else run
        for run, name in zip(runs, names, strict=True)
    )


def find_decisions(path: Path, log: Path | None = None) -> dict[str, ShownDecision]:
    """Return the decisions of a file of ``decision/1`` or ``public-decision/1``, one a line.

    Only the public view of each is kept.

    Args:
        path: The file.
        log: The folder of an audit log; each decision it recorded comes with a proof of that.

    Raises:
        InputError: A line is not a decision, or the log is damaged.
        UsageError: There is no log.
    """
    shown = {}
    for number, line in enumerate(read_limited(path, _MOST_BYTES).splitlines(), 1):
        if line.strip():
            decision = _decision(line, f"{path}:{number}")
            shown[decision.id] = ShownDecision(decision)
    return shown if log is None else shown | _proved(shown, LogFolder(log))


def _proved(shown: Mapping[str, ShownDecision], log: LogFolder) -> dict[str, ShownDecision]:
    """Return those of the decisions that the log recorded, each with its first record's proof."""
    signed = log.checkpoint()
    size = signed.checkpoint.size
    nodes = log.nodes(size)
    found: dict[str, ShownDecision] = {}
    for number, entry in log.entries(0, size):
        record = decode_record(entry, f"{log.path}: record {number}")
        if not isinstance(record, Admitted | Completed):
            continue
        for name in {decision.id for decision in record.decisions} & (shown.keys() - found.keys()):
            proof = write_inclusion(number, entry, signed.note, size, nodes)
            found[name] = replace(
                shown[name], origin=log.identity.origin, number=number, proof=proof
            )
    return found


def _decision(line: bytes, place: str) -> PublicDecision:
    try:
        return public_view(msgspec.json.decode(line, type=Decision))
    except msgspec.ValidationError:
        try:
            return msgspec.json.decode(line, type=PublicDecision)
        except msgspec.ValidationError as error:
            raise InputError(f"this is not a decision: {error}", place=place) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"this is not JSON: {error}", place=place) from error


def site_title(title: str, editions: Sequence[Edition]) -> str:
    """Return the name of a site: what was asked for, else what the spec calls itself."""
    return title or editions[0].spec.metadata.title or "Behaviour specification"


def downloads(folders: Iterable[Path], site: Site) -> dict[str, Path]:
    """Return the files of runs to take along, by their address."""
    return {
        f"data/{run.slug}/{name}": Path(folder) / name
        for folder, run in zip(folders, site.runs, strict=True)
        for name in run.downloads
    }
