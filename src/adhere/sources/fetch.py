"""A release from its publisher, or a mirror, into a folder: whole and checked, or not at all.

1. A target that is there already is checked, and never changed.
2. Everything is downloaded and checked in memory (`fetch_http`); the pinned sizes bound it.
3. It is written to a hidden folder beside the target, which is renamed to the target at the end.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import msgspec

from adhere.errors import SystemFault, UsageError
from adhere.sources.fetch_http import DEFAULT_PATIENCE, Patience, check_base, download
from adhere.sources.releases import PinnedFile, Release

SOURCE_FILE: Final = "SOURCE.json"


class Source(msgspec.Struct, frozen=True, gc=False):
    """Where the files of a folder come from (``SOURCE.json``).

    The same for everyone who fetches the release: it names no mirror and no time.
    """

    schema: Literal["adhere/source/1"]
    name: str
    repository: str
    commit: str
    licence: str
    files: tuple[PinnedFile, ...]


class Fetched(msgspec.Struct, frozen=True, gc=False):
    """What `fetch_release` did.

    Attributes:
        folder: Where the release now is.
        already_there: It was there and right before; nothing was downloaded.
        source: What the folder holds.
    """

    folder: str
    already_there: bool
    source: Source


def fetch_release(
    release: Release,
    into: Path,
    *,
    base_url: str | None = None,
    patience: Patience = DEFAULT_PATIENCE,
    on_file: Callable[[PinnedFile], None] = lambda _: None,
) -> Fetched:
    """Download ``release`` into the new folder ``into``, which appears whole or not at all.

    Not for use where an event loop is running already.

    Args:
        release: What to fetch.
        into: The folder to make. If it is there and holds exactly the release, it is left alone.
        base_url: A mirror that serves ``base_url/COMMIT/PATH``; the publisher's address if None.
            https, or http on a loopback host.
        patience: How long to wait, and how often to try again.
        on_file: Called after each file is there and checked, in no particular order.

    Raises:
        UsageError: ``into`` holds something else, or ``base_url`` cannot be used.
        ServiceError: The server failed, or sent what is not the pinned file.
        SystemFault: The folder cannot be read or written.
    """
    base = check_base(release.address if base_url is None else base_url)
    source = Source(
        "adhere/source/1", release.name, release.repository, release.commit, release.licence,
        release.files,
    )  # fmt: skip
    record = msgspec.json.format(msgspec.json.encode(source), indent=2) + b"\n"
    if _is_there(release, record, into):
        return Fetched(str(into), True, source)
    contents = asyncio.run(download(release, base, patience, on_file))
    try:
        _write_folder({**contents, SOURCE_FILE: record}, into)
    except SystemFault:
        # Someone else who fetched the same release may have been faster.
        if not _is_there(release, record, into):
            raise
    return Fetched(str(into), False, source)


def _is_there(release: Release, record: bytes, folder: Path) -> bool:
    """Whether ``folder`` holds exactly the release; False where there is nothing of that name.

    Raises:
        UsageError: It holds anything else.
        SystemFault: It cannot be read.
    """
    expected = {file.path: (file.size, file.sha256) for file in release.files}
    expected[SOURCE_FILE] = (len(record), hashlib.sha256(record).hexdigest())
    try:
        if not folder.exists():
            return False
        difference = _difference(folder, expected)
    except OSError as error:
        raise SystemFault(
            f"cannot read it: {error.strerror}", place=str(error.filename or folder)
        ) from error
    if difference:
        raise UsageError(
            f"this is there already and is not {release.name}: {difference}",
            place=str(folder),
            remedy="name another folder with -o, or move this one away",
        )
    return True


def _difference(folder: Path, expected: Mapping[str, tuple[int, str]]) -> str:
    if not folder.is_dir():
        return "it is not a folder"
    # Lazily, so that a large folder named by mistake is not walked to its end.
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name not in expected and not path.is_dir():
            return f"{name} does not belong to it"
    for name, (size, sha256) in expected.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        # The size first, so that what is read is bounded.
        if path.stat().st_size != size or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            return f"{name} differs"
    return ""


def _write_folder(contents: Mapping[str, bytes], target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # The temporary folder is private; the one inside it gets the usual permissions.
        with TemporaryDirectory(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part"
        ) as room:
            draft = Path(room, target.name)
            for name, data in contents.items():
                path = draft / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            draft.rename(target)
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(target)) from error
