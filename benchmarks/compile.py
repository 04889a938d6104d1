"""How fast the compiler is, beside a plain Markdown parser, and how that grows with length.

Run ``python benchmarks/compile.py``. The document is the published spec where ``ADHERE_DATA`` says
where that is, else the reference spec. Runs of what is compared alternate in one process, and
processor time is measured: whatever else the machine does falls on both, or on neither.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from markdown_it import MarkdownIt

from adhere.compiler import compile_spec

PUBLISHED = "openai_model_spec/2025-12-18-rev2/model_spec.md"
REFERENCE = Path(__file__).parent.parent / "specs" / "reference" / "spec.md"
GOAL_RATIO = 1.0
GOAL_GROWTH = 1.3
_ID = re.compile(rb"\{#([\w-]+)")
_LINK = re.compile(rb"\]\(#([\w-]+)\)")


def document() -> tuple[str, bytes]:
    """The document to measure with, and what to call it."""
    if "ADHERE_DATA" in os.environ:
        return PUBLISHED, (Path(os.environ["ADHERE_DATA"]) / PUBLISHED).read_bytes()
    return "reference", REFERENCE.read_bytes()


def repeated(data: bytes, times: int) -> bytes:
    """The document ``times`` over, with ids of its own each time."""
    if data.startswith(b"+++"):
        data = data.split(b"+++", 2)[2]
    copies = [data]
    for number in range(1, times):
        copy = _ID.sub(rb"{#\1_%d" % number, data)
        copies.append(_LINK.sub(rb"](#\1_%d)" % number, copy))
    return b"\n\n".join(copies)


def seconds(work: Callable[[], object]) -> float:
    """Time one run; the garbage of the run before is not on its bill."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(runs: int) -> dict[str, object]:
    """Return all figures; times in milliseconds."""
    name, data = document()
    text, parser = data.decode(), MarkdownIt()
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(runs):
        ours.append(seconds(lambda: compile_spec(data)))
        theirs.append(seconds(lambda: parser.parse(text)))
    growth = measure_growth(data, max(runs // 4, 3))
    return {
        "document": name,
        "bytes": len(data),
        "runs": runs,
        "compile_ms": statistics.median(ours) * 1e3,
        "markdown_it_ms": statistics.median(theirs) * 1e3,
        # Of pairs that ran one after the other: the machine was as busy for one as for the other.
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "goal_ratio": GOAL_RATIO,
        "growth": growth,
        "growth_ratio": max(row["ns_per_byte"] for row in growth) / growth[0]["ns_per_byte"],
        "goal_growth": GOAL_GROWTH,
    }


def measure_growth(data: bytes, rounds: int) -> list[dict[str, float]]:
    """Compile the document once, ten and a hundred times over, in turn."""
    longer = {times: repeated(data, times) for times in (1, 10, 100)}
    took: dict[int, list[float]] = {times: [] for times in longer}
    for _ in range(rounds):
        for times, long in longer.items():
            again = [seconds(partial(compile_spec, long, max_bytes=len(long)))]
            if times == 1:  # short, so measured more often
                again += [seconds(partial(compile_spec, long)) for _ in range(4)]
            took[times].append(statistics.median(again))
    return [
        {
            "times": times,
            "bytes": len(long),
            "ms": statistics.median(took[times]) * 1e3,
            "ns_per_byte": statistics.median(took[times]) * 1e9 / len(long),
        }
        for times, long in longer.items()
    ]


def main() -> None:
    """Print a table, and write JSON where asked to."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options.add_argument("--runs", type=int, default=21, help="runs of each program (default 21)")
    given = options.parse_args()
    found = measure(given.runs)
    print(f"{found['document']}, {found['bytes']:,} bytes, median of {found['runs']} runs")
    print(f"  compile          {found['compile_ms']:8.1f} ms")
    print(f"  markdown-it      {found['markdown_it_ms']:8.1f} ms")
    print(f"  ratio            {found['ratio']:8.2f}    goal {GOAL_RATIO} or less")
    for row in found["growth"]:
        print(f"  x{row['times']:<4} {row['bytes']:>11,} bytes {row['ms']:10.1f} ms"
              f" {row['ns_per_byte']:8.1f} ns/byte")  # fmt: skip
    print(f"  worst growth     {found['growth_ratio']:8.2f}    goal {GOAL_GROWTH} or less")
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
