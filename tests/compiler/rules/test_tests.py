"""Sections without tests, markers without prompts, prompts without markers."""

from __future__ import annotations

from typing import Any

import pytest

RULE = "# A {#a authority=root}\n\nIt must help."
ANSWER = "<assistant><!-- GOOD -->Hi</assistant>\n"
EXAMPLE = "\n\n**Example**: x\n\n~~~xml\n<user>Hi</user>\n%s~~~\n"


def _prompts(marker: str, section: str) -> str:
    return (
        f"Examples for [^{marker}] in {section}:\n\n"
        "**Example**: greeting\n\n~~~xml\n<user>\nHi\n</user>\n~~~\n"
    )


def test_a_rule_that_nothing_tests(check: Any) -> None:
    heading = (1, 1, "# A {#a authority=root}")
    assert check("untested-section", RULE) == [heading]
    assert check("untested-section", RULE + EXAMPLE % "") == [heading]  # nothing to compare with
    assert check("untested-section", RULE + "\n\n<!-- no test needed: -->") == [heading]


@pytest.mark.parametrize(
    "text",
    [
        RULE + EXAMPLE % ANSWER,
        RULE + "[^a1b2]",
        RULE + "\n\n<!-- no test needed: it says nothing about behaviour -->",
        "# A {#a}\n\nIt must help.",
        "# A {#a authority=root}\n\n## B {#b}\n\nX.",
    ],
)
def test_rules_that_need_no_test_or_have_one(check: Any, text: str) -> None:
    assert check("untested-section", text) == []


def test_a_test_case_outside_the_document_counts(check: Any) -> None:
    assert check("untested-section", RULE, tested=frozenset({"a"})) == []
    assert len(check("untested-section", RULE, tested=frozenset({"b"}))) == 1


def test_repeated_marker(check: Any) -> None:
    text = "# A {#a}\n\nÄ.[^a1] B.[^b1]\n\n# B {#b}\n\nC.[^a1]\n"
    assert check("repeated-marker", text) == [(7, 3, "[^a1]")]
    assert check("repeated-marker", "# A {#a}\n\nA.[^a1] B.[^b1]\n") == []


def test_marker_without_prompts(check: Any) -> None:
    text = "# A {#a}\n\nÄ.[^a1] B.[^b1]\n"
    files = {"a1": _prompts("a1", "A")}
    assert check("marker-without-prompts", text, prompts=files) == [(3, 11, "[^b1]")]
    assert check("marker-without-prompts", text.replace("[^b1]", ""), prompts=files) == []


def test_markers_are_left_alone_where_no_prompts_were_given(check: Any) -> None:
    assert check("marker-without-prompts", "# A {#a}\n\nA.[^a1]\n") == []


def test_prompts_without_marker(check: Any) -> None:
    files = {"a1": _prompts("a1", "A"), "b1": _prompts("b1", "A")}
    assert check("prompts-without-marker", "# A {#a}\n\nA.[^a1]\n", prompts=files) == [
        (1, 1, "Examples for [^b1] in A:\n")
    ]
    assert check("prompts-without-marker", "# A {#a}\n\nA.[^a1] B.[^b1]\n", prompts=files) == []


def test_prompts_that_name_another_section(check: Any) -> None:
    text = "# A {#a}\n\nA.[^a1]\n"
    files = {"a1": _prompts("a1", "Bé")}
    assert check("prompts-of-another-section", text, prompts=files) == [(1, 23, "Bé")]


def test_prompts_that_name_another_marker(check: Any) -> None:
    text = "# A {#a}\n\nA.[^a1]\n"
    files = {"a1": _prompts("b1", "A")}
    assert check("prompts-of-another-section", text, prompts=files) == [
        (1, 1, "Examples for [^b1] in A:\n")
    ]


def test_titles_are_compared_as_a_reader_would(check: Any) -> None:
    text = "# Don’t   *ever* lie {#a}\n\nA.[^a1]\n"
    files = {"a1": _prompts("a1", "Don't ever LIE"), "z9": _prompts("z9", "Elsewhere")}
    assert check("prompts-of-another-section", text, prompts=files) == []
