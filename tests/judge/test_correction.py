"""Corrected rates: unbiased where the raw ones are not, covering where they say they do."""

from __future__ import annotations

import math
import random

import pytest

from adhere.judge import prediction_powered, rogan_gladen

RUNS, TRUE, HITS, FALSE = 400, 0.8, 0.9, 0.3
"""A judge that says yes to 90 % of the good answers and to 30 % of the bad ones."""


def draw(chance: random.Random, size: int) -> tuple[list[bool], list[bool]]:
    truth = [chance.random() < TRUE for _ in range(size)]
    return truth, [chance.random() < (HITS if good else FALSE) for good in truth]


@pytest.mark.parametrize("correct", [rogan_gladen, prediction_powered])
def test_unbiased_and_covering_with_an_imperfect_judge(correct: object) -> None:
    chance = random.Random(5)
    values, raws, covered = [], [], 0
    for _ in range(RUNS):
        _, judged = draw(chance, 2000)
        truth, sample = draw(chance, 300)
        found = correct(judged, sample, truth)  # type: ignore[operator]
        values.append(found.value)
        raws.append(found.raw)
        covered += found.low <= TRUE <= found.high
    error = 3 * math.sqrt(0.95 * 0.05 / RUNS)
    spread = 3 * (math.fsum((v - TRUE) ** 2 for v in values) / RUNS / RUNS) ** 0.5
    assert math.fsum(values) / RUNS == pytest.approx(TRUE, abs=spread + 0.002)
    assert covered / RUNS >= 0.95 - error - 0.01
    # the check can fail: the raw rate is off by two points and more
    assert abs(math.fsum(raws) / RUNS - TRUE) > 0.015


def test_a_perfect_judge_needs_no_correction() -> None:
    judged, sample = [True] * 30 + [False] * 10, [True] * 5 + [False] * 5
    for correct in (rogan_gladen, prediction_powered):
        found = correct(judged, sample, sample)
        assert (found.value, found.raw) == (0.75, 0.75)


def test_a_judge_of_no_use_is_refused() -> None:
    with pytest.raises(ValueError, match="as often"):
        rogan_gladen([True, False], [True, True, True, True], [True, True, False, False])


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_a_sample_that_says_nothing_is_refused(truth: list[bool]) -> None:
    with pytest.raises(ValueError, match="needed"):
        rogan_gladen([True], truth, truth)
    if not truth:
        with pytest.raises(ValueError, match="needed"):
            prediction_powered([True], truth, truth)
