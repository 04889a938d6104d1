"""What an importer makes of a recording, and what it would not take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import msgspec

from adhere.conversation import Case, Judgement, Recording
from adhere.errors import InputError
from adhere.sources.scores import Scores


class Refused(msgspec.Struct, frozen=True):
    """A row, or a part of one, that was not taken: where it is, and why."""

    place: str
    reason: str


class Imported(msgspec.Struct, frozen=True):
    """What was made of a recording.

    Attributes:
        cases: Test cases.
        recordings: Recorded answers to them.
        rows: How many rows were read, those refused and skipped among them.
        notes: What whoever uses it should know.
        judgements: What judges said of answers.
        refused: What was not taken.
        skipped: Rows left out on purpose: they say so themselves, or are no use as a case.
        scores: Scores that others have published.
    """

    cases: tuple[Case, ...]
    recordings: tuple[Recording, ...]
    rows: int
    notes: tuple[str, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    refused: tuple[Refused, ...] = ()
    skipped: int = 0
    scores: Scores | None = None


def count_rows(lines: Iterable[bytes]) -> int:
    """Return how many lines are not blank."""
    return sum(bool(line.strip()) for line in lines)


Refuse: TypeAlias = Callable[[InputError], None]
"""What becomes of a row that cannot be taken."""


def stop(error: InputError) -> None:
    """Refuse the whole file because of one row.

    Raises:
        InputError: Always, the one it was given.
    """
    raise error


MAX_REFUSED: Final = 10_000
"""With more refused rows a file is not of this kind."""


class Refusals:
    """Takes the rows that are not taken, so that the others can be.

    Raises:
        InputError: They are more than `MAX_REFUSED`.
    """

    def __init__(self) -> None:
        self._found: list[Refused] = []

    def __call__(self, error: InputError) -> None:
        """Remember one."""
        self.add(error.place, error.message)

    def add(self, place: str, reason: str) -> None:
        """Remember one that no error was raised for."""
        if len(self._found) == MAX_REFUSED:
            raise InputError(
                f"more than {MAX_REFUSED:,} rows cannot be taken; this one: {reason}", place=place
            )
        self._found.append(Refused(place, reason))

    @property
    def all(self) -> tuple[Refused, ...]:
        """Return them in the order in which they came."""
        return tuple(self._found)
