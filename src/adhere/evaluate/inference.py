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

from adhere.evaluate.statistics import CONFIDENCE

_NORMAL = NormalDist()
_QUANTILE = _NORMAL.inv_cdf(0.5 + CONFIDENCE / 2)

Spread = Literal["fixed", "cases", "clusters"]


class Estimate(msgspec.Struct, frozen=True):
    """A mean with its uncertainty.

    Attributes:
        value: The mean.
        half_width: Half of the 95 % interval.
        p: Two-sided probability of a mean at least this far from 0, were the true one 0 (normal).
        cases: How many cases it is the mean of.
        clusters: How many groups they fall into.
        spread: Which of the three questions the interval answers.
    """

    value: float
    half_width: float
    p: float
    cases: int
    clusters: int
    spread: Spread

    @property
    def z(self) -> float:
        """The value in standard errors; infinite where the error is 0."""
        error = self.half_width / _QUANTILE
        return self.value / error if error else math.copysign(math.inf, self.value)


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
    return _estimate(value, math.sqrt(variance) / len(rates), len(rates), len(rates), "fixed")


def mean(values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Estimate:
    """Estimate a mean over cases like these.

    Args:
        values: One a case: a rate, or the gap between two models' rates.
        clusters: The group each case belongs to; None where cases are independent.

    Raises:
        ValueError: The lengths differ, or there are fewer than two groups.
    """
    keys = range(len(values)) if clusters is None else clusters
    if len(keys) != len(values):
        raise ValueError("values and clusters differ in length")
    value = math.fsum(values) / len(values) if values else 0.0
    sums: dict[Hashable, float] = {}
    for number, key in zip(values, keys, strict=True):
        sums[key] = sums.get(key, 0.0) + number - value
    groups = len(sums)
    if groups < 2:
        raise ValueError("one group says nothing about the spread between groups")
    variance = groups / (groups - 1) * math.fsum(part * part for part in sums.values())
    spread: Spread = "cases" if clusters is None else "clusters"
    return _estimate(value, math.sqrt(variance) / len(values), len(values), groups, spread)


def paired_gap(
    first: Sequence[float], second: Sequence[float], clusters: Sequence[Hashable] | None = None
) -> Estimate:
    """Estimate how much higher the first model's rates are, case by case.

    Raises:
        ValueError: The lengths differ, or there are fewer than two groups.
    """
    gaps = [one - other for one, other in zip(first, second, strict=True)]
    return mean(gaps, clusters)


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
    0.81
    """
    error = estimate.half_width / _QUANTILE
    return (_QUANTILE + _NORMAL.inv_cdf(power)) * error


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


def _estimate(value: float, error: float, cases: int, clusters: int, spread: Spread) -> Estimate:
    z = abs(value / error) if error else (math.inf if value else 0.0)
    p = math.erfc(z / math.sqrt(2))  # keeps its digits where 1 - cdf has none left
    return Estimate(value, _QUANTILE * error, p, cases, clusters, spread)
