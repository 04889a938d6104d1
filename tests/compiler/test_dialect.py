"""The page on the dialect: each document on it compiles to what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adhere.compiler import compile_spec
from adhere.compiler.rules.parsing import PARSING
from adhere.compiler.source import MAX_NESTING, MAX_PARTS

PAGE = Path(__file__).parents[2] / "docs" / "dialect.md"
_BLOCK = re.compile(
    r"^```markdown(?: finds (?P<codes>[a-z -]+))?\n(?P<text>.*?)^```\n"
    r"(?:\n```json\n(?P<json>.*?)^```\n)?",
    re.S | re.M,
)
BLOCKS = list(_BLOCK.finditer(PAGE.read_text()))


def holds(whole: Any, part: Any) -> bool:
    """Whether everything the page says is so; what it leaves out may be anything."""
    if isinstance(part, dict):
        return all(name in whole and holds(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda it: it["text"][:30])
def test_documents_compile_to_what_the_page_says(block: re.Match[str]) -> None:
    result = compile_spec(block["text"].encode())
    assert [found.code for found in result.diagnostics] == (block["codes"] or "").split()
    compiled = json.loads(msgspec.json.encode(result.require()))
    if block["json"]:
        assert holds(compiled, json.loads(block["json"])), json.dumps(compiled, indent=1)
    else:
        assert block["codes"], "the page says nothing of this document"


def test_every_block_is_checked() -> None:
    page = PAGE.read_text()
    assert len(BLOCKS) == page.count("\n```markdown") > 15
    assert sum(bool(block["json"]) for block in BLOCKS) == page.count("\n```json")


def test_codes_and_limits_on_the_page() -> None:
    known = {rule.code for rule in PARSING}
    assert {code for block in BLOCKS for code in (block["codes"] or "").split()} <= known
    assert f"| nesting of quotes and lists | {MAX_NESTING} |" in PAGE.read_text()
    assert f"| {MAX_PARTS:,} |" in PAGE.read_text()


def test_a_page_that_is_wrong_is_noticed() -> None:
    assert holds({"a": [1, {"b": 2}], "c": 3}, {"a": [1, {}]})
    assert not holds({"a": [1, {"b": 2}]}, {"a": [1]})
    assert not holds({"a": [1]}, {"a": [2]})
    assert not holds({}, {"a": 1})
