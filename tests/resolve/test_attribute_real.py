"""What people and operators really wrote keeps its voice."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from adhere.conversation import Message, Role
from adhere.resolve import attribute
from adhere.spec import Authority

ROOT = Path(__file__).parents[2]


def test_little_is_inferred_in_requests_that_say_what_they_mean(data_dir: Path) -> None:
    ifeval = [
        json.loads(line)["prompt"]
        for line in (data_dir / "ifeval/input_data.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with (data_dir / "xstest/xstest_prompts.csv").open(encoding="utf-8", newline="") as file:
        xstest = [row["prompt"] for row in csv.DictReader(file)]
    inferred = {
        name: sum(
            any(span.inferred for span in attribute((Message(Role.USER, text),)).spans)
            for text in texts
        )
        for name, texts in (("ifeval", ifeval), ("xstest", xstest))
    }
    assert len(ifeval) == 541
    assert len(xstest) == 450
    assert inferred["xstest"] == 0
    # Read one by one: four pasted texts.
    assert inferred["ifeval"] == 4


def test_a_policy_in_markdown_speaks(data_dir: Path) -> None:
    wiki = (data_dir / "tau_bench_airline/wiki.md").read_text(encoding="utf-8")
    found = attribute((Message(Role.SYSTEM, wiki),))
    assert found.notices == ()
    assert found.silent[0].by_rule < 0.01
    assert found.silent[0].inferred == 0


def test_instructions_that_people_labelled_speak_where_they_begin(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import extraction_texts  # noqa: PLC0415

    try:
        texts = {(text.source, text.id): text for text in extraction_texts.chosen(data_dir)}
    finally:
        sys.modules.pop("extraction_texts", None)
    count: Counter[str] = Counter()
    labels = (ROOT / "tests/data/extraction_labels.jsonl").read_text(encoding="utf-8")
    for line in labels.splitlines():
        label = json.loads(line)
        conversation = texts[label["source"], label["id"]].conversation
        first = next(
            span
            for span in attribute(conversation).spans
            if span.message == label["message"] and span.start <= label["start"] < span.end
        )
        role = conversation[label["message"]].role
        count[f"{role.value} {'silent' if first.level is Authority.NONE else 'speaks'}"] += 1
    principals = sum(number for who, number in count.items() if not who.startswith("tool"))
    assert principals > 200
    # Two stand in a block that its author declared untrusted.
    assert count["developer silent"] == 2
    assert count["user silent"] == count["system silent"] == 0
    assert count["tool speaks"] == 0
