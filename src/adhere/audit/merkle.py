"""The Merkle tree of RFC 6962, section 2.1 (the same as RFC 9162's): roots and proofs.

A tree is never held here. What stores it offers `Nodes`: the hash of any *complete* subtree, which
never changes once it exists. Everything else is made of those. Hashes are 32 bytes of SHA-256;
leaves and inner nodes are hashed with different first bytes, so that neither passes for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

Nodes: TypeAlias = Callable[[int, int], bytes]
"""``nodes(level, index)``: the hash over leaves ``index * 2**level`` up to ``2**level`` more."""

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a log entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees along the right edge of a growing tree: all that growing needs.

    Memory is one hash per level. ``Frontier(size, peaks)`` takes up a tree where it stood.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add a leaf's hash."""
        size, peaks = self.size, self._peaks
        # Each trailing 1 bit of the size is a complete subtree as large as what is being carried.
        while size & 1:
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree's root hash."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def copy(self) -> Frontier:
        """Return a frontier that grows on its own."""
        return Frontier(self.size, self._peaks)


def frontier_at(size: int, nodes: Nodes) -> Frontier:
    """Return the frontier of the first ``size`` leaves."""
    peaks, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(nodes(level, start >> level))
            start += 1 << level
    return Frontier(size, peaks)


def root_at(size: int, nodes: Nodes) -> bytes:
    """Return the root hash over the first ``size`` leaves."""
    return frontier_at(size, nodes).root()


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that lead from leaf ``index`` to the root over ``size`` leaves.

    Raises:
        ValueError: There is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_hash(start, middle, nodes))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that show the tree of ``new`` leaves begins with that of ``old``.

    Raises:
        ValueError: Not ``0 <= old <= new``.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} cannot begin with one of {old}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, known = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_hash(start, middle, nodes))
            start, known = middle, False
    # The old root itself is known to whoever checks, unless the walk went to its right.
    return [*([] if known else [_hash(start, end, nodes)]), *path[::-1]]


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Say whether ``proof`` shows ``leaf`` at ``index`` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _hashes([leaf, root, *proof]):
        return False
    node, last, value = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = node_hash(step, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = node_hash(value, step)
        node, last = node >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether ``proof`` shows that the new tree begins with the old (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or not _hashes([old_root, new_root, *proof]):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, step)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _hash(start: int, end: int, nodes: Nodes) -> bytes:
    """The hash over leaves ``start`` to ``end``, a subtree as the RFC splits it."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(count)
    return node_hash(_hash(start, middle, nodes), _hash(middle, end, nodes))


def _hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
