"""A judge's report card: how far its labels can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from adhere.conversation import Judgement
from adhere.judge.agreement import agreement, krippendorff_alpha


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
    )  # fmt: skip


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
