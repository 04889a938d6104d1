"""The tree against published vectors, a naive tree from the RFC's recursion, and pymerkle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    leaf_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)

DATA = Path(__file__).parent.parent / "data"
MOST = 70
Leaves = list[bytes]


def naive_root(entries: Leaves) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    left, right = naive_root(entries[:k]), naive_root(entries[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def nodes_over(entries: Leaves):  # type: ignore[no-untyped-def]
    def nodes(level: int, index: int) -> bytes:
        part = entries[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "asked for a subtree that is not complete"
        return naive_root(part)

    return nodes


def load(name: str) -> dict[str, Any]:
    return dict(json.loads((DATA / name).read_text(encoding="utf-8")))


VECTORS = load("merkle_vectors.json")
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def test_published_roots() -> None:
    assert EMPTY_ROOT.hex() == VECTORS["empty_root"] == Frontier().root().hex()
    grown = Frontier()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        grown.append(leaf_hash(leaf))
        assert grown.root() == root


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_published_inclusion_proofs(vector: dict[str, Any]) -> None:
    index, size = vector["leaf"] - 1, vector["size"]
    proof = [bytes.fromhex(each) for each in vector["proof"]]
    assert inclusion_proof(index, size, nodes_over(LEAVES)) == proof
    leaf, root = leaf_hash(LEAVES[index]), ROOTS[size - 1]
    assert verify_inclusion(index, size, leaf, proof, root)
    for other in (index - 1, index + 1, index ^ 2):
        assert not verify_inclusion(other, size, leaf, proof, root)
    for other in (size * 2, size // 2):
        assert not verify_inclusion(index, other, leaf, proof, root)
    assert_refused_when_tampered(
        proof, lambda changed: verify_inclusion(index, size, leaf, changed, root)
    )


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_published_consistency_proofs(vector: dict[str, Any]) -> None:
    old, new = vector["old"], vector["new"]
    proof = [bytes.fromhex(each) for each in vector["proof"]]
    assert consistency_proof(old, new, nodes_over(LEAVES)) == proof
    before, after = ROOTS[old - 1], ROOTS[new - 1]
    assert verify_consistency(old, new, before, after, proof)
    if not proof:
        return
    for sizes in ((old - 1, new), (old + 1, new), (old ^ 2, new), (old, new * 2), (old, new // 2)):
        assert not verify_consistency(*sizes, before, after, proof)
    assert not verify_consistency(old, new, after, before, proof)
    assert not verify_consistency(old, new, before, after, [])
    assert_refused_when_tampered(
        proof, lambda changed: verify_consistency(old, new, before, after, changed)
    )


def assert_refused_when_tampered(proof: Leaves, accepts: Any) -> None:
    garbage = hashlib.sha256(b"garbage").digest()
    changes = [[*proof, b""], [*proof, garbage], [b"", *proof], [garbage, *proof]]
    for at, each in enumerate(proof):
        flipped = bytes([each[0] ^ 8]) + each[1:]
        changes += [[*proof[:at], flipped, *proof[at + 1 :]], [*proof[:at], *proof[at + 1 :]]]
    assert [accepts(change) for change in changes] == [False] * len(changes)


def test_proofs_of_a_certificate_transparency_log_of_961_984_013_entries() -> None:
    real = load("ct_argon2020.json")
    inclusion = [bytes.fromhex(each) for each in real["inclusion"]]
    consistency = [bytes.fromhex(each) for each in real["consistency"]]
    leaf, root = bytes.fromhex(real["leaf_hash"]), bytes.fromhex(real["root"])
    old = bytes.fromhex(real["old_root"])
    assert verify_inclusion(real["index"], real["size"], leaf, inclusion, root)
    assert not verify_inclusion(real["index"] + 1, real["size"], leaf, inclusion, root)
    assert verify_consistency(real["old_size"], real["size"], old, root, consistency)
    assert not verify_consistency(real["old_size"] - 1, real["size"], old, root, consistency)


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=8), max_size=MOST, unique=True), st.data())
def test_every_proof_verifies_and_no_other(entries: Leaves, data: st.DataObject) -> None:
    nodes, size = nodes_over(entries), len(entries)
    root = naive_root(entries)
    frontier = Frontier()
    for entry in entries:
        frontier.append(leaf_hash(entry))
    assert frontier.root() == root == root_at(size, nodes) == frontier_at(size, nodes).root()
    old = data.draw(st.integers(0, size))
    proof = consistency_proof(old, size, nodes)
    assert verify_consistency(old, size, naive_root(entries[:old]), root, proof)
    other = data.draw(st.integers(0, size))
    if other != old and 0 < old < size:
        assert not verify_consistency(other, size, naive_root(entries[:old]), root, proof)
    if not entries:
        return
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, nodes)
    assert verify_inclusion(index, size, leaf_hash(entries[index]), path, root)
    assert not verify_inclusion(index, size, leaf_hash(entries[index] + b"x"), path, root)
    wrong = data.draw(st.integers(0, size - 1))
    if wrong != index:
        assert not verify_inclusion(wrong, size, leaf_hash(entries[index]), path, root)
    assert_refused_when_tampered(
        path,
        lambda changed: verify_inclusion(index, size, leaf_hash(entries[index]), changed, root),
    )


def test_proofs_of_what_is_not_there_are_not_made() -> None:
    nodes = nodes_over([b"a", b"b"])
    with pytest.raises(ValueError, match="no leaf 2"):
        inclusion_proof(2, 2, nodes)
    with pytest.raises(ValueError, match="cannot begin"):
        consistency_proof(3, 2, nodes)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 33, 100])
def test_pymerkle_agrees_and_takes_our_proofs(size: int) -> None:
    """An independent implementation: the same roots, and its verifier judges our paths."""
    entries = [b"entry %d" % number for number in range(size)]
    theirs, nodes = pymerkle.InmemoryTree(algorithm="sha256"), nodes_over(entries)
    for entry in entries:
        theirs.append_entry(entry)
    root = root_at(size, nodes)
    assert theirs.get_root(size) == root
    for index in range(size):
        leaf = leaf_hash(entries[index])
        made = theirs.prove_inclusion(index + 1, size)
        ours = inclusion_proof(index, size, nodes)
        proof = pymerkle.proof.InclusionProof(
            "sha256", True, size, index + 1, made.rule, [leaf, *ours]
        )
        pymerkle.verify_inclusion(leaf, root, proof, index=index + 1, size=size)
        if ours:
            bad = bytes([ours[0][0] ^ 1]) + ours[0][1:]
            proof = pymerkle.proof.InclusionProof(
                "sha256", True, size, index + 1, made.rule, [leaf, bad, *ours[1:]]
            )
            with pytest.raises(pymerkle.proof.InvalidProof):
                pymerkle.verify_inclusion(leaf, root, proof)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (5, 64), (99, 100)])
def test_pymerkle_takes_our_consistency_proofs(old: int, new: int) -> None:
    """Its proofs hold the same hashes in another order; with ours put there, it judges them."""
    entries = [b"entry %d" % number for number in range(new)]
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        theirs.append_entry(entry)
    before, after = naive_root(entries[:old]), naive_root(entries)
    ours = consistency_proof(old, new, nodes_over(entries))
    known = [before] if old & (old - 1) == 0 else []
    made = theirs.prove_consistency(old, new)
    assert sorted(made.path) == sorted([*ours, *known])
    flipped = bytes([ours[0][0] ^ 1]) + ours[0][1:]
    for first, good in ((ours[0], True), (flipped, False)):
        path = [first if each == ours[0] else each for each in made.path]
        proof = pymerkle.proof.ConsistencyProof(
            "sha256", True, new, old, made.rule, made.subset, path
        )
        try:
            pymerkle.verify_consistency(before, after, proof, prior_size=old, later_size=new)
        except pymerkle.proof.InvalidProof:
            assert not good
        else:
            assert good
