"""Hedges in rules that nobody may change."""

from __future__ import annotations

from typing import Any

import pytest


def _rule(sentence: str, level: str = "root") -> str:
    return f"# A {{#a authority={level}}}\n\n{sentence}\n"


@pytest.mark.parametrize(
    ("sentence", "column", "phrase"),
    [
        ("Ünder load it should generally help.", 15, "should generally"),
        ("It must not usually wait.", 4, "must not usually"),
        ("Generally must it help.", 1, "Generally must"),
        ("You may want to ask.", 5, "may want to"),
        ("It should ask as appropriate.", 15, "as appropriate"),
        ("Where possible, it must stop.", 1, "Where possible"),
        ("It must stop if feasible, and may then say why.", 14, "if feasible"),
        ("It must tell as far as practicable.", 14, "as far as practicable"),
        ("It must tell to the extent possible.", 14, "to the extent possible"),
        ("It should try to help.", 4, "should try to"),
        ("It must actively strive to help.", 4, "must actively strive to"),
        ("It should make a best effort.", 18, "best effort"),
        ("It must make reasonable efforts.", 14, "reasonable efforts"),
        ("- It must stop\n- Help where reasonable", 8, "where reasonable"),
    ],
)
def test_hedges(check: Any, sentence: str, column: int, phrase: str) -> None:
    ((line, at, words),) = check("vague-wording", _rule(sentence))
    assert (line, at, words) == (3 + sentence.count("\n"), column, phrase)


def test_a_phrase_across_two_lines(check: Any) -> None:
    text = _rule("It must stop as\nappropriate.")
    assert check("vague-wording", text) == [(3, 14, "as\nappropriate")]


@pytest.mark.parametrize(
    "sentence",
    [
        "It must help.",
        "It may share facts that are generally known.",
        "Users typically ask twice.",
        "If the user tries to cheat, it must stop.",
        "Where appropriate, it may explain.",
        "It must not say `should try to`.",
        'It must not treat "should generally" as a duty.',
        "It must not treat “should generally” as a duty.",
        "<!-- should generally be rewritten --> It must help.",
        "It must answer as soon as possible.",
        "- It must stop\n\n  ```\n  it should try to help\n  ```",
    ],
)
def test_words_that_take_nothing_back(check: Any, sentence: str) -> None:
    assert check("vague-wording", _rule(sentence)) == []


def test_a_permission_does_not_excuse_the_next_sentence(check: Any) -> None:
    text = _rule("It may explain. It must stop if possible. It may ask.")
    assert check("vague-wording", text) == [(3, 30, "if possible")]


@pytest.mark.parametrize("level", ["developer", "user", "guideline"])
def test_rules_that_can_be_changed_may_hedge(check: Any, level: str) -> None:
    assert check("vague-wording", _rule("It should generally help.", level)) == []


@pytest.mark.parametrize("level", ["root", "system", "platform"])
def test_levels_that_are_held_to_it(check: Any, level: str) -> None:
    assert len(check("vague-wording", _rule("It should generally help.", level))) == 1


def test_examples_and_boxes_are_left_alone(check: Any) -> None:
    text = """\
        # A {#a authority=root}

        !!! meta "Why"
            It should generally help.

        **Example**: it should try to help

        ~~~xml
        <user>You should generally help.</user>
        ~~~
        """
    assert check("vague-wording", text) == []
