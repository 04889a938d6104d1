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


def test_a_judge_that_contradicts_itself() -> None:
    rows = [
        said(item, label, repeat=repeat)
        for item, labels in (("a", "112"), ("b", "222"), ("c", "1"), ("d", "12"))
        for repeat, label in enumerate(labels)
    ]
    (card,) = report_cards(rows).cards
    assert card.retest is not None
    assert (card.retest.items, card.retest.same) == (3, pytest.approx((1 / 3 + 1 + 0) / 3))
    assert card.retest.alpha is not None
    unread = [said("a", None), said("a", None, repeat=1)]
    assert report_cards(unread).cards[0].retest is None


def test_another_order_is_no_repetition() -> None:
    rows = [said("a", "1", order="first"), said("a", "2", order="second")]
    assert report_cards(rows).cards[0].retest is None


def test_self_preference_is_what_its_own_answers_do_not_deserve() -> None:
    def pair(item: str, label: str, reference: str, authors: tuple[str, ...]) -> Judgement:
        return said(item, label, reference, authors=authors, own="me")

    rows = [
        pair("a", "1", "2", ("me", "you")),  # takes its own, wrongly
        pair("b", "2", "1", ("you", "me")),  # likewise, the other way round
        pair("c", "tie", "2", ("me", "you")),
        pair("d", "1", "1", ("me", "you")),
        pair("e", "1", "1", ("you", "them")),
    ]
    (card,) = report_cards(rows).cards
    own = card.own
    assert own is not None
    assert (own.items, own.accuracy, own.others) == (4, 0.25, 1.0)
    assert (own.judged, own.true) == ((1 + 1 + 0.5 + 1) / 4, (0 + 0 + 0 + 1) / 4)
    assert own.excess == pytest.approx(0.625)
    assert own.low is not None
    assert own.high is not None
    assert own.low < 0.625 < own.high
    alone = [
        said("a", "x", "x", authors=("me",), own="me"),
        said("b", "x", "y", authors=("you",), own="me"),
    ]
    single = report_cards(alone).cards[0].own
    assert single is not None
    assert (single.accuracy, single.others, single.excess) == (1.0, 0.0, None)


def test_what_was_planted_is_recognised_or_not() -> None:
    rows = [
        said("a", "adheres", "adheres", planted="positive"),
        said("b", None, "adheres", planted="positive"),
        said("c", "fails", "fails", planted="decoy"),
        said("d", "adheres", "fails", planted="decoy"),
        said("e", "adheres", "fails", planted="decoy"),
    ]
    planted = report_cards(rows).cards[0].planted
    assert planted is not None
    assert (planted.positives, planted.positives_passed) == (2, 0.5)
    assert (planted.decoys, planted.decoys_caught) == (3, pytest.approx(1 / 3))
