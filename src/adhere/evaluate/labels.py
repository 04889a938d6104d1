"""Labels of people in the folder of a run: a blinded sample, and one append-only file a person.

``labels/sample.json`` says which answers are labelled. It is drawn once: each scored answer has the
same chance, and models, verdicts and levels of authority come in the proportions that the run has
(systematic sampling of a list sorted by them, from a seed). ``labels/NAME.jsonl`` holds what NAME
said, a line a label; the last line on an answer counts, so that taking a label back is a line too.

The two files of two people can be filled in at the same time, or on two machines and put together.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Literal, Self, TypeAlias, get_args

import msgspec

from adhere.conversation import Answer, Case
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evaluate.run import AnswerRecord, Key, VerdictRecord, read_cases, read_records

LabelValue: TypeAlias = Literal[
    "adheres", "too_permissive", "too_restrictive", "quality", "cannot_tell"
]
"""What a person says of an answer; the middle three are ways in which it fails."""

SETTLED: Final = "settled"
"""Whose file holds what was agreed on where people had differed."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DEFAULT_SIZE: Final = 100


class LabelSample(msgspec.Struct, frozen=True, kw_only=True):
    """Which answers people label (``adhere/label-sample/1``): model, case and epoch of each."""

    schema: Literal["adhere/label-sample/1"]
    seed: int
    scored: int
    """Out of how many scored answers it was drawn."""
    keys: tuple[Key, ...]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a person's file (``adhere/labels/1``); no ``label`` takes the last one back."""

    schema: Literal["adhere/labels/1"]
    model: str
    case: str
    epoch: int
    label: LabelValue | None

    @property
    def key(self) -> Key:
        """The answer it is about."""
        return (self.model, self.case, self.epoch)


class Item(msgspec.Struct, frozen=True):
    """An answer to be labelled, without a word of who gave it and what a judge thought of it."""

    key: Key
    case: Case
    answer: Answer


def draw_sample(run: Path, size: int | None = None, seed: int | None = None) -> LabelSample:
    """Return the run's sample, drawn now if there is none yet.

    Args:
        run: The folder of the run.
        size: How many answers; 100 unless told, and never more than were scored.
        seed: What the draw depends on; 0 unless told.

    Raises:
        UsageError: There is a sample of another size or seed, or no answer was scored.
        InputError: The folder holds no run, or a file cannot be read.
        SystemFault: The sample cannot be written.
    """
    path = run / "labels" / "sample.json"
    known = _sample(path)
    if known is not None:
        other_size = size is not None and min(size, known.scored) != len(known.keys)
        if other_size or seed not in (None, known.seed):
            raise UsageError(
                f"the sample has {len(known.keys)} answers and seed {known.seed} already",
                place=str(path), remedy="leave -n and --seed out",
            )  # fmt: skip
        return known
    sample = _drawn(run, _DEFAULT_SIZE if size is None else size, seed or 0)
    try:
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(".sample.json.part")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(sample), indent=1) + b"\n")
        draft.replace(path)
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(path)) from error
    return sample


def read_sample(run: Path) -> LabelSample | None:
    """Return the run's sample; None where nobody drew one.

    Raises:
        InputError: It cannot be read.
    """
    return _sample(run / "labels" / "sample.json")


def _sample(path: Path) -> LabelSample | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=LabelSample)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"the sample cannot be read: {error}", place=str(path)) from error


def _drawn(run: Path, size: int, seed: int) -> LabelSample:
    right = {case.id: (case.right, *case.sections[:1]) for case in read_cases(run)}
    verdicts = {
        record.key: record.verdict
        for record in read_records(run)
        if isinstance(record, VerdictRecord) and record.verdict.adherent is not None
    }
    if not verdicts:
        raise UsageError("no answer was scored: there is nothing to label", place=str(run))

    def place(key: Key) -> tuple[object, ...]:
        verdict = verdicts[key]
        return (
            key[0],
            verdict.adherent,
            str(verdict.failure),
            right.get(key[1], ()),
            _draw(seed, key),
        )

    ordered = sorted(verdicts, key=place)
    size = min(size, len(ordered))
    step = len(ordered) / size
    start = _draw(seed, ("start",)) * step
    chosen = [ordered[int(start + number * step)] for number in range(size)]
    keys = tuple(sorted(chosen, key=lambda key: _draw(seed + 1, key)))
    return LabelSample(
        schema="adhere/label-sample/1", seed=seed, scored=len(ordered), keys=keys
    )  # fmt: skip


def _draw(seed: int, of: tuple[object, ...]) -> float:
    """Return a number from 0 to 1 that looks random and depends on its arguments only."""
    digest = hashlib.sha256(msgspec.json.encode([seed, *of])).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def read_items(run: Path, keys: Iterable[Key]) -> dict[Key, Item]:
    """Return the answers to be labelled, in the order of ``keys``.

    Raises:
        InputError: One of them is not in the run.
    """
    wanted = list(keys)
    cases = {case.id: case for case in read_cases(run)}
    left = set(wanted)
    answers = {
        record.key: record.answer
        for record in read_records(run)
        if isinstance(record, AnswerRecord) and record.key in left
    }
    missing = [key for key in wanted if key not in answers or key[1] not in cases]
    if missing:
        raise InputError(
            f"{len(missing)} answers of the sample are not in the run", place=str(run),
            remedy="restore the run's records, or draw a sample anew: remove its folder labels",
        )  # fmt: skip
    return {key: Item(key, cases[key[1]], answers[key]) for key in wanted}


def read_labels(run: Path) -> dict[str, dict[Key, LabelValue]]:
    """Return what each person said, by name; labels taken back are not there.

    Raises:
        InputError: A line is not a label.
    """
    return {path.stem: dict(_read(path)) for path in sorted((run / "labels").glob("*.jsonl"))}


def _read(path: Path) -> dict[Key, LabelValue]:
    decoder = msgspec.json.Decoder(Label)
    found: dict[Key, LabelValue] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break  # cut off while it was written
            try:
                label = decoder.decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                raise InputError(f"not a label: {error}", place=f"{path}:{number}") from error
            found.pop(label.key, None)
            if label.label is not None:
                found[label.key] = label.label
    return found


def disputed(labels: dict[str, dict[Key, LabelValue]]) -> list[Key]:
    """Return the answers that some people say adhere and others say fail."""
    said: dict[Key, set[bool]] = {}
    for who, of in labels.items():
        for key, label in of.items():
            if who != SETTLED and label != "cannot_tell":
                said.setdefault(key, set()).add(label == "adheres")
    return [key for key, both in said.items() if len(both) > 1]


class LabelSession(AbstractContextManager["LabelSession"]):
    """One person labelling: what is left, in an order of their own; each label is on disk at once.

    Args:
        run: The folder of the run.
        who: The person; letters, digits, hyphen and underscore.
        keys: The answers.

    Raises:
        UsageError: The name cannot be one, or somebody is labelling under it now.
        InputError: Something in the run cannot be read.
        SystemFault: The labels cannot be written.
    """

    def __init__(self, run: Path, who: str, keys: Iterable[Key]) -> None:
        if not _NAME.fullmatch(who):
            raise UsageError(
                f'"{who[:60]}" is no name for a labeller',
                remedy="use letters, digits, hyphen and underscore",
            )
        self.who = who
        self._path = run / "labels" / f"{who}.jsonl"
        ordered = sorted(keys, key=lambda key: _draw(0, (who, *key)))
        self._items = read_items(run, ordered)
        self._given: dict[Key, LabelValue] = {}
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.__exit__(None, None, None)  # nobody calls it where entering fails
            raise
        return self

    def _open(self) -> None:
        try:
            self._file = self._path.open("a+b")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.seek(0)
            whole = self._file.read()
            self._file.truncate(whole.rfind(b"\n") + 1)  # a line cut off while it was written
        except BlockingIOError:
            raise UsageError(
                f'somebody is labelling as "{self.who}" now', place=str(self._path),
                remedy="use another name, or end the other session",
            ) from None  # fmt: skip
        except OSError as error:
            raise SystemFault(
                f"cannot write it: {error.strerror}", place=str(self._path)
            ) from error
        self._given = {key: v for key, v in _read(self._path).items() if key in self._items}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._file is not None:
            self._file.close()

    @property
    def total(self) -> int:
        """How many there are to label."""
        return len(self._items)

    @property
    def done(self) -> int:
        """How many are labelled."""
        return len(self._given)

    def current(self) -> Item | None:
        """Return the next one without a label, None where all have one."""
        return next((item for key, item in self._items.items() if key not in self._given), None)

    def give(self, key: Key, label: str) -> None:
        """Write down a label.

        Raises:
            UsageError: It is not a label, or the answer is not one to be labelled.
            SystemFault: It cannot be written.
        """
        if key not in self._items or label not in get_args(LabelValue):
            raise UsageError(f'"{label[:40]}" is not a label of this answer')
        value = msgspec.convert(label, LabelValue)
        self._write(key, value)
        self._given[key] = value

    def undo(self) -> bool:
        """Take the last label back; False where there is none."""
        if not self._given:
            return False
        key = next(reversed(self._given))
        self._write(key, None)
        del self._given[key]
        return True

    def _write(self, key: Key, label: LabelValue | None) -> None:
        assert self._file is not None
        model, case, epoch = key
        line = Label(schema="adhere/labels/1", model=model, case=case, epoch=epoch, label=label)
        try:
            self._file.write(msgspec.json.encode(line) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise SystemFault(
                f"cannot write it: {error.strerror}", place=str(self._path)
            ) from error
