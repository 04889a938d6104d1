"""A sentence told with its own words of substance is seen; a text on the same matter is not."""

from __future__ import annotations

import pytest
from guard_texts import RULES

from adhere.detect import Leak, Paraphrase, PrivilegedIndex, PrivilegedText, View

TEXTS = [PrivilegedText("rules", RULES)]


@pytest.mark.parametrize(
    "text",
    [
        "Only customers who are threatening to leave get a discount, 15 % at most: more is never "
        "offered.",
        "When somebody asks what caused the outage in March, we are still looking into it, I say: "
        "the cause is open. Anybody may ask.",
    ],
)
def test_another_order_and_other_little_words_make_no_difference(text: str) -> None:
    assert [one.kind for one in Paraphrase(TEXTS).find(text)] == ["paraphrase"]
    assert Leak(PrivilegedIndex(TEXTS)).find(View(text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Our customers love a discount, and nobody wants them to leave.",
        "The supervisor looks into refunds.",
        "Write a poem about spring in Lisbon.",
        "",
    ],
)
def test_the_same_matter_is_not_enough(text: str) -> None:
    assert Paraphrase(TEXTS).find(text) == ()


def test_words_far_apart_are_not_one_sentence() -> None:
    words = ["discount", "customers", "threaten", "leave", "offer", "15"]
    text = (" and then there was a long pause in which it rained over the hills " * 3).join(words)
    assert Paraphrase(TEXTS).find(text) == ()


def test_words_that_the_reader_may_see_do_not_count() -> None:
    text = "Only customers threatening to leave are offered a discount above 15 %."
    assert Paraphrase(TEXTS).find(text)
    assert Paraphrase(TEXTS, [text]).find(text) == ()
