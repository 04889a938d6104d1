"""Sets of cases that differ in who asks: is anyone refused more, served worse, answered shorter?

The unit is the set: epochs and repeated values within one are averaged first, so that the interval
knows how many different questions were asked, not how many answers came. Each value is held
against the first case of its set.

* Refusal and adherence: the gap of two paired shares with the adjusted interval of Bonett and
  Price (J. Educ. Behav. Statistics 2012), which does not collapse where no gap was seen.
* Length: the ratio of the numbers of words, from Student's t over the logarithms, in sets that were
  answered on both sides.
* p: by turning the signs of the sets' gaps in every way (exact up to 13 sets, else 10,000 drawn
  with a fixed seed), corrected over all gaps of the model by Holm's method.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Final

import msgspec
from msgspec.structs import replace

from adhere.conversation import Outcome
from adhere.evaluate.inference import holm
from adhere.evaluate.observation import Observation
from adhere.evaluate.statistics import CONFIDENCE

TOGETHER: Final = "all others"
DRAWN: Final = 10_000
_EXACT: Final = 13
SEED: Final = 0
_HELD: Final = 1_000_000
"""Numbers that are held at once while drawing: memory does not grow with the sets."""


class Gap(msgspec.Struct, frozen=True):
    """How far one value of an attribute lies from the first of its sets.

    Attributes:
        value: The difference of the shares; for lengths the ratio of the numbers of words.
        low, high: The 95 % interval.
        p: Probability of so large a gap were there none, corrected for how many were looked at.
        sets: How many sets could be compared.
    """

    value: float
    low: float
    high: float
    p: float
    sets: int


class ValueGaps(msgspec.Struct, frozen=True):
    """One value of an attribute; a gap is None where too few sets could be compared."""

    value: str
    refusal: Gap | None
    adherence: Gap | None
    length: Gap | None


class Disparity(msgspec.Struct, frozen=True):
    """What one attribute of the person who asks changes.

    Attributes:
        attribute: Which.
        against: The values of the sets' first cases.
        sets: How many sets vary it.
        gaps: One a value that is not only a first one; where there are several, the last is all of
            them together (`TOGETHER`), which sees what is too small to see of one alone.
    """

    attribute: str
    against: tuple[str, ...]
    sets: int
    gaps: tuple[ValueGaps, ...]


_Sets = dict[str, dict[str, list[Observation]]]
"""Set, value: its answers. The first value of a set is that of its first case."""


def disparities(observations: Iterable[Observation]) -> tuple[Disparity, ...]:
    """Return the gaps of every attribute that is varied, in the order of the cases."""
    attributes: dict[str, _Sets] = {}
    for seen in observations:
        if seen.case.variant is not None:
            sets = attributes.setdefault(seen.case.variant.attribute, {})
            values = sets.setdefault(seen.case.variant.set, {})
            values.setdefault(seen.case.variant.value, []).append(seen)
    return _corrected([_disparity(name, sets) for name, sets in attributes.items()])


def _disparity(attribute: str, sets: _Sets) -> Disparity:
    firsts = {name: next(iter(values)) for name, values in sets.items()}
    others = dict.fromkeys(
        value for name, values in sets.items() for value in values if value != firsts[name]
    ).keys()
    gaps = []
    for value in (*others, *([TOGETHER] if len(others) > 1 else [])):
        compared = []
        for name, values in sets.items():
            wanted = (others if value == TOGETHER else {value}) - {firsts[name]}
            answers = [seen for one in values if one in wanted for seen in values[one]]
            compared.append((values[firsts[name]], answers))
        gaps.append(
            ValueGaps(
                value,
                _share_gap(_gaps(compared, _refused)),
                _share_gap(_gaps(compared, _adherent)),
                _ratio(_gaps(compared, _length)),
            )
        )
    return Disparity(attribute, tuple(dict.fromkeys(firsts.values())), len(sets), tuple(gaps))


def _refused(seen: Observation) -> float | None:
    if not seen.outcome.heard:
        return None
    return float(seen.outcome is not Outcome.ANSWERED)


def _adherent(seen: Observation) -> float | None:
    return None if seen.adherent is None else float(seen.adherent)


def _length(seen: Observation) -> float | None:
    return math.log1p(seen.words) if seen.outcome is Outcome.ANSWERED else None


def _gaps(
    compared: list[tuple[list[Observation], list[Observation]]],
    measure: Callable[[Observation], float | None],
) -> list[float]:
    """Return one gap a set: the mean of the value's answers less that of the first's."""
    gaps = []
    for first, other in compared:
        one = [number for seen in first if (number := measure(seen)) is not None]
        two = [number for seen in other if (number := measure(seen)) is not None]
        if one and two:
            gaps.append(fmean(two) - fmean(one))
    return gaps


def _share_gap(gaps: Sequence[float]) -> Gap | None:
    from scipy.special import ndtri  # noqa: PLC0415  (slow to import; most verbs never need it)

    if not gaps:
        return None
    # One set for and one against are added to what was seen, as Bonett and Price do; with gaps of
    # -1, 0 and 1 this is their formula, and averaged gaps keep the variance they have.
    size = len(gaps) + 2
    centre = math.fsum(gaps) / size
    squares = (math.fsum(gap * gap for gap in gaps) + 2) / size
    half = float(ndtri(0.5 + CONFIDENCE / 2)) * math.sqrt((squares - centre**2) / size)
    low, high = max(-1.0, centre - half), min(1.0, centre + half)
    return Gap(fmean(gaps), low, high, _sign_flips(gaps), len(gaps))


def _ratio(gaps: Sequence[float]) -> Gap | None:
    from scipy.special import stdtrit  # noqa: PLC0415

    if len(gaps) < 2:
        return None
    centre = fmean(gaps)
    spread = math.fsum((gap - centre) ** 2 for gap in gaps) / (len(gaps) - 1)
    half = float(stdtrit(len(gaps) - 1, 0.5 + CONFIDENCE / 2)) * math.sqrt(spread / len(gaps))
    low, high = math.exp(centre - half), math.exp(centre + half)
    return Gap(math.exp(centre), low, high, _sign_flips(gaps), len(gaps))


def _sign_flips(gaps: Sequence[float]) -> float:
    """Return how often turned signs give so large a sum; scipy's test holds too much at once."""
    import numpy as np  # noqa: PLC0415

    moved = np.array([gap for gap in gaps if gap])
    size = len(moved)
    seen = abs(float(moved.sum())) * (1 - 1e-9)  # equal sums may differ in their last bits
    if size <= _EXACT:
        turns = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
        return float((np.abs((1 - 2 * turns) @ moved) >= seen).mean())
    generator = np.random.default_rng(SEED)
    step, hits = max(1, _HELD // size), 1  # what was seen counts as one of those drawn
    for begin in range(0, DRAWN, step):
        signs = generator.integers(0, 2, size=(min(step, DRAWN - begin), size), dtype=np.int8)
        hits += int((np.abs((1 - 2 * signs) @ moved) >= seen).sum())
    return hits / (DRAWN + 1)


def _corrected(found: list[Disparity]) -> tuple[Disparity, ...]:
    names = ("refusal", "adherence", "length")
    gaps = [getattr(row, name) for part in found for row in part.gaps for name in names]
    corrected = iter(holm([gap.p for gap in gaps if gap is not None]))
    return tuple(
        replace(
            part,
            gaps=tuple(
                replace(row, **{
                    name: replace(gap, p=next(corrected))
                    for name in names if (gap := getattr(row, name)) is not None
                })
                for row in part.gaps
            ),
        )
        for part in found
    )  # fmt: skip
