"""Means, gaps and tests: held against statsmodels, simulation, and published figures."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests

from adhere.evaluate.inference import (
    cases_needed,
    fixed_benchmark,
    holm,
    mcnemar,
    mean,
    paired_gap,
    pass_hat,
    smallest_gap,
)

RATES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]), st.integers(0, 6)),
    min_size=8, max_size=60,
).filter(lambda rows: len({cluster for _, cluster in rows}) >= 2)  # fmt: skip


@given(RATES)
def test_clustered_errors_are_those_of_statsmodels(rows: list[tuple[float, int]]) -> None:
    values, clusters = (np.array(column) for column in zip(*rows, strict=True))
    found = mean(list(values), list(clusters))
    groups, count = len(set(clusters)), len(values)
    fitted = sm.OLS(values, np.ones(count)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    error = float(fitted.bse[0]) * math.sqrt(groups / (groups - 1))
    assert found.value == pytest.approx(float(fitted.params[0]), abs=1e-12)
    assert found.error == pytest.approx(error, abs=1e-9)
    assert found.half_width == pytest.approx(float(t(groups - 1).ppf(0.975)) * error, abs=1e-9)
    many = mean(list(values), list(clusters), "normal")
    assert many.half_width == pytest.approx(1.959963984540054 * error, abs=1e-9)
    if error > 1e-9:  # p is of the same distribution as the interval
        z = abs(found.value / found.error)
        assert found.p == pytest.approx(2 * float(t(groups - 1).sf(z)), abs=1e-12)
        assert many.p == pytest.approx(2 * float(norm.sf(z)), abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


@pytest.mark.parametrize(("first", "second"), [(46, 21), (52, 18), (0, 0), (5, 5), (1, 0)])
def test_mcnemar_is_that_of_statsmodels(first: int, second: int) -> None:
    wanted = reference_mcnemar([[10, first], [second, 10]], exact=True).pvalue
    assert mcnemar(first, second) == pytest.approx(1.0 if first == second == 0 else wanted)


def test_a_gap_between_a_model_and_itself_is_nothing() -> None:
    found = paired_gap([0.1, 0.9, 0.5], [0.1, 0.9, 0.5])
    assert (found.value, found.half_width, found.p) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("rates", [[], [0.5], [0.5, 0.5]])
def test_too_little_to_say_anything_is_an_error(rates: list[float]) -> None:
    with pytest.raises(ValueError, match=r"one group|needed|once"):
        mean(rates, ["same"] * len(rates))
    with pytest.raises(ValueError, match=r"needed|once"):
        fixed_benchmark(rates, [1] * len(rates))


def test_intervals_cover_for_clustered_cases_and_the_naive_one_does_not() -> None:
    """40 groups of 5 cases, 4 answers each; truth 0.75 over groups."""
    chance, covered, naive, fixed = random.Random(11), 0, 0, 0
    runs = 500
    for _ in range(runs):
        rates, groups, levels = [], [], []
        for group in range(40):
            level = chance.betavariate(0.75 * 3, 0.25 * 3)
            for _ in range(5):
                rates.append(sum(chance.random() < level for _ in range(4)) / 4)
                groups.append(group)
                levels.append(level)
        clustered, alone = mean(rates, groups), mean(rates)
        again = fixed_benchmark(rates, [4] * len(rates))
        covered += abs(clustered.value - 0.75) <= clustered.half_width
        naive += abs(alone.value - 0.75) <= alone.half_width
        fixed += abs(again.value - math.fsum(levels) / len(levels)) <= again.half_width
    error = 3 * math.sqrt(0.95 * 0.05 / runs)
    assert covered / runs >= 0.95 - error - 0.01  # 40 groups with a normal quantile: a little low
    assert fixed / runs >= 0.95 - error
    assert naive / runs < 0.85


def test_the_smallest_gap_is_found_with_the_power_it_claims() -> None:
    chance, found, runs = random.Random(3), 0, 600
    noise = [chance.gauss(0, 0.3) for _ in range(200)]
    design = mean([value - math.fsum(noise) / 200 for value in noise])
    gap = smallest_gap(design)
    for _ in range(runs):
        sample = mean([gap + chance.gauss(0, 0.3) for _ in range(200)])
        found += sample.p < 0.05
    assert found / runs == pytest.approx(0.8, abs=0.07)
    assert cases_needed(design, gap) == pytest.approx(200, abs=1)
    assert cases_needed(design, gap / 2) == pytest.approx(800, abs=4)


@pytest.mark.parametrize(
    ("hits", "trials", "k", "wanted"),
    [([4], [4], 4, 1.0), ([2], [4], 2, 1 / 6), ([0, 4], [4, 4], 1, 0.5), ([1], [4], 2, 0.0)],
)
def test_pass_hat(hits: list[int], trials: list[int], k: int, wanted: float) -> None:
    assert pass_hat(hits, trials, k) == pytest.approx(wanted)


def test_pass_hat_needs_enough_answers() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        pass_hat([1], [2], 3)


def test_every_published_figure_comes_out_to_the_printed_digit(data_dir: Path) -> None:
    script = Path(__file__).parents[2] / "benchmarks/published_figures.py"
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False,
        env={**os.environ, "ADHERE_DATA": str(data_dir)},
    )  # fmt: skip
    assert "DIFFERS" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("230 of 230 figures")
    assert done.returncode == 0
