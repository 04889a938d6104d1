"""Keys that hang together: what applies on one may decide what counts on another."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from adhere.resolve.chain.instruction import ANY, Instruction
from adhere.spec import Authority


class Group(msgspec.Struct, frozen=True):
    """Keys that hang together, and the instructions on them (indexes, sorted by id)."""

    keys: tuple[str, ...]
    members: tuple[int, ...]


def group_keys(instructions: Sequence[Instruction]) -> list[Group]:
    """Return the groups, by their first key.

    Only a delegation links keys: from the key of the instruction that delegates to the keys of the
    texts it may reach. Everything else stays within a key.
    """
    parents: dict[str, str] = {}

    def find(node: str) -> str:
        root = node
        while parents.setdefault(root, root) != root:
            root = parents[root]
        while parents[node] != root:
            parents[node], node = root, parents[node]
        return root

    offered: dict[tuple[str, str], list[str]] = {}
    for instruction in instructions:
        delegation = instruction.delegates
        if delegation is not None and instruction.level is not Authority.NONE:
            for key in delegation.keys:
                offered.setdefault((delegation.selector, key), []).append(instruction.key)
    for instruction in instructions:
        if instruction.level is Authority.NONE:
            source, key = instruction.source or ANY, instruction.key
            for pair in ((source, key), (source, ANY), (ANY, key), (ANY, ANY)):
                for giver in offered.get(pair, ()):
                    parents[find(giver)] = find(key)
                # From now on any one of them stands for all.
                if pair in offered:
                    offered[pair] = [key]
    members: dict[str, list[int]] = {}
    for index, instruction in enumerate(instructions):
        members.setdefault(find(instruction.key), []).append(index)
    groups = []
    for indexes in members.values():
        indexes.sort(key=lambda index: instructions[index].id)
        keys = sorted({instructions[index].key for index in indexes})
        groups.append(Group(tuple(keys), tuple(indexes)))
    return sorted(groups, key=lambda group: group.keys)
