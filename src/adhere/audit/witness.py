"""A witness: remembers what it saw of each log, and cosigns only what goes on from there.

The rules are those of c2sp.org/tlog-witness, the signature is c2sp.org/tlog-cosignature. A witness
is of use where the log's keeper cannot get at its folder. It holds no records, only checkpoints.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from adhere.audit.checkpoint import SignedCheckpoint, open_checkpoint
from adhere.audit.disk import Disk, read_or_none
from adhere.audit.keys import read_secret, write_secret
from adhere.audit.merkle import EMPTY_ROOT, verify_consistency
from adhere.audit.note import (
    COSIGNATURE,
    Signer,
    SignerKey,
    VerifierKey,
    parse_signer,
    parse_verifier,
    valid_name,
)
from adhere.errors import InputError, SystemFault, UsageError

_KEY: Final = "witness.key"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a witness remembers of a log (``adhere/witnessed/1``).

    Attributes:
        origin: The log's name.
        key: The log's public key.
        note: The last checkpoint that was cosigned, as the log signed it.
    """

    schema: Literal["adhere/witnessed/1"]
    origin: str
    key: str
    note: str


class Fork(InputError):
    """The log is not how it was: the two checkpoints together are the evidence."""


def create_witness(folder: Path, name: str) -> VerifierKey:
    """Make a witness in a new folder; return its public key.

    Raises:
        UsageError: There is one, or the name cannot be one.
        SystemFault: It cannot be written.
    """
    if not valid_name(name):
        raise UsageError(
            f"{name!r} cannot be a witness's name", remedy="such as witness.example.org"
        )
    if (folder / _KEY).exists():
        raise UsageError("there is a witness already", place=str(folder))
    key = SignerKey(name, COSIGNATURE, os.urandom(32))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(folder / _KEY, key.text())
        Disk().sync_folder(folder)
    except OSError as error:
        raise _fault(error, folder) from error
    return key.verifier


class Witness:
    """A witness with its memory."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open the folder of a witness.

        Raises:
            UsageError: There is none.
            InputError: Its key is damaged.
        """
        self._folder, self._clock = folder, clock
        self._signer = Signer(parse_signer(read_secret(folder / _KEY)))

    @property
    def key(self) -> VerifierKey:
        """Its public key."""
        return self._signer.verifier

    def seen(self, origin: str) -> Seen | None:
        """Return what it remembers of a log; None where it never saw it.

        Raises:
            InputError: Its memory is damaged.
            SystemFault: It cannot be read.
        """
        path = self._path(origin)
        try:
            data = read_or_none(path)
        except OSError as error:
            raise _fault(error, path) from error
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=Seen)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(str(error), place=str(path)) from error

    def cosign(
        self, note: str, prove: Callable[[int, int], Sequence[bytes]], key: VerifierKey | None
    ) -> str:
        """Check that a checkpoint goes on from what was seen last; return it cosigned.

        What it saw is durable before this returns.

        Args:
            note: The log's checkpoint.
            prove: Gives the hashes of a consistency proof between two sizes.
            key: The log's public key; None: the one of the last time.

        Raises:
            Fork: The log is shorter than it was, or has another past.
            UsageError: It is the first time and no key is given, or another key than last time.
            InputError: It is no checkpoint, or not signed by that key.
            SystemFault: The memory cannot be written.
        """
        with self._alone():
            signed, known = self._open(note, key)
            self._check(signed, known, prove)
            text = signed.checkpoint.text()
            origin = signed.checkpoint.origin
            seen = Seen(
                schema="adhere/witnessed/1", origin=origin,
                key=known.key if known else str(key), note=note,
            )  # fmt: skip
            data = msgspec.json.format(msgspec.json.encode(seen), indent=2) + b"\n"
            try:
                Disk().put_file(self._path(origin), data)
            except OSError as error:
                raise _fault(error, self._folder) from error
            return note + self._signer.line(text, int(self._clock()))

    def _open(self, note: str, key: VerifierKey | None) -> tuple[SignedCheckpoint, Seen | None]:
        """The checkpoint, its signature checked, and what is remembered of its log."""
        known = self.seen(note.partition("\n")[0])
        if known is not None:
            pinned = parse_verifier(known.key)
            if key is not None and key != pinned:
                raise UsageError(f"the log was seen with another key: {known.key}")
            key = pinned
        if key is None:
            raise UsageError("this log was not seen before", remedy="give its public key: --key")
        signed = open_checkpoint(note, key)
        if not note.startswith(f"{signed.checkpoint.text()}\n"):
            raise InputError("the checkpoint has lines that a witness cannot vouch for")
        return signed, known

    def _check(
        self,
        signed: SignedCheckpoint,
        known: Seen | None,
        prove: Callable[[int, int], Sequence[bytes]],
    ) -> None:
        new = signed.checkpoint
        size, root = 0, EMPTY_ROOT
        if known is not None:
            last = open_checkpoint(known.note, parse_verifier(known.key)).checkpoint
            size, root = last.size, last.root
        if new.size < size:
            raise Fork(
                f"the log has {new.size} records, and had {size} when it was seen last: "
                "its end was cut off, or an old checkpoint was put back"
            )
        proof = prove(size, new.size)
        if not verify_consistency(size, new.size, root, new.root, proof):
            raise Fork(
                f"the log of {size} records that was seen last is not shown to be how this log of "
                f"{new.size} begins"
            )

    def _path(self, origin: str) -> Path:
        return self._folder / f"log-{sha256(origin.encode()).hexdigest()[:32]}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else may sign meanwhile: two could each sign another past."""
        try:
            fd = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _fault(error, self._folder) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _fault(error: OSError, place: Path) -> SystemFault:
    return SystemFault(
        f"the witness's memory fails: {error.strerror}", place=str(error.filename or place)
    )
