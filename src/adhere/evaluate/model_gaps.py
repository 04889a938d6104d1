"""Every two models of a run, case by case, corrected for how many pairs of them there are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import msgspec

from adhere.evaluate.inference import (
    ClusteredMean,
    Estimate,
    holm,
    mcnemar,
    paired_gap,
    smallest_gap,
)

Says = Literal["first is higher", "second is higher", "may be noise", "too few cases"]
"""What can be concluded from a gap."""

SIGNIFICANT = 0.05
FEWEST = 5
"""With fewer common cases a gap is shown but not tested: nothing could be found."""


class ModelGap(msgspec.Struct, frozen=True):
    """Two models on the cases both were scored on.

    Attributes:
        first, second: The models.
        cases: How many cases both were scored on.
        estimate: The first's mean rate minus the second's, clustered by focus.
        p: Its probability under no difference, corrected (Holm) over all pairs of models.
        first_only, second_only: Cases that only one passes (more than half of its answers).
        mcnemar: The exact probability of so uneven a fall, corrected likewise.
        smallest: The smallest true gap these cases would show with a power of 80 %.
        says: What can be concluded.
    """

    first: str
    second: str
    cases: int
    estimate: Estimate | None
    p: float | None
    first_only: int
    second_only: int
    mcnemar: float
    smallest: float | None
    says: Says


def concluded(estimate: Estimate, p: float) -> Says:
    """Return what follows from a gap whose corrected probability is ``p``."""
    if p >= SIGNIFICANT:
        return "may be noise"
    return "first is higher" if estimate.value > 0 else "second is higher"


def testable_gap(
    first: Sequence[float], second: Sequence[float], clusters: Sequence[str]
) -> Estimate | None:
    """Return the paired gap; None where there are too few cases or groups to test it."""
    if len(first) < FEWEST or len(set(clusters)) < 2:
        return None
    return paired_gap(first, second, clusters)


class ModelGaps:
    """Gathers the gaps, case after case in memory that grows with the pairs of models only.

    The cases of a cluster have to be added one after another.

    Args:
        models: Their names.
    """

    def __init__(self, models: Sequence[str]) -> None:
        self._pairs = [
            (one, other, _Gap(models[one], models[other]))
            for one, other in combinations(range(len(models)), 2)
        ]

    def add(self, cluster: int, rates: Sequence[float | None]) -> None:
        """Add a case: the rate of each model, None where it was not scored."""
        for one, other, gap in self._pairs:
            first, second = rates[one], rates[other]
            if first is not None and second is not None:
                gap.add(cluster, first, second)

    def gaps(self) -> tuple[ModelGap, ...]:
        """Return the gap of every two models, corrected for how many there are."""
        found = [gap.found() for _, _, gap in self._pairs]
        tested = [gap for gap in found if gap.estimate is not None]
        ps = iter(holm([gap.estimate.p for gap in tested if gap.estimate]))
        exact = iter(holm([gap.mcnemar for gap in found]))
        done = []
        for gap in found:
            p = None if gap.estimate is None else next(ps)
            says = gap.says if gap.estimate is None or p is None else concluded(gap.estimate, p)
            done.append(msgspec.structs.replace(gap, mcnemar=next(exact), p=p, says=says))
        return tuple(done)


class _Gap:
    def __init__(self, first: str, second: str) -> None:
        self._names = (first, second)
        self._mean = ClusteredMean()
        self._cases = self._first_only = self._second_only = 0

    def add(self, cluster: int, first: float, second: float) -> None:
        self._cases += 1
        self._mean.add(cluster, first - second)
        self._first_only += first > 0.5 >= second
        self._second_only += second > 0.5 >= first

    def found(self) -> ModelGap:
        estimate = self._mean.estimate() if self._cases >= FEWEST else None
        return ModelGap(
            *self._names, self._cases, estimate, None, self._first_only, self._second_only,
            mcnemar(self._first_only, self._second_only),
            smallest_gap(estimate) if estimate and estimate.half_width else None, "too few cases",
        )  # fmt: skip
