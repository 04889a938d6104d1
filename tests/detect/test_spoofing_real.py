"""What people really wrote to assistants, and what operators told them, raises no alarm."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adhere.detect import role_spoofing


def lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def opening(messages: list[dict[str, Any]]) -> Iterator[str]:
    """The system message and the first turn of the user."""
    for role in ("system", "user"):
        said = next((one["content"] for one in messages if one["role"] == role), None)
        if isinstance(said, list):
            said = "".join(part.get("content") or "" for part in said)
        if said:
            yield said


def xstest(data: Path) -> Iterator[str]:
    with (data / "xstest/xstest_prompts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["prompt"]


def ifeval(data: Path) -> Iterator[str]:
    for line in (data / "ifeval/input_data.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["prompt"]


def tau_bench(data: Path) -> Iterator[str]:
    yield (data / "tau_bench_airline/wiki.md").read_text(encoding="utf-8")
    for row in lines(data / "tau_bench_airline/gpt-4o-airline.jsonl.gz"):
        yield from opening(row["traj"])


def agentdyn(data: Path) -> Iterator[str]:
    for path in sorted((data / "agentdyn").glob("*.jsonl.gz")):
        for row in lines(path):
            yield from opening(row["messages"])


def syco_bench(data: Path) -> Iterator[str]:
    for path in sorted((data / "syco_bench").glob("*_results.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    if "statement" in name or "stance" in name:
                        yield value


@pytest.mark.parametrize(
    ("read", "at_least"),
    [(xstest, 450), (ifeval, 541), (tau_bench, 190), (agentdyn, 50), (syco_bench, 200)],
)
def test_no_false_alarm(read: Any, at_least: int, data_dir: Path) -> None:
    texts = set(read(data_dir))
    assert len(texts) >= at_least
    assert {text: found for text in texts if (found := role_spoofing(text))} == {}
