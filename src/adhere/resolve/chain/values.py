"""The values of a key that an instruction admits: some, all but some, or a range of integers.

Intersection and emptiness are exact. Values are told apart by type as well: ``true``, ``1`` and
``"1"`` are three values, although Python counts the first two as equal. For the same reason two
`Values` must not be compared with ``==``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr

Scalar: TypeAlias = bool | int | str


class Range(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """The integers from ``min`` to ``max``, both included; None leaves that side open."""

    min: int | None = None
    max: int | None = None


class Values(
    msgspec.Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={"except_": "except"},
):
    """A set of values: ``one_of`` these, all ``except`` these, or a ``range`` ``except`` some.

    In JSON ``{"one_of": [...]}``, ``{"except": [...]}``, ``{"range": {"min": 1, "max": 9}}`` or
    ``{"range": {...}, "except": [...]}``. Lists are kept sorted and without repetitions, so that
    equal sets are written alike. A range holds integers only; ``except`` alone leaves every other
    value of any type.

    Raises:
        ValueError: None of the forms is given, or more than one.
    """

    one_of: tuple[Scalar, ...] | None = None
    except_: tuple[Scalar, ...] | None = None
    range: Range | None = None

    def __post_init__(self) -> None:
        if self.one_of is not None:
            if self.except_ is not None or self.range is not None:
                raise ValueError('"one_of" stands alone: no "except" and no "range" beside it')
            if len(self.one_of) > 1:
                force_setattr(self, "one_of", sorted_values(self.one_of))
        elif self.except_ is not None:
            if len(self.except_) > 1:
                force_setattr(self, "except_", sorted_values(self.except_))
        elif self.range is None:
            raise ValueError('values need "one_of", "except" or "range"')

    def admits(self, value: Scalar) -> bool:
        """Whether ``value`` is in the set."""
        listed = self.one_of
        if listed is not None:
            return value in listed and (value.__class__ is str or _is_listed(value, listed))
        listed = self.except_
        if listed and value in listed and (value.__class__ is str or _is_listed(value, listed)):
            return False
        bounds = self.range
        return bounds is None or (
            value.__class__ is int
            and (bounds.min is None or bounds.min <= value)
            and (bounds.max is None or value <= bounds.max)
        )

    @property
    def is_empty(self) -> bool:
        """Whether no value at all is in the set."""
        if self.one_of is not None:
            return not self.one_of
        bounds = self.range
        if bounds is None or bounds.min is None or bounds.max is None:
            return False
        holes = sum(
            one.__class__ is int and bounds.min <= one <= bounds.max for one in self.except_ or ()
        )
        return bounds.max - bounds.min + 1 <= holes

    @property
    def mentioned(self) -> tuple[Scalar, ...]:
        """The values it names one by one."""
        return self.one_of if self.one_of is not None else self.except_ or ()


Admissible: TypeAlias = Annotated[
    Values,
    Meta(
        extra_json_schema={
            "oneOf": [
                {"required": ["one_of"], "not": {"anyOf": [
                    {"required": ["except"]}, {"required": ["range"]}]}},
                {"anyOf": [{"required": ["except"]}, {"required": ["range"]}],
                 "not": {"required": ["one_of"]}},
            ]
        }
    ),
]  # fmt: skip
"""`Values` where they are read from JSON, with the rule about the forms in the schema."""

EVERYTHING: Final = Values(except_=())
NOTHING: Final = Values(one_of=())


def one_of(*values: Scalar) -> Values:
    """These values and no other.

    >>> one_of("fr", "en", "fr").one_of
    ('en', 'fr')
    """
    return Values(one_of=values)


def anything_but(*values: Scalar) -> Values:
    """Every value but these.

    >>> anything_but("en").admits("fr"), anything_but("en").admits("en")
    (True, False)
    """
    return Values(except_=values)


def between(low: int | None, high: int | None, *, but: Iterable[int] = ()) -> Values:
    """The integers from ``low`` to ``high``, both included, without those in ``but``.

    >>> between(1, 9, but=[5]).admits(5), between(1, 9).admits(True), between(1, None).admits(10)
    (False, False, True)
    """
    return Values(range=Range(low, high), except_=tuple(but) or None)


def sorted_values(values: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Each value once: booleans, then integers, then strings, each in their order."""
    return tuple(value for _, value in sorted({(one.__class__.__name__, one) for one in values}))


def _is_listed(value: Scalar, listed: tuple[Scalar, ...]) -> bool:
    """Whether a value is in a list that holds one equal to it: ``True == 1`` is not enough."""
    return any(value == one and value.__class__ is one.__class__ for one in listed)


def intersect(left: Values, right: Values) -> Values:
    """Return the values that are in both.

    >>> intersect(one_of("fr", "en", "de"), anything_but("en")).one_of
    ('de', 'fr')
    """
    if left.one_of is not None:
        return _kept(left.one_of, right)
    if right.one_of is not None:
        return _kept(right.one_of, left)
    holes = (left.except_ or ()) + (right.except_ or ())
    bounds = _overlap(left.range, right.range)
    if bounds is None:
        return Values(except_=holes)
    if bounds.min is not None and bounds.max is not None and bounds.min > bounds.max:
        return NOTHING
    inside = Values(range=bounds)
    return Values(range=bounds, except_=tuple(one for one in holes if inside.admits(one)) or None)


def _kept(values: tuple[Scalar, ...], other: Values) -> Values:
    if len(values) * len(other.mentioned) > 64:
        return _kept_of_many(values, other)
    kept = Values(one_of=())
    # Sorted already, and without repetitions: no need to see to that again.
    force_setattr(kept, "one_of", tuple([one for one in values if other.admits(one)]))
    return kept


def _kept_of_many(values: tuple[Scalar, ...], other: Values) -> Values:
    # A list is searched from its beginning each time; a set is not.
    named = {(one.__class__, one) for one in other.mentioned}
    if other.one_of is not None:
        return Values(one_of=tuple(one for one in values if (one.__class__, one) in named))
    inside = EVERYTHING if other.range is None else Values(range=other.range)
    return Values(
        one_of=tuple(
            one for one in values if (one.__class__, one) not in named and inside.admits(one)
        )
    )


def _overlap(left: Range | None, right: Range | None) -> Range | None:
    if left is None or right is None:
        return left or right
    lows = [one.min for one in (left, right) if one.min is not None]
    highs = [one.max for one in (left, right) if one.max is not None]
    return Range(max(lows, default=None), min(highs, default=None))
