"""The folder of a log, for whoever reads it: identity, checkpoint, entries, hashes, content.

::

    log.json             which log it is: name, public key, mode, retention (adhere/audit-log/1)
    checkpoint           name, size and root hash, signed
    tile/0/…, tile/1/…   hashes; tile/entries/… entries (the layout of c2sp.org/tlog-tiles)
    journal              acknowledged and not yet in tiles
    content/…            what people wrote, encrypted, a file a conversation
    index.sqlite         for queries; made from the rest

Secrets are in a folder of their own, which never leaves the machine: ``signing.key``,
``content.key``, ``content-keys.sqlite``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from adhere.audit.checkpoint import SignedCheckpoint, open_checkpoint
from adhere.audit.disk import read_or_none
from adhere.audit.journal import Frame, Torn, read_frames
from adhere.audit.merkle import Nodes
from adhere.audit.note import VerifierKey, parse_verifier
from adhere.audit.tiles import WIDTH, decode_bundle, nodes_of, tile_path, tile_width
from adhere.errors import InputError, SystemFault, UsageError

IDENTITY, CHECKPOINT, JOURNAL, INDEX = "log.json", "checkpoint", "journal", "index.sqlite"


class LogIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Which log a folder holds (``adhere/audit-log/1``).

    Attributes:
        origin: Its name, the first line of its checkpoints.
        key: Its public key, ``NAME+KEYID+BASE64``.
        mode: ``durable``: acknowledged means on disk. ``buffered``: acknowledged means handed to
            the system, which writes within seconds; a power cut may lose those.
        retention_days: How long content is kept; 0: until somebody erases it.
    """

    schema: Literal["adhere/audit-log/1"]
    origin: str
    key: str
    mode: Literal["durable", "buffered"] = "durable"
    retention_days: int = 0


class LogFolder:
    """A log on disk, read only. What it yields is not verified: see `adhere.audit.verify`."""

    def __init__(self, path: Path) -> None:
        """Open the folder of a log.

        Raises:
            UsageError: There is no log.
            InputError: Its ``log.json`` is damaged.
        """
        self.path = path
        data = self._read(IDENTITY)
        if data is None:
            raise UsageError(
                "there is no audit log here",
                place=str(path),
                remedy="`adhere audit init` makes one",
            )
        try:
            self.identity = msgspec.json.decode(data, type=LogIdentity)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(str(error), place=str(path / IDENTITY)) from error
        self.key = parse_verifier(self.identity.key)

    def checkpoint(self, key: VerifierKey | None = None) -> SignedCheckpoint:
        """Return the published checkpoint, its signature checked.

        Raises:
            InputError: It is missing, damaged, or not signed by ``key`` (else: the log's own).
        """
        place = str(self.path / CHECKPOINT)
        data = self._read(CHECKPOINT)
        if data is None:
            raise InputError("the checkpoint is missing", place=place)
        try:
            return open_checkpoint(data.decode(), key or self.key, origin=self.identity.origin)
        except UnicodeDecodeError as error:
            raise InputError("the checkpoint is not UTF-8", place=place) from error
        except InputError as error:
            raise InputError(error.message, place=place, remedy=error.remedy) from error

    def journal(self) -> Iterator[Frame | Torn]:
        """Yield the frames of the journal as it is now.

        Raises:
            InputError: It was changed.
        """
        return read_frames(self._read(JOURNAL) or b"", str(self.path / JOURNAL))

    def nodes(self, size: int) -> Nodes:
        """Return the stored hashes of the first ``size`` entries."""
        return nodes_of(size, self._read)

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file of the log; None where there is none."""
        return self._read(path)

    def bundle(self, index: int, size: int) -> list[bytes]:
        """Return a bundle's entries, of a log of ``size`` entries.

        Raises:
            InputError: It is missing or damaged.
        """
        width = tile_width(0, index, size)
        path = tile_path("entries", index, width)
        data = self._read(path)
        if data is None and width < WIDTH:
            data = self._read(tile_path("entries", index))
        if data is None:
            raise InputError("a bundle of entries is missing", place=str(self.path / path))
        entries = decode_bundle(data, str(self.path / path))
        if len(entries) < width:
            raise InputError(
                f"the bundle has {len(entries)} entries of {width}", place=str(self.path / path)
            )
        return entries[:width]

    def entry(self, index: int, size: int) -> bytes:
        """Return an entry of a log of ``size`` entries.

        Raises:
            UsageError: There is no such entry.
        """
        if not 0 <= index < size:
            raise UsageError(
                f"there is no record {index}: the published log has {size}", place=str(self.path)
            )
        return self.bundle(index // WIDTH, size)[index % WIDTH]

    def entries(self, start: int, size: int) -> Iterator[tuple[int, bytes]]:
        """Yield number and entry from ``start`` up to ``size``, one bundle in memory at a time."""
        for index in range(start // WIDTH, -(-size // WIDTH)):
            for at, entry in enumerate(self.bundle(index, size), index * WIDTH):
                if at >= start:
                    yield at, entry

    def _read(self, path: str) -> bytes | None:
        try:
            return read_or_none(self.path / path)
        except OSError as error:
            raise SystemFault(
                f"cannot read it: {error.strerror}", place=str(self.path / path)
            ) from error
