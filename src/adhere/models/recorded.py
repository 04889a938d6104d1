"""A model that gives again what a real one once answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from adhere.conversation import Answer, Outcome, Recording
from adhere.errors import InputError, SystemFault
from adhere.models.port import Request


class RecordedModel:
    """Replays the recordings of one model; a case it was never asked is an error, not a zero."""

    def __init__(self, name: str, answers: dict[tuple[str, int], Answer]) -> None:
        self.name = name
        self._answers = answers

    async def answer(self, request: Request) -> Answer:
        """Return the recorded answer to the case."""
        found = self._answers.get((request.case, request.epoch))
        if found is None:
            return Answer(problem=Outcome.ERROR, detail="there is no recorded answer to this case")
        return found

    async def close(self) -> None:
        """Nothing is held."""


def read_recordings(path: Path) -> Iterator[Recording]:
    """Read a file of recordings, one JSON object a line (``adhere/recording/1``).

    Raises:
        InputError: A line is not a recording; the message names file and line.
        SystemFault: The file cannot be read.
    """
    decoder = msgspec.json.Decoder(Recording)
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield decoder.decode(line)
                    except (msgspec.DecodeError, RecursionError) as error:
                        raise InputError(
                            f"this is not a recording: {error}",
                            place=f"{path}:{number}",
                            remedy="see docs/formats.md",
                        ) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error


def recorded_models(path: Path) -> dict[str, RecordedModel]:
    """Return every model that ``path`` has recordings of, by name, in order of appearance.

    Raises:
        InputError: A line is not a recording, or a case was recorded twice.
        SystemFault: The file cannot be read.
    """
    answers: dict[str, dict[tuple[str, int], Answer]] = {}
    for recording in read_recordings(path):
        key = (recording.case, recording.epoch)
        of_model = answers.setdefault(recording.model, {})
        if key in of_model:
            raise InputError(
                f'"{recording.model}" answers case "{recording.case}" twice in the same epoch',
                place=str(path),
                remedy="give repetitions an epoch of their own",
            )
        of_model[key] = recording.answer
    return {name: RecordedModel(name, found) for name, found in answers.items()}
