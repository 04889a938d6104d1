"""The files of a log that is written to: commit, publish, erase. One thread, one process.

The order of what is made durable is the whole of it. A commit: the keys of new conversations, then
the journal. A publication: content, bundles and tiles, then the checkpoint, and only then is what
it took in cut off the journal. An erasure: its record, then the key, then the file. Whatever is cut
off between two steps is done again when the log is taken up.

A publication may be written while commits go on: between `begin` and `finish` nothing of it is
shared with them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from adhere import __version__
from adhere.audit.checkpoint import Checkpoint
from adhere.audit.content import KeyStore, content_path, new_content
from adhere.audit.disk import Disk
from adhere.audit.folder import CHECKPOINT, JOURNAL, LogFolder
from adhere.audit.journal import Blob, Frame, encode_frame
from adhere.audit.merkle import leaf_hash
from adhere.audit.note import Signer
from adhere.audit.record import SCHEMA, Interrupted, Opened, Record, encode_record
from adhere.audit.recovery import recover, unfinished
from adhere.audit.tiles import WIDTH, tile_path

_MOST_PACES: Final = 4
"""The journal grows to so many times what is published at once, and no longer."""


class Pace(msgspec.Struct, frozen=True):
    """When the journal becomes tiles: whichever comes first.

    Attributes:
        records: So many are waiting.
        bytes: The journal is so long; what verifies a log reads it whole.
        seconds: The oldest waits so long.
    """

    records: int = 8192
    bytes: int = 8 << 20
    seconds: float = 5.0


class Publication(msgspec.Struct, frozen=True):
    """What is to become tiles: entries with their hashes, content, the checkpoint over all of it.

    Attributes:
        size: Size of the log with it.
        journal_bytes: How much of the journal it is.
    """

    entries: Sequence[bytes]
    leaves: Sequence[bytes]
    blobs: Sequence[Blob]
    note: str
    size: int
    journal_bytes: int


class Store:
    """The files of a log, and what is known of their right edge. Fails with `OSError`."""

    def __init__(
        self, folder: LogFolder, keys: KeyStore, signer: Signer, disk: Disk, now: datetime
    ) -> None:
        """Take up a log where its last writer left it.

        Raises:
            InputError: The files were changed.
            SystemFault: The key store fails.
            OSError: The disk fails.
        """
        self._path, self._identity = folder.path, folder.identity
        self._keys, self._signer, self._disk = keys, signer, disk
        self._erased: set[bytes] = set()
        state = recover(folder)
        published = state.edge.size
        self._edge, self._frontier, self._note = state.edge, state.frontier, state.note
        self._entries, self._leaves, self._blobs = state.entries, state.leaves, state.blobs
        self._journal_bytes = state.journal_bytes
        self._taken_bytes = 0  # of the journal, by a publication that is under way
        left = unfinished(folder, published, state.entries)
        self._erased |= {bytes.fromhex(erasure.key) for erasure in left.erasures}
        self._journal = disk.open(self._path / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            disk.sync_folder(self._path)
            disk.truncate(self._journal, state.journal_bytes)
            records: list[Record] = [
                Interrupted(schema=SCHEMA, time=now, request=request, admitted=index)
                for request, index in left.requests.items()
            ]
            records.append(
                Opened(
                    schema=SCHEMA, time=now, mode=self._identity.mode, version=__version__,
                    torn_bytes=state.torn_bytes,
                )
            )  # fmt: skip
            self.commit([encode_record(record) for record in records], [])
            self.publish()
            for name in self._erased:
                self._destroy(name)
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """How many entries there are, those of the journal included."""
        return self._frontier.size

    @property
    def waiting(self) -> int:
        """How many entries are in no publication yet."""
        return len(self._entries)

    def full(self, pace: Pace) -> bool:
        """Say whether there is enough to publish."""
        fresh = self._journal_bytes - self._taken_bytes
        return self.waiting >= pace.records or fresh >= pace.bytes

    def behind(self, pace: Pace) -> bool:
        """Say whether commits should wait for the publication that is under way."""
        return self._taken_bytes > 0 and self._journal_bytes >= _MOST_PACES * pace.bytes

    def commit(self, entries: Sequence[bytes], blobs: Sequence[Blob]) -> None:
        """Write entries, a checkpoint over all of the log, and content to the journal."""
        frontier = self._frontier.copy()
        leaves = [leaf_hash(entry) for entry in entries]
        for leaf in leaves:
            frontier.append(leaf)
        checkpoint = Checkpoint(self._identity.origin, frontier.size, frontier.root())
        note = self._signer.sign(checkpoint.text())
        self._keys.save()  # first: content without its key would be lost
        frame = encode_frame(Frame(self.size, entries, note, blobs))
        self._disk.write_all(self._journal, frame)
        if self._identity.mode == "durable":
            self._disk.sync(self._journal)
        self._entries += entries
        self._leaves += leaves
        self._blobs += blobs
        self._journal_bytes += len(frame)
        self._frontier, self._note = frontier, note

    def publish(self) -> None:
        """Turn the journal into content files, bundles and tiles, and sign for them."""
        publication = self.begin()
        if publication is not None:
            self.write(publication)
            self.finish(publication)

    def begin(self) -> Publication | None:
        """Take what waits out of the way of later commits; None where nothing waits."""
        if not self._entries:
            return None
        publication = Publication(
            self._entries, self._leaves, self._blobs, self._note, self.size, self._journal_bytes
        )
        self._entries, self._leaves, self._blobs = [], [], []
        self._taken_bytes = self._journal_bytes
        return publication

    def write(self, publication: Publication) -> None:
        """Make its files. Commits may go on meanwhile."""
        kept = [blob for blob in publication.blobs if blob.key not in self._erased]
        self._disk.write_files(new_content(self._path, kept))
        before = self._edge.size
        files = self._edge.grow(publication.entries, publication.leaves)
        self._disk.write_files((self._path / path, 0, data) for path, data in files)
        self._disk.put_file(self._path / CHECKPOINT, publication.note.encode())
        self._drop_partial(before, publication.size)

    def finish(self, publication: Publication) -> None:
        """Cut its part off the journal. Not while a commit is under way."""
        cut = publication.journal_bytes
        if self._journal_bytes == cut:
            self._disk.truncate(self._journal, 0)
            self._disk.sync(self._journal)
        else:
            self._move_journal(cut)
        self._journal_bytes -= cut
        self._taken_bytes = 0

    def _move_journal(self, start: int) -> None:
        """Go on in a journal that holds only what is after ``start``."""
        path, draft = self._path / JOURNAL, self._path / f".{JOURNAL}.part"
        fd = self._disk.open(draft, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            self._disk.truncate(fd, 0)
            self._disk.write_all(fd, _read_from(path, start))
            self._disk.sync(fd)
            self._disk.replace(draft, path)
            # Before the next commit: a power cut must not bring the old journal back after it.
            self._disk.sync_folder(self._path)
        except BaseException:
            os.close(fd)
            raise
        old, self._journal = self._journal, fd
        self._disk.close(old)

    def erase(self, name: bytes) -> None:
        """Destroy a key and the content under it; the record of it is written already."""
        self._erased.add(name)
        self.publish()  # so that the journal holds none of it
        self._destroy(name)

    def close(self) -> None:
        """Close the journal."""
        os.close(self._journal)

    def _destroy(self, name: bytes) -> None:
        self._keys.destroy(name)
        path = content_path(self._path, name.hex())
        if path.exists():
            self._disk.remove(path)
            self._disk.sync_folder(path.parent)

    def _drop_partial(self, before: int, size: int) -> None:
        """Remove partial tiles that full ones have replaced; one left behind does no harm."""
        height = 0
        while (before >> height) // WIDTH != (size >> height) // WIDTH:
            index = (before >> height) // WIDTH
            for level in ("entries", 0) if height == 0 else (height // 8,):
                shutil.rmtree(self._path / f"{tile_path(level, index)}.p", ignore_errors=True)
            height += 8


def _read_from(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read()
