"""What lies behind a rate, and the gaps between the models of a run."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.evaluate.inference import fixed_benchmark, holm, mean, paired_gap, smallest_gap
from adhere.evaluate.model_gaps import ModelGap, ModelGaps
from adhere.evaluate.uncertainty import Behind, Uncertainty


def uncertainty(
    outcomes: list[bool], cases: list[int], clusters: list[object]
) -> Uncertainty | None:
    """Gather what is given by answer, as the tally does."""
    behind, order = Behind(), list(dict.fromkeys(clusters))
    cluster_of = {case: order.index(cluster) for case, cluster in zip(cases, clusters, strict=True)}
    for case in sorted(cluster_of, key=cluster_of.__getitem__):
        hits = [hit for hit, of in zip(outcomes, cases, strict=True) if of == case]
        behind.add(cluster_of[case], len(hits), sum(hits))
    return behind.uncertainty()


def model_gaps(rates: dict[str, dict[str, float]], foci: dict[str, str]) -> tuple[ModelGap, ...]:
    gathered, names = ModelGaps(list(rates)), list(dict.fromkeys(foci.values()))
    for case, focus in foci.items():
        gathered.add(names.index(focus), [of.get(case) for of in rates.values()])
    return gathered.gaps()


def test_by_hand() -> None:
    # Two cases of one behaviour and two of another, two answers each.
    outcomes = [True, True, True, False, False, False, True, True]
    cases = [1, 1, 2, 2, 3, 3, 4, 4]
    clusters: list[object] = ["a"] * 4 + ["b"] * 4
    found = uncertainty(outcomes, cases, clusters)
    assert found is not None
    assert found.fixed is not None
    rates = fixed_benchmark([1, 0.5, 0, 1], [2, 2, 2, 2])
    assert found.fixed.high == pytest.approx(rates.value + rates.half_width)
    error = math.sqrt(0.25) / 4  # one case is split, p(1-p)/(n-1) = 1/4
    assert found.fixed.high == pytest.approx(min(1.0, 5 / 8 + 1.959964 * error), abs=1e-5)
    assert found.pass_hat == pytest.approx((5 / 8, 2 / 4))
    by_cluster = mean([1, 0.5, 0, 1], ["a", "a", "b", "b"])
    assert found.smallest == pytest.approx(math.sqrt(2) * smallest_gap(by_cluster))
    assert found.cases_needed == math.ceil(4 * (found.smallest / 0.05) ** 2)


def test_what_cannot_be_said_is_not_said() -> None:
    assert uncertainty([], [], []) is None
    once = uncertainty([True, False], [1, 2], ["a", "a"])
    assert once is not None
    assert (once.fixed, once.pass_hat, once.smallest, once.cases_needed) == (None, (), None, None)
    alone = uncertainty([True, False], [1, 1], ["a", "a"])
    assert alone is not None
    assert alone.cases is None
    same = uncertainty([True] * 4, [1, 2, 3, 4], list("abcd"))
    assert same is not None
    assert same.smallest is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=60))
def test_pass_hat_falls_and_intervals_hold_the_rate(rows: list[tuple[int, bool]]) -> None:
    found = uncertainty([hit for _, hit in rows], [c for c, _ in rows], [c % 3 for c, _ in rows])
    assert found is not None
    assert list(found.pass_hat) == sorted(found.pass_hat, reverse=True)
    value = sum(hit for _, hit in rows) / len(rows)
    if found.cases is not None:
        assert found.cases.low - 1e-9 <= value <= found.cases.high + 1e-9


def test_every_two_models_are_compared_and_corrected_together() -> None:
    cases = [f"c{number}" for number in range(40)]
    foci = {case: f"f{number // 2}" for number, case in enumerate(cases)}
    rates = {
        "good": dict.fromkeys(cases, 1.0),
        "half": {case: float(number % 2) for number, case in enumerate(cases)},
        "most": {case: float(number % 8 != 0) for number, case in enumerate(cases)},
        "few": {"c1": 1.0},
    }
    gaps = {(gap.first, gap.second): gap for gap in model_gaps(rates, foci)}
    assert len(gaps) == 6
    one = gaps["good", "most"]
    assert (one.cases, one.first_only, one.second_only) == (40, 5, 0)
    assert gaps["good", "few"].says == "too few cases"
    tested = [gap for gap in gaps.values() if gap.p is not None]
    alone = [
        paired_gap(
            [rates[gap.first][c] for c in cases], [rates[gap.second][c] for c in cases],
            [foci[c] for c in cases],
        ).p
        for gap in tested
    ]  # fmt: skip
    assert [gap.p for gap in tested] == pytest.approx(holm(alone))
    assert gaps["good", "half"].says == "first is higher"
    assert {gap.says for gap in model_gaps({"a": rates["half"], "b": rates["half"]}, foci)} == {
        "may be noise"
    }
