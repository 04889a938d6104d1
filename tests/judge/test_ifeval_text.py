"""What counts as a word and as a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.judge.ifeval_text import capital_words, count_sentences, count_words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("no end", 1),
        ("One. Two! Three?", 3),
        ("Really?! Yes.", 2),
        ("He said “Go.” She went.", 2),
        ("Dr. Who met Mr. Fox at 3.5 p.m. on Mars.", 1),
        ("J. R. R. Tolkien wrote. He did.", 2),
        ("Wait... what? Oh... No.", 3),
        ("Wait… what?", 1),
        ("lower case. it goes on. so it does.", 3),
        ("1. plant a tree. 2. water it.", 2),
        ("See example.com/a.b for more.", 1),
        ("a line\nanother", 1),
        ("The end.\n\n\n", 1),
        ("It ends in etc.", 1),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert count_sentences(text) == count


@given(st.lists(st.sampled_from(["Cats purr.", "Dogs bark!", "Do they?"]), min_size=1))
def test_plain_sentences_are_counted_one_by_one(parts: list[str]) -> None:
    assert count_sentences(" ".join(parts)) == len(parts)


def test_words() -> None:
    assert count_words("It's two-fold, naïve_1 — ok?") == 6
    assert capital_words("I am USS-1 U.S.A. A2 42 ÉTÉ McX") == ["I", "USS-1", "U.S.A", "A2", "ÉTÉ"]
