"""The layout of tlog-tiles, with the examples of its text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.audit.merkle import Frontier, leaf_hash, root_at
from adhere.audit.tiles import (
    WIDTH,
    decode_bundle,
    encode_bundle,
    nodes_of,
    reduce_hashes,
    split_tile,
    tile_path,
    tile_width,
    tiles_between,
)
from adhere.errors import InputError


def test_examples_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 273, 112) == "tile/entries/273.p/112"
    tiles = list(tiles_between(0, 70_000))
    assert sum(level == 0 and width == WIDTH for level, _, width in tiles) == 273
    assert [each for each in tiles if each[2] < WIDTH] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert [each for each in tiles if each[0] == 1] == [(1, 0, 256), (1, 1, 17)]
    assert list(tiles_between(0, 256)) == [(0, 0, 256), (1, 0, 1)]


@given(st.integers(0, 200_000), st.integers(0, 3000))
def test_the_new_tiles_are_those_whose_width_changed(old: int, more: int) -> None:
    new = old + more
    found = list(tiles_between(old, new))
    assert all(
        tile_width(level, index, old) < width == tile_width(level, index, new)
        for level, index, width in found
    )
    expected = {(old + step) // WIDTH for step in range(more)}
    assert {index for level, index, _ in found if level == 0} == expected


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_come_back(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    assert decode_bundle(data, "here") == entries
    if entries:
        with pytest.raises(InputError, match="ends within"):
            decode_bundle(data[:-1] if entries[-1] else data + b"\x00", "here")


@settings(max_examples=25)
@given(st.integers(1, 1500), st.data())
def test_roots_come_from_tiles(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    levels = [leaves]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        full = range(0, len(below) - WIDTH + 1, WIDTH)
        levels.append([reduce_hashes(below[at : at + WIDTH]) for at in full])
    files = {
        tile_path(level, index, width): b"".join(levels[level][index * WIDTH :][:width])
        for level, index, width in tiles_between(0, size)
    }
    nodes = nodes_of(size, files.get)
    earlier = data.draw(st.integers(0, size))
    for count in (earlier, size):
        grown = Frontier()
        for leaf in leaves[:count]:
            grown.append(leaf)
        assert root_at(count, nodes) == grown.root()
    first = next(iter(files))
    assert split_tile(files[first]) == leaves[:WIDTH]
    files[first] = files[first][:-1]
    with pytest.raises(InputError, match="bytes"):
        root_at(1, nodes_of(size, files.get))
    del files[first]
    with pytest.raises(InputError, match="missing"):
        root_at(1, nodes_of(size, files.get))
