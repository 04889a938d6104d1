"""The gold data of rule-based rewards is read, or refused with its place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.errors import InputError
from adhere.sources.rbr import parse_rbr

ITEM: dict[str, Any] = {
    "source_line": 4,
    "category": "None",
    "response_type": "Comply",
    "prompt": [{"role": "user", "content": "Hi?"}],
    "completion": [{"role": "assistant", "content": "Hello."}],
    "propositions": {"apology": False, "disclaimer": True},
}


def lines(*rows: dict[str, Any]) -> list[bytes]:
    return [json.dumps(row).encode() for row in rows]


def test_an_item() -> None:
    (item,) = parse_rbr([*lines(ITEM), b" \n"])
    assert item.answer == "Hello."
    assert item.propositions == {"apology": False, "disclaimer": True}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([b"[]"], "rbr_gold_train.jsonl:1: not a row"),
        ([b'{"source_line": 1}'], "not a row"),
        (lines(ITEM, ITEM), "rbr_gold_train.jsonl:2: line 4 is there twice"),
        (lines(ITEM, {**ITEM, "source_line": 5, "propositions": {}}), "other propositions"),
        (lines({**ITEM, "propositions": {"apology": "no"}}), "not a row"),
    ],
)
def test_broken_rows_are_refused(rows: list[bytes], says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_rbr(rows)


@given(st.binary(max_size=80).filter(bytes.strip))
def test_bytes_that_are_no_item_are_refused(line: bytes) -> None:
    with pytest.raises(InputError) as refused:
        parse_rbr([line])
    assert refused.value.place == "rbr_gold_train.jsonl:1"


def test_the_published_rows(data_dir: Path) -> None:
    with gzip.open(data_dir / "openai_rbr_gold" / "rbr_gold_train_no_sexual.jsonl.gz") as rows:
        items = parse_rbr(rows)
    assert len(items) == 291
    assert {len(item.propositions) for item in items} == {23}
    assert sum(item.propositions["apology"] for item in items) == 74
