"""The labels made by hand fit the recordings, and rules stay as good as documented."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LABELS = ROOT / "tests/data/extraction_labels.jsonl"


def test_labels_are_facts_and_hold_no_words() -> None:
    rows = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 200
    assert len({(row["source"], row["id"]) for row in rows}) >= 50
    for row in rows:
        assert set(row) == {
            "source", "id", "message", "start", "end", "sha256", "kind", "polarity", "mode"
        }  # fmt: skip
        assert row["end"] > row["start"] >= 0


def test_rules_find_what_people_find(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import extraction  # noqa: PLC0415

    try:
        results = extraction.results(data_dir)  # raises where a recording is another one
    finally:
        sys.modules.pop("extraction_texts", None)
    held_out = [result for result in results if not result.text.is_for_writing]
    count: Counter[str] = Counter()
    for result in held_out:
        count["labels"] += len(result.labels)
        count["extracted"] += len(result.extracted)
        count["pairs"] += len(result.pairs)
    assert count["labels"] > 70
    assert count["pairs"] / count["labels"] > 0.85
    assert count["pairs"] / count["extracted"] > 0.85
