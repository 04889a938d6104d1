"""A world whose truth is known: behaviours that cases share, answers that adhere or not, a judge.

Each behaviour has its own chance of a right answer, and cases of one behaviour share it; behaviours
have from one to eight cases. The judge passes good answers with one chance and bad ones with
another. People label a random sample, always rightly.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from adhere.evaluate.inference import mean, paired_gap
from adhere.evaluate.statistics import rate
from adhere.judge import (
    Corrected,
    Judged,
    prediction_powered,
    prediction_powered_gap,
    rogan_gladen,
    rogan_gladen_gap,
)

TRUE, OTHER = 0.8, 0.7
"""The share of right answers of two models, over all behaviours that there are."""

SPREAD = 6.0
"""Of the Beta distribution that behaviours are drawn from: they share 1/7 of the variance."""

HITS, FALSE = 0.9, 0.3


class Answers(msgspec.Struct):
    """What one model answered to the cases, and what the judge made of it."""

    cases: list[int]
    foci: list[int]
    true: list[bool]
    judged: list[bool]


def draw(
    chance: random.Random, share: float, ease: Sequence[float], sizes: Sequence[int]
) -> Answers:
    """Draw one model's answers; ``ease`` ties the behaviours of two models to each other."""
    from scipy.special import betaincinv  # noqa: PLC0415

    answers = Answers([], [], [], [])
    for focus, (level, size) in enumerate(zip(ease, sizes, strict=True)):
        good = float(betaincinv(share * SPREAD, (1 - share) * SPREAD, level))
        for _ in range(size):
            true = chance.random() < good
            answers.cases.append(len(answers.cases))
            answers.foci.append(focus)
            answers.true.append(true)
            answers.judged.append(chance.random() < (HITS if true else FALSE))
    return answers


def with_labels(answers: Answers, sample: Sequence[int]) -> Judged:
    """The judge's verdicts with the labels of a sample, clustered by behaviour."""
    return Judged(
        judged=answers.judged,
        sample_judged=[answers.judged[i] for i in sample],
        sample_true=[answers.true[i] for i in sample],
        clusters=answers.foci,
        sample_clusters=[answers.foci[i] for i in sample],
    )


class Tally(msgspec.Struct):
    """How often an interval held the truth, and where its middle lay."""

    runs: int = 0
    covered: int = 0
    values: list[float] = []

    def add(self, value: float, low: float, high: float, truth: float) -> None:
        self.runs += 1
        self.covered += low <= truth <= high
        self.values.append(value)

    @property
    def coverage(self) -> float:
        return self.covered / self.runs

    @property
    def coverage_error(self) -> float:
        """Monte Carlo error of the coverage, were it nominal."""
        return math.sqrt(0.95 * 0.05 / self.runs)

    @property
    def middle(self) -> float:
        return math.fsum(self.values) / self.runs

    @property
    def middle_error(self) -> float:
        spread = math.fsum((value - self.middle) ** 2 for value in self.values) / (self.runs - 1)
        return math.sqrt(spread / self.runs)


def simulate(runs: int, behaviours: int, labels: int, seed: int) -> dict[str, Tally]:
    """Draw worlds and return by method how its intervals did."""
    chance = random.Random(seed)
    tallies: dict[str, Tally] = {}

    def note(name: str, truth: float, value: float, low: float, high: float) -> None:
        tallies.setdefault(name, Tally(values=[])).add(value, low, high, truth)

    def corrected(name: str, truth: float, found: Corrected) -> None:
        note(name, truth, found.value, found.low, found.high)

    for _ in range(runs):
        ease = [chance.random() for _ in range(behaviours)]
        sizes = [chance.randint(1, 8) for _ in range(behaviours)]
        one, two = draw(chance, TRUE, ease, sizes), draw(chance, OTHER, ease, sizes)
        sample = chance.sample(range(len(one.cases)), labels)
        truth = rate(one.true, one.cases, one.foci)
        note("rate, clustered by focus", TRUE, truth.value or 0, truth.low, truth.high)
        naive = rate(one.true, one.cases, one.cases)
        note("rate, cases as strangers", TRUE, naive.value or 0, naive.low, naive.high)
        estimate = mean([float(hit) for hit in one.true], one.foci)
        low, high = estimate.value - estimate.half_width, estimate.value + estimate.half_width
        note("mean, clustered by focus", TRUE, estimate.value, low, high)
        gap = paired_gap([float(h) for h in one.true], [float(h) for h in two.true], one.foci)
        low, high = gap.value - gap.half_width, gap.value + gap.half_width
        note("paired gap, clustered by focus", TRUE - OTHER, gap.value, low, high)
        raw = rate(one.judged, one.cases, one.foci)
        note("raw rate of the judge", TRUE, raw.value or 0, raw.low, raw.high)
        first, second = with_labels(one, sample), with_labels(two, sample)
        for name, single, paired in METHODS:
            corrected(name, TRUE, single(first))
            corrected(f"{name}, gap", TRUE - OTHER, paired(first, second))
    return tallies


METHODS: list[tuple[str, Callable[[Judged], Corrected], Callable[[Judged, Judged], Any]]] = [
    ("Rogan-Gladen", rogan_gladen, rogan_gladen_gap),
    ("prediction-powered", prediction_powered, prediction_powered_gap),
]
