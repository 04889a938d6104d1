"""Each kind of verifiable instruction: what follows it, what does not, and what is refused."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.errors import InputError
from adhere.judge.ifeval import KINDS, follow, follow_all, instruction
from adhere.judge.ifeval_kinds import Identify
from adhere.sources.ifeval import parse_ifeval_prompts, parse_ifeval_responses

LANGUAGE_KINDS = {
    "language:response_language",
    "change_case:english_capital",
    "change_case:english_lowercase",
}


def identify(text: str) -> str:
    """German where a word says so, English otherwise."""
    return "de" if "und" in text.lower().split() else "en"


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    # kind, parameters, a text that follows, one that does not
    ("keywords:existence", {"keywords": ["sun", "Moon"]}, "Sunny moonlight", "the sun"),
    (
        "keywords:frequency",
        {"keyword": "ant", "frequency": 2, "relation": "at least"},
        "Ant wants",
        "an ant",
    ),
    (
        "keywords:frequency",
        {"keyword": "ant", "frequency": 2, "relation": "less than"},
        "an ant",
        "ant, ant",
    ),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "rocks roll", "They ROCK."),
    ("keywords:forbidden_words", {"forbidden_words": ["a.b"]}, "axb", "it is a.b here"),
    (
        "keywords:letter_frequency",
        {"letter": "o", "let_frequency": 2, "let_relation": "at least"},
        "Ooh",
        "on",
    ),
    (
        "keywords:letter_frequency",
        {"letter": "#", "let_frequency": 2, "let_relation": "at least"},
        "#a #b",
        "#a",
    ),
    ("language:response_language", {"language": "de"}, "Hund und Katze", "dog and cat"),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 3, "relation": "at least"},
        "One. Two! Three?",
        "Mr. Fox ran... and hid. He slept.",
    ),
    (
        "length_constraints:number_words",
        {"num_words": 4, "relation": "less than"},
        "one two-three",
        "one two three four",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a *** *** b"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 1}, "***\na\n***", "a\n\n***b"),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "so"},
        'Well.\n\n"So, here',
        "Well.\n\nSofa here",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "so"},
        "So.",
        "So\n\nwhat",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [b]", "[a] [b\n]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "x\np. s. y", "he helps"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "P.P.S y", "P.S. y"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n- b", "* a\n**b**"),
    ("detectable_format:constrained_response", {}, "Well: My answer is no.", "My answer is: no"),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "*a* and **b**",
        "*a* and * *",
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "SECTION 1 a SECTION 2 b",
        "Section 1 a SECTION 2 b",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": [1]}\n```', "{'a': 1}"),
    ("detectable_format:json_format", {}, "[1, 2]", "here: [1]"),
    ("detectable_format:title", {}, "<<A day>>\ntext", "<< >>"),
    ("combination:two_responses", {}, "a\n******\nb", "a\n******\na"),
    ("combination:two_responses", {}, "******a******b", "a******b******c"),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": "Say hi."},
        " say HI. Hi!",
        "Sure: Say hi. Hi!",
    ),
    ("startend:end_checker", {"end_phrase": "The end."}, 'So. the END."', "The end. Really."),
    ("startend:quotation", {}, ' "all of it" ', '"'),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "NASA and I",
        "NASA and Ike",
    ),
    ("change_case:english_capital", {}, "ALL CAPITALS, 1!", "ALL BUT oNE"),
    ("change_case:english_lowercase", {}, "all lower, 1!", "all But one"),
    ("punctuation:no_comma", {}, "a; b", "a, b"),
]


@pytest.mark.parametrize(("kind", "parameters", "good", "bad"), CASES)
def test_each_kind(kind: str, parameters: dict[str, Any], good: str, bad: str) -> None:
    what = instruction(kind, parameters)
    right, wrong = follow(what, good, identify), follow(what, bad, identify)
    assert (right.check, right.passed, wrong.passed) == (kind, True, False)
    assert right.detail
    assert wrong.detail


def test_every_kind_is_tried() -> None:
    assert len(KINDS) == 25
    assert {kind for kind, _, _, _ in CASES} == set(KINDS)


@pytest.mark.parametrize("kind", ["change_case:english_capital", "change_case:english_lowercase"])
def test_the_case_alone_is_not_english(kind: str) -> None:
    text = "HUND UND KATZE" if "capital" in kind else "hund und katze"
    found = follow(instruction(kind, {}), text, identify)
    assert not found.passed
    assert "de" in found.detail


@pytest.mark.parametrize(("kind", "parameters"), [(kind, given) for kind, given, _, _ in CASES])
def test_an_empty_answer_follows_nothing(kind: str, parameters: dict[str, Any]) -> None:
    assert not follow(instruction(kind, parameters), " \n ", identify).passed


def test_several_instructions() -> None:
    whats = [instruction("punctuation:no_comma", {}), instruction("startend:quotation", {})]
    assert [found.passed for found in follow_all(whats, "a, b", identify)] == [False, False]
    assert [found.passed for found in follow_all(whats, '"a b"', identify)] == [True, True]


@pytest.mark.parametrize(
    ("kind", "parameters", "says"),
    [
        ("punctuation:no_dash", {}, "no check is known"),
        ("punctuation:no_comma", {"extra": 1}, "unknown field"),
        ("keywords:existence", {}, "keywords"),
        ("keywords:existence", {"keywords": []}, "length"),
        ("keywords:existence", {"keywords": [""]}, "length"),
        ("length_constraints:number_words", {"num_words": 3, "relation": "about"}, "relation"),
        ("length_constraints:number_words", {"num_words": -1, "relation": "at least"}, "num_words"),
        ("detectable_format:number_bullet_lists", {"num_bullets": "3"}, "num_bullets"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    kind: str, parameters: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        instruction(kind, parameters)


def test_parameters_that_are_none_are_not_given() -> None:
    assert instruction("punctuation:no_comma", {"keywords": None}) == instruction(
        "punctuation:no_comma", {}
    )


@given(st.text(max_size=200))
def test_any_text_gets_a_finding(text: str) -> None:
    for kind, parameters, _, _ in CASES:
        assert follow(instruction(kind, parameters), text, identify).check == kind


@pytest.mark.parametrize("unit", ["[", "<<", "*", "\n", ".", "```", '"', "P.", "a.", "é ", "{"])
def test_hostile_length_costs_little(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    begin = time.perf_counter()
    for kind, parameters, _, _ in CASES:
        follow(instruction(kind, parameters), text, identify)
    assert time.perf_counter() - begin < 5  # about 0.2 s where nothing else runs


# -- against the recorded verdicts ---------------------------------------------------------------
def _agreement(data_dir: Path, kinds: set[str], ask: Identify) -> tuple[Counter[str], Counter[str]]:
    """Return how many verdicts of each kind there are, and how many are not ours."""
    folder = data_dir / "ifeval"
    with (folder / "input_data.jsonl").open("rb") as lines:
        prompts = parse_ifeval_prompts(lines)
    total: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for path in sorted(folder.glob("responses_*.jsonl.gz")):
        with gzip.open(path) as lines:
            responses = parse_ifeval_responses(lines, prompts)
        for response in responses:
            prompt = prompts[response.key]
            for kind, given_, verdict in zip(
                prompt.instruction_id_list, prompt.kwargs, response.strict, strict=True
            ):
                if kind in kinds:
                    total[kind] += 1
                    found = follow(instruction(kind, given_), response.text, ask)
                    other[kind] += found.passed != verdict
    return total, other


def test_agreement_with_the_recorded_strict_verdicts(data_dir: Path) -> None:
    total, other = _agreement(data_dir, set(KINDS) - LANGUAGE_KINDS, identify)
    assert sum(total.values()) == 4432
    assert other["keywords:letter_frequency"] <= 3  # "#" and "!" were not counted there
    assert sum(other.values()) <= 3


def test_agreement_where_the_language_counts(data_dir: Path) -> None:
    library = pytest.importorskip("py3langid")
    total, other = _agreement(data_dir, LANGUAGE_KINDS, lambda text: library.classify(text)[0])
    assert sum(total.values()) == 570
    assert sum(other.values()) <= 13  # 12 of them are English that was taken for something else
