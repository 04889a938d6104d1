"""Where sentences begin and end, and which of their clauses ask for something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.extract.sentences import LONGEST, clauses, sentences


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Be kind. Be brief!", ["Be kind.", "Be brief!"]),
        ("- Be kind\n- Be brief", ["Be kind", "Be brief"]),
        ("1. Be kind\n2) Be brief", ["Be kind", "Be brief"]),
        ("Ask Dr. Who, e.g. about 3.5 miles.", ["Ask Dr. Who, e.g. about 3.5 miles."]),
        ("A line that\ngoes on.", ["A line that goes on."]),
        ('Say "Stop! now" and go.', ['Say "Stop! now" and go.']),
        ("# Title\nBe kind.", ["Be kind."]),
        ("- Payment methods: one card is enough.", ["one card is enough."]),
        ("...", []),
    ],
)
def test_sentences(text: str, wanted: list[str]) -> None:
    assert [sentence.text for sentence in sentences(text)] == wanted


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_sentences_stand_where_they_say(text: str) -> None:
    reached = 0
    for sentence in sentences(text):
        assert reached <= sentence.start < sentence.end <= len(text)
        reached = sentence.end
        kept = text[sentence.start : sentence.end]
        assert [c for c, d in zip(kept, sentence.text, strict=True) if c != d and c.isalnum()] == []


def test_what_has_no_end_is_cut() -> None:
    found = list(sentences("word " * 1_000))
    assert len(found) > 1
    assert max(len(sentence.text) for sentence in found) <= LONGEST


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("Write a poem and do not use commas.", [("write", False), ("use", True)]),
        ("Could you please list three birds?", [("list", False)]),
        ("Your answer must not be long.", [("", True)]),
        ("Refunds cannot be given.", [("", True)]),
        ("If it rains, buy an umbrella; then go home.", [("buy", False), ("go", False)]),
        ("Transfer is needed.", []),
        ("Do you like birds?", []),
        ("What should I write?", []),
        ("I write poems and use commas.", []),
        ('She said "write" and left.', []),
        ("In two lines.", [("", False)]),
    ],
)
def test_clauses(sentence: str, wanted: list[tuple[str, bool]]) -> None:
    assert [(clause.verb, clause.negated) for clause in clauses(sentence)] == wanted


def test_tags_at_the_edges_of_a_line_belong_to_no_sentence() -> None:
    text = "<rules>Be brief.</rules>\nDear <name>, write back."
    found = list(sentences(text))
    assert [one.text for one in found] == ["Be brief.", "Dear <name>, write back."]
    assert [text[one.start : one.end] for one in found] == [one.text for one in found]
