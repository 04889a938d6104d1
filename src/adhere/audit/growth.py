"""How stored tiles grow: the right edge of the tree, and the files that new entries make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from adhere.audit.merkle import HASH_BYTES
from adhere.audit.tiles import (
    WIDTH,
    decode_bundle,
    encode_bundle,
    reduce_hashes,
    split_tile,
    tile_path,
    tile_width,
)
from adhere.errors import InputError


class Edge:
    """The partial tiles, and the partial bundle, of a stored tree of ``size`` entries."""

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self._entries: list[bytes] = []
        self._tails: list[list[bytes]] = []

    @classmethod
    def load(cls, size: int, read: Callable[[str], bytes | None]) -> Edge:
        """Read the edge of a stored tree.

        Raises:
            InputError: A file is missing or too short.
        """
        edge, level = cls(size), 0
        while size >> 8 * level:
            index = (size >> 8 * level) // WIDTH
            width = tile_width(level, index, size)
            tail: list[bytes] = []
            if width:
                tail = split_tile(_read(level, index, width, read)[: width * HASH_BYTES])
            edge._tails.append(tail)
            level += 1
        width = tile_width(0, size // WIDTH, size)
        if width:
            path = tile_path("entries", size // WIDTH, width)
            data = _read("entries", size // WIDTH, width, read)
            edge._entries = decode_bundle(data, path)[:width]
            if len(edge._entries) < width:
                raise InputError(f"a bundle of {width} entries is short", place=path)
        return edge

    def grow(
        self, entries: Sequence[bytes], leaves: Sequence[bytes]
    ) -> Iterator[tuple[str, bytes]]:
        """Add entries, and their hashes; yield (path, bytes) of every file that they make."""
        index = self.size // WIDTH
        bundle = [*self._entries, *entries]
        while len(bundle) >= WIDTH:
            yield tile_path("entries", index), encode_bundle(bundle[:WIDTH])
            bundle, index = bundle[WIDTH:], index + 1
        if bundle and entries:
            yield tile_path("entries", index, len(bundle)), encode_bundle(bundle)
        self._entries = bundle
        level, new = 0, list(leaves)
        while new:
            if level == len(self._tails):
                self._tails.append([])
            tail, index = self._tails[level] + new, (self.size >> 8 * level) // WIDTH
            new = []
            while len(tail) >= WIDTH:
                yield tile_path(level, index), b"".join(tail[:WIDTH])
                new.append(reduce_hashes(tail[:WIDTH]))
                tail, index = tail[WIDTH:], index + 1
            if tail:
                yield tile_path(level, index, len(tail)), b"".join(tail)
            self._tails[level] = tail
            level += 1
        self.size += len(entries)

    def partial_tiles(self) -> Iterator[tuple[str, bytes]]:
        """Yield (path, bytes) of the partial tiles as they are now, one a level at most."""
        for level, tail in enumerate(self._tails):
            if tail:
                index = (self.size >> 8 * level) // WIDTH
                yield tile_path(level, index, len(tail)), b"".join(tail)


def _read(level: int | str, index: int, width: int, read: Callable[[str], bytes | None]) -> bytes:
    path = tile_path(level, index, width)
    data = read(path)
    if data is None:
        data = read(tile_path(level, index))
    if data is None or (level != "entries" and len(data) < width * HASH_BYTES):
        raise InputError("a file of the log is missing or too short", place=path)
    return data
