"""The file system as the log needs it: few calls, each a place where a machine can fail.

`Disk` is the port; tests put one in its place that fails, writes short, or is killed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

_AT_ONCE: Final = 4
"""Files synced at a time: the file system then makes one commit of many."""


class Disk:
    """System calls, one a method, and the few sequences the log is made of."""

    def open(self, path: Path, flags: int) -> int:
        return os.open(path, flags | os.O_CLOEXEC, 0o644)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return os.write(fd, data)

    def sync(self, fd: int) -> None:
        os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def close(self, fd: int) -> None:
        os.close(fd)

    def replace(self, old: Path, new: Path) -> None:
        old.replace(new)

    def make_folder(self, path: Path) -> None:
        path.mkdir()

    def remove(self, path: Path) -> None:
        path.unlink()

    def write_all(self, fd: int, data: bytes) -> None:
        """Write all of ``data``: a write may take only the first part of it."""
        done = self.write(fd, data)
        while done < len(data):
            done += self.write(fd, memoryview(data)[done:])

    def append(self, path: Path, keep: int, data: bytes) -> None:
        """Cut a file (made where it is missing) to ``keep`` bytes, append, and make it durable."""
        fd = self.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            self.truncate(fd, keep)
            self.write_all(fd, data)
            self.sync(fd)
        finally:
            self.close(fd)

    def write_file(self, path: Path, data: bytes) -> None:
        """Write a file anew and make its content durable (not its name: see `sync_folder`)."""
        self.append(path, 0, data)

    def write_files(self, files: Iterable[tuple[Path, int, bytes]]) -> None:
        """`append` to many files, several at a time, then make their names durable.

        Folders are made as needed. The first failure is raised once all calls have ended.
        """
        listed = list(files)
        folders: set[Path] = set()
        for path, _, _ in listed:
            self._make_folders(path.parent, folders)
            folders.add(path.parent)
        if len(listed) == 1:
            self.append(*listed[0])
        else:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                for done in [pool.submit(self.append, *each) for each in listed]:
                    done.result()
        for folder in sorted(folders):
            self.sync_folder(folder)

    def _make_folders(self, path: Path, changed: set[Path]) -> None:
        if path.is_dir():
            return
        self._make_folders(path.parent, changed)
        self.make_folder(path)
        changed.add(path.parent)

    def put_file(self, path: Path, data: bytes) -> None:
        """Replace a file: whoever reads sees the old or the new one, also after a power cut."""
        draft = path.with_name(f".{path.name}.part")
        self.write_file(draft, data)
        self.replace(draft, path)
        self.sync_folder(path.parent)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        fd = self.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sync(fd)
        finally:
            self.close(fd)


def read_or_none(path: Path) -> bytes | None:
    """Return a file's bytes; None where there is no such file."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
