"""What a run is: its manifest and its records, and how they are read.

A run is a folder that needs nothing beside it: ``manifest.json`` says what was asked of whom,
``spec.json`` and ``cases.jsonl`` are the spec and the cases as they were, and ``records.jsonl`` is
the append-only record that everything else is computed from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from adhere import __version__
from adhere.conversation import Answer, Message
from adhere.errors import InputError
from adhere.evaluate.stored_cases import StoredCases
from adhere.evaluate.suite import Suite
from adhere.judge import Judge, Verdict
from adhere.models import Model, PriceList, Sampling
from adhere.spec import Spec

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


class Setup(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The words a run was started with, so that it can be taken up with nothing else.

    It is not part of what a run is: a run may be taken up with another budget.

    Attributes:
        models: What names them.
        judge: What names the judge.
        suite: Where the suite is, for the recordings in it.
        connections: Most requests under way at once.
        batch: Most requests in a batch; None to send each on its own.
        cache: The folder of the cache.
        prices: What models cost.
        budget: What may be spent, in the currency of ``prices``.
    """

    models: tuple[str, ...]
    judge: str
    suite: str
    connections: int = 32
    batch: int | None = None
    cache: str | None = None
    prices: PriceList | None = None
    budget: Decimal | None = None


class ModelEstimate(msgspec.Struct, frozen=True):
    """What one model was expected to cost before the run.

    Attributes:
        model: Who.
        requests: How many, with the judge's where it is the judge.
        input, output: Tokens, by the declared estimates.
        most_input, most_output: What they cannot pass; None where nothing limits an answer.
        cost, most_cost: The same in money; None without prices or a limit.
    """

    model: str
    requests: int
    input: int
    output: int
    most_input: int
    most_output: int | None
    cost: Decimal | None = None
    most_cost: Decimal | None = None


class RunManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is (``adhere/run/1``), how it was started, and what it was expected to cost."""

    schema: Literal["adhere/run/1"]
    adhere: str
    spec: SpecRef
    suite: SuiteRef
    models: tuple[str, ...]
    judge: str
    epochs: int
    sampling: Sampling = Sampling()
    setup: Setup | None = None
    estimate: tuple[ModelEstimate, ...] = ()

    def same_run(self, other: RunManifest) -> bool:
        """Whether both ask the same of the same, however they were started."""
        return self._identity() == other._identity()

    def _identity(self) -> RunManifest:
        return msgspec.structs.replace(self, setup=None, estimate=())

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


class TurnRecord(msgspec.Struct, frozen=True, tag_field="kind", tag="turn"):
    """What was said in one turn of a conversation that goes on, stored before the next is asked."""

    model: str
    case: str
    epoch: int
    said: tuple[Message, ...]

    @property
    def key(self) -> Key:
        """Which conversation it belongs to."""
        return (self.model, self.case, self.epoch)


Record = AnswerRecord | VerdictRecord


def manifest_of(
    spec: Spec, suite: Suite, models: Sequence[Model], judge: Judge, epochs: int, *,
    sampling: Sampling | None = None, setup: Setup | None = None,
) -> RunManifest:  # fmt: skip
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
        sampling=sampling or Sampling(),
        setup=setup,
    )  # fmt: skip


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


def read_cases(folder: Path) -> StoredCases:
    """Return the cases of a run as they were; each is read when it is asked for.

    Raises:
        InputError: They are not there.
    """
    path = folder / "cases.jsonl"
    if not path.exists():
        raise InputError("the run's cases are not there", place=str(path))
    return StoredCases(path)


def read_records(folder: Path) -> Iterator[Record]:
    """Read a run's answers and verdicts in the order they were written.

    A last line without its end was being written when the run was cut off; it is left out.

    Raises:
        InputError: A line is not a record.
    """
    decoder = msgspec.json.Decoder(AnswerRecord | VerdictRecord | TurnRecord)
    for number, _, line in record_lines(folder):
        try:
            record = decoder.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise not_a_record(folder, number, error) from error
        if not isinstance(record, TurnRecord):
            yield record


def record_lines(folder: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield each whole line of a run's records with its number and the byte it begins at."""
    start = 0
    with (folder / "records.jsonl").open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            yield number, start, line
            start += len(line)


def not_a_record(folder: Path, number: int, why: object) -> InputError:
    """Return the error about a line of the records."""
    return InputError(
        f"this is not a record of a run: {why}",
        place=f"{folder / 'records.jsonl'}:{number}",
        remedy="restore the file, or run the evaluation again into a new folder",
    )
