"""A witness cosigns what goes on from what it saw, and nothing else."""

from __future__ import annotations

import base64
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adhere.assemble.auditing import cosign
from adhere.audit.checkpoint import Checkpoint
from adhere.audit.folder import LogFolder
from adhere.audit.keys import read_signing_key
from adhere.audit.log import AuditLog
from adhere.audit.merkle import consistency_proof
from adhere.audit.note import Signer
from adhere.audit.verify import verify_log
from adhere.audit.witness import Fork, Witness, create_witness
from adhere.errors import InputError, UsageError

from .conftest import ORIGIN, admitted, note_of

Paths = tuple[Path, Path]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    create_witness(tmp_path / "witness", "w.example")
    return tmp_path / "witness"


def grow(paths: Paths, count: int, start: int = 0) -> None:
    with AuditLog(*paths) as audit:
        for number in range(start, start + count):
            audit.submit(admitted(number))


def test_a_cosigned_checkpoint_is_what_the_format_says(paths: Paths, mine: Path) -> None:
    grow(paths, 3)
    note = Witness(mine, clock=lambda: 1_740_000_000.7).cosign(
        note_of(paths[0]), lambda _old, _new: [], LogFolder(paths[0]).key
    )
    assert note.startswith(note_of(paths[0]))
    key = Witness(mine).key
    text, line = note.partition("\n\n")[0] + "\n", note.rstrip("\n").rpartition("\n")[2]
    raw = base64.b64decode(line.removeprefix("— w.example "))
    assert (raw[:4], int.from_bytes(raw[4:12], "big")) == (key.id, 1_740_000_000)
    # c2sp.org/tlog-cosignature, written out by hand.
    Ed25519PublicKey.from_public_bytes(key.public).verify(
        raw[12:], b"cosignature/v1\ntime 1740000000\n" + text.encode()
    )
    found = verify_log(LogFolder(paths[0]), witnesses=[("here", note)], witness_keys=[key])
    assert [(each.size, each.cosigned) for each in found.witnessed] == [(4, ("w.example",))]


def test_it_follows_a_log_that_grows(paths: Paths, mine: Path) -> None:
    folder = LogFolder(paths[0])
    cosign(mine, paths[0], folder.key)
    for count in (1, 254, 300):
        grow(paths, count)
        cosign(mine, paths[0], None)
        cosign(mine, paths[0], folder.key)  # the same again, at another time
    seen = Witness(mine).seen(ORIGIN)
    assert seen is not None
    assert seen.note == note_of(paths[0])


def test_it_refuses_a_log_that_is_not_how_it_was(
    copied: Callable[[str], Paths], mine: Path
) -> None:
    """The keeper has the signing key, and every file but the witness's."""
    paths = copied("before")
    cosign(mine, paths[0], LogFolder(paths[0]).key)
    old = copied("old")
    grow(paths, 10)
    cosign(mine, paths[0], None)
    with pytest.raises(Fork, match="end was cut off"):
        cosign(mine, old[0], None)
    grow(old, 30, start=500)  # the same start, another past of what was seen
    with pytest.raises(Fork, match="is not shown to be"):
        cosign(mine, old[0], None)
    size = LogFolder(paths[0]).checkpoint().checkpoint.size
    forged = Signer(read_signing_key(paths[1])).sign(Checkpoint(ORIGIN, size, bytes(32)).text())
    with pytest.raises(Fork):
        Witness(mine).cosign(forged, lambda _old, _new: [], None)
    grow(paths, 1)  # and the true one still goes on
    cosign(mine, paths[0], None)


def test_a_false_proof_gets_no_signature(paths: Paths, mine: Path) -> None:
    cosign(mine, paths[0], LogFolder(paths[0]).key)
    grow(paths, 5)
    cosign(mine, paths[0], None)
    grow(paths, 5)
    folder = LogFolder(paths[0])
    new = folder.checkpoint().checkpoint
    old = Witness(mine).seen(ORIGIN)
    assert old is not None
    size = int(old.note.split("\n")[1])
    proof = consistency_proof(size, new.size, folder.nodes(new.size))
    note = folder.checkpoint().note
    for bad in (proof[:-1], [*proof, proof[0]], [bytes(32), *proof[1:]], []):
        with pytest.raises(Fork):
            Witness(mine).cosign(note, lambda _old, _new, bad=bad: bad, None)
    assert Witness(mine).seen(ORIGIN) == old
    Witness(mine).cosign(note, lambda _old, _new: proof, None)


def test_whose_log_it_is_is_fixed_the_first_time(paths: Paths, mine: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not seen before"):
        cosign(mine, paths[0], None)
    cosign(mine, paths[0], LogFolder(paths[0]).key)
    with pytest.raises(UsageError, match="another key"):
        cosign(mine, paths[0], Witness(mine).key)
    extended = Signer(read_signing_key(paths[1])).sign(
        f"{note_of(paths[0]).partition(chr(10) * 2)[0]}\nmore\n"
    )
    with pytest.raises(InputError, match="cannot vouch"):
        Witness(mine).cosign(extended, lambda _old, _new: [], None)
    with pytest.raises(UsageError, match="a witness already"):
        create_witness(mine, "w.example")
    with pytest.raises(UsageError, match="cannot be a witness"):
        create_witness(tmp_path / "other", "two words")
    assert stat.S_IMODE((mine / "witness.key").stat().st_mode) == 0o600


def test_a_memory_that_was_damaged_signs_nothing(paths: Paths, mine: Path) -> None:
    cosign(mine, paths[0], LogFolder(paths[0]).key)
    memory = next(mine.glob("log-*.json"))
    memory.write_text("{}")
    with pytest.raises(InputError):
        cosign(mine, paths[0], None)
    shutil.rmtree(mine)
    with pytest.raises(UsageError, match="no such key"):
        cosign(mine, paths[0], None)
