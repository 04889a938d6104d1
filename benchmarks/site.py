"""The site of the real spec beside its publisher's own page, in the same run.

``ADHERE_DATA=… python benchmarks/site.py`` prints bytes (as they are, and packed by gzip), the time
to interactive in Chromium on this machine and with a processor four times slower, the nodes in
which axe-core finds something, and how long it takes to build the site of six versions and five
runs. Both pages come from one server that packs them; page loads alternate; medians are printed.

Time to interactive is the later of the first contentful paint, the end of DOMContentLoaded, and the
end of the last task of 50 ms or more; nothing of either page is fetched after that. Hosts other
than this machine cannot be reached: the publisher's page does without its fonts, Prism and MathJax,
which it would have to wait for elsewhere. ``processor`` is the time the page's main thread has used
the processor, in milliseconds: it hardly depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, sync_playwright

VERSIONS = (
    "2025-12-18-rev2", "2025-12-18", "2025-10-27", "2025-09-12", "2025-04-11", "2025-02-12",
)  # fmt: skip
MODELS = ("gpt4", "llama2orig", "llama2new", "mistralinstruct", "mistralguard")
OURS, THEIRS = "ours/read/index.html", "theirs/index.html"

WATCH = """
self.longEnd = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) longEnd = Math.max(longEnd, task.startTime + task.duration);
}).observe({ type: "longtask", buffered: true });
"""
READ = """
() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  return {
    paint,
    interactive: Math.max(paint, page.domContentLoadedEventEnd, self.longEnd),
    nodes: document.getElementsByTagName("*").length,
  };
}
"""


class Packing(SimpleHTTPRequestHandler):
    """Serves a folder, packed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(urlsplit(self.path).path))
        if not path.is_file():
            self.send_error(404)
            return
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("content-type", self.guess_type(str(path)))
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def adhere(*arguments: str) -> None:
    """Run a command of ours."""
    subprocess.run(
        [sys.executable, "-m", "adhere.cli", *arguments], check=True, stdout=subprocess.DEVNULL
    )


def runs(data: Path, folder: Path) -> list[str]:
    """Make five runs: the answers of five real models to XSTest, each a run."""
    suite = folder / "xstest"
    adhere("import", "xstest", str(data / "xstest/xstest_v2_labelled.csv.gz"), "-o", str(suite))
    for model in MODELS:
        adhere(
            "evaluate", "--spec", str(data / "openai_model_spec" / VERSIONS[0]), "--suite",
            str(suite), "--model", f"recorded:{model}", "--judge", "label:human", "-o",
            str(folder / model),
        )  # fmt: skip
    return [str(folder / model) for model in MODELS]


def build(data: Path, made: list[str], output: Path) -> float:
    """Build the site by the command line; return seconds, start of Python included."""
    specs = [str(data / "openai_model_spec" / version) for version in VERSIONS]
    arguments = [specs[0], "--title", "Model Spec", "-o", str(output)]
    for spec in specs[1:]:
        arguments += ["--previous", spec]
    for run in made:
        arguments += ["--run", run]
    start = time.perf_counter()
    adhere("publish", *arguments)
    return time.perf_counter() - start


def load(browser: Browser, address: str, slower: int) -> dict[str, float]:
    """Load a page in a context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort())
    page = context.new_page()
    page.add_init_script(WATCH)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    if slower > 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(1000 * (1 + slower // 2))
    found: dict[str, float] = page.evaluate(READ)
    metrics = {
        one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
    }
    found["processor"] = 1000 * metrics["TaskDuration"]
    context.close()
    return found


def axe(browser: Browser, address: str) -> dict[str, int]:
    """Return how many nodes axe-core complains of, by rule."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort())
    page = context.new_page()
    page.goto(address, wait_until="load")
    script = AXE_FILE_PATH.read_text(encoding="utf-8")
    found = page.evaluate(script + "; axe.run(document, {resultTypes: ['violations']})")
    context.close()
    return {one["id"]: len(one["nodes"]) for one in found["violations"]}


def weight(path: Path, beside: list[Path]) -> tuple[int, int]:
    """Return bytes as they are and packed, of a page with what it loads."""
    bodies = [one.read_bytes() for one in (path, *beside)]
    return sum(map(len, bodies)), sum(len(gzip.compress(body, 9)) for body in bodies)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--axe", action="store_true", help="takes a minute or more")
    options = parser.parse_args()
    data = Path(os.environ["ADHERE_DATA"])
    chromium = os.environ.get("ADHERE_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = runs(data, folder)
        seconds = [build(data, made, folder / "ours") for _ in range(options.builds)]
        theirs = folder / THEIRS
        theirs.parent.mkdir()
        packed = data / "openai_model_spec" / VERSIONS[0] / "docs_2025-12-18.html.gz"
        theirs.write_bytes(gzip.decompress(packed.read_bytes()))
        result: dict[str, Any] = {
            "build_seconds": round(statistics.median(seconds), 2),
            "build_files": sum(path.is_file() for path in (folder / "ours").rglob("*")),
        }
        assets = [
            path
            for path in (folder / "ours/assets").iterdir()
            if path.name.startswith(("site.", "theme.", "icon."))
        ]
        ours_bytes, their_bytes = weight(folder / OURS, assets), weight(theirs, [])
        result["bytes"] = {
            "ours, with style and script": ours_bytes,
            "theirs, page alone": their_bytes,
        }
        result["bytes_ratio"] = [
            round(a / b, 3) for a, b in zip(ours_bytes, their_bytes, strict=True)
        ]
        handler = functools.partial(Packing, directory=name)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}/"
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for slower in (1, 4):
                seen: dict[str, list[dict[str, float]]] = {OURS: [], THEIRS: []}
                for _ in range(options.loads):
                    for page, loads in seen.items():
                        loads.append(load(browser, root + page, slower))
                middle = {
                    page: {
                        key: round(statistics.median(one[key] for one in loads)) for key in loads[0]
                    }
                    for page, loads in seen.items()
                }
                ratio = middle[OURS]["interactive"] / middle[THEIRS]["interactive"]
                result[f"processor 1/{slower}"] = {
                    "ours": middle[OURS], "theirs": middle[THEIRS],
                    "interactive_ratio": round(ratio, 3),
                }  # fmt: skip
            if options.axe:
                result["axe"] = {
                    "ours": axe(browser, root + OURS),
                    "theirs": axe(browser, root + THEIRS),
                }
            browser.close()
        server.shutdown()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
