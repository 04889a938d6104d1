"""What a run costs beside the requests themselves, in time and memory.

``python benchmarks/evaluate.py PART`` runs one part, each beside its floor or its peers on the same
work against the same service (``benchmarks/loopback.py``). Every contestant is a process of its
own: wall and CPU seconds and the peak of its resident memory, start-up included; medians.

* ``floor``: 587 cases x 5, a run beside a bare aiohttp loop that appends each answer durably.
* ``table``: the same beside Inspect and promptfoo, checked and judged, at once and with 200 ms.
* ``large``: 10,000 judged cases at 200 ms with 500 connections.
* ``memory``: 587 and 100,000 cases.
* ``open``: the report of 10,000 judged cases, computed from its records.

Without a part: ``floor``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluate_peers import (
    inspect_command,
    install_promptfoo,
    promptfoo_command,
    promptfoo_passed,
)
from loopback import loopback
from measured import Cost, measured

from adhere.assemble.plan import new_plan
from adhere.cli.running import evaluate_into
from adhere.conversation import Case, Contains, Message, Role
from adhere.evaluate import SuiteManifest, report_on, write_suite
from adhere.evaluate.run import Setup
from adhere.judge import RubricJudge
from adhere.models import Sampling

CASES, EPOCHS = 587, 5


def make_suite(folder: Path, cases: int) -> None:
    """Write a suite of so many cases with one check each."""
    about = SuiteManifest(
        schema="adhere/suite/1", id="b", title="B", version="1", licence="CC0-1.0"
    )
    write_suite(folder, about, (
        Case(
            schema="adhere/case/1", id=f"c{n}", sections=("no_fabrication",), right="help",
            conversation=(Message(Role.USER, f"What is the capital of Portugal? ({n})"),),
            checks=(Contains(any=("Lisbon",)),),
        )
        for n in range(cases)
    ))  # fmt: skip


def ours(work: dict[str, Any]) -> None:
    """A whole run by ``adhere evaluate``'s own code: ask, store, judge, store, report, page."""
    folder, address = Path(work["folder"]), f"{work['url']}#m"
    setup = Setup(
        models=(address,), judge=f"{work['url']}#judge" if work["judged"] else "checks",
        suite=str(folder / "suite"), connections=work["connections"],
    )  # fmt: skip
    plan = new_plan("reference", setup, work["epochs"], Sampling())
    if work["judged"]:  # one grade, as the others ask for
        plan.judge = RubricJudge(plan.services[1], plan.spec, samples=1)
    report = evaluate_into(plan, folder / "run", quiet=True)
    if not report.complete or report.total.cells[0].rate.value != 1.0:
        sys.exit("the run is not what it has to be")


Contestant = Callable[[dict[str, Any]], Cost | None]


def adhere(work: dict[str, Any]) -> Cost:
    """The run of this file's `ours`."""
    make_suite(Path(work["folder"]) / "suite", work["cases"])
    return measured([sys.executable, __file__, "--run", json.dumps(work)])


def bare(work: dict[str, Any]) -> Cost:
    """The floor."""
    program = Path(__file__).with_name("evaluate_bare.py")
    return measured([sys.executable, str(program), json.dumps(work)])


def inspect(python: str) -> Contestant:
    """Inspect, where it is installed."""

    def run(work: dict[str, Any]) -> Cost | None:
        found = inspect_command(work, python)
        return measured(*found) if found else None

    return run


def promptfoo(program: Path | None) -> Contestant:
    """Promptfoo, where it could be installed."""

    def run(work: dict[str, Any]) -> Cost | None:
        if program is None:
            return None
        cost = measured(*promptfoo_command(work, program))
        if not promptfoo_passed(work):
            sys.exit("promptfoo did not pass every test")
        return cost

    return run


def medians(contestant: Contestant, work: dict[str, Any], runs: int) -> Cost | None:
    """Run it so many times."""
    costs = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            cost = contestant({**work, "folder": folder})
        if cost is None:
            return None
        costs.append(cost)
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def compare(
    title: str, contestants: dict[str, Contestant], latency: float, runs: int, **work: Any
) -> dict[str, Any]:
    """Print a row a contestant, with ratios to the run of adhere."""
    print(f"\n{title}")
    print(f"{'':<12}{'wall s':>9}{'CPU s':>9}{'MB':>8}{'wall x':>9}{'CPU x':>8}{'MB x':>8}")
    results: dict[str, Any] = {}
    with loopback(latency) as url:
        for name, contestant in contestants.items():
            cost = medians(contestant, {**work, "url": url}, runs)
            if cost is None:
                print(f"{name:<12}  not installed")
                continue
            results[name] = cost._asdict()
            mine = Cost(**results["adhere"])
            ratios = [its / my for its, my in zip(cost, mine, strict=True)]
            print(
                f"{name:<12}{cost.wall:>9.2f}{cost.cpu:>9.2f}{cost.memory:>8.0f}"
                f"{ratios[0]:>9.2f}{ratios[1]:>8.2f}{ratios[2]:>8.2f}",
                flush=True,
            )
    return {title: results}


def floor(options: argparse.Namespace) -> dict[str, Any]:
    """A run beside a bare loop."""
    results: dict[str, Any] = {}
    both = {"adhere": adhere, "bare": bare}
    for latency, connections in ((0.0, 32), (0.2, 100)):
        title = f"{CASES} cases x {EPOCHS}, {latency * 1000:.0f} ms, {connections} connections"
        work = {"cases": CASES, "epochs": EPOCHS, "judged": False, "connections": connections}
        found = compare(title, both, latency, options.runs, **work)
        costs = found[title]
        more = 1000 * (costs["adhere"]["wall"] - costs["bare"]["wall"]) / (CASES * EPOCHS)
        print(f"{more:.2f} ms a sample more than the bare loop, start-up included")
        results |= found
    return results


def table(options: argparse.Namespace) -> dict[str, Any]:
    """Checked and judged, at once and with latency, beside the peers."""
    results: dict[str, Any] = {}
    for latency, connections in ((0.0, 32), (0.2, 100)):
        for judged in (False, True):
            how = "judged" if judged else "checked"
            wait = f"{latency * 1000:.0f} ms"
            title = f"{CASES} cases x {EPOCHS} {how}, {wait}, {connections} connections"
            work = {"cases": CASES, "epochs": EPOCHS, "judged": judged, "connections": connections}
            results |= compare(title, options.contestants, latency, options.runs, **work)
    return results


def large(options: argparse.Namespace) -> dict[str, Any]:
    """Ten thousand judged cases. Half the connections each for answers and verdicts."""
    results: dict[str, Any] = {}
    work = {"cases": 10_000, "epochs": 1, "judged": True}
    ours_and_floor = {"adhere": adhere, "bare": bare}
    title = "10,000 judged, 200 ms, 250 + 250 connections (the bare loop: 500)"
    ours_only = {"adhere": adhere}
    results |= compare(title, ours_only, 0.2, options.runs, **work, connections=250)
    title = "10,000 judged, 200 ms, 500 connections for answers and 500 for verdicts"
    contestants = {**ours_and_floor, **options.peers}
    return results | compare(title, contestants, 0.2, options.runs, **work, connections=500)


def memory(options: argparse.Namespace) -> dict[str, Any]:
    """Peak memory at 587 and at 100,000 cases."""
    results: dict[str, Any] = {}
    peaks = []
    for cases in (CASES, 100_000):
        title = f"{cases:,} cases checked, no latency, 32 connections"
        work = {"cases": cases, "epochs": 1, "judged": False, "connections": 32}
        both = {"adhere": adhere, "bare": bare}
        results |= compare(title, both, 0.0, options.runs if cases == CASES else 1, **work)
        peaks.append(results[title]["adhere"]["memory"])
    print(
        f"\npeak at 100,000 cases: {peaks[1]:.0f} MB, {peaks[1] / peaks[0]:.2f} x that at {CASES}"
    )
    return results


def opening(options: argparse.Namespace) -> dict[str, Any]:
    """The report of a run of ten thousand judged cases."""
    with tempfile.TemporaryDirectory() as folder, loopback(0.0) as url:
        make_suite(Path(folder) / "suite", 10_000)
        work = {"cases": 10_000, "epochs": 1, "judged": True, "connections": 64, "url": url}
        ours({**work, "folder": folder})
        run = Path(folder) / "run"
        size = (run / "records.jsonl").stat().st_size / 1e6
        times = []
        report_on(run)  # imports
        for _ in range(max(5, options.runs)):
            start = time.perf_counter(), time.process_time()
            report_on(run)
            times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        print(
            f"\nreport of 10,000 judged cases from {size:.1f} MB of records: {wall:.3f} s, "
            f"{cpu:.3f} s of CPU"
        )
    return {"open": {"wall": wall, "cpu": cpu}}


PARTS = {"floor": floor, "table": table, "large": large, "memory": memory, "open": opening}


def main() -> None:
    """Print the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=["floor"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--promptfoo", type=Path, help="the program, where it is installed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.peers = {}
        if not options.no_peers and {"table", "large"} & set(options.parts):
            program = options.promptfoo or install_promptfoo(Path(folder))
            options.peers = {
                "inspect": inspect(options.peer_python), "promptfoo": promptfoo(program)
            }  # fmt: skip
        options.contestants = {"adhere": adhere, "bare": bare, **options.peers}
        results: dict[str, Any] = {}
        for part in options.parts:
            results |= PARTS[part](options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    os.environ.setdefault("ADHERE_API_KEY", "")
    if sys.argv[1:2] == ["--run"]:
        ours(json.loads(sys.argv[2]))
    else:
        main()
