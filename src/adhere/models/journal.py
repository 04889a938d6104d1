"""Append-only files of JSON lines that survive the end of their process at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Generic, Self, TypeVar

import msgspec

from adhere.errors import InputError, SystemFault

T = TypeVar("T")


class Journal(AbstractContextManager["Journal[T]"], Generic[T]):
    """A file that records are appended to, each with one write: all of it is there or none.

    A last line without its end was being written when a process was killed; it is cut off.

    Args:
        path: The file; made when the journal is entered.
        kind: What msgspec decodes them as: a union of tagged structs, which has no type of its own.

    Raises:
        SystemFault: The file cannot be read or written.
    """

    def __init__(self, path: Path, kind: Any) -> None:
        self.path = path
        self._kind = kind
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            if self.path.exists():
                cut_torn_tail(self.path)
            self._file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise _fault(self.path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def append(self, record: T) -> None:
        """Write a record; it survives the end of this process from here on."""
        assert self._file is not None
        line = msgspec.json.encode(record) + b"\n"
        try:
            written = self._file.write(line)
        except OSError as error:
            raise _fault(self.path, error) from error
        if written != len(line):
            raise SystemFault("cannot write it: the disk took a part", place=str(self.path))

    def records(self) -> Iterator[T]:
        """Read what is there, in the order it was written.

        Raises:
            InputError: A line is not a record.
        """
        decoder = msgspec.json.Decoder(self._kind)
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if line.endswith(b"\n"):
                        try:
                            yield decoder.decode(line)
                        except (msgspec.DecodeError, RecursionError) as error:
                            raise InputError(
                                f"this line cannot be read: {error}", place=f"{self.path}:{number}"
                            ) from error
        except FileNotFoundError:
            return
        except OSError as error:
            raise _fault(self.path, error) from error


def cut_torn_tail(path: Path) -> None:
    """Take off a last line that was being written when its process was killed."""
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


def _fault(path: Path, error: OSError) -> SystemFault:
    return SystemFault(f"cannot write it: {error.strerror}", place=str(path))
