"""Means and gaps with their uncertainty, from one rate a case.

A case's rate is the share of its answers that adhere. Three questions, three intervals:

* *fixed benchmark*: how far would the mean move if these very cases were asked again?
* *cases*: how far would it move with other cases like these?
* *clusters*: the same, where cases that share a focus go together.

Sandwich variances carry the factor G/(G-1) (CR1; Cameron and Miller, "A Practitioner's Guide to
Cluster-Robust Inference", J. Human Resources 2015). Paired comparisons use the gap of each case
(Miller, "Adding Error Bars to Evals", arXiv 2411.00640).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import Literal

import msgspec

from adhere.evaluate.statistics import CONFIDENCE, upper_student

_NORMAL = NormalDist()
_QUANTILE = _NORMAL.inv_cdf(0.5 + CONFIDENCE / 2)

_STEP = 2**48

Spread = Literal["fixed", "cases", "clusters"]

Quantile = Literal["student", "normal"]
"""Student's t with one degree of freedom less than there are groups, or its limit for many."""


class Estimate(msgspec.Struct, frozen=True):
    """A mean with its uncertainty.

    Attributes:
        value: The mean.
        half_width: Half of the 95 % interval.
        p: Two-sided probability of a mean at least this far from 0, were the true one 0.
        cases: How many cases it is the mean of.
        clusters: How many groups they fall into.
        spread: Which of the three questions the interval answers.
        error: The standard error.
    """

    value: float
    half_width: float
    p: float
    cases: int
    clusters: int
    spread: Spread
    error: float

    @property
    def z(self) -> float:
        """The value in standard errors; infinite where the error is 0."""
        return self.value / self.error if self.error else math.copysign(math.inf, self.value)


def fixed_benchmark(rates: Sequence[float], answers: Sequence[int]) -> Estimate:
    """Estimate the mean rate on these very cases.

    The variance of a case's rate is p(1-p)/(n-1), so each case needs two answers.

    Args:
        rates: One a case, 0 to 1.
        answers: How many answers each is the share of.

    Raises:
        ValueError: The lengths differ, there is no case, or one has fewer than two answers.
    """
    if len(rates) != len(answers) or not rates:
        raise ValueError("one rate and one number of answers a case are needed")
    if min(answers) < 2:
        raise ValueError("a case asked once says nothing about asking it again")
    value = math.fsum(rates) / len(rates)
    variance = math.fsum(p * (1 - p) / (n - 1) for p, n in zip(rates, answers, strict=True))
    error = math.sqrt(variance) / len(rates)
    return _estimate(value, error, len(rates), len(rates), "fixed", "normal")


def mean(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    quantile: Quantile = "student",
) -> Estimate:
    """Estimate a mean over cases like these.

    Args:
        values: One a case: a rate, or the gap between two models' rates.
        clusters: The group each case belongs to; None where cases are independent.
        quantile: What interval and p are taken from. ``normal`` is too sure of itself with few
            groups; it is there to compute figures again that others published so.

    Raises:
        ValueError: The lengths differ, or there are fewer than two groups.
    """
    keys = range(len(values)) if clusters is None else clusters
    if len(keys) != len(values):
        raise ValueError("values and clusters differ in length")
    groups: dict[Hashable, list[float]] = {}
    for number, key in zip(values, keys, strict=True):
        groups.setdefault(key, []).append(number)
    gathered = ClusteredMean()
    for place, group in enumerate(groups.values()):
        for number in group:
            gathered.add(place, number)
    found = gathered.estimate("cases" if clusters is None else "clusters", quantile)
    if found is None:
        raise ValueError("one group says nothing about the spread between groups")
    return found


class ClusteredMean:
    """What `mean` needs of values, gathered cluster after cluster in constant memory.

    The cases of a cluster have to be added one after another. Values are taken in steps of 2**-48
    and all sums are whole numbers, so that the order of cases does not matter.
    """

    def __init__(self) -> None:
        self._count = self._groups = 0
        self._sum = self._squared = self._crossed = self._counts_squared = 0
        self._cluster, self._of_cluster = -1, (0, 0)

    def add(self, cluster: int, value: float) -> None:
        """Add the value of a case."""
        if cluster != self._cluster:
            self._close()
            self._cluster = cluster
        self._of_cluster = (self._of_cluster[0] + 1, self._of_cluster[1] + _steps(value))

    def estimate(
        self, spread: Spread = "clusters", quantile: Quantile = "student"
    ) -> Estimate | None:
        """Return the estimate; None where there are fewer than two clusters."""
        self._close()
        count, total, groups = self._count, self._sum, self._groups
        if groups < 2:
            return None
        # The squares of the clusters' distances from the mean, times count**2
        squares = (
            count**2 * self._squared
            - 2 * total * count * self._crossed
            + total**2 * self._counts_squared
        )
        variance = groups / (groups - 1) * (squares / (count**4 * _STEP**2))
        value = total / (count * _STEP)
        return _estimate(value, math.sqrt(variance), count, groups, spread, quantile)

    def _close(self) -> None:
        count, total = self._of_cluster
        if count:
            self._groups += 1
            self._count += count
            self._sum += total
            self._squared += total * total
            self._crossed += total * count
            self._counts_squared += count * count
        self._cluster, self._of_cluster = -1, (0, 0)


def _steps(value: float) -> int:
    return round(value * _STEP)


def paired_gap(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    quantile: Quantile = "student",
) -> Estimate:
    """Estimate how much higher the first model's rates are, case by case.

    Raises:
        ValueError: The lengths differ, or there are fewer than two groups.
    """
    gaps = [one - other for one, other in zip(first, second, strict=True)]
    return mean(gaps, clusters, quantile)


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p of McNemar's test.

    Args:
        first_only: Cases that only the first model passes.
        second_only: Cases that only the second passes.
    """
    from scipy.stats import binomtest  # noqa: PLC0415  (0.8 s that most verbs never need)

    both = first_only + second_only
    return float(binomtest(first_only, both).pvalue) if both else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many there are (Holm 1979), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


def smallest_gap(estimate: Estimate, power: float = 0.8) -> float:
    """Return the smallest true gap this design would find with the given power.

    >>> round(smallest_gap(paired_gap([1, 0, 1, 1], [0, 0, 1, 0])), 2)
    1.14
    """
    return estimate.half_width + _NORMAL.inv_cdf(power) * estimate.error


def cases_needed(estimate: Estimate, gap: float, power: float = 0.8) -> int:
    """Return how many cases like these would find a true gap of ``gap`` with the given power.

    Raises:
        ValueError: The gap is not above 0.
    """
    if gap <= 0:
        raise ValueError("the gap must be above 0")
    return math.ceil(estimate.cases * (smallest_gap(estimate, power) / gap) ** 2)


def pass_hat(successes: Sequence[int], trials: Sequence[int], k: int) -> float:
    """Return pass^k: the mean probability that k answers to a case are all right.

    Unbiased, C(c, k) / C(n, k) a case (Yao et al., tau-bench, arXiv 2406.12045).

    Raises:
        ValueError: A case has fewer than ``k`` answers, or there is none.
    """
    if not trials or min(trials) < k:
        raise ValueError(f"every case needs at least {k} answers")
    shares = [math.comb(c, k) / math.comb(n, k) for c, n in zip(successes, trials, strict=True)]
    return math.fsum(shares) / len(shares)


def _estimate(
    value: float, error: float, cases: int, clusters: int, spread: Spread, quantile: Quantile
) -> Estimate:
    z = abs(value / error) if error else (math.inf if value else 0.0)
    if quantile == "normal":
        p, upper = math.erfc(z / math.sqrt(2)), _QUANTILE  # erfc keeps its digits far out
    else:
        from scipy.special import stdtr  # noqa: PLC0415  (0.3 s that most verbs never need)

        p, upper = 2 * float(stdtr(clusters - 1, -z)), upper_student(clusters - 1)
    return Estimate(value, upper * error, p, cases, clusters, spread, error)
