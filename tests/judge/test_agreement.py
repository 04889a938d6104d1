"""Agreement between judges: held against statsmodels and the krippendorff package."""

from __future__ import annotations

import math

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as reference_fleiss

from adhere.judge.agreement import agreement, cohen_kappa, fleiss_kappa, krippendorff_alpha

PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40)


@given(PAIRS)
def test_cohens_kappa(pairs: list[tuple[int, int]]) -> None:
    first, second = (list(column) for column in zip(*pairs, strict=True))
    table = np.zeros((3, 3))
    for one, other in pairs:
        table[one, other] += 1
    found = cohen_kappa(first, second)
    if len(set(first + second)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(cohens_kappa(table, return_results=False), abs=1e-12)


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=2, max_size=30))
def test_fleiss_kappa(ratings: list[tuple[int, int, int]]) -> None:
    found = fleiss_kappa(ratings)
    if len({label for item in ratings for label in item}) == 1:
        assert math.isnan(found)
    else:
        table = aggregate_raters(np.array(ratings), n_cat=3)[0]
        assert found == pytest.approx(reference_fleiss(table), abs=1e-12)


@given(
    st.lists(
        st.tuples(*[st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))] * 3),
        min_size=3,
        max_size=30,
    )
)
def test_krippendorffs_alpha_with_ratings_missing(ratings: list[tuple[str | None, ...]]) -> None:
    usable = [item for item in ratings if sum(label is not None for label in item) >= 2]
    labels = {label for item in usable for label in item if label is not None}
    found = krippendorff_alpha(ratings)
    if len(labels) < 2:
        assert math.isnan(found)
        return
    numbers = {"a": 0.0, "b": 1.0, "c": 2.0, None: np.nan}
    table = np.array([[numbers[label] for label in item] for item in usable]).T
    wanted = krippendorff.alpha(table, level_of_measurement="nominal")
    assert found == pytest.approx(wanted, abs=1e-9)


def test_a_confusion_counts_every_item() -> None:
    found = agreement(["yes", "yes", "no"], ["yes", "no", "no"])
    assert found.confusion == {("yes", "yes"): 1, ("yes", "no"): 1, ("no", "no"): 1}
    assert found.accuracy == pytest.approx(2 / 3)


@pytest.mark.parametrize(("first", "second"), [([], []), ([1], [1, 2])])
def test_what_cannot_be_compared_is_refused(first: list[int], second: list[int]) -> None:
    with pytest.raises(ValueError, match="one label"):
        agreement(first, second)


def test_items_rated_unequally_often_are_refused() -> None:
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[1, 2], [1]])
