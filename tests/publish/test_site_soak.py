"""What is too long for every run: the real spec under axe-core, huge documents, and load."""

from __future__ import annotations

import asyncio
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sites import Seen, axe_violations, chromium, edition, served

from adhere.assemble.publishing import find_editions
from adhere.publish.site import Pages, Site

pytestmark = pytest.mark.soak

HEAD = "# Big {#big authority=root}\n\n"
EXAMPLE = "**Example**: e{}\n\n~~~xml\n<user>\n{}\n</user>\n~~~\n\n"
HUGE = {
    "paragraphs": HEAD + f"A paragraph of {'words and <b>words</b> ' * 40}\n\n" * 11_000,
    "one word": HEAD + "x" * 10_000_000,
    "markup": HEAD + "<script>window.hit=1</script> [a](javascript:window.hit=2) " * 170_000,
    "an example": HEAD + EXAMPLE.format("", "&lt;b&gt;long" * 800_000),
    "examples": HEAD + "".join(EXAMPLE.format(number, "hello") for number in range(20_000)),
    "brackets": HEAD + "[" * 200_000 + "\n\n" + "![a](" * 100_000,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_real_spec(browser: Any, data_dir: Path, scheme: str) -> None:
    versions = [str(data_dir / "openai_model_spec" / name) for name in
                ("2025-12-18-rev2", "2025-10-27", "2025-02-12")]  # fmt: skip
    site = Site("Model Spec", find_editions(versions[0], versions[1:]), live=True)
    with served(site) as root:
        for kind in (
            "index.html", "read/index.html", "read/2025-02-12.html", "results/index.html",
            "changes/2025-10-27..2025-12-18-rev2.html", "section/do_not_lie.html",
            "policy/index.html", "search.html?q=lie",
        ):  # fmt: skip
            context = browser.new_context(color_scheme=scheme)
            page = context.new_page()
            page.goto(root + kind)
            assert axe_violations(page) == [], kind
            context.close()


@pytest.mark.parametrize("what", HUGE)
def test_a_huge_document_breaks_nothing(browser: Any, what: str) -> None:
    site = Site("T", (edition(HUGE[what], "1"),), live=True)
    body = Pages(site).page("read/index.html").body
    assert len(body) < 3 * len(HUGE[what]) + 20_000_000
    assert Seen(body).elements.count("main") == 1
    with served(site) as root:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{root}read/index.html", timeout=120_000)
        assert page.evaluate("window.hit") is None
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()


READERS, SECONDS = 200, 60


@contextmanager
def serving(*versions: str) -> Iterator[str]:
    """Serve versions by the command, in a process of its own; yields the address."""
    arguments = [versions[0], "--title", "T", "--port", "0"]
    for version in versions[1:]:
        arguments += ["--previous", version]
    process = subprocess.Popen(
        [sys.executable, "-m", "adhere.cli", "site", *arguments], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        yield process.stderr.readline().split()[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_two_hundred_readers(capsys: pytest.CaptureFixture[str], data_dir: Path) -> None:
    """Each reads, follows links, searches, with half a second between."""
    names = [str(data_dir / "openai_model_spec" / n) for n in ("2025-12-18-rev2", "2025-10-27")]
    site = Site("T", find_editions(names[0], names[1:]), live=True)
    paths = [path for path in Pages(site).addresses() if path.endswith(".html")]
    words = ("privacy", "honest", "minors", "tool", "lie")
    paths += [f"search.html?q={word}" for word in words] * 5
    with serving(*names) as root:
        times, failures = asyncio.run(_read(root, paths))
    cuts = statistics.quantiles(times, n=100)
    with capsys.disabled():
        print(
            f"\n{READERS} readers, {SECONDS} s: {len(times)} answers "
            f"({len(times) / SECONDS:.0f} a second), p50 {1000 * cuts[49]:.1f} ms, "
            f"p99 {1000 * cuts[98]:.1f} ms, {len(failures)} errors"
        )
    assert failures == []
    assert len(times) > READERS * SECONDS / 5


async def _read(root: str, paths: list[str]) -> tuple[list[float], list[str]]:
    times: list[float] = []
    failures: list[str] = []
    end = time.monotonic() + SECONDS

    async def reader(number: int, session: aiohttp.ClientSession) -> None:
        turn = number * 7
        while time.monotonic() < end:
            path = paths[turn % len(paths)]
            turn += 1
            start = time.perf_counter()
            try:
                async with session.get(root + path) as answer:
                    await answer.read()
                    if answer.status != 200:
                        failures.append(f"{path}: {answer.status}")
            except (aiohttp.ClientError, TimeoutError) as error:
                failures.append(f"{path}: {error!r}")
            times.append(time.perf_counter() - start)
            await asyncio.sleep(0.5)  # people read

    connector = aiohttp.TCPConnector(limit=READERS)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        await asyncio.gather(*(reader(number, session) for number in range(READERS)))
    return times, failures
