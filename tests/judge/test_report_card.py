"""Report cards: agreement, unreadable labels, and the pull of whatever is shown first."""

from __future__ import annotations

import pytest

from adhere.conversation import Judgement
from adhere.judge import report_cards


def said(item: str, label: str | None, reference: str | None = "1", **more: object) -> Judgement:
    return Judgement(
        schema="adhere/judgement/1",
        item=item,
        judge="j",
        label=label,
        reference=reference,
        **more,  # type: ignore[arg-type]
    )


def test_unreadable_labels_count_in_one_accuracy_only() -> None:
    (card,) = report_cards([said("a", "1"), said("b", "2"), said("c", None)]).cards
    assert (card.judged, card.unparsed) == (3, 1)
    assert card.accuracy == pytest.approx(1 / 2)
    assert card.accuracy_of_all == pytest.approx(1 / 3)


def test_a_judge_that_always_takes_what_is_shown_first() -> None:
    both = [
        said(item, label, order=order)
        for item in "abc"
        for order, label in (("first", "1"), ("second", "2"))
    ]
    (card,) = report_cards(
        [*both, said("d", "1", order="first"), said("d", "1", order="second")]
    ).cards
    assert card.same_both_ways == pytest.approx(1 / 4)
    assert card.drawn_to_first == 1.0


def test_a_judge_that_always_takes_what_is_shown_last() -> None:
    rows = [said("a", "2", order="first"), said("a", "1", order="second")]
    (card,) = report_cards(rows).cards
    assert (card.same_both_ways, card.drawn_to_first) == (0.0, 0.0)


def test_one_order_alone_says_nothing_about_position() -> None:
    (card,) = report_cards([said("a", "1", order="first"), said("b", "1")]).cards
    assert (card.same_both_ways, card.drawn_to_first) == (None, None)


def test_without_a_reference_there_is_nothing_to_agree_with() -> None:
    (card,) = report_cards([said("a", "1", reference=None)]).cards
    assert (card.accuracy, card.kappa, card.confusion) == (None, None, {})


def test_groups_have_cards_of_their_own_and_one_together() -> None:
    cards = report_cards([said("a", "1", group="x"), said("a", "2", group="y")]).cards
    assert [(card.group, card.accuracy) for card in cards] == [("all", 0.5), ("x", 1.0), ("y", 0.0)]
    assert cards[0].confusion == {"1": {"1": 1, "2": 1}}
