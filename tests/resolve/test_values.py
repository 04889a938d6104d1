"""Sets of values: three forms, exact, and types told apart."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from strategies import Digits, number_values, numbers, spread, word_values

from adhere.resolve import (
    EVERYTHING,
    NOTHING,
    Range,
    Values,
    anything_but,
    between,
    intersect,
    one_of,
)
from adhere.resolve.chain.value_sets import ValueSets, places
from adhere.resolve.checker.points import Samples

VALUES = (True, False, 0, 1, 2, 3, 4, 5, 6, 7, "x", "y", "z", "1", "mars")


def made(number: int) -> Values:
    digits = Digits(spread(number, 0))
    return number_values(digits) if digits.once_in(2) else word_values(digits)


def members(values: Values) -> list[object]:
    return [value for value in VALUES if values.admits(value)]


def same(left: list[object], right: list[object]) -> bool:
    return [(type(one), one) for one in left] == [(type(one), one) for one in right]


@pytest.mark.parametrize(
    ("values", "value", "inside"),
    [
        (one_of(1), True, False),
        (one_of(True), 1, False),
        (one_of(1, True), True, True),
        (one_of("1"), 1, False),
        (anything_but(1), True, True),
        (anything_but(1), 1, False),
        (anything_but(), "anything", True),
        (between(0, 1), True, False),
        (between(0, 1), 1, True),
        (between(0, 1), "x", False),
        (between(None, 3), -(10**30), True),
        (between(3, None), 2, False),
        (between(0, 9, but=[5]), 5, False),
        (between(None, None), 10**30, True),
        (between(None, None), "x", False),
    ],
)
def test_what_is_in_a_set(values: Values, value: object, inside: bool) -> None:
    assert values.admits(value) is inside  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "empty"),
    [
        (one_of(), True),
        (one_of(False), False),
        (between(3, 2), True),
        (between(2, 2), False),
        (between(1, 3, but=[1, 2, 3]), True),
        (between(1, 3, but=[1, 3, 7]), False),
        (between(1, None, but=[1, 2, 3]), False),
        (between(-(10**30), 10**30), False),
        (anything_but("x", "y", "z"), False),
    ],
)
def test_emptiness_is_exact(values: Values, empty: bool) -> None:
    assert values.is_empty is empty


def test_booleans_do_not_stop_up_a_range() -> None:
    assert not Values(range=Range(0, 1), except_=(0, True)).is_empty
    assert Values(range=Range(0, 1), except_=(0, 1)).is_empty


@pytest.mark.parametrize(
    "json",
    [
        b"{}",
        b'{"one_of": [1], "except": [2]}',
        b'{"one_of": [1], "range": {}}',
        b'{"one_of": [1.5]}',
        b'{"one_of": [null]}',
        b'{"oneof": [1]}',
    ],
)
def test_other_forms_are_refused(json: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json, type=Values)


def test_lists_are_written_sorted_and_once() -> None:
    given = msgspec.json.decode(b'{"one_of": ["b", 2, true, "a", 2, 1, false, "b"]}', type=Values)
    assert msgspec.json.encode(given) == b'{"one_of":[false,true,1,2,"a","b"]}'


@given(numbers, numbers)
def test_an_intersection_holds_what_both_hold(first: int, second: int) -> None:
    left, right = made(first), made(second)
    both = intersect(left, right)
    assert same(members(both), [one for one in members(left) if right.admits(one)])  # type: ignore[arg-type]
    assert same(members(both), members(intersect(right, left)))
    samples = Samples([left, right, both])
    assert both.is_empty == (not samples.of(both))


def test_long_lists_intersect_like_short_ones() -> None:
    left = one_of(*range(100), True, "50")
    for right in (
        one_of(*range(50, 150), "50"),
        anything_but(*range(60)),
        between(3, 70, but=range(10, 60)),
        between(None, None, but=range(0, 100, 2)),
    ):
        expected = [one for one in left.one_of or () if right.admits(one)]
        assert same(list(intersect(left, right).one_of or ()), expected)


@given(numbers, numbers, numbers)
def test_masks_are_the_same_sets(first: int, second: int, third: int) -> None:
    """The bits of the resolver and the sample points of the checker agree about every set."""
    sets = [made(first), made(second), made(third)]
    cells, samples = ValueSets(sets), Samples(sets)
    masks = [cells.mask(values) for values in sets]
    points = [samples.of(values) for values in sets]
    for one in range(3):
        assert (masks[one] == 0) == (not points[one])
        for other in range(3):
            assert (masks[one] & masks[other] == 0) == points[one].isdisjoint(points[other])
            assert (masks[one] | masks[other] == masks[other]) == (points[one] <= points[other])
    assert (masks[0] & masks[1] & masks[2] == 0) == (not points[0] & points[1] & points[2])


@given(numbers, numbers)
def test_cells_partition_a_set(first: int, second: int) -> None:
    """Every cell lies in a set or outside it, and who holds it is told rightly."""
    sets = [made(first), made(second)]
    cells = ValueSets([*sets, EVERYTHING])
    masks = [cells.mask(values) for values in sets]
    camps = cells.camps(-1, masks)
    assert camps
    for place, holding in camps.items():
        values = cells.at(place)
        samples = Samples([*sets, values])
        for number, one in enumerate(sets):
            inside = samples.of(values) & samples.of(one)
            assert bool(holding >> number & 1) == bool(inside)
            # A cell without a form of its own is told by one of its values; that lies inside too.
            assert not inside or inside == samples.of(values)


def test_places_of_bits() -> None:
    assert list(places(0b101001)) == [0, 3, 5]


def test_everything_and_nothing() -> None:
    assert members(EVERYTHING) == list(VALUES)
    assert members(NOTHING) == []
    assert NOTHING.is_empty
    assert not EVERYTHING.is_empty
