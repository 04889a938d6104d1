"""Prompts and responses of IFEval are read, or refused with their place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.errors import InputError
from adhere.sources.ifeval import IfevalPrompt, parse_ifeval_prompts, parse_ifeval_responses

PROMPT: dict[str, Any] = {
    "key": 7,
    "prompt": "Say it without commas.",
    "instruction_id_list": ["punctuation:no_comma"],
    "kwargs": [{}],
}
RESPONSE: dict[str, Any] = {
    "model": "m", "key": 7, "response": None, "strict": [False], "loose": [False],
    "strict_all": False,
}  # fmt: skip


def lines(*rows: dict[str, Any]) -> list[bytes]:
    return [json.dumps(row).encode() for row in rows]


def test_prompts_and_responses() -> None:
    prompts = parse_ifeval_prompts([*lines(PROMPT), b"\n"])
    assert prompts == {
        7: IfevalPrompt(7, "Say it without commas.", ("punctuation:no_comma",), ({},))
    }
    (response,) = parse_ifeval_responses(lines(RESPONSE), prompts)
    assert (response.text, response.strict) == ("", (False,))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([b"{"], "input_data.jsonl:1: not a row of IFEval"),
        ([b"\xff"], "input_data.jsonl:1: not a row of IFEval"),
        (lines(PROMPT, PROMPT), "input_data.jsonl:2: prompt 7 is there twice"),
        (lines({**PROMPT, "kwargs": []}), "not as many"),
        (lines({**PROMPT, "key": "7"}), "not a row"),
    ],
)
def test_broken_prompts_are_refused(rows: list[bytes], says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_ifeval_prompts(rows)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({**RESPONSE, "key": 8}, "there is no prompt 8"),
        ({**RESPONSE, "strict": []}, "not as many"),
        ({**RESPONSE, "loose": [True, True]}, "not as many"),
        ({**RESPONSE, "response": 3}, "not a row"),
    ],
)
def test_broken_responses_are_refused(row: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_ifeval_responses(lines(row), parse_ifeval_prompts(lines(PROMPT)))


@given(st.binary(max_size=80).filter(bytes.strip))
def test_bytes_that_are_no_prompt_are_refused(line: bytes) -> None:
    with pytest.raises(InputError) as refused:
        parse_ifeval_prompts([line])
    assert refused.value.place == "input_data.jsonl:1"


def test_the_recorded_files(data_dir: Path) -> None:
    with (data_dir / "ifeval" / "input_data.jsonl").open("rb") as rows:
        prompts = parse_ifeval_prompts(rows)
    assert len(prompts) == 541
    assert sum(len(prompt.kwargs) for prompt in prompts.values()) == 834
    counts = []
    for path in sorted((data_dir / "ifeval").glob("responses_*.jsonl.gz")):
        with gzip.open(path) as rows:
            counts.append(len(parse_ifeval_responses(rows, prompts)))
    assert sorted(counts) == [540, 541, 541, 541, 541, 541]
