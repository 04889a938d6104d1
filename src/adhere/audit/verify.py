"""Verifying a log from its files alone, in one pass and constant memory.

The order of trust: the public key, which should come from elsewhere; the checkpoint it signed; the
tree, computed from the entries, whose root that checkpoint names; the stored tiles, which only help
to say *where* a difference is; the journal, which goes on from there with checkpoints of its own.
Checkpoints kept elsewhere show what nothing inside the folder can: that its end was cut off, or
that somebody with the key wrote another past.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from adhere.audit.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint, peek_checkpoint
from adhere.audit.folder import CHECKPOINT, IDENTITY, JOURNAL, LogFolder
from adhere.audit.growth import Edge
from adhere.audit.journal import Frame, Torn
from adhere.audit.merkle import Frontier, leaf_hash
from adhere.audit.note import VerifierKey
from adhere.audit.records_check import RecordsCheck
from adhere.audit.tiles import WIDTH, decode_bundle, split_tile, tile_path, tile_width
from adhere.audit.verification import AuditVerification, Findings, Witnessed
from adhere.errors import InputError
from adhere.spec import digest_bytes


def verify_log(
    folder: LogFolder,
    *,
    key: VerifierKey | None = None,
    witnesses: Sequence[tuple[str, str]] = (),
    witness_keys: Sequence[VerifierKey] = (),
) -> AuditVerification:
    """Verify a log.

    Args:
        folder: The log.
        key: Its public key, from somewhere the log's keeper does not write. None: the one the
            folder names, which only shows that the log agrees with itself.
        witnesses: Checkpoints kept elsewhere: (where, signed note).
        witness_keys: Keys of witnesses whose cosignatures count.

    Returns:
        What was found; no findings means that the log is whole.
    """
    return _Verifier(folder, key, witnesses, witness_keys).run()


class _Verifier:
    def __init__(
        self, folder: LogFolder, key: VerifierKey | None, witnesses: Sequence[tuple[str, str]],
        witness_keys: Sequence[VerifierKey],
    ) -> None:  # fmt: skip
        self.folder, self.path = folder, folder.path
        self.key = key or folder.key
        self.findings = Findings()
        self.notes: list[str] = []
        self.frontier = Frontier()
        self.records = RecordsCheck(self.path, self.findings)
        self.targets: dict[int, list[tuple[str, SignedCheckpoint]]] = {}
        self.witnessed: list[Witnessed] = []
        self.agreed = 0
        self.differing: list[tuple[int, list[bytes], list[bytes]]] = []
        if key is None:
            self.notes.append("the key is the one the log names: it shows agreement, not who wrote")
        elif key != folder.key:
            self.findings.add(
                "key", self.path / IDENTITY, "the log names another key than the one expected"
            )
        for place, note in witnesses:
            self._witness(place, note, witness_keys)

    def run(self) -> AuditVerification:
        # The journal first: were it emptied while we read, the tiles we read next have its entries.
        frames = self._journal()
        checkpoint = self._checkpoint()
        self._expect_content(frames)
        for frame in frames:
            if frame.end <= checkpoint.size:
                self._target(f"{self.path / JOURNAL}", frame.note)
        self._tiles(checkpoint)
        self._follow(frames)
        self._beyond()
        for size in sorted(self.targets):
            for place, _ in self.targets[size]:
                self.findings.add(
                    "truncated", place,
                    f"the log has {self.frontier.size} entries and had {size} when this checkpoint "
                    "was signed: its end is missing", self.frontier.size,
                )  # fmt: skip
        self.records.finish()
        return self._report()

    def _report(self) -> AuditVerification:
        return AuditVerification(
            schema="adhere/audit-verification/1",
            origin=self.folder.identity.origin,
            key=str(self.key),
            size=self.frontier.size,
            root=self.frontier.root().hex(),
            records=dict(sorted(self.records.kinds.items())),
            content=self.records.present,
            erased=self.records.erased,
            open=len(self.records.open),
            witnessed=tuple(self.witnessed),
            notes=tuple(self.notes),
            findings=tuple(self.findings.listed),
            more=self.findings.more,
        )

    def _witness(self, place: str, note: str, keys: Sequence[VerifierKey]) -> None:
        try:
            signed = open_checkpoint(note, self.key, keys, self.folder.identity.origin)
        except InputError as error:
            self.findings.add("witness", place, error.message)
            return
        self.targets.setdefault(signed.checkpoint.size, []).append((place, signed))

    def _target(self, place: str, note: str) -> None:
        """A checkpoint of the journal whose entries are in tiles: it must agree with them."""
        try:
            signed = open_checkpoint(note, self.key, (), self.folder.identity.origin)
        except InputError as error:
            self.findings.add("journal", place, error.message)
            return
        self.targets.setdefault(signed.checkpoint.size, []).append((place, signed))

    def _journal(self) -> list[Frame]:
        frames: list[Frame] = []
        try:
            for frame in self.folder.journal():
                if isinstance(frame, Torn):
                    self.notes.append(
                        f"the journal ends in {frame.bytes} bytes of a write that was cut off; "
                        "it was never acknowledged"
                    )
                else:
                    frames.append(frame)
        except InputError as error:
            self.findings.add("journal", error.place, error.message)
        return frames

    def _checkpoint(self) -> Checkpoint:
        """The published checkpoint; where its signature fails, what it says is still looked at."""
        try:
            return self.folder.checkpoint(self.key).checkpoint
        except InputError as error:
            self.findings.add("signature", self.path / CHECKPOINT, error.message)
        try:
            note = (self.folder.read(CHECKPOINT) or b"").decode("utf-8", "replace")
            return peek_checkpoint(note)
        except InputError:
            count, index = 0, 0
            while (data := self.folder.read(tile_path("entries", index))) is not None:
                count, index = count + min(len(_entries(data)), WIDTH), index + 1
            return Checkpoint(self.folder.identity.origin, count, b"")

    def _expect_content(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self.records.expect(digest_bytes(blob.data) for blob in frame.blobs)

    def _tiles(self, checkpoint: Checkpoint) -> None:
        """The pass over all entries."""
        edge = Edge()
        bundles = -(-checkpoint.size // WIDTH)
        self._check_target()
        for index in range(bundles):
            width = tile_width(0, index, checkpoint.size)
            entries = self._bundle(index, width)
            if entries is None:
                return
            leaves = [leaf_hash(entry) for entry in entries]
            self._compare(index, width, leaves)
            place = str(self.path / tile_path("entries", index, width))
            for at, (entry, leaf) in enumerate(zip(entries, leaves, strict=True), index * WIDTH):
                self.frontier.append(leaf)
                self.records.add(at, entry, place)
                if at + 1 in self.targets:
                    self._check_target()
            for stored, data in edge.grow(entries, leaves):
                # Bundles and tiles of level 0 are compared above, hash by hash.
                if not stored.startswith(("tile/0/", "tile/entries/")) and ".p/" not in stored:
                    self._stored(stored, data)
        for stored, data in edge.partial_tiles():
            self._stored(stored, data)
        self._root(checkpoint)

    def _bundle(self, index: int, width: int) -> list[bytes] | None:
        """The entries of a bundle, however many there are; None where none can be had."""
        path = tile_path("entries", index, width)
        data = self.folder.read(path)
        grown = data is None and width < WIDTH  # a full bundle may have taken its place
        if grown:
            data = self.folder.read(tile_path("entries", index))
        if data is None:
            self.findings.add(
                "missing", self.path / path, f"{width} entries are missing with their file",
                index * WIDTH,
            )  # fmt: skip
            return None
        entries = _entries(data)
        if len(entries) > width and not grown:
            at = index * WIDTH + width
            self.findings.add("entry", self.path / path, "entries were added", at)
        return entries[:width]

    def _compare(self, index: int, width: int, leaves: list[bytes]) -> None:
        path = tile_path(0, index, width)
        data = self.folder.read(path)
        if data is None and width < WIDTH:
            data = self.folder.read(tile_path(0, index))
        if data is None:
            self.findings.add("missing", self.path / path, "a tile is missing", index * WIDTH)
        elif data[: width * 32] != b"".join(leaves) or len(leaves) != width:
            self.differing.append((index, split_tile(data[: width * 32]), leaves))

    def _stored(self, path: str, data: bytes) -> None:
        found = self.folder.read(path)
        if found is None:  # a full tile may have taken its place
            found = self.folder.read(path.partition(".p/")[0])
            found = found and found[: len(data)]
        if found is None:
            self.findings.add("missing", self.path / path, "a tile is missing")
        elif found != data and not self.differing:
            self.findings.add("tile", self.path / path, "the tile is not that of the entries")

    def _root(self, checkpoint: Checkpoint) -> None:
        """Compare with what was signed; where it differs, let the tiles say which entries do."""
        if self.frontier.root() == checkpoint.root and self.frontier.size == checkpoint.size:
            for index, _, _ in self.differing:
                place = self.path / tile_path(0, index, tile_width(0, index, checkpoint.size))
                self.findings.add(
                    "tile", place, "the tile is not that of the entries", index * WIDTH
                )
            return
        for index, stored, leaves in self.differing:
            place = self.path / tile_path("entries", index, tile_width(0, index, checkpoint.size))
            at, message = _explain(stored, leaves)
            self.findings.add("entry", place, message, index * WIDTH + at)
        if not self.differing and checkpoint.root:
            self.findings.add(
                "root", self.path / CHECKPOINT,
                f"entries and tiles are not those of the signed checkpoint of {checkpoint.size}: "
                "both were rewritten, or the checkpoint is another log's", self.agreed,
            )  # fmt: skip

    def _check_target(self) -> None:
        """Compare with the checkpoints of exactly this size."""
        for place, signed in self.targets.pop(self.frontier.size, []):
            if signed.checkpoint.root != self.frontier.root():
                self.findings.add(
                    "fork", place,
                    f"the log of {self.frontier.size} entries that this checkpoint signs is not "
                    f"how this log begins: among {self.agreed} to {self.frontier.size - 1}",
                    self.agreed,
                )  # fmt: skip
            elif not place.endswith(JOURNAL):
                names = tuple(each.key.name for each in signed.cosignatures)
                self.witnessed.append(Witnessed(size=self.frontier.size, cosigned=names))
                self.agreed = self.frontier.size
            else:
                self.agreed = self.frontier.size

    def _follow(self, frames: Sequence[Frame]) -> None:
        """Go on with the journal."""
        place = str(self.path / JOURNAL)
        for frame in frames:
            if frame.end <= self.frontier.size:
                continue
            if frame.start != self.frontier.size:
                self.findings.add(
                    "journal", place,
                    f"the journal goes on at entry {frame.start}, and the log before it ends at "
                    f"{self.frontier.size}: an old checkpoint was put back, or a part is missing",
                    self.frontier.size,
                )  # fmt: skip
                return
            for at, entry in enumerate(frame.entries, frame.start):
                self.frontier.append(leaf_hash(entry))
                self.records.add(at, entry, place)
                self._check_target()
            try:
                found = open_checkpoint(frame.note, self.key, (), self.folder.identity.origin)
            except InputError as error:
                self.findings.add("journal", place, error.message, frame.start)
                continue
            if found.checkpoint.root != self.frontier.root() or found.checkpoint.size != frame.end:
                self.findings.add(
                    "journal", place, "entries of the journal are not those that were signed",
                    frame.start,
                )  # fmt: skip

    def _beyond(self) -> None:
        """Files of entries after the last: then the checkpoint is older than the files."""
        file, end = _last_file(self.path / "tile" / "entries")
        if end <= self.frontier.size:
            return
        # A writer may be at work: then the journal has those entries until the checkpoint does.
        size = self.frontier.size
        with suppress(InputError):
            for frame in self.folder.journal():
                size = max(size, frame.end if isinstance(frame, Frame) else 0)
            size = max(size, self.folder.checkpoint(self.key).checkpoint.size)
        if end > size:
            self.findings.add(
                "checkpoint", file,
                f"there are entries up to {end}, and the checkpoint says {size}: it is an old one "
                "that was put back", size,
            )  # fmt: skip


def _last_file(root: Path) -> tuple[Path, int]:
    """The bundle that goes furthest, and the number of the entry it ends before."""
    last = root, 0
    for file in root.rglob("*"):
        name, _, width = str(file.relative_to(root)).partition(".p/")
        digits = name.replace("x", "").replace("/", "")
        if digits.isascii() and digits.isdigit() and file.is_file():
            end = int(digits) * WIDTH + (
                int(width) if width.isascii() and width.isdigit() else WIDTH
            )
            last = max(last, (file, end), key=lambda each: each[1])
    return last


def _entries(data: bytes) -> list[bytes]:
    """The entries of a bundle, as far as it can be read."""
    try:
        return decode_bundle(data, "")
    except InputError:
        entries: list[bytes] = []
        at = 0
        while (end := at + 2 + int.from_bytes(data[at : at + 2], "big")) <= len(data):
            entries.append(data[at + 2 : end])
            at = end
        return entries


def _explain(stored: list[bytes], leaves: list[bytes]) -> tuple[int, str]:
    """Say what was done to a bundle: where first, and what."""
    first = next(
        (at for at, (old, new) in enumerate(zip(stored, leaves, strict=False)) if old != new),
        min(len(stored), len(leaves)),
    )
    if len(leaves) < len(stored):
        return first, f"{len(stored) - len(leaves)} entries were deleted"
    if sorted(stored) == sorted(leaves):
        return first, "entries were reordered"
    changed = sum(old != new for old, new in zip(stored, leaves, strict=False))
    return first, "the entry was changed" if changed == 1 else f"{changed} entries were changed"
