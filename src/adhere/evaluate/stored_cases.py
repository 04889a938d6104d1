"""Cases that stay in their file: what is held of each is where it begins."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, overload

import msgspec

from adhere.conversation import Case
from adhere.errors import InputError, SystemFault

_DECODER: Final = msgspec.json.Decoder(Case)


class StoredCases(Sequence[Case]):
    """The cases of a file with one JSON object a line, each read when it is asked for.

    Holds 8 bytes a case. Going through it reads the file once, from the first case on.

    Args:
        path: The file.
        starts: The byte at which each case's line begins; None to find the lines now.

    Raises:
        InputError: What is read is not a case: the file was changed.
        SystemFault: The file cannot be read.
    """

    def __init__(self, path: Path, starts: array[int] | None = None) -> None:
        self.path = path
        self._starts = array("Q", _starts(path)) if starts is None else starts

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Case, ...]: ...
    def __getitem__(self, index: int | slice) -> Case | tuple[Case, ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        start = self._starts[index]
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                return _decoded(file.readline(), self.path, start)
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def __iter__(self) -> Iterator[Case]:
        try:
            with self.path.open("rb") as file:
                for start in self._starts:
                    file.seek(start)
                    yield _decoded(file.readline(), self.path, start)
        except OSError as error:
            raise _unreadable(self.path, error) from error


def _starts(path: Path) -> Iterator[int]:
    start = 0
    try:
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield start
                start += len(line)
    except OSError as error:
        raise _unreadable(path, error) from error


def _decoded(line: bytes, path: Path, start: int) -> Case:
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"this is not a case: {error}",
            place=f"{path}, byte {start}",
            remedy="was the file changed meanwhile?",
        ) from error


def _unreadable(path: Path, error: OSError) -> SystemFault:
    return SystemFault(f"cannot read it: {error.strerror}", place=str(path))
