"""Sets of values as finite sets of sample points, for the checker.

Where the resolver calculates with bits, the checker looks: it takes every value that is mentioned,
both sides of every end of a range, a number inside every gap, and one value nobody mentions, and
asks which of them a set admits. Two sets that admit the same points are the same set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from adhere.resolve.chain.values import Scalar, Values

Points: TypeAlias = frozenset[int]


class Samples:
    """Sample points for some sets of values.

    Args:
        mentioned: Every set that will be asked about.
    """

    def __init__(self, mentioned: Iterable[Values]) -> None:
        mentioned = list(mentioned)
        words = {one for values in mentioned for one in values.mentioned if isinstance(one, str)}
        truths = {one for values in mentioned for one in values.mentioned if isinstance(one, bool)}
        stranger = "a value that nobody mentions"
        while stranger in words:
            stranger += "!"
        self._samples: tuple[Scalar, ...] = (
            *sorted(words), *sorted(truths), *_numbers(mentioned), stranger,
        )  # fmt: skip
        self.everything: Points = frozenset(range(len(self._samples)))

    def of(self, values: Values) -> Points:
        """Return the points the set admits."""
        return frozenset(
            place for place, sample in enumerate(self._samples) if values.admits(sample)
        )


def _numbers(mentioned: Iterable[Values]) -> list[int]:
    marks: set[int] = set()
    for values in mentioned:
        marks.update(
            one for one in values.mentioned if isinstance(one, int) and not isinstance(one, bool)
        )
        if values.range is not None:
            marks.update(end for end in (values.range.min, values.range.max) if end is not None)
    if not marks:
        return [0]
    beside = {mark + step for mark in marks for step in (-1, 0, 1)}
    return sorted(beside)
