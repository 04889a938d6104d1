"""Proofs as files that stand alone.

That an entry is in a log: the text of c2sp.org/tlog-proof, with the entry itself as extra data.
That a log only grew: JSON (``adhere/consistency-proof/1``) with both checkpoints.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from adhere.audit.checkpoint import SignedCheckpoint, open_checkpoint
from adhere.audit.merkle import (
    Nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from adhere.audit.note import VerifierKey
from adhere.errors import InputError

HEADER: Final = "c2sp.org/tlog-proof@v1"
_NUMBER: Final = re.compile("0|[1-9][0-9]{0,18}")


class ProvedEntry(msgspec.Struct, frozen=True):
    """What a proof showed: this entry is number ``index`` of the log of the checkpoint."""

    index: int
    entry: bytes
    signed: SignedCheckpoint


class ConsistencyProof(msgspec.Struct, frozen=True):
    """A proof that a log only grew (``adhere/consistency-proof/1``).

    Attributes:
        old: The earlier checkpoint, a signed note.
        new: The later one.
        proof: Hashes in base64.
    """

    schema: Literal["adhere/consistency-proof/1"]
    old: str
    new: str
    proof: tuple[str, ...]


def write_inclusion(index: int, entry: bytes, note: str, size: int, nodes: Nodes) -> str:
    """Return the proof that ``entry`` is number ``index`` of the log of the checkpoint ``note``."""
    hashes = "".join(f"{_b64(each)}\n" for each in inclusion_proof(index, size, nodes))
    return f"{HEADER}\nextra {_b64(entry)}\nindex {index}\n{hashes}\n{note}"


def check_inclusion(
    text: str, key: VerifierKey, witnesses: Sequence[VerifierKey] = ()
) -> ProvedEntry:
    """Check a proof that an entry is in a log.

    Raises:
        InputError: It is no such proof, or it does not prove it.
    """
    head, gap, note = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not gap or len(lines) < 2:
        raise InputError("this is not a proof", remedy=f"its first line is {HEADER}")
    extra, number, *encoded = lines
    if not extra.startswith("extra ") or not number.startswith("index "):
        raise InputError("the proof lacks the entry, or its number")
    entry = _unb64(extra.removeprefix("extra "))
    digits = number.removeprefix("index ")
    if not _NUMBER.fullmatch(digits):
        raise InputError("the entry's number in the proof is none")
    hashes = [_unb64(line) for line in encoded]
    signed = open_checkpoint(note, key, witnesses)
    checkpoint = signed.checkpoint
    if not verify_inclusion(
        int(digits), checkpoint.size, leaf_hash(entry), hashes, checkpoint.root
    ):
        raise InputError("the proof does not lead from the entry to the checkpoint's root hash")
    return ProvedEntry(int(digits), entry, signed)


def write_consistency(old: str, new: str, sizes: tuple[int, int], nodes: Nodes) -> ConsistencyProof:
    """Return the proof that the log of checkpoint ``new`` begins with that of ``old``."""
    hashes = tuple(_b64(each) for each in consistency_proof(*sizes, nodes))
    return ConsistencyProof("adhere/consistency-proof/1", old, new, hashes)


def read_consistency(text: str, place: str) -> ConsistencyProof:
    """Read a proof of growth; it is not checked.

    Raises:
        InputError: It is none.
    """
    try:
        return msgspec.json.decode(text, type=ConsistencyProof)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"this is not a proof: {error}", place=place) from error


def proof_hashes(proof: ConsistencyProof) -> list[bytes]:
    """Return the hashes of a proof.

    Raises:
        InputError: They are malformed.
    """
    return [_unb64(each) for each in proof.proof]


def check_consistency(
    proof: ConsistencyProof, key: VerifierKey, witnesses: Sequence[VerifierKey] = ()
) -> tuple[SignedCheckpoint, SignedCheckpoint]:
    """Check a proof that a log only grew; return its two checkpoints.

    Raises:
        InputError: It does not prove it.
    """
    old = open_checkpoint(proof.old, key, witnesses)
    new = open_checkpoint(proof.new, key, witnesses, old.checkpoint.origin)
    before, after = old.checkpoint, new.checkpoint
    hashes = proof_hashes(proof)
    if not verify_consistency(before.size, after.size, before.root, after.root, hashes):
        raise InputError(
            f"the proof does not show that the log of {after.size} entries begins with that of "
            f"{before.size}"
        )
    return old, new


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("a line of the proof is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise InputError("a line of the proof is not base64 in its one form")
    return data
