"""Examples and their labels."""

from __future__ import annotations

from typing import Any


def _spec(*fences: str, titles: tuple[str, ...] = ()) -> str:
    parts = ["# A {#a authority=root}\n\nIt must help.\n"]
    for number, fence in enumerate(fences):
        title = titles[number] if titles else f"case {number}"
        heading = f"**Example**: {title}\n\n" if title else ""
        parts.append(f"{heading}~~~xml\n<user>Hi</user>\n{fence}\n~~~\n")
    return "\n".join(parts)


def _comparison(*answers: str) -> str:
    return "<comparison>\n" + "\n".join(answers) + "\n</comparison>"


def test_missing_title(check: Any) -> None:
    text = _spec("", titles=("",))
    assert check("missing-example-title", text) == [(5, 1, "~~~xml\n<user>Hi</user>\n\n~~~")]
    assert check("missing-example-title", _spec("")) == []


def test_duplicate_title(check: Any) -> None:
    text = _spec("", "", titles=("Rude  users", "rude users"))
    ((line, column, words),) = check("duplicate-example-title", text)
    assert (line, column) == (12, 1)
    assert words.startswith("**Example**: rude users")


def test_the_same_title_in_another_section(check: Any) -> None:
    text = _spec("", titles=("one",)) + "\n" + _spec("", titles=("one",)).replace("#a", "#b")
    assert check("duplicate-example-title", text) == []


def test_unlabelled_answer_points_at_its_tag(check: Any) -> None:
    text = _spec(_comparison("<assistant><!-- GOOD -->Hi</assistant>",
                             '<assistant recipient="a>b">No</assistant>'))  # fmt: skip
    assert check("unlabelled-answer", text) == [(11, 1, '<assistant recipient="a>b">')]


def test_a_label_that_cannot_be_read_is_the_compilers_affair(check: Any) -> None:
    text = _spec(_comparison("<assistant> <!-- FINE -->Hi</assistant>",
                             "<assistant>\n<!-- BAD -->\nNo</assistant>"))  # fmt: skip
    assert check("unlabelled-answer", text) == []


def test_one_sided(check: Any) -> None:
    good = "<assistant><!-- GOOD: kind -->Hi</assistant>"
    bad = "<assistant><!-- BAD -->No</assistant>"
    assert check("one-sided-example", _spec(_comparison(good))) == [(10, 1, good)]
    assert check("one-sided-example", _spec(_comparison(bad, bad))) == [(10, 1, bad)]
    assert check("one-sided-example", _spec(_comparison(good, bad))) == []


def test_every_comparison_of_an_example_counts(check: Any) -> None:
    good, bad = (f"<assistant><!-- {word} -->Hi {word}</assistant>" for word in ("OK", "BAD"))
    text = _spec(_comparison(good, bad) + "\n<user>And?</user>\n" + _comparison(bad))
    assert check("one-sided-example", text) == [(15, 1, bad)]


def test_conditions_and_unlabelled_answers_are_not_one_sided(check: Any) -> None:
    given = _comparison("<assistant><!-- GOOD, given doubt -->A</assistant>",
                        "<assistant><!-- GOOD, given none: sure -->B</assistant>")  # fmt: skip
    unlabelled = _comparison("<assistant><!-- GOOD -->A</assistant>", "<assistant>B</assistant>")
    assert check("one-sided-example", _spec(given, unlabelled)) == []


def test_contradictory_answers(check: Any) -> None:
    text = _spec(_comparison("<assistant><!-- GOOD -->Hi</assistant>",
                             "<assistant><!-- BAD -->\nHi\n</assistant>"))  # fmt: skip
    assert check("contradictory-answers", text) == [
        (11, 1, "<assistant><!-- BAD -->\nHi\n</assistant>")
    ]


def test_the_same_words_may_differ_by_condition_recipient_or_comparison(check: Any) -> None:
    text = _spec(
        _comparison("<assistant><!-- GOOD, given doubt -->Hi</assistant>",
                    "<assistant><!-- BAD -->Hi</assistant>",
                    '<assistant recipient="mail"><!-- OK -->Hi</assistant>')
        + "\n<user>And?</user>\n" + _comparison("<assistant><!-- GOOD -->Hi</assistant>"),
    )  # fmt: skip
    assert check("contradictory-answers", text) == []


def test_unknown_verdict_section_points_at_each_id(check: Any) -> None:
    text = _spec(_comparison("<assistant><!-- GOOD -->Hi</assistant>",
                             '<assistant comment="#b"><!-- BAD[#aa, #a, #b]: ü -->No</assistant>',
                             ))  # fmt: skip
    assert check("unknown-verdict-section", text) == [(11, 34, "#aa"), (11, 43, "#b")]


def test_known_verdict_sections(check: Any) -> None:
    text = _spec(_comparison("<assistant><!-- BAD[#a] -->No</assistant>",
                             "<assistant><!-- BAD[#b]: x -->Nope</assistant>"))  # fmt: skip
    assert check("unknown-verdict-section", text.replace("{#a ", "{#a oldids=b ")) == []
