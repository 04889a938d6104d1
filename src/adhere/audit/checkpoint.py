"""Checkpoints (c2sp.org/tlog-checkpoint): a signed note of a log's name, size and root hash."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import msgspec

from adhere.audit.merkle import HASH_BYTES
from adhere.audit.note import (
    COSIGNATURE,
    ED25519,
    Signature,
    VerifierKey,
    open_note,
    split_note,
)
from adhere.errors import InputError

_MAX_SIZE: Final = 1 << 63


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log was at some time.

    Attributes:
        origin: The log's name.
        size: How many entries it had.
        root: Root hash over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint whose signatures were checked; ``note`` is the whole of it."""

    checkpoint: Checkpoint
    note: str
    signatures: tuple[Signature, ...]

    @property
    def cosignatures(self) -> tuple[Signature, ...]:
        """Those of witnesses."""
        return tuple(each for each in self.signatures if each.key.kind == COSIGNATURE)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note's text as a checkpoint; lines after the third are allowed and ignored.

    Raises:
        InputError: It is not one.
    """
    lines = text.split("\n")
    try:
        origin, digits, encoded, *more = lines
        size, root = int(digits), base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise InputError("this is not a checkpoint: name, size and root hash are missing") from None
    if (
        not origin
        or not more
        or more.pop() != ""
        or not all(more)
        or not digits.isascii()
        or str(size) != digits
        or not 0 <= size < _MAX_SIZE
        or len(root) != HASH_BYTES
        or base64.b64encode(root).decode() != encoded
    ):
        raise InputError("this is not a checkpoint: size or root hash are malformed")
    return Checkpoint(origin, size, root)


def open_checkpoint(
    note: str, key: VerifierKey, witnesses: Sequence[VerifierKey] = (), origin: str = ""
) -> SignedCheckpoint:
    """Check a checkpoint's signatures and read it.

    Args:
        note: The signed note.
        key: The log's key; it must have signed.
        witnesses: Keys of witnesses: those that signed are among the signatures.
        origin: The log it must be of; empty: any.

    Raises:
        InputError: It is none, a signature is wrong or missing, or it is of another log.
    """
    if key.kind != ED25519:
        raise InputError(f"the key {key.name} is a witness's, not a log's")
    text, signatures = open_note(note, [key, *witnesses])
    checkpoint = parse_checkpoint(text)
    if all(signature.key != key for signature in signatures):
        raise InputError(f"the checkpoint is not signed by {key.name}")
    if origin and checkpoint.origin != origin:
        raise InputError(f"the checkpoint is of {checkpoint.origin}, not of {origin}")
    return SignedCheckpoint(checkpoint, note, tuple(signatures))


def peek_checkpoint(note: str) -> Checkpoint:
    """Read a checkpoint without checking who signed it: for messages, never for trust.

    Raises:
        InputError: It is none.
    """
    return parse_checkpoint(split_note(note)[0])
