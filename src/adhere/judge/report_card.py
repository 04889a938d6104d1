"""A judge's report card: how far its labels can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations
from statistics import NormalDist
from typing import Literal

import msgspec

from adhere.conversation import Judgement
from adhere.judge.agreement import agreement, krippendorff_alpha


class Retest(msgspec.Struct, frozen=True):
    """Items shown more than once, in the same order.

    Attributes:
        items: How many.
        same: Mean share of an item's pairs of readable labels that are equal.
        alpha: Krippendorff's alpha among the repetitions; None where only one label was used.
    """

    items: int
    same: float
    alpha: float | None


class OwnAnswers(msgspec.Struct, frozen=True):
    """How a judge treats its own answers.

    Attributes:
        items: Items with an answer of its own and a readable label.
        accuracy: Share of right labels on these.
        others: The same on all other items; None without any.
        judged: Of pairs of its own answer and another's, the share its own wins; a tie is a half.
            None where answers are judged alone.
        true: The same by the reference.
        excess: The first minus the second: self-preference, above what its answers deserve.
        low, high: The 95 % interval of the excess, items independent.
    """

    items: int
    accuracy: float
    others: float | None
    judged: float | None
    true: float | None
    excess: float | None
    low: float | None
    high: float | None


class Planted(msgspec.Struct, frozen=True):
    """What a judge made of items whose truth was planted; an unreadable label is no recognition.

    Attributes:
        positives: How many right ones there were.
        positives_passed: Share of these labelled as the reference.
        decoys: How many wrong ones.
        decoys_caught: Share of these labelled as the reference.
    """

    positives: int
    positives_passed: float | None
    decoys: int
    decoys_caught: float | None


class Card(msgspec.Struct, frozen=True):
    """What one judge's labels are worth on one group of items.

    Attributes:
        judge, group: Whose, and on what.
        judged: Labels given.
        unparsed: Labels that could not be read. They count as wrong in ``accuracy_of_all`` and are
            left out of everything else.
        accuracy: Share of readable labels equal to the reference.
        accuracy_of_all: The same hits over all labels.
        kappa: Cohen's kappa with the reference; None where chance agreement is complete.
        alpha: Krippendorff's alpha with the reference, nominal; None likewise.
        confusion: Count by ``reference -> label``.
        same_both_ways: Of items shown in both orders with two readable labels, the share labelled
            the same; None where no item was.
        drawn_to_first: Of the items labelled differently, the share where the answer shown first
            won each time: 0.5 is no position bias, 1 is all of it. None where nothing differs.
        retest: How the judge agrees with itself on items it saw again.
        own: How it treats answers of its own, or of its family.
        planted: What it made of planted items.
    """

    judge: str
    group: str
    judged: int
    unparsed: int
    accuracy: float | None
    accuracy_of_all: float | None
    kappa: float | None
    alpha: float | None
    confusion: dict[str, dict[str, int]]
    same_both_ways: float | None
    drawn_to_first: float | None
    retest: Retest | None = None
    own: OwnAnswers | None = None
    planted: Planted | None = None


class ReportCards(msgspec.Struct, frozen=True, kw_only=True):
    """Report cards of all judges (``adhere/judge-report/1``)."""

    schema: Literal["adhere/judge-report/1"]
    cards: tuple[Card, ...]


def report_cards(judgements: Iterable[Judgement]) -> ReportCards:
    """Make a card for each judge and group, and one over all groups where there are several."""
    by_judge: dict[str, dict[str, list[Judgement]]] = {}
    for judgement in judgements:
        by_judge.setdefault(judgement.judge, {}).setdefault(judgement.group, []).append(judgement)
    cards = []
    for judge, groups in by_judge.items():
        if len(groups) > 1:
            cards.append(_card(judge, "all", [it for group in groups.values() for it in group]))
        cards.extend(_card(judge, name, group) for name, group in groups.items())
    return ReportCards(schema="adhere/judge-report/1", cards=tuple(cards))


def _card(judge: str, group: str, judgements: list[Judgement]) -> Card:
    pairs = [
        (it.reference, it.label)
        for it in judgements
        if it.reference is not None and it.label is not None
    ]
    found = agreement([a for a, _ in pairs], [b for _, b in pairs]) if pairs else None
    known = sum(it.reference is not None for it in judgements)
    confusion: dict[str, dict[str, int]] = {}
    if found is not None:
        for (reference, label), count in sorted(found.confusion.items()):
            confusion.setdefault(reference, {})[label] = count
    same, first = _position(judgements)
    return Card(
        judge=judge, group=group, judged=len(judgements),
        unparsed=sum(it.label is None for it in judgements),
        accuracy=found.accuracy if found else None,
        accuracy_of_all=found.accuracy * len(pairs) / known if found else None,
        kappa=_finite(found.kappa) if found else None,
        alpha=_finite(krippendorff_alpha(pairs)) if found else None,
        confusion=confusion, same_both_ways=same, drawn_to_first=first,
        retest=_retest(judgements), own=_own(judgements), planted=_planted(judgements),
    )  # fmt: skip


def _retest(judgements: list[Judgement]) -> Retest | None:
    shown: dict[tuple[str, str, str | None], list[str | None]] = {}
    for it in judgements:
        shown.setdefault((it.group, it.item, it.order), []).append(it.label)
    again = [labels for labels in shown.values() if len(labels) > 1]
    shares = []
    for labels in again:
        pairs = list(combinations([label for label in labels if label is not None], 2))
        if pairs:
            shares.append(sum(one == other for one, other in pairs) / len(pairs))
    if not shares:
        return None
    return Retest(len(shares), sum(shares) / len(shares), _finite(krippendorff_alpha(again)))


def _own(judgements: list[Judgement]) -> OwnAnswers | None:
    told = [it for it in judgements if it.own and None not in (it.label, it.reference)]
    own = [it for it in told if it.own in it.authors]
    others = [it for it in told if it.own not in it.authors]
    if not own:
        return None
    right = sum(it.label == it.reference for it in own) / len(own)
    rest = sum(it.label == it.reference for it in others) / len(others) if others else None
    pairs = [it for it in own if len(it.authors) == 2]
    if len(pairs) < 2:
        return OwnAnswers(len(own), right, rest, None, None, None, None, None)
    judged = [_won(it, it.label) for it in pairs]
    true = [_won(it, it.reference) for it in pairs]
    gaps = [one - other for one, other in zip(judged, true, strict=True)]
    excess = sum(gaps) / len(gaps)
    spread = math.fsum((gap - excess) ** 2 for gap in gaps) / (len(gaps) - 1)
    half = NormalDist().inv_cdf(0.975) * math.sqrt(spread / len(gaps))
    return OwnAnswers(
        len(own), right, rest, sum(judged) / len(judged), sum(true) / len(true), excess,
        excess - half, excess + half,
    )  # fmt: skip


def _won(it: Judgement, label: str | None) -> float:
    """1 where the judge's own answer wins by a label, 0 where the other does, 0.5 for a tie."""
    if label not in ("1", "2"):
        return 0.5
    return float(it.authors[int(label) - 1] == it.own)


def _planted(judgements: list[Judgement]) -> Planted | None:
    found: dict[str, list[bool]] = {"positive": [], "decoy": []}
    for it in judgements:
        if it.planted is not None:
            found[it.planted].append(it.label is not None and it.label == it.reference)
    positives, decoys = found["positive"], found["decoy"]
    if not positives and not decoys:
        return None
    return Planted(len(positives), _share(positives), len(decoys), _share(decoys))


def _share(hits: list[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _position(judgements: list[Judgement]) -> tuple[float | None, float | None]:
    orders: dict[tuple[str, str], dict[str, str]] = {}
    for it in judgements:
        if it.order is not None and it.label is not None:
            orders.setdefault((it.group, it.item), {})[it.order] = it.label
    both = [shown for shown in orders.values() if len(shown) == 2]
    if not both:
        return None, None
    differ = [shown for shown in both if shown["first"] != shown["second"]]
    # Shown as "first", answer 1 comes first; as "second", answer 2 does.
    drawn = [shown for shown in differ if (shown["first"], shown["second"]) == ("1", "2")]
    share = len(drawn) / len(differ) if differ else None
    return 1 - len(differ) / len(both), share


def _finite(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124  (NaN is not itself)
