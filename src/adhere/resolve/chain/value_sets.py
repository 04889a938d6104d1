"""Sets of values as Python integers, so that intersecting two is a single ``&``.

The values that are mentioned anywhere for a key (or a fact) cut all values into cells; each cell
is a bit. What nobody mentions is one more cell, and it is the sign: "all but en" is ``~bit(en)``, a
negative number, which has a one for every value that may still turn up. Zero is the empty set.
Where ranges are mentioned, their ends cut the integers into intervals, which are cells as well.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from adhere.resolve.chain.values import Scalar, Values, anything_but, between, one_of


class ValueSets:
    """The cells of one key.

    Args:
        mentioned: Every set of values that will be asked about. It is read only where there are
            ranges among them; other values get their bit when they first turn up.
    """

    __slots__ = ("_bits", "_edges", "_first", "_named", "_next")

    def __init__(self, mentioned: Iterable[Values] = ()) -> None:
        self._bits: dict[object, int] = {}
        self._named: list[Scalar] = []
        self._edges = _edges(mentioned)
        # The intervals come first: up to the first edge, ..., from the last edge upwards.
        self._first = self._next = len(self._edges) + 1 if self._edges else 0

    def mask(self, values: Values) -> int:
        """Return the set as an integer."""
        if values.one_of is not None:
            return self._union(values.one_of)
        if values.range is None:
            return ~self._union(values.except_ or ())
        bounds = values.range
        low = 0 if bounds.min is None else bisect_right(self._edges, bounds.min)
        high = len(self._edges) if bounds.max is None else bisect_right(self._edges, bounds.max)
        inside = ((1 << (high - low + 1)) - 1) << low if high >= low else 0
        return inside & ~self._union(values.except_ or ())

    def _union(self, values: tuple[Scalar, ...]) -> int:
        bits = self._bits
        union = 0
        for value in values:
            # True == 1 in Python: every type but str is told apart by its class.
            name = value if value.__class__ is str else (value.__class__, value)
            bit = bits.get(name)
            if bit is None:
                if self._edges and value.__class__ is int:
                    bit = 1 << bisect_right(self._edges, value)
                else:
                    bit = 1 << self._next
                    self._next += 1
                    self._named.append(value)
                bits[name] = bit
            union |= bit
        return union

    def camps(self, admitted: int, masks: Sequence[int]) -> dict[int, int]:
        """Return, for each cell of ``admitted``, who of ``masks`` admits it, as bits.

        Cells are named by their bit's place and come in an order that depends only on the values.
        A mask that holds nearly every cell is entered where it is missing, so that the work grows
        with what is mentioned and not with masks times cells.
        """
        # What nobody mentions becomes the place after the last, so that nothing is negative.
        whole = admitted & ((2 << self._next) - 1)
        odd = dict.fromkeys(sorted(places(whole), key=self._sorting), 0)
        dense = 0
        for number, mask in enumerate(masks):
            inside = whole & mask
            outside = whole & ~mask
            if outside.bit_count() < inside.bit_count():
                dense |= 1 << number
                inside = outside
            for place in places(inside):
                odd[place] |= 1 << number
        return {place: dense ^ numbers for place, numbers in odd.items()}

    def at(self, place: int) -> Values:
        """Return the values of one cell, or one of them where the cell has no form of its own."""
        if place < self._first:
            low = self._edges[place - 1] if place else None
            high = self._edges[place] - 1 if place < len(self._edges) else None
            return between(low, high)
        if place < self._next:
            return one_of(self._named[place - self._first])
        if not self._edges:
            return anything_but(*self._named)
        word = "something else"  # "all but these, and no integer" cannot be written down
        while word in self._named:
            word += " "
        return one_of(word)

    def _sorting(self, place: int) -> tuple[int, str, Scalar]:
        if self._first <= place < self._next:
            value = self._named[place - self._first]
            return 1, value.__class__.__name__, value
        return (0 if place < self._first else 2), "", place


def places(bits: int) -> Iterator[int]:
    """Yield the places of the bits of a set that is not negative, ascending."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _edges(mentioned: Iterable[Values]) -> list[int]:
    """Where an interval begins: no set has a border inside an interval."""
    mentioned = tuple(mentioned)
    if all(values.range is None for values in mentioned):
        return []
    edges = {0}  # so that there is one, even if every range is open on both sides
    for values in mentioned:
        for one in values.mentioned:
            if one.__class__ is int:
                edges.update((one, one + 1))
        if values.range is not None:
            if values.range.min is not None:
                edges.add(values.range.min)
            if values.range.max is not None:
                edges.add(values.range.max + 1)
    return sorted(edges)
