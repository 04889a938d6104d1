"""What is a leak of privileged text, and what is not."""

from __future__ import annotations

import pytest
from guard_texts import DISGUISES, RULES, SENTENCE
from hypothesis import given
from hypothesis import strategies as st

from adhere.detect import Leak, PrivilegedIndex, PrivilegedText, View
from adhere.detect.alignment import common_run
from adhere.detect.letters import letters, places

INDEX = PrivilegedIndex([PrivilegedText("rules", RULES), PrivilegedText("short", "Be brief.")])


def found(text: str, *public: str) -> list[str]:
    return [one.kind for one in Leak(INDEX, public).find(View(text))]


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_sentence_is_found_in_every_disguise(disguise: str) -> None:
    text = f"Sure. {DISGUISES[disguise](SENTENCE)} Is that all?"
    [one] = Leak(INDEX).find(View(text))
    assert (one.detector, one.rule) == ("leak", "rules")
    assert 0 <= one.start <= one.held <= one.end <= len(text)
    assert one.start >= 5
    assert one.size >= 36


def test_a_finding_never_holds_the_text() -> None:
    [one] = Leak(INDEX).find(View(f"I was told: {SENTENCE}"))
    assert "discount" not in repr(one)


@pytest.mark.parametrize(
    "text",
    [
        "Northwind gives discounts to customers now and then.",
        "You are right: a discount of 15 % is the most one can expect from a supervisor.",
        "If anybody asks about the outage, tell them the truth.",
        "The support agent of Northwind is Ava.",
        "Be brief.",
        "",
    ],
)
def test_ordinary_overlap_is_no_leak(text: str) -> None:
    assert found(text) == []


def test_what_the_reader_wrote_himself_is_no_leak() -> None:
    assert found(f"You said: {SENTENCE}") == ["verbatim"]
    assert found(f"You said: {SENTENCE}", f"Is it true that you {SENTENCE.lower()}?") == []
    assert found(f"You said: {SENTENCE}", "something else") == ["verbatim"]


def test_a_part_that_may_be_seen_does_not_cover_the_rest() -> None:
    both = f"{SENTENCE} Refunds above 200 euros need the approval of a supervisor."
    [one] = Leak(INDEX, [SENTENCE]).find(View(both))
    assert both[one.start :].startswith("Refunds")


def test_a_short_text_is_a_leak_as_a_whole() -> None:
    index = PrivilegedIndex([PrivilegedText("code", "Escalate to gate 7 at noon")])
    assert Leak(index).find(View("They escalate, to gate 7, at noon."))
    assert not Leak(index).find(View("They escalate at noon."))


def test_large_privileged_texts_work_the_same() -> None:
    words = [f"{first}{second}" for first in "bcdfglmnprst" for second in ("ane", "ilt", "ork")]
    filler = " ".join(words[(at * at + at // 7) % len(words)] for at in range(8_000))
    index = PrivilegedIndex([PrivilegedText("big", f"{filler}. {SENTENCE} {filler}")])
    assert index.run == 16
    assert [one.rule for one in Leak(index).find(View(f"So: {SENTENCE}"))] == ["big"]
    assert not Leak(index).find(View("The weather in Lisbon is mild in October, as a rule."))


def test_no_privileged_text_means_no_finding_and_no_hold() -> None:
    leak = Leak(PrivilegedIndex([]))
    view = View(SENTENCE)
    assert leak.find(view) == ()
    assert leak.hold(view).release == len(SENTENCE)


def test_hostile_repetition_takes_no_quadratic_time() -> None:
    index = PrivilegedIndex([PrivilegedText("a", "ab" * 4_000)])
    assert Leak(index).find(View("ab" * 20_000))
    assert not Leak(index).find(View("ba, c " * 20_000))


@given(st.text(max_size=60))
def test_each_letter_has_its_place(text: str) -> None:
    said = letters(text)
    where = list(places(text))
    assert len(where) == len(said)
    assert where == sorted(where)
    view = View(text)
    assert [view.place(at) for at in range(len(said))] == where


@given(st.text("ab", max_size=40), st.text("ab", max_size=40), st.data())
def test_a_common_run_is_common_and_longest(one: str, other: str, data: st.DataObject) -> None:
    here = data.draw(st.integers(0, len(one)))
    there = data.draw(st.integers(0, len(other)))
    first, second = one.encode(), other.encode()
    run = common_run(first, here, second, there)
    assert first[run.here :][: run.size] == second[run.there :][: run.size]
    assert run.here - run.there == here - there
    if run.here and run.there:
        assert first[run.here - 1] != second[run.there - 1]
    end, stop = run.here + run.size, run.there + run.size
    if end < len(first) and stop < len(second):
        assert first[end] != second[stop]
