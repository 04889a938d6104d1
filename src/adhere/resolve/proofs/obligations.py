"""Files: what a spec shall never allow, and what came of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from adhere.resolve.proofs.protection import Protection, ProtectionProof
from adhere.resolve.proofs.prove import Obligation, Proof


class ObligationsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The obligations of a spec (``adhere/obligations/1``): the ``obligations.toml`` beside it."""

    schema: Literal["adhere/obligations/1"]
    obligation: tuple[Obligation, ...] = ()
    protection: tuple[Protection, ...] = ()

    def __post_init__(self) -> None:
        names = [one.name for one in self.obligation] + [one.name for one in self.protection]
        if len(set(names)) < len(names):
            raise ValueError("two obligations have the same name")


class ProofsFile(msgspec.Struct, frozen=True):
    """What came of some obligations of a spec (``adhere/proofs/1``)."""

    schema: Literal["adhere/proofs/1"]
    spec_digest: str
    proofs: tuple[Proof, ...]
    protections: tuple[ProtectionProof, ...] = ()
