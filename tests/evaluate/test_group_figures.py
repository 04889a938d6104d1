"""Pairs, sets of variants and stated confidence: each figure against another way to get it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adhere.conversation import Answer, Case, Message, Outcome, Pair, Role, Variant
from adhere.evaluate import Observation, group_figures, observe
from adhere.evaluate.calibration import calibration
from adhere.evaluate.disparity import TOGETHER, disparities
from adhere.evaluate.observation import stated_confidence
from adhere.evaluate.pairs import pair_figures
from adhere.judge import Verdict

USER = Message(Role.USER, "Hi")


def case(name: str = "a", right: str = "help", turns: int = 1, **fields: object) -> Case:
    return Case(
        schema="adhere/case/1", id=name, sections=("s",), right=right,  # type: ignore[arg-type]
        conversation=(USER,) * turns, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def seen(
    of: Case, adherent: bool | None, outcome: Outcome = Outcome.ANSWERED, words: int = 9,
    confidence: float | None = None, epoch: int = 0,
) -> Observation:  # fmt: skip
    return Observation(of, epoch, adherent, outcome, words, confidence)


def pair(
    kind: str, name: str, first: bool | None, second: bool | None, epoch: int = 0
) -> list[Observation]:
    of = Pair(name, kind)  # type: ignore[arg-type]
    declined = "decline" if kind == "contrast" else "help"
    one = case(f"{name}1", "help", pair=of)
    other = case(f"{name}2", declined, turns=3, pair=of)
    # The second stands before the first: what a side is must not hang on the order of the suite.
    found = [seen(other, second, epoch=epoch), seen(one, first, epoch=epoch)]
    return found[::-1] if kind == "mirror" else found


FALLS = [(True, True)] * 5 + [(True, False)] * 3 + [(False, True)] + [(False, False)]


@pytest.mark.parametrize(("kind", "flips"), [("contrast", 4), ("mirror", 4), ("pressure", 3)])
def test_pairs_fall_as_they_should(kind: str, flips: int) -> None:
    found = [it for n, sides in enumerate(FALLS) for it in pair(kind, f"p{n}", *sides)]
    found += pair(kind, "unscored", None, True)
    found += pair(kind, "alone", True, True)[:1]
    (figures,) = pair_figures(found)
    assert (figures.pairs, figures.unscored, figures.both.hits) == (10, 2, 5)
    assert (figures.first_only, figures.second_only, figures.neither) == (3, 1, 1)
    assert figures.flips.hits == flips
    assert figures.flips.total == (8 if kind == "pressure" else 10)
    assert figures.p == pytest.approx(stats.binomtest(3, 4).pvalue)


def test_asking_again_is_not_asking_more() -> None:
    once = [it for n, sides in enumerate(FALLS) for it in pair("mirror", f"p{n}", *sides)]
    again = [
        it for epoch in range(4) for n, sides in enumerate(FALLS)
        for it in pair("mirror", f"p{n}", *sides, epoch=epoch)
    ]  # fmt: skip
    (one,), (four,) = pair_figures(once), pair_figures(again)
    assert four.pairs == 40
    assert (four.both.value, four.both.clusters) == (one.both.value, one.both.clusters)
    assert four.both.high - four.both.low >= one.both.high - one.both.low


def variants(sets: list[dict[str, Observation]]) -> list[Observation]:
    return [it for values in sets for it in values.values()]


def of_set(number: int, value: str, **fields: object) -> Observation:
    of = case(f"s{number}-{value}", variant=Variant(f"s{number}", "name", value))
    return seen(of, **fields)  # type: ignore[arg-type]


def test_a_planted_disparity_is_found_and_nothing_else() -> None:
    sets = [
        {
            "first": of_set(n, "first", adherent=True, words=100),
            "same": of_set(n, "same", adherent=True, words=100),
            "refused": of_set(n, "refused", adherent=False, outcome=Outcome.REFUSED),
            "shorter": of_set(n, "shorter", adherent=True, words=49 + n % 3),
        }
        for n in range(10)
    ]
    (found,) = disparities(variants(sets))
    assert (found.attribute, found.against, found.sets) == ("name", ("first",), 10)
    same, refused, shorter, together = found.gaps
    assert (same.refusal.value, same.refusal.p) == (0.0, 1.0)  # type: ignore[union-attr]
    assert same.refusal.low < 0 < same.refusal.high  # type: ignore[union-attr]
    assert (refused.refusal.value, refused.length) == (1.0, None)  # type: ignore[union-attr]
    assert refused.refusal.low > 0.5  # type: ignore[union-attr]
    assert refused.refusal.p < 0.05  # type: ignore[union-attr]
    assert refused.adherence.value == -1.0  # type: ignore[union-attr]
    assert shorter.refusal.value == 0.0  # type: ignore[union-attr]
    assert shorter.length.value == pytest.approx(0.5, abs=0.01)  # type: ignore[union-attr]
    assert shorter.length.high < 0.6  # type: ignore[union-attr]
    assert together.value == TOGETHER
    assert together.refusal.value == pytest.approx(1 / 3)  # type: ignore[union-attr]


def test_the_ratio_of_lengths_is_students_interval_and_p_is_exact() -> None:
    words = [(20, 15), (30, 31), (50, 30), (80, 61), (44, 40), (13, 9)]
    sets = [
        {"first": of_set(n, "first", adherent=None, words=a),
         "other": of_set(n, "other", adherent=None, words=b)}
        for n, (a, b) in enumerate(words)
    ]  # fmt: skip
    ((gap,),) = (found.gaps for found in disparities(variants(sets)))
    logs = [math.log((b + 1) / (a + 1)) for a, b in words]
    interval = stats.ttest_1samp(logs, 0).confidence_interval()
    assert gap.length is not None
    assert gap.length.low == pytest.approx(math.exp(interval.low))
    assert gap.length.high == pytest.approx(math.exp(interval.high))
    exact = stats.permutation_test((np.array(logs),), np.mean, permutation_type="samples").pvalue
    # Corrected for the gap of refusals, which stands beside it.
    assert gap.length.p == pytest.approx(min(1.0, 2 * exact))
    assert gap.adherence is None


@pytest.mark.parametrize("sets", [1, 7, 13, 14, 60])
def test_turned_signs_are_those_of_scipy(sets: int) -> None:
    random = np.random.default_rng(sets)
    first = [of_set(n, "first", adherent=bool(random.random() < 0.8)) for n in range(sets)]
    other = [of_set(n, "other", adherent=bool(random.random() < 0.6)) for n in range(sets)]
    ((gap,),) = (found.gaps for found in disparities([*first, *other]))
    gaps = np.array([float(b.adherent or 0) - float(a.adherent or 0)
                     for a, b in zip(first, other, strict=True)])  # fmt: skip
    theirs = stats.permutation_test(
        (gaps,), np.mean, permutation_type="samples", n_resamples=9999, rng=1
    ).pvalue if sets > 1 else 1.0  # fmt: skip
    assert gap.adherence is not None
    corrected = min(1.0, 3 * theirs)  # for the gaps of refusals and lengths beside it
    assert gap.adherence.p == pytest.approx(corrected, abs=0.04 if sets > 13 else 1e-9)


def test_the_interval_of_a_gap_holds_what_it_promises() -> None:
    """Of 1,500 draws with true shares .3 and .5 the interval holds the gap in about 95 %."""
    random, covered = np.random.default_rng(7), 0
    for _ in range(1500):
        first, other = random.random(20) < 0.3, random.random(20) < 0.5
        gaps = other.astype(float) - first
        size = 22
        more, less = ((gaps > 0).sum() + 1) / size, ((gaps < 0).sum() + 1) / size
        half = 1.959964 * math.sqrt((more + less - (more - less) ** 2) / size)
        covered += abs(more - less - 0.2) <= half
    assert 0.93 <= covered / 1500 <= 0.985
    sets = [
        {
            "first": of_set(n, "first", adherent=bool(a)),
            "other": of_set(n, "other", adherent=bool(b)),
        }
        for n, (a, b) in enumerate(zip(first, other, strict=True))
    ]
    ((gap,),) = (found.gaps for found in disparities(variants(sets)))
    assert gap.adherence is not None
    assert gap.adherence.high - gap.adherence.low == pytest.approx(2 * half, abs=1e-6)


def confident(said: list[float], right: list[bool], clusters: list[int]) -> list[Observation]:
    return [
        seen(case(f"c{n}", focus=f"f{cluster}", states_confidence=True), hit, confidence=sure)
        for n, (sure, hit, cluster) in enumerate(zip(said, right, clusters, strict=True))
    ]


ANSWERS = st.lists(
    st.tuples(st.integers(0, 100), st.booleans(), st.integers(0, 5)), min_size=1, max_size=40
)


@given(ANSWERS)
def test_the_calibration_error_by_hand(answers: list[tuple[int, bool, int]]) -> None:
    said = [percent / 100 for percent, _, _ in answers]
    found = calibration(confident(said, [a[1] for a in answers], [a[2] for a in answers]))
    assert found is not None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for percent, hit, _ in answers:
        bins.setdefault(max(0, (percent - 1) // 10), []).append((percent / 100, hit))
    ece = sum(abs(sum(p - hit for p, hit in inside)) for inside in bins.values()) / len(answers)
    assert found.ece == pytest.approx(ece)
    assert [b.answers for b in found.bins] == [len(bins[n]) for n in sorted(bins)]
    assert 0 <= found.ece_low <= found.ece_high <= 1


def test_the_brier_score_has_the_clustered_interval_of_statsmodels() -> None:
    random = np.random.default_rng(3)
    said = [round(float(p), 2) for p in random.random(60)]
    right = [bool(random.random() < p) for p in said]
    clusters = [n // 4 for n in range(60)]
    found = calibration(confident(said, right, clusters))
    assert found is not None
    assert found.brier is not None
    squares = [(p - hit) ** 2 for p, hit in zip(said, right, strict=True)]
    fit = sm.OLS(squares, np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": np.array(clusters), "df_correction": False},
        use_t=False,
    )  # fmt: skip
    assert found.brier.value == pytest.approx(fit.params[0])
    assert found.brier.half_width == pytest.approx(2.144787 * fit.bse[0], rel=1e-6)  # t of 14


def test_a_calibrated_model_errs_as_much_as_chance_and_a_boaster_more() -> None:
    random = np.random.default_rng(5)
    said = [round(float(p), 2) for p in random.uniform(0.5, 1, 400)]
    honest = calibration(
        confident(said, [bool(random.random() < p) for p in said], list(range(400)))
    )
    boasting = calibration(
        confident([0.99] * 400, [bool(random.random() < 0.6) for _ in said], list(range(400)))
    )
    assert honest is not None
    assert boasting is not None
    assert honest.ece < 2 * honest.by_chance
    assert boasting.ece > 10 * boasting.by_chance
    assert boasting.ece_low > 0.3
    assert boasting.over is not None
    assert boasting.over.value - boasting.over.half_width > 0.3


def test_an_answer_that_states_no_confidence_is_counted_and_not_guessed() -> None:
    found = confident([0.9, 0.8], [True, True], [0, 1])
    found.append(seen(case("c9", states_confidence=True), True))
    found.append(seen(case("c10", states_confidence=True), None, Outcome.ERROR))
    figures = calibration(found)
    assert figures is not None
    assert (figures.answers, figures.unstated) == (2, 1)
    assert calibration(found[2:]) is None


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("Canberra.\nConfidence: 85%", 0.85),
        ("**Confidence:** 70 %", 0.7),
        ("Confidence: 20%\nNo, wait.\nconfidence – 60 percent", 0.6),
        ("Confidence: 100%.", 1.0),
        ("Confidence: 150%", None),
        ("Confidence: high", None),
        ("I have confidence: it is 90% water.", None),
        ("", None),
        ("-" * 2_000_000, None),
    ],
)
def test_confidence_is_read_from_a_line_of_its_own(text: str, confidence: float | None) -> None:
    assert stated_confidence(text) == confidence


def test_only_cases_of_groups_are_looked_at() -> None:
    verdict = Verdict("checks", Outcome.ANSWERED, True)
    assert observe(case(), 0, Answer("Confidence: 5%"), verdict) is None
    paired = observe(case(pair=Pair("p", "mirror")), 2, Answer("one two\nConfidence: 5%"), verdict)
    assert paired is not None
    assert (paired.epoch, paired.words, paired.confidence) == (2, 4, None)
    empty = group_figures("m", [])
    assert (empty.pairs, empty.disparities, empty.calibration) == ((), (), None)
