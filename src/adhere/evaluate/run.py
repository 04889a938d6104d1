"""A run: models asked every case of a suite, each answer stored before it is judged.

A run is a folder that needs nothing beside it: ``manifest.json`` says what was asked of whom,
``spec.json`` and ``cases.jsonl`` are the spec and the cases as they were, and ``records.jsonl`` is
the append-only record that everything else is computed from. A run that was cut off at any moment
is taken up again by running it once more on the same folder.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

import msgspec

from adhere import __version__
from adhere.conversation import Answer, Case
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evaluate.suite import Suite
from adhere.judge import Judge, Verdict
from adhere.models import Model, Request
from adhere.spec import Spec

_BEGUN = frozenset({"spec.json", "cases.jsonl"})
"""What lies in a folder whose run was cut off before it began."""

Key = tuple[str, str, int]
"""Model, case, epoch."""


class SpecRef(msgspec.Struct, frozen=True):
    """Which spec a run was held against."""

    name: str
    title: str
    version: str
    source_digest: str
    spec_digest: str


class SuiteRef(msgspec.Struct, frozen=True):
    """Which suite was asked."""

    id: str
    title: str
    version: str
    digest: str
    cases: int


class RunManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is (``adhere/run/1``)."""

    schema: Literal["adhere/run/1"]
    adhere: str
    spec: SpecRef
    suite: SuiteRef
    models: tuple[str, ...]
    judge: str
    epochs: int

    @property
    def expected(self) -> int:
        """How many answers a complete run has."""
        return self.suite.cases * len(self.models) * self.epochs


class AnswerRecord(msgspec.Struct, frozen=True, tag_field="kind", tag="answer"):
    """An answer, stored the moment it came."""

    model: str
    case: str
    epoch: int
    answer: Answer

    @property
    def key(self) -> Key:
        """What it is the answer of."""
        return (self.model, self.case, self.epoch)


class VerdictRecord(msgspec.Struct, frozen=True, tag_field="kind", tag="verdict"):
    """The judgement of an answer."""

    model: str
    case: str
    epoch: int
    verdict: Verdict

    @property
    def key(self) -> Key:
        """What it judges."""
        return (self.model, self.case, self.epoch)


Record = AnswerRecord | VerdictRecord


def manifest_of(
    spec: Spec, suite: Suite, models: Sequence[Model], judge: Judge, epochs: int
) -> RunManifest:
    """Describe a run before it starts."""
    about = suite.manifest
    return RunManifest(
        schema="adhere/run/1",
        adhere=__version__,
        spec=SpecRef(
            spec.name, spec.metadata.title, spec.metadata.version, spec.source_digest,
            spec.spec_digest,
        ),
        suite=SuiteRef(about.id, about.title, about.version, suite.digest, len(suite.cases)),
        models=tuple(model.name for model in models),
        judge=judge.name,
        epochs=epochs,
    )  # fmt: skip


class RunFolder(AbstractContextManager["RunFolder"]):
    """The folder of a run, open for appending.

    Raises:
        UsageError: The folder holds another run.
        InputError: What is there is not a run.
        SystemFault: It cannot be written.
    """

    def __init__(self, folder: Path, manifest: RunManifest, spec: Spec, suite: Suite) -> None:
        self.folder = folder
        self.manifest = manifest
        self._spec, self._suite = spec, suite
        self.answers: dict[Key, Answer] = {}
        self.judged: set[Key] = set()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        path = self.folder / "manifest.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if path.exists():
                self._take_up()
            else:
                if any(path.name not in _BEGUN for path in self.folder.iterdir()):
                    raise UsageError(
                        "the folder is not empty and holds no run",
                        place=str(self.folder),
                        remedy="name a new folder",
                    )
                self._begin(path)
            self._file = (self.folder / "records.jsonl").open("ab")
        except OSError as error:
            raise SystemFault(
                f"cannot write it: {error.strerror}", place=str(self.folder)
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def _begin(self, manifest: Path) -> None:
        (self.folder / "spec.json").write_bytes(msgspec.json.encode(self._spec))
        with (self.folder / "cases.jsonl").open("wb") as file:
            file.writelines(msgspec.json.encode(case) + b"\n" for case in self._suite.cases)
        manifest.write_bytes(_pretty(self.manifest))  # last: with it the folder is a run

    def _take_up(self) -> None:
        if read_manifest(self.folder) != self.manifest:
            raise UsageError(
                "the folder holds a run of something else (another spec, suite, model, judge or "
                "version)",
                place=str(self.folder),
                remedy="name a new folder",
            )
        path = self.folder / "records.jsonl"
        if path.exists():
            cut_torn_tail(path)
        for record in read_records(self.folder):
            if isinstance(record, AnswerRecord):
                self.answers[record.key] = record.answer
            else:
                self.judged.add(record.key)

    def append(self, record: Record) -> None:
        """Write a record; it survives the end of this process from here on."""
        assert self._file is not None
        self._file.write(msgspec.json.encode(record) + b"\n")
        self._file.flush()


async def run(
    folder: RunFolder, suite: Suite, models: Sequence[Model], judge: Judge, *,
    concurrency: int = 16, progress: Callable[[int], None] = lambda _done: None,
) -> None:  # fmt: skip
    """Ask and judge whatever the folder does not hold yet.

    Args:
        folder: An entered `RunFolder`.
        suite: What to ask.
        models: Whom; the names must be those of the manifest.
        judge: Who judges.
        concurrency: How many requests may be under way at once.
        progress: Called with how many answers have their verdict by now.
    """
    todo = _todo(folder, suite, models)
    done = len(folder.judged)
    progress(done)

    async def work() -> None:
        nonlocal done
        for model, case, epoch in todo:
            key = (model.name, case.id, epoch)
            answer = folder.answers.pop(key, None)
            if answer is None:
                answer = await model.answer(Request(case.conversation, case.id, epoch))
                folder.append(AnswerRecord(*key, answer))
            folder.append(VerdictRecord(*key, await judge.verdict(case, answer)))
            done += 1
            progress(done)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())
    finally:
        for model in models:
            await model.close()
        await judge.close()


def _todo(
    folder: RunFolder, suite: Suite, models: Sequence[Model]
) -> Iterator[tuple[Model, Case, int]]:
    for model in models:
        for epoch in range(folder.manifest.epochs):
            for case in suite.cases:
                if (model.name, case.id, epoch) not in folder.judged:
                    yield model, case, epoch


def read_manifest(folder: Path) -> RunManifest:
    """Read a run's manifest.

    Raises:
        InputError: The folder holds no run.
    """
    path = folder / "manifest.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunManifest)
    except FileNotFoundError as error:
        raise InputError(
            "this folder is not a run: it has no manifest.json",
            place=str(folder),
            remedy="make one with `adhere evaluate … -o FOLDER`",
        ) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"the manifest cannot be read: {error}", place=str(path)) from error


def read_spec(folder: Path) -> Spec:
    """Read the spec of a run as it was.

    Raises:
        InputError: It is not there, or damaged.
    """
    path = folder / "spec.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Spec)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"the run's spec cannot be read: {error}", place=str(path)) from error


def read_cases(folder: Path) -> tuple[Case, ...]:
    """Read the cases of a run as they were.

    Raises:
        InputError: They are not there, or damaged.
    """
    path = folder / "cases.jsonl"
    try:
        lines = path.read_bytes().splitlines()
        return tuple(msgspec.json.decode(line, type=Case) for line in lines)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"the run's cases cannot be read: {error}", place=str(path)) from error


def read_records(folder: Path) -> Iterator[Record]:
    """Read a run's records in the order they were written.

    A last line without its end was being written when the run was cut off; it is left out.

    Raises:
        InputError: A line is not a record.
    """
    path = folder / "records.jsonl"
    decoder = msgspec.json.Decoder(AnswerRecord | VerdictRecord)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                raise InputError(
                    f"this is not a record of a run: {error}",
                    place=f"{path}:{number}",
                    remedy="restore the file, or run the evaluation again into a new folder",
                ) from error


def cut_torn_tail(path: Path) -> None:
    """Take off a last line that was being written when the run was cut off."""
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        at = end
        while at > 0:
            step = min(at, 65536)
            file.seek(at - step)
            found = file.read(step).rfind(b"\n")
            if found >= 0:
                file.truncate(at - step + found + 1)
                return
            at -= step
        file.truncate(0)


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
