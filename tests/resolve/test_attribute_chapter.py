"""The published chapter on the chain of command, held against a reading by hand."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import pytest

from adhere.compiler import compile_spec
from adhere.resolve import attribute, conversation_of
from adhere.spec import Spec

_spec = importlib.util.spec_from_file_location(
    "chapter_table", Path(__file__).with_name("chapter_table.py")
)
assert _spec is not None
assert _spec.loader is not None
chapter_table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(chapter_table)
ROWS = {
    f"{section}/{name}": rows
    for section, examples in chapter_table.TABLE.items()
    for name, rows in examples.items()
}


@pytest.fixture(scope="module")
def document(data_dir: Path) -> Spec:
    path = data_dir / "openai_model_spec" / chapter_table.VERSION / "model_spec.md"
    spec = compile_spec(path.read_bytes(), name=path.name).spec
    assert spec is not None
    return spec


def test_the_table_has_every_example_of_the_chapter(document: Spec) -> None:
    chapter = document.section(chapter_table.CHAPTER)
    ids = [example.id for section in chapter.walk() for example in section.examples]
    assert ids == list(ROWS)
    assert sum(map(len, ROWS.values())) == 41


@pytest.mark.parametrize("example_id", ROWS)
def test_the_code_agrees_with_the_reading(example_id: str, document: Spec) -> None:
    example = next(example for _, example in document.examples() if example.id == example_id)
    conversation = conversation_of(example)
    found = [
        chapter_table.Row(
            span.message,
            span.start,
            span.end - span.start,
            hashlib.sha256(
                conversation[span.message].text[span.start : span.end].encode()
            ).hexdigest()[:16],
            span.level.value,
            span.reason.value,
            span.inferred,
        )
        for span in attribute(conversation).spans
    ]
    assert found == list(ROWS[example_id])


def test_the_chapter_raises_no_notice(document: Spec) -> None:
    chapter = document.section(chapter_table.CHAPTER)
    for section in chapter.walk():
        for example in section.examples:
            assert attribute(conversation_of(example)).notices == (), example.id
