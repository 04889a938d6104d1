"""Rates with intervals that say how far they can be trusted."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import msgspec

CONFIDENCE = 0.95

_UPPER_NORMAL = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


def upper_normal() -> float:
    """Return the normal quantile of the upper end of a 95 % interval."""
    return _UPPER_NORMAL


@lru_cache(maxsize=4096)
def upper_student(freedom: int) -> float:
    """Return Student's quantile of the upper end of a 95 % interval."""
    from scipy.special import stdtrit  # noqa: PLC0415  (0.3 s that most verbs never need)

    return float(stdtrit(freedom, 0.5 + CONFIDENCE / 2))


class Rate(msgspec.Struct, frozen=True):
    """A share with its uncertainty.

    Attributes:
        hits: How many.
        total: Out of how many that could be scored.
        clusters: How many independent groups these fall into.
        value: ``hits / total``, or None where nothing could be scored.
        low, high: The 95 % interval.
        method: ``wilson`` (cases are independent), ``wilson-clustered`` (effective sample size
            from the variance between clusters), or ``none``.
    """

    hits: int
    total: int
    clusters: int
    value: float | None
    low: float
    high: float
    method: Literal["wilson", "wilson-clustered", "none"]


def rate(outcomes: Sequence[bool], cases: Sequence[Hashable], clusters: Sequence[Hashable]) -> Rate:
    """Estimate the share of True among ``outcomes``.

    Cases that share a focus, and repetitions of one case, are not independent: their clusters
    widen the interval. The design effect is the clustered (CR1, with the factor G/(G-1)) over the
    independent variance of the mean, never below 1; Wilson's interval is then taken at the
    effective sample size, with Student's t at G-1 degrees of freedom (after Korn and Graubard,
    Survey Methodology 1998, and Franco et al., JSSAM 2019). Where all outcomes are equal no
    variance can be seen, and the effective size is the number of different cases: repeating a
    case adds nothing.

    Args:
        outcomes: One a scored answer.
        cases: The case each belongs to.
        clusters: The cluster each case belongs to.

    Raises:
        ValueError: They differ in length.
    """
    if not len(outcomes) == len(cases) == len(clusters):
        raise ValueError("outcomes, cases and clusters differ in length")
    counts: dict[Hashable, list[int]] = {}
    for outcome, cluster in zip(outcomes, clusters, strict=True):
        count = counts.setdefault(cluster, [0, 0])
        count[0] += 1
        count[1] += outcome
    gathered = ClusteredCount()
    for answers, hits in counts.values():
        gathered.add_cluster(answers, hits)
    gathered.cases = len(set(cases))
    return gathered.rate()


class ClusteredCount:
    """What `rate` needs of outcomes, gathered cluster after cluster in constant memory.

    The cases of a cluster have to be added one after another. All sums are whole numbers, so that
    their order does not matter.
    """

    def __init__(self) -> None:
        self.cases = 0
        self._hits = self._total = self._groups = 0
        self._hits_squared = self._hits_answers = self._answers_squared = 0
        self._cluster = -1
        self._cluster_answers = self._cluster_hits = 0

    def add(self, cluster: int, answers: int, hits: int) -> None:
        """Count a case: so many scored answers, so many of them hits."""
        if not answers:
            return
        self.cases += 1
        if cluster == self._cluster:
            self._cluster_answers += answers
            self._cluster_hits += hits
            return
        if self._cluster_answers:
            self.add_cluster(self._cluster_answers, self._cluster_hits)
        self._cluster, self._cluster_answers, self._cluster_hits = cluster, answers, hits

    def add_cluster(self, answers: int, hits: int) -> None:
        """Count a whole cluster."""
        self._groups += 1
        self._total += answers
        self._hits += hits
        self._hits_squared += hits * hits
        self._hits_answers += hits * answers
        self._answers_squared += answers * answers

    def rate(self) -> Rate:
        """Estimate the share of hits, as `rate` says."""
        if self._cluster_answers:
            self.add_cluster(self._cluster_answers, self._cluster_hits)
            self._cluster, self._cluster_answers, self._cluster_hits = -1, 0, 0
        hits, total, groups = self._hits, self._total, self._groups
        if total == 0:
            return Rate(0, 0, 0, None, 0.0, 1.0, "none")
        value = hits / total
        if groups == total or groups < 2:
            low, high = _wilson(value, total, _UPPER_NORMAL)
            if groups < 2 < total:  # one cluster says nothing about the spread between clusters
                return Rate(hits, total, groups, value, 0.0, 1.0, "none")
            return Rate(hits, total, groups, value, low, high, "wilson")
        # The squares of the clusters' distances from the mean, times total**2
        squares = (
            total**2 * self._hits_squared
            - 2 * hits * total * self._hits_answers
            + hits**2 * self._answers_squared
        )
        between = groups / (groups - 1) * (squares / total**4)
        independent = value * (1 - value) / total
        effect = max(1.0, between / independent) if independent > 0 else total / self.cases
        quantile = upper_student(groups - 1)
        low, high = _wilson(value, total / effect, quantile)
        return Rate(hits, total, groups, value, low, high, "wilson-clustered")


def _wilson(value: float, size: float, quantile: float) -> tuple[float, float]:
    square = quantile**2
    centre = (value + square / (2 * size)) / (1 + square / size)
    half = quantile * math.sqrt(value * (1 - value) / size + square / (4 * size**2))
    half /= 1 + square / size
    return max(0.0, centre - half), min(1.0, centre + half)
