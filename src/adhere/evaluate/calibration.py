"""Is a model right as often as it says it is?

* Brier score: the mean square of confidence less correctness; 0 is best, 0.25 is always saying
  50 %. Its interval is clustered as all others are.
* ECE: the mean gap of confidence and accuracy over bins (Guo et al., "On Calibration of Modern
  Neural Networks", ICML 2017), ten of equal width. It is above 0 by chance alone, the more so the
  fewer answers there are: ``by_chance`` is what a perfectly calibrated model with the same stated
  confidences would show on average (Bröcker and Smith, Weather and Forecasting 2007). Its interval
  draws whole clusters again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from adhere.evaluate.inference import Estimate, mean
from adhere.evaluate.observation import Observation
from adhere.evaluate.statistics import CONFIDENCE

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

BINS: Final = 10
DRAWN: Final = 1_000
SEED: Final = 0
_HELD: Final = 1_000_000
"""Numbers that are held at once while drawing: memory does not grow with the answers."""


class Bin(msgspec.Struct, frozen=True):
    """Answers whose stated confidence lies in one stretch: ``low`` < confidence <= ``high``."""

    low: float
    high: float
    answers: int
    confidence: float
    accuracy: float


class Calibration(msgspec.Struct, frozen=True):
    """How stated confidence and correctness go together.

    Attributes:
        answers: How many state a confidence and could be scored.
        unstated: How many were asked for one, could be scored, and state none.
        confidence, accuracy: Means over ``answers``.
        over: Confidence less accuracy, with its interval: above 0 is overconfident. None where
            there are fewer than two clusters or all answers are alike; so is ``brier``.
        brier: The Brier score with its interval.
        ece: The expected calibration error; ``ece_low`` to ``ece_high`` its 95 % interval.
        by_chance: The ECE of a perfectly calibrated model that states the same confidences.
        bins: What the ECE is made of; empty bins are left out.
    """

    answers: int
    unstated: int
    confidence: float
    accuracy: float
    over: Estimate | None
    brier: Estimate | None
    ece: float
    ece_low: float
    ece_high: float
    by_chance: float
    bins: tuple[Bin, ...]


def calibration(observations: Iterable[Observation]) -> Calibration | None:
    """Return the calibration over the answers that state a confidence; None without any."""
    from numpy import array  # noqa: PLC0415  (slow to import; most verbs never need it)

    asked = [s for s in observations if s.case.states_confidence and s.adherent is not None]
    stated = [
        (s.confidence, bool(s.adherent), s.cluster) for s in asked if s.confidence is not None
    ]
    if not stated:
        return None
    said = array([confidence for confidence, _, _ in stated])
    right = array([float(hit) for _, hit, _ in stated])
    clusters = [cluster for _, _, cluster in stated]
    bins = _bins(said, right)
    low, high = _interval(said, right, clusters)
    return Calibration(
        answers=len(stated),
        unstated=len(asked) - len(stated),
        confidence=float(said.mean()),
        accuracy=float(right.mean()),
        over=_mean((said - right).tolist(), clusters),
        brier=_mean(((said - right) ** 2).tolist(), clusters),
        ece=sum(b.answers * abs(b.confidence - b.accuracy) for b in bins) / len(stated),
        ece_low=low,
        ece_high=high,
        by_chance=_by_chance(said),
        bins=bins,
    )


def _mean(values: Sequence[float], clusters: Sequence[str]) -> Estimate | None:
    """Return the mean; None where its spread cannot be seen."""
    if len(set(clusters)) < 2 or len(set(values)) < 2:
        return None
    return mean(values, clusters)


def _places(said: NDArray[float64]) -> NDArray[int64]:
    """Return the bin of each confidence; the lowest bin holds 0 as well."""
    from numpy import ceil, clip, int64  # noqa: PLC0415

    # Stated percentages are short decimals: rounding undoes what 0.7 * 10 leaves behind.
    places: NDArray[float64] = clip(ceil((said * BINS).round(9)) - 1, 0, BINS - 1)
    return places.astype(int64)


def _sums(said: NDArray[float64], right: NDArray[float64]) -> NDArray[float64]:
    """Return how far confidence and correctness part in each bin, summed over its answers."""
    from numpy import add, zeros  # noqa: PLC0415

    sums = zeros(BINS)
    add.at(sums, _places(said), said - right)
    return sums


def _bins(said: NDArray[float64], right: NDArray[float64]) -> tuple[Bin, ...]:
    places = _places(said)
    found = []
    for number in range(BINS):
        inside = places == number
        if inside.any():
            means = float(said[inside].mean()), float(right[inside].mean())
            found.append(Bin(number / BINS, (number + 1) / BINS, int(inside.sum()), *means))
    return tuple(found)


def _interval(
    said: NDArray[float64], right: NDArray[float64], clusters: Sequence[str]
) -> tuple[float, float]:
    """Draw as many clusters as there are, again and again; 0 to 1 where there is only one."""
    from numpy import abs as absolute  # noqa: PLC0415
    from numpy import array, concatenate, full, quantile, stack  # noqa: PLC0415
    from numpy.random import default_rng  # noqa: PLC0415

    members: dict[str, list[int]] = {}
    for place, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(place)
    if len(members) < 2:
        return 0.0, 1.0
    parted = stack([_sums(said[of], right[of]) for of in members.values()])
    sizes = array([len(of) for of in members.values()])
    count = len(members)
    generator, share = default_rng(SEED), full(count, 1 / count)
    step = max(1, _HELD // count)
    found = []
    for begin in range(0, DRAWN, step):
        drawn = generator.multinomial(count, share, size=min(step, DRAWN - begin))
        found.append(absolute(drawn @ parted).sum(axis=1) / (drawn @ sizes))
    low, high = quantile(concatenate(found), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _by_chance(said: NDArray[float64]) -> float:
    from numpy import abs as absolute  # noqa: PLC0415
    from numpy.random import default_rng  # noqa: PLC0415

    generator = default_rng(SEED)
    total = 0.0
    for _ in range(DRAWN // 5):
        right = (generator.random(len(said)) < said).astype(float)
        total += float(absolute(_sums(said, right)).sum())
    return total / (DRAWN // 5) / len(said)
