"""What lies behind one rate: three questions its interval can answer, and what it could show."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

import msgspec

from adhere.evaluate.inference import ClusteredMean, cases_needed, smallest_gap
from adhere.evaluate.statistics import ClusteredCount, upper_normal

GAP_ASKED: Final = 0.05
"""The gap for which the number of cases needed is given."""

_MOST_K: Final = 8


class Interval(msgspec.Struct, frozen=True):
    """A 95 % interval of a share."""

    low: float
    high: float


class Uncertainty(msgspec.Struct, frozen=True):
    """What lies behind a rate of one model.

    The rate itself carries the interval that is clustered by focus: other behaviours, other cases.

    Attributes:
        fixed: Were these very cases asked again; None where one was answered once only.
        cases: With other cases, all of them strangers to each other; None where there is one.
        pass_hat: The probability that 1, 2, … answers to a case are all right (pass^k), up to the
            fewest answers that a case has, and at most 8; empty where each has one.
        smallest: The smallest true gap to another such model, asked the same number of cases, that
            would be found with a power of 80 %, were the two not paired; pairing finds smaller
            ones. None where nothing varies.
        cases_needed: How many cases such as these would find a gap of `GAP_ASKED` so.
    """

    fixed: Interval | None
    cases: Interval | None
    pass_hat: tuple[float, ...]
    smallest: float | None
    cases_needed: int | None


class Behind:
    """Gathers what `Uncertainty` is made of, case after case; memory grows with the epochs only.

    The cases of a cluster have to be added one after another.
    """

    def __init__(self) -> None:
        self._cases = ClusteredCount()
        self._rates = ClusteredMean()
        self._count = 0
        self._hits: Counter[tuple[int, int]] = Counter()

    def add(self, cluster: int, answers: int, hits: int) -> None:
        """Add a case: so many scored answers, so many of them right."""
        if not answers:
            return
        self._count += 1
        self._hits[answers, hits] += 1
        self._cases.add_cluster(answers, hits)  # each case is a cluster of its own
        self._cases.cases += 1
        self._rates.add(cluster, hits / answers)

    def uncertainty(self) -> Uncertainty | None:
        """Return what lies behind the rate; None where nothing was added."""
        if not self._count:
            return None
        alone = self._cases.rate()
        smallest, needed = self._power()
        again = min(answers for answers, _ in self._hits) > 1
        return Uncertainty(
            fixed=self._fixed() if again else None,
            cases=Interval(alone.low, alone.high) if self._count > 1 else None,
            pass_hat=self._pass_hat() if again else (),
            smallest=smallest,
            cases_needed=needed,
        )

    def _fixed(self) -> Interval:
        """The interval of `adhere.evaluate.inference.fixed_benchmark`."""
        rates = [(hits / n, n, times) for (n, hits), times in sorted(self._hits.items())]
        mean = math.fsum(rate * times for rate, _, times in rates) / self._count
        error = math.fsum(rate * (1 - rate) / (n - 1) * times for rate, n, times in rates)
        half = upper_normal() * math.sqrt(error) / self._count
        return Interval(max(0.0, mean - half), min(1.0, mean + half))

    def _pass_hat(self) -> tuple[float, ...]:
        top = min(_MOST_K, *(answers for answers, _ in self._hits))
        return tuple(
            math.fsum(
                times * math.comb(hits, k) / math.comb(answers, k)
                for (answers, hits), times in self._hits.items()
            )
            / self._count
            for k in range(1, top + 1)
        )

    def _power(self) -> tuple[float | None, int | None]:
        estimate = self._rates.estimate()
        if estimate is None or not estimate.half_width:
            return None, None
        smallest = math.sqrt(2) * smallest_gap(estimate)  # two means, each with its own error
        return smallest, cases_needed(estimate, GAP_ASKED / math.sqrt(2))
