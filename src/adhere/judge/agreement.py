"""How far two or more judges agree: a judge is an instrument, and these are its readings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

import msgspec

Label = Hashable


class Agreement(msgspec.Struct, frozen=True):
    """Agreement of a judge with a reference.

    Attributes:
        items: How many were judged by both.
        accuracy: Share of equal labels.
        kappa: Cohen's kappa; NaN where both use one and the same label throughout.
        confusion: ``(reference, judge) -> count``.
    """

    items: int
    accuracy: float
    kappa: float
    confusion: dict[tuple[str, str], int]


def agreement(reference: Sequence[Label], judge: Sequence[Label]) -> Agreement:
    """Compare a judge's labels with a reference, item by item.

    Raises:
        ValueError: There are none, or the lengths differ.
    """
    if not reference or len(reference) != len(judge):
        raise ValueError("one label of each for every item is needed")
    pairs = Counter(zip(reference, judge, strict=True))
    return Agreement(
        items=len(reference),
        accuracy=sum(n for (one, other), n in pairs.items() if one == other) / len(reference),
        kappa=cohen_kappa(reference, judge),
        confusion={(str(one), str(other)): n for (one, other), n in pairs.items()},
    )


def cohen_kappa(first: Sequence[Label], second: Sequence[Label]) -> float:
    """Return Cohen's kappa (1960): agreement beyond what the two margins give by chance.

    NaN where chance agreement is complete, so that nothing can be said.
    """
    total = len(first)
    observed = sum(one == other for one, other in zip(first, second, strict=True)) / total
    rows, columns = Counter(first), Counter(second)
    chance = math.fsum(rows[label] * columns[label] for label in rows) / total**2
    return (observed - chance) / (1 - chance) if chance < 1 else math.nan


def fleiss_kappa(ratings: Sequence[Sequence[Label]]) -> float:
    """Return Fleiss' kappa (1971) for items that were each rated equally often.

    Raises:
        ValueError: Items differ in how often they were rated, or were rated less than twice.
    """
    raters = {len(item) for item in ratings}
    if len(raters) != 1 or min(raters) < 2:
        raise ValueError("every item needs the same number of ratings, at least two")
    (n,) = raters
    margin: Counter[Label] = Counter()
    agreeing = 0.0
    for item in ratings:
        counts = Counter(item)
        margin.update(counts)
        agreeing += (sum(c * c for c in counts.values()) - n) / (n * (n - 1))
    observed = agreeing / len(ratings)
    chance = math.fsum((c / (n * len(ratings))) ** 2 for c in margin.values())
    return (observed - chance) / (1 - chance) if chance < 1 else math.nan


def krippendorff_alpha(ratings: Sequence[Sequence[Label | None]]) -> float:
    """Return Krippendorff's alpha for nominal labels; None marks a rating that is missing.

    Items with fewer than two ratings say nothing and are left out (Krippendorff, "Computing
    Krippendorff's Alpha-Reliability", 2011). NaN where only one label was ever used.
    """
    margins: Counter[Label] = Counter()
    total = 0
    matching = 0.0
    for item in ratings:
        known = Counter(label for label in item if label is not None)
        m = sum(known.values())
        if m < 2:
            continue
        total += m
        margins.update(known)
        matching += sum(c * (c - 1) for c in known.values()) / (m - 1)
    if total == 0:
        return math.nan
    expected = sum(c * (c - 1) for c in margins.values()) / (total - 1)
    if expected == total:
        return math.nan
    return 1 - (total - matching) / (total - expected)
