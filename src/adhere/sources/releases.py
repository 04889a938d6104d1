"""The published specs we know, pinned by commit, size and SHA-256 (``releases.toml``)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from adhere.errors import UsageError


class PinnedFile(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One file of a release.

    Attributes:
        path: Where it stands in the repository and in the downloaded folder; ``/`` separates.
        size: In bytes.
        sha256: Of its bytes, 64 hexadecimal digits.
    """

    path: str
    size: int
    sha256: str


class Release(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One published version of a spec.

    Attributes:
        name: What people type: ``publisher@version``.
        repository: Where people read about it.
        address: Base of the download; a file is at ``address/commit/path``.
        commit: The full commit.
        licence: SPDX identifier of the licence the publisher gave the texts.
        files: Sorted by path.
    """

    name: str
    repository: str
    address: str
    commit: str
    licence: str
    files: tuple[PinnedFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    release: tuple[Release, ...]


@cache
def known_releases() -> tuple[Release, ...]:
    """Return every release we have pinned, oldest first."""
    data = files("adhere.sources").joinpath("releases.toml").read_bytes()
    return msgspec.toml.decode(data, type=_Table).release


def find_release(name: str) -> Release:
    """Return the release with this name.

    Raises:
        UsageError: We know none.
    """
    for release in known_releases():
        if release.name == name:
            return release
    raise UsageError(
        "no release of this name is known",
        place=name,
        remedy="`adhere fetch --list` shows the known ones",
    )
