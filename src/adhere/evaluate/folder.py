"""The folder of a run, open for appending: a run cut off at any moment is taken up again."""

from __future__ import annotations

import fcntl
import os
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec.structs import replace

from adhere.errors import SystemFault, UsageError
from adhere.evaluate.run import (
    AnswerRecord,
    Record,
    RunManifest,
    TurnRecord,
    VerdictRecord,
    read_manifest,
)
from adhere.evaluate.suite import Suite
from adhere.evaluate.table import CaseIndex, Table
from adhere.models.journal import Journal
from adhere.spec import Spec

_BEGUN = frozenset({"spec.json", "cases.jsonl", ".manifest.json.part"})
"""What lies in a folder whose run was cut off before it began."""


class RunFolder(AbstractContextManager["RunFolder"]):
    """The folder of a run, open for appending.

    Attributes:
        table: What it holds already, once it is entered.

    Raises:
        UsageError: The folder holds another run, or another process runs it.
        InputError: What is there is not a run.
        SystemFault: It cannot be written.
    """

    table: Table

    def __init__(self, folder: Path, manifest: RunManifest, spec: Spec, suite: Suite) -> None:
        self.folder = folder
        self.manifest = manifest
        self._spec, self._suite = spec, suite
        self._locked: int | None = None
        self._records = Journal[Record | TurnRecord](
            folder / "records.jsonl", AnswerRecord | VerdictRecord | TurnRecord
        )

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock()
            self._open()
        except OSError as error:
            self._unlock()
            raise SystemFault(
                f"cannot write it: {error.strerror}", place=str(self.folder)
            ) from error
        except BaseException:
            self._unlock()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._records.__exit__(kind, error, trace)
        self._unlock()

    def _open(self) -> None:
        path = self.folder / "manifest.json"
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
        self._records.__enter__()
        self.table = Table(self.folder, self.manifest, CaseIndex(self.folder / "cases.jsonl"))

    def _lock(self) -> None:
        """Keep other processes out; the system opens the lock when this one ends, however."""
        self._locked = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                "another process is running it", place=str(self.folder),
                remedy="wait for it, or end it",
            ) from error  # fmt: skip

    def _unlock(self) -> None:
        if self._locked is not None:
            os.close(self._locked)
            self._locked = None

    def _begin(self, manifest: Path) -> None:
        (self.folder / "spec.json").write_bytes(msgspec.json.encode(self._spec))
        with (self.folder / "cases.jsonl").open("wb") as file:
            file.writelines(msgspec.json.encode(case) + b"\n" for case in self._suite.cases)
        write_whole(manifest, self.manifest)  # last: with it the folder is a run

    def _take_up(self) -> None:
        stored = read_manifest(self.folder)
        if not stored.same_run(self.manifest):
            raise UsageError(
                "the folder holds a run of something else (another spec, suite, model, judge or "
                "version)",
                place=str(self.folder),
                remedy="name a new folder",
            )
        if self.manifest.setup is not None and stored.setup != self.manifest.setup:
            changed = replace(stored, setup=self.manifest.setup)
            write_whole(self.folder / "manifest.json", changed)

    def append(self, record: Record | TurnRecord) -> None:
        """Write a record; it survives the end of this process from here on."""
        self._records.append(record)


def write_whole(path: Path, value: object) -> None:
    """Write a value as indented JSON so that the file is either whole or not there."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    draft.replace(path)
