"""What a run's records say, in a few bytes an answer, and where each of them stands."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeVar

import msgspec

from adhere.conversation import Answer, Direction, Message, Outcome
from adhere.errors import InputError
from adhere.evaluate.numbering import Numbers
from adhere.evaluate.run import (
    AnswerRecord,
    Key,
    RunManifest,
    TurnRecord,
    VerdictRecord,
    not_a_record,
    record_lines,
)
from adhere.judge import Verdict

R = TypeVar("R", AnswerRecord, VerdictRecord, TurnRecord)


class Score(msgspec.Struct, frozen=True):
    """A verdict without its evidence."""

    outcome: Outcome
    adherent: bool | None
    failure: Direction | None = None


_FAILURES: Final[tuple[Direction | None, ...]] = (
    None, "too_permissive", "too_restrictive", "quality"
)  # fmt: skip
SCORES: Final = (None, *(
    Score(outcome, adherent, failure)
    for outcome in Outcome
    for adherent in (None, False, True)
    for failure in _FAILURES
))  # fmt: skip
"""Every score there can be, by the byte that stands for it; 0 is none yet."""

_CODES: Final = {
    (score.outcome, score.adherent, score.failure): code
    for code, score in enumerate(SCORES)
    if score is not None
}


class _Named(msgspec.Struct, frozen=True):
    """The part of a case that its place in a report depends on."""

    id: str
    sections: tuple[str, ...]
    right: Literal["help", "decline", "either"]
    focus: str = ""
    pair: dict[str, Any] | None = None
    variant: dict[str, Any] | None = None
    states_confidence: bool = False


Kind = tuple[tuple[str, ...], str]
"""Sections and what is right: cases of one kind count in the same cells."""


class CaseIndex:
    """What a run has to know of its cases, in about 50 bytes a case.

    Attributes:
        ids: The number of each case by its id.
        kinds: The kinds there are, by number; few, however many the cases.
        kind_of: The kind of each case.
        cluster_of: The cluster of each case: cases that share a focus are in one.
        grouped: The cases that belong to a pair or a set of variants, or state confidence.

    Raises:
        InputError: A line of the file is not a case.
    """

    def __init__(self, path: Path) -> None:
        self.ids = Numbers()
        self.kind_of, self.cluster_of = array("I"), array("I")
        self.grouped = array("I")
        kinds: dict[Kind, int] = {}
        clusters, decoder = Numbers(), msgspec.json.Decoder(_Named)
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    case = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    place = f"{path}:{number}"
                    raise InputError(
                        f"the run's cases cannot be read: {error}", place=place
                    ) from error
                if case.pair or case.variant or case.states_confidence:
                    self.grouped.append(self.ids.add(case.id))
                self.ids.add(case.id)
                kind = (case.sections, case.right)
                self.kind_of.append(kinds.setdefault(kind, len(kinds)))
                self.cluster_of.append(clusters.add(case.focus or case.id))
        self.kinds = tuple(kinds)

    def __len__(self) -> int:
        return len(self.kind_of)


class _SlimAnswer(msgspec.Struct, frozen=True, tag_field="kind", tag="answer"):
    model: str
    case: str
    epoch: int


class _SlimTurn(_SlimAnswer, frozen=True, tag_field="kind", tag="turn"):
    pass


class _SlimVerdict(_SlimAnswer, frozen=True, tag_field="kind", tag="verdict"):
    verdict: Score


class Table:
    """Which answers and verdicts a run has, in 17 bytes an answer that is to be had.

    A *slot* is the number of a model's answer to a case in an epoch.

    Args:
        folder: The run.
        manifest: What it asks of whom.
        index: Its cases.

    Attributes:
        codes: The score of each slot, as a place in `SCORES`.
        judged: How many slots have a verdict.

    Raises:
        InputError: A line of the records is no record, or of something the run does not ask.
    """

    def __init__(self, folder: Path, manifest: RunManifest, index: CaseIndex) -> None:
        self._path = folder / "records.jsonl"
        self._models = {name: place for place, name in enumerate(manifest.models)}
        self._epochs, self._cases, self._ids = manifest.epochs, len(index), index.ids
        size = len(self._models) * self._epochs * self._cases
        self.codes = bytearray(size)
        self._answer_at, self._verdict_at = array("Q", bytes(8 * size)), array("Q", bytes(8 * size))
        self._turns: dict[int, list[int]] = {}
        self.judged = 0
        if self._path.exists():
            self._read(folder)

    def slot(self, key: Key) -> int | None:
        """Return the slot of an answer; None where the run does not ask for it."""
        model, number = self._models.get(key[0]), self._ids.get(key[1])
        if model is None or number is None or not 0 <= key[2] < self._epochs:
            return None
        return (model * self._epochs + key[2]) * self._cases + number

    def scores(self, model: str, number: int) -> list[Score]:
        """Return the scores that a model has for a case, in the order of epochs."""
        start = self._models[model] * self._epochs * self._cases + number
        codes = self.codes[start : start + self._epochs * self._cases : self._cases]
        return [score for code in codes if (score := SCORES[code])]

    def has_answer(self, slot: int) -> bool:
        """Whether there is an answer, judged or not."""
        return self._answer_at[slot] != 0

    def answer(self, slot: int) -> Answer:
        """Read an answer that is there."""
        with self._path.open("rb") as file:
            return self._record(file, self._answer_at[slot], AnswerRecord).answer

    def evidence(self, slots: Iterable[int]) -> Iterator[tuple[Answer, Verdict]]:
        """Read answers that have a verdict, and what it says.

        Raises:
            InputError: The answer to a verdict is missing.
        """
        with self._path.open("rb") as file:
            for slot in slots:
                at = self._answer_at[slot]
                if not at:
                    raise InputError("a verdict has no answer", place=str(self._path))
                answer = self._record(file, at, AnswerRecord).answer
                yield answer, self._record(file, self._verdict_at[slot], VerdictRecord).verdict

    def said(self, slot: int) -> tuple[Message, ...]:
        """Read what was said so far in a conversation that has no last answer yet."""
        if slot not in self._turns:
            return ()
        with self._path.open("rb") as file:
            records = [self._record(file, at, TurnRecord) for at in self._turns[slot]]
        return tuple(message for record in records for message in record.said)

    def failing(self, model: str) -> Iterator[tuple[int, int, int]]:
        """Yield case, epoch and slot of what does not adhere or was not scored, in their order."""
        start = self._models[model] * self._epochs * self._cases
        for number in range(self._cases):
            for epoch in range(self._epochs):
                slot = start + epoch * self._cases + number
                score = SCORES[self.codes[slot]]
                if score is not None and score.adherent is not True:
                    yield number, epoch, slot

    def _read(self, folder: Path) -> None:
        decoder = msgspec.json.Decoder(_SlimAnswer | _SlimVerdict | _SlimTurn)
        for number, start, line in record_lines(folder):
            try:
                record = decoder.decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                raise not_a_record(folder, number, error) from error
            slot = self.slot((record.model, record.case, record.epoch))
            if slot is None:
                raise not_a_record(folder, number, "the run does not ask for it")
            if isinstance(record, _SlimVerdict):
                score = record.verdict
                self.judged += not self.codes[slot]
                self.codes[slot] = _CODES[score.outcome, score.adherent, score.failure]
                self._verdict_at[slot] = start + 1
            elif isinstance(record, _SlimTurn):
                self._turns.setdefault(slot, []).append(start + 1)
            else:
                self._answer_at[slot] = start + 1
                self._turns.pop(slot, None)

    def _record(self, file: BinaryIO, at: int, kind: type[R]) -> R:
        file.seek(at - 1)
        try:
            return msgspec.json.decode(file.readline(), type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            place = f"{self._path}, byte {at - 1}"
            raise InputError(f"this is not a record of a run: {error}", place=place) from error
