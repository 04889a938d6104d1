"""Rates and their intervals: published values, laws, and coverage by simulation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adhere.evaluate import rate


def independent(hits: int, total: int) -> object:
    return rate([True] * hits + [False] * (total - hits), range(total), range(total))


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (3, 10), (10, 10), (81, 263), (1, 1)])
def test_independent_cases_get_wilsons_interval(hits: int, total: int) -> None:
    found = independent(hits, total)
    wanted = stats.binomtest(hits, total).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=60))
def test_clusters_never_narrow_the_interval(rows: list[tuple[bool, int]]) -> None:
    outcomes, clusters = zip(*rows, strict=True)
    clustered = rate(outcomes, range(len(rows)), clusters)
    alone = rate(outcomes, range(len(rows)), range(len(rows)))
    assert clustered.value == alone.value
    assert clustered.high - clustered.low >= alone.high - alone.low - 1e-12
    assert 0 <= clustered.low <= clustered.value + 1e-12
    assert clustered.value - 1e-12 <= clustered.high <= 1


def test_repeating_cases_adds_no_certainty_where_no_variance_can_be_seen() -> None:
    once = rate([True] * 5, range(5), range(5))
    often = rate([True] * 50, [c for c in range(5) for _ in range(10)],
                 [c for c in range(5) for _ in range(10)])  # fmt: skip
    assert often.low <= once.low


def test_one_cluster_says_nothing_about_others() -> None:
    found = rate([True, False, True], range(3), ["same"] * 3)
    assert (found.method, found.low, found.high) == ("none", 0.0, 1.0)


def test_nothing_scored_has_no_value() -> None:
    assert rate([], [], []).value is None


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="differ"):
        rate([True], [], [])


def test_the_interval_covers_the_truth_for_clustered_cases() -> None:
    """20 clusters of 10, true rate 0.7, strong correlation: at least 92 % of 95 % intervals."""
    chance, covered, naive = random.Random(7), 0, 0
    for _ in range(600):
        outcomes, clusters = [], []
        for cluster in range(20):
            level = chance.betavariate(0.7 * 4, 0.3 * 4)
            outcomes += [chance.random() < level for _ in range(10)]
            clusters += [cluster] * 10
        found = rate(outcomes, range(200), clusters)
        alone = rate(outcomes, range(200), range(200))
        covered += found.low <= 0.7 <= found.high
        naive += alone.low <= 0.7 <= alone.high
    assert covered >= 0.92 * 600
    assert naive < 0.90 * 600  # the check can fail: ignoring the clusters does not cover
