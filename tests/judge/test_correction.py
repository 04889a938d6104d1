"""Corrected rates: by hand, and what they refuse. How often they cover: `test_simulation`."""

from __future__ import annotations

import pytest

from adhere.judge import (
    Judged,
    prediction_powered,
    prediction_powered_gap,
    rogan_gladen,
    rogan_gladen_gap,
)

BOTH = pytest.mark.parametrize("correct", [rogan_gladen, prediction_powered])


@BOTH
def test_a_perfect_judge_needs_no_correction(correct) -> None:  # type: ignore[no-untyped-def]
    sample = [True] * 5 + [False] * 5
    found = correct(Judged([True] * 30 + [False] * 10, sample, sample))
    assert (found.value, found.raw) == (0.75, 0.75)
    # What is left is the error of 40 answers; the sample adds none.
    spread = (0.75 * 0.25 / 40 * 50 / 49) ** 0.5
    assert found.high - found.value == pytest.approx(2.262157 * spread, abs=1e-6)  # t of 9


def test_by_hand() -> None:
    judged = [True] * 60 + [False] * 40
    # 8 of 10 good ones are passed, 1 of 5 bad ones.
    sample = [True] * 8 + [False] * 2 + [True] + [False] * 4
    truth = [True] * 10 + [False] * 5
    assert rogan_gladen(Judged(judged, sample, truth)).value == pytest.approx((0.6 - 0.2) / 0.6)
    shift = (2 - 1) / 15
    assert prediction_powered(Judged(judged, sample, truth)).value == pytest.approx(0.6 + shift)


@BOTH
def test_copies_of_the_same_answers_add_nothing(correct) -> None:  # type: ignore[no-untyped-def]
    judged = [True] * 14 + [False] * 6
    truth = [True] * 12 + [False] * 8
    names = list(range(20))
    once = correct(Judged(judged, judged, truth, names, names))
    thrice = correct(Judged(judged * 3, judged * 3, truth * 3, names * 3, names * 3))
    assert thrice.value == pytest.approx(once.value)
    # Bessel's correction of the sample is all that differs.
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.06)
    alone = correct(Judged(judged * 3, judged * 3, truth * 3))
    assert alone.high - alone.low < 0.8 * (thrice.high - thrice.low)


def test_a_sample_that_is_everything_gives_the_truth() -> None:
    judged, truth = [True, True, False, True] * 5, [True, False, False, True] * 5
    names = list(range(20))
    found = prediction_powered(Judged(judged, judged, truth, names, names))
    assert found.value == pytest.approx(0.5)
    error = (0.25 / 20 * 20 / 19) ** 0.5
    assert found.high - found.value == pytest.approx(2.093024 * error, rel=0.05)  # t of 19


@pytest.mark.parametrize("gap", [rogan_gladen_gap, prediction_powered_gap])
def test_a_model_against_itself_has_no_gap_and_no_doubt(gap) -> None:  # type: ignore[no-untyped-def]
    names = list(range(20))
    sample = [True, True, True, False, False, False, True, False]
    truth = [True] * 4 + [False] * 4
    one = Judged([True] * 14 + [False] * 6, sample, truth, names, names[:8])
    found = gap(one, one)
    assert (found.value, found.low, found.high, found.raw) == (0, 0, 0, 0)
    with pytest.raises(ValueError, match="belong together"):
        gap(Judged(one.judged, one.sample_judged, one.sample_true), one)


def test_a_judge_of_no_use_is_refused() -> None:
    with pytest.raises(ValueError, match="as often"):
        rogan_gladen(Judged([True, False], [True, True, True, True], [True, True, False, False]))


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_a_sample_that_says_nothing_is_refused(truth: list[bool]) -> None:
    with pytest.raises(ValueError, match="needed"):
        rogan_gladen(Judged([True], truth, truth))
    if not truth:
        with pytest.raises(ValueError, match="needed"):
            prediction_powered(Judged([True], truth, truth))


def test_columns_of_different_lengths_are_refused() -> None:
    for arguments in (
        ([True], [True], []),
        ([True], [True], [True], ["a", "b"], ["a"]),
        ([True], [True], [True], ["a"], []),
        ([True], [True], [True], ["a"], None),
        ([True], [True], [True], None, ["a"]),
    ):
        with pytest.raises(ValueError, match="differ in length"):
            Judged(*arguments)  # type: ignore[arg-type]
