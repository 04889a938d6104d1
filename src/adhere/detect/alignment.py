"""Runs that two texts have in common, and chains of them."""

from __future__ import annotations

from typing import Final

import msgspec

GAP: Final = 24
"""Most letters between two runs of a chain, on either side."""
_MOST_BLOCKS: Final = 256
_STEP: Final = 64


class Block(msgspec.Struct, frozen=True, gc=False):
    """A run that two texts have in common: where it begins in each, and how long it is."""

    here: int
    there: int
    size: int


def common_run(one: bytes, here: int, other: bytes, there: int) -> Block:
    """Return the longest common run through a place of each text."""
    ahead = _ahead(one, here, other, there)
    behind = _behind(one, here, other, there)
    return Block(here - behind, there - behind, behind + ahead)


def chain(
    one: bytes, other: bytes, anchor: Block, within: tuple[int, int], least: int
) -> list[Block]:
    """Return the chain of runs around an anchor, in order.

    It grows to each side by the nearest run that stands on the right side in both texts.

    Args:
        one: The text that is searched.
        other: The text that is searched for.
        anchor: Where to begin.
        within: The part of ``other`` the chain may lie in.
        least: Letters of the shortest run.
    """
    blocks = [anchor]
    while len(blocks) < _MOST_BLOCKS and (
        block := _before(one, other, blocks[0], within[0], least)
    ):
        blocks.insert(0, block)
    while len(blocks) < _MOST_BLOCKS and (
        block := _after(one, other, blocks[-1], within[1], least)
    ):
        blocks.append(block)
    return blocks


def _before(one: bytes, other: bytes, block: Block, first: int, least: int) -> Block | None:
    low = max(block.there - GAP - least, first)
    for end in range(block.here, max(block.here - GAP, least) - 1, -1):
        at = other.rfind(one[end - least : end], low, block.there)
        if at >= 0:
            behind = min(_behind(one, end, other, at + least), at + least - first)
            return Block(end - behind, at + least - behind, behind)
    return None


def _after(one: bytes, other: bytes, block: Block, last: int, least: int) -> Block | None:
    here, there = block.here + block.size, block.there + block.size
    high = min(there + GAP + least, last)
    for start in range(here, min(here + GAP, len(one) - least) + 1):
        at = other.find(one[start : start + least], there, high)
        if at >= 0:
            ahead = min(_ahead(one, start, other, at), last - at)
            return Block(start, at, ahead)
    return None


def _ahead(one: bytes, here: int, other: bytes, there: int) -> int:
    size = 0
    most = min(len(one) - here, len(other) - there)
    while (
        size < most
        and one[here + size : here + size + _STEP] == (other[there + size : there + size + _STEP])
    ):
        size = min(size + _STEP, most)
    while size < most and one[here + size] == other[there + size]:
        size += 1
    return size


def _behind(one: bytes, here: int, other: bytes, there: int) -> int:
    size = 0
    most = min(here, there)
    while (
        size + _STEP <= most
        and one[here - size - _STEP : here - size] == (other[there - size - _STEP : there - size])
    ):
        size += _STEP
    while size < most and one[here - size - 1] == other[there - size - 1]:
        size += 1
    return size
