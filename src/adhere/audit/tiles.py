"""The layout of c2sp.org/tlog-tiles: hashes in tiles of 256, entries in bundles of 256.

Pure: paths, the bytes of tiles and bundles, and how to find a subtree's hash among the tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from adhere.audit.merkle import HASH_BYTES, Nodes, node_hash
from adhere.errors import InputError

WIDTH: Final = 256
_HEIGHT: Final = 8
MAX_ENTRY: Final = 0xFFFF
"""Most bytes an entry may have: its length stands before it in two bytes."""


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Return a tile's path; level ``"entries"`` names a bundle.

    >>> tile_path(0, 1234067), tile_path("entries", 5, 17)
    ('tile/0/x001/x234/067', 'tile/entries/005.p/17')
    """
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of ``size`` entries; 0: there is none."""
    return min(max((size >> _HEIGHT * level) - index * WIDTH, 0), WIDTH)


def tiles_between(old: int, new: int) -> Iterable[tuple[int, int, int]]:
    """Yield (level, index, width) of each tile that a tree gets as it grows."""
    level = 0
    while new >> _HEIGHT * level:
        before, after = old >> _HEIGHT * level, new >> _HEIGHT * level
        if before != after:
            for index in range(before // WIDTH, -(-after // WIDTH)):
                yield level, index, min(after - index * WIDTH, WIDTH)
        level += 1


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the bundle of entries: each after its length in two bytes."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes, place: str) -> list[bytes]:
    """Return a bundle's entries.

    Raises:
        InputError: It ends within an entry.
    """
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > end or start > end:
            raise InputError(f"the bundle ends within its entry {len(entries)}", place=place)
        entries.append(data[start:at])
    return entries


def split_tile(data: bytes) -> list[bytes]:
    """Return a tile's hashes."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def reduce_hashes(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over a power of two of sibling hashes."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [node_hash(left, right) for left, right in pairs]
    return hashes[0]


def nodes_of(size: int, read: Callable[[str], bytes | None]) -> Nodes:
    """Return the subtree hashes of a stored tree of ``size`` entries.

    ``read`` gives the bytes at a path, None where there are none. A partial tile may have been
    replaced by a wider one: then that one's first hashes are taken.

    Calling the result raises `InputError` where a tile is missing or too short.
    """
    cache: dict[tuple[int, int], list[bytes]] = {}

    def tile(level: int, index: int) -> list[bytes]:
        width = tile_width(level, index, size)
        path = tile_path(level, index, width)
        data = read(path)
        if data is None and width < WIDTH:
            data = read(tile_path(level, index))
        if data is None:
            raise InputError("a tile is missing", place=path)
        if len(data) < width * HASH_BYTES:
            raise InputError(f"a tile of {width} hashes has {len(data)} bytes", place=path)
        return split_tile(data[: width * HASH_BYTES])

    def nodes(level: int, index: int) -> bytes:
        height = level % _HEIGHT
        first = index << height
        key = (level // _HEIGHT, first // WIDTH)
        if key not in cache:
            if len(cache) > 64:  # proofs need a tile a level or two; a scan must not keep them all
                cache.clear()
            cache[key] = tile(*key)
        at = first % WIDTH
        return reduce_hashes(cache[key][at : at + (1 << height)])

    return nodes
