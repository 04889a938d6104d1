"""What a run costs beside the requests themselves.

``python benchmarks/evaluate.py`` asks 587 cases 5 times of a service on loopback, at once and with
200 ms before each answer, and the same requests from a bare aiohttp loop that only appends each
answer to a file. Prints wall time, CPU time and the ratio; medians of several runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from adhere.assemble import load_spec
from adhere.assemble.services import open_service
from adhere.conversation import Case, Contains, Message, Role
from adhere.evaluate import RunFolder, Suite, SuiteManifest, manifest_of, report_on, run
from adhere.judge import ChecksJudge

CASES, EPOCHS = 587, 5
REPLY = {
    "choices": [
        {"message": {"role": "assistant", "content": "It is Lisbon."}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 20, "completion_tokens": 4},
}


def serve(port: Any, latency: float) -> None:
    """Answer every request after ``latency`` seconds; ends with the parent."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        if latency:
            await asyncio.sleep(latency)
        return web.json_response(REPLY)

    async def main() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port.send(runner.addresses[0][1])
        await asyncio.sleep(600)

    asyncio.run(main())


def suite() -> Suite:
    """A suite of so many cases with one check each."""
    about = SuiteManifest(
        schema="adhere/suite/1", id="b", title="B", version="1", licence="CC0-1.0"
    )
    cases = tuple(
        Case(
            schema="adhere/case/1", id=f"c{n}", sections=("no_fabrication",), right="help",
            conversation=(Message(Role.USER, f"What is the capital of Portugal? ({n})"),),
            checks=(Contains(any=("Lisbon",)),),
        )
        for n in range(CASES)
    )  # fmt: skip
    return Suite(about, cases, "sha256:b", "")


async def bare(url: str, connections: int, path: Path) -> None:
    """The floor: the same requests, each answer appended to a file."""
    waiting = asyncio.Semaphore(connections)
    connector = aiohttp.TCPConnector(limit=0)
    with path.open("wb") as file:
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(number: int) -> None:
                content = f"What is the capital of Portugal? ({number % CASES})"
                body = {"model": "m", "messages": [{"role": "user", "content": content}]}
                async with waiting, session.post(f"{url}/chat/completions", json=body) as response:
                    file.write(await response.read() + b"\n")

            await asyncio.gather(*(one(n) for n in range(CASES * EPOCHS)))


def ours(url: str, connections: int, folder: Path) -> None:
    """A whole run: ask, store, judge, store, report."""
    cases, spec, judge = suite(), load_spec("reference"), ChecksJudge()
    model = open_service(f"{url}#m", connections=connections)
    manifest = manifest_of(spec, cases, [model], judge, EPOCHS)
    with RunFolder(folder, manifest, spec, cases) as opened:
        asyncio.run(run(opened, cases, [model], judge, concurrency=connections))
    report = report_on(folder)
    if not report.complete or report.total.cells[0].rate.value != 1.0:
        sys.exit("the run is not what it has to be")


def timed(work: Any, runs: int) -> tuple[float, float]:
    """Median wall and CPU seconds."""
    walls, cpus = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            wall, cpu = time.perf_counter(), time.process_time()
            work(Path(folder))
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    print(f"{CASES} cases x {EPOCHS} epochs, medians of {options.runs} runs")
    print(
        f"{'latency':>8}{'connections':>13}{'bare s':>9}{'run s':>9}{'ratio':>8}{'ms a sample':>13}"
    )
    for latency, connections in ((0.0, 32), (0.2, 100)):
        here, there = multiprocessing.Pipe()
        service = multiprocessing.Process(target=serve, args=(there, latency), daemon=True)
        service.start()
        url = f"http://127.0.0.1:{here.recv()}/v1"
        floor, _ = timed(
            lambda f, u=url, c=connections: asyncio.run(bare(u, c, f / "x")), options.runs
        )
        wall, cpu = timed(lambda f, u=url, c=connections: ours(u, c, f / "run"), options.runs)
        service.terminate()
        more = 1000 * (wall - floor) / (CASES * EPOCHS)
        name = f"{1000 * latency:.0f} ms"
        row = (
            f"{name:>8}{connections:>13}{floor:>9.2f}{wall:>9.2f}{wall / floor:>8.2f}{more:>13.3f}"
        )
        print(f"{row}   (CPU {cpu:.2f} s)")
        results[name] = {"bare": floor, "run": wall, "cpu": cpu, "ms_a_sample": more}
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    os.environ.setdefault("ADHERE_API_KEY", "")
    main()
