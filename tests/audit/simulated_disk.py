"""Disks that fail: at a chosen call, once or for good, and losing what was never synced."""

from __future__ import annotations

import errno
import os
import random
import shutil
from pathlib import Path
from typing import Any

from adhere.audit.disk import Disk

SECTOR = 512


class CountingDisk(Disk):
    """Counts calls; `strike` is what happens at each."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def strike(self, name: str, *args: Any) -> None:
        """Nothing."""

    def open(self, path: Path, flags: int) -> int:
        self._count("open", path, flags)
        return super().open(path, flags)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._count("write", fd, data)
        return super().write(fd, data)

    def sync(self, fd: int) -> None:
        self._count("sync", fd)  # a simulated disk need not wait for the real one

    def truncate(self, fd: int, size: int) -> None:
        self._count("truncate", fd, size)
        super().truncate(fd, size)

    def close(self, fd: int) -> None:
        super().close(fd)  # a descriptor is given back whatever close says
        self._count("close", fd)

    def replace(self, old: Path, new: Path) -> None:
        self._count("replace", old, new)
        super().replace(old, new)

    def make_folder(self, path: Path) -> None:
        self._count("make_folder", path)
        super().make_folder(path)

    def remove(self, path: Path) -> None:
        self._count("remove", path)
        super().remove(path)

    def write_files(self, files: Any) -> None:
        # One after the other, so that call number N is the same in every run.
        listed = list(files)
        for each in listed:
            super().write_files([each])

    def _count(self, name: str, *args: Any) -> None:
        self.calls.append(name)
        self.strike(name, *args)


class FailingDisk(CountingDisk):
    """Fails with an error at one call."""

    def __init__(self, at: int, code: int) -> None:
        super().__init__()
        self.at, self.code = at, code

    def strike(self, name: str, *args: Any) -> None:
        if len(self.calls) == self.at:
            raise OSError(self.code, os.strerror(self.code))


class ShortDisk(CountingDisk):
    """Writes one byte less than half at one write and fails at the next: the disk ran full."""

    def __init__(self, at: int, *, then_fails: bool) -> None:
        super().__init__()
        self.at, self.then_fails = at, then_fails

    def write(self, fd: int, data: bytes | memoryview) -> int:
        count = len(self.calls) + 1
        if count == self.at:
            self.calls.append("write")
            return os.write(fd, bytes(data)[: max(len(data) // 2 - 1, 1)])
        if count == self.at + 1 and self.then_fails:
            self.calls.append("write")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(fd, data)


class Dead(Exception):
    """The process is no more."""


class DyingDisk(CountingDisk):
    """From one call on nothing happens any more: the process was killed there.

    With ``power`` the machine lost its power too: of what was not synced only some sectors are
    there, and names that were not synced may be the old ones.
    """

    def __init__(self, at: int, power: random.Random | None = None) -> None:
        super().__init__()
        self.at, self.power = at, power
        self._paths: dict[int, Path] = {}
        self._synced: dict[Path, bytes] = {}
        self._touched: set[Path] = set()
        self._names: dict[Path, bytes | None] = {}

    def strike(self, name: str, *args: Any) -> None:
        if len(self.calls) >= self.at:
            raise Dead(name)

    def open(self, path: Path, flags: int) -> int:
        new = not path.exists()
        fd = super().open(path, flags)
        self._paths[fd] = path
        if new:
            self._names.setdefault(path, None)
            self._synced[path] = b""
        elif path.is_file() and path not in self._touched:
            self._synced[path] = path.read_bytes()
        if path.is_file():
            self._touched.add(path)
        return fd

    def sync(self, fd: int) -> None:
        super().sync(fd)
        path = self._paths[fd]
        if path.is_dir():
            self._names = {each: old for each, old in self._names.items() if each.parent != path}
        else:
            self._synced[path] = path.read_bytes()

    def replace(self, old: Path, new: Path) -> None:
        before = new.read_bytes() if new.exists() else None
        super().replace(old, new)
        self._names.setdefault(new, before)
        self._names.pop(old, None)
        self._synced[new] = self._synced.pop(old)
        # Descriptors follow the file, not its name.
        self._paths = {fd: new if path == old else path for fd, path in self._paths.items()}
        self._touched.discard(old)
        self._touched.add(new)

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        self._names.setdefault(path, None)

    def cut_power(self) -> None:
        """Leave on disk what a power cut may leave."""
        assert self.power is not None
        for path in sorted(self._touched):
            if path.exists() and path.read_bytes() != self._synced[path]:
                path.write_bytes(self._remains(self._synced[path], path.read_bytes()))
        for path, before in sorted(self._names.items(), reverse=True):
            if self.power.random() < 0.5:
                if path.is_dir():
                    shutil.rmtree(path)
                elif before is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_bytes(before)

    def _remains(self, synced: bytes, now: bytes) -> bytes:
        assert self.power is not None
        if not now.startswith(synced):  # it was cut: either way is possible
            return synced if self.power.random() < 0.5 else now
        end = self.power.randint(len(synced), len(now))
        data = bytearray(now[:end])
        for start in range(0, end, SECTOR):
            if self.power.random() < 0.3:
                for at in range(max(start, len(synced)), min(start + SECTOR, end)):
                    data[at] = 0
        return bytes(data)
