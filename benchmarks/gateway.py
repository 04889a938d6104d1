"""What the gateway costs, with every deterministic check and the durable log on, beside others.

Run ``python benchmarks/gateway.py``. One service on loopback, one core for what is measured and one
for service and load (where there are two). In turns, in the same run: the service itself, a bare
ASGI and aiohttp pass-through without and with a durable log, the gateway, and LiteLLM's proxy with
a filter for keywords, if ``--litellm PYTHON`` names an interpreter that has it. Medians of rounds.
Every request's last message is new, so no verdict on it can come from a cache.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from adhere.serve.keys import hash_key

PARTS = str(Path(__file__).with_name("gateway_parts.py"))
CONFIG = """
[listen]
port = {port}
[upstreams.up]
url = "http://127.0.0.1:{service}/v1"
[models.m]
upstreams = ["up"]
[keys.shop]
hash = "{hash}"
developer = "shop"
[developers.shop]
requests_per_minute = 1000000000
tokens_per_day = 1000000000000
[phrases.codename]
any = ["project nightingale", "blue falcon seven"]
said_by = ["user", "tool", "model"]
[prompt]
tokens = 0
"""
LITELLM = """
model_list:
  - model_name: m
    litellm_params: {{model: openai/m, api_base: "http://127.0.0.1:{service}/v1", api_key: k}}
guardrails:
  - guardrail_name: words
    litellm_params:
      guardrail: litellm_content_filter
      mode: pre_call
      default_on: true
      blocked_words: [{{keyword: "project nightingale", action: BLOCK}}]
general_settings: {{master_key: k}}
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def pinned(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if shutil.which("taskset") and os.cpu_count() != 1 else []


class Target:
    """A process that is measured; started once, asked in turns with the others."""

    def __init__(self, name: str, port: int, command: list[str], env: dict[str, str]) -> None:
        self.name, self.port = name, port
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [*pinned(0), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, **env},
        )  # fmt: skip
        for _ in range(3000):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            if self.process.poll() is not None:
                raise SystemExit(f"{name} ended")
            time.sleep(0.02)
        self.start = time.perf_counter() - began
        self.found: dict[str, list[float]] = {}

    def memory(self) -> float:
        process = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in (process, *process.children(True))) / 1e6

    def cpu(self) -> float:
        process = psutil.Process(self.process.pid)
        times = [one.cpu_times() for one in (process, *process.children(True))]
        return sum(one.user + one.system for one in times)

    def note(self, name: str, value: float) -> None:
        self.found.setdefault(name, []).append(value)

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        if self.process.poll() is None:
            self.process.kill()


def load(port: int, connections: int, seconds: float, kind: str = "whole") -> dict[str, float]:
    said = subprocess.run(
        [
            *pinned(1), sys.executable, PARTS, "load", str(port), str(connections), str(seconds),
            kind,
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(said.stdout)
    return found


def measure(target: Target, seconds: float) -> None:
    one = load(target.port, 1, seconds)
    target.note("p50 at 1", one["p50"])
    target.note("p99 at 1", one["p99"])
    before = target.cpu()
    many = load(target.port, 64, seconds)
    target.note("cpu µs", (target.cpu() - before) / (many["rate"] * seconds) * 1e6)
    target.note("p50 at 64", many["p50"])
    target.note("p99 at 64", many["p99"])
    target.note("requests/s", many["rate"])
    target.note("first byte", load(target.port, 1, seconds, "stream")["first"])
    target.note("69 kB p50", load(target.port, 1, seconds, "history")["p50"])
    target.note("MB", target.memory())


def start_all(folder: Path, service: int, litellm: str) -> list[Target]:
    python = sys.executable
    ports = [free_port() for _ in range(4)]
    base = folder / "gateway"
    base.mkdir()
    text = CONFIG.format(port=ports[2], service=service, hash=hash_key("k"))
    (base / "adhere.toml").write_text(text, encoding="utf-8")
    serve = [python, "-m", "adhere.cli", "serve", "--config", str(base / "adhere.toml")]
    bare = [python, PARTS, "bare"]
    targets = [
        Target("bare", ports[0], [*bare, str(ports[0]), str(service)], {}),
        Target("bare, durable log", ports[1],
               [*bare, str(ports[1]), str(service), str(folder / "bare-log")], {}),
        Target("adhere, all on", ports[2], serve, {}),
    ]  # fmt: skip
    if litellm:
        config = folder / "litellm.yaml"
        config.write_text(LITELLM.format(service=service), encoding="utf-8")
        proxy = str(Path(litellm).with_name("litellm"))
        command = [proxy, "--config", str(config), "--port", str(ports[3])]
        targets.append(Target("LiteLLM, filter", ports[3], command, {"LITELLM_LOG": "ERROR"}))
    return targets


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=4.0)
    options.add_argument("--litellm", default="", metavar="PYTHON")
    options.add_argument("--memory", type=int, default=0, metavar="REQUESTS",
                         help="only: the gateway's memory over so many requests")  # fmt: skip
    chosen = options.parse_args()
    service = free_port()
    upstream = subprocess.Popen([*pinned(1), sys.executable, PARTS, "upstream", str(service)])
    time.sleep(1)
    with tempfile.TemporaryDirectory() as folder:
        targets = start_all(Path(folder), service, "" if chosen.memory else chosen.litellm)
        direct: dict[str, list[float]] = {}
        try:
            for target in targets:
                load(target.port, 4, 1.0)  # everybody warm
            if chosen.memory:
                memory(targets[-1], chosen.memory)
                return
            for _ in range(chosen.rounds):
                for kind, name in (("whole", "p50 at 1"), ("stream", "first byte")):
                    found = load(service, 1, chosen.seconds, kind)
                    direct.setdefault(name, []).append(found["p50" if kind == "whole" else "first"])
                direct.setdefault("69 kB p50", []).append(
                    load(service, 1, chosen.seconds, "history")["p50"]
                )
                for target in targets:
                    measure(target, chosen.seconds)
        finally:
            for target in targets:
                target.stop()
            upstream.terminate()
    report(targets, direct)


def memory(target: Target, requests: int) -> None:
    """The gateway's memory as requests go by, each new."""
    done = 0.0
    print(f"{target.name}: {target.memory():.1f} MB after the first")
    while done < requests:
        done += load(target.port, 64, 10.0)["rate"] * 10.0
        print(f"{target.name}: {target.memory():.1f} MB after {done:,.0f} more", flush=True)


def report(targets: list[Target], direct: dict[str, list[float]]) -> None:
    names = list(targets[0].found)
    print(f"load {os.getloadavg()[0]:.1f}; medians; ms where nothing else is said")
    print(f"{'':20}" + "".join(f"{name:>12}" for name in (*names, "start s")))
    least = {name: statistics.median(values) for name, values in direct.items()}
    row = [f"{least[name]:12.2f}" if name in least else f"{'':12}" for name in names]
    print(f"{'direct':20}" + "".join(row))
    medians = {}
    for target in targets:
        medians[target.name] = found = {
            name: statistics.median(values) for name, values in target.found.items()
        }
        row = "".join(f"{found[name]:12.2f}" for name in names)
        print(f"{target.name:20}{row}{target.start:12.2f}")
    ours, bare = medians["adhere, all on"], medians["bare, durable log"]
    print(f"to the bare audited pass-through   {ours['requests/s'] / bare['requests/s']:.2f} of its"
          f" requests/s; CPU a request {ours['cpu µs'] / bare['cpu µs']:.2f} ×")  # fmt: skip
    if "LiteLLM, filter" in medians:
        other = medians["LiteLLM, filter"]
        print(
            f"to LiteLLM                         {ours['requests/s'] / other['requests/s']:.1f} ×"
        )
    for name in ("p50 at 1", "first byte", "69 kB p50"):
        print(f"added {name:28} {ours[name] - least[name]:.2f} ms")


if __name__ == "__main__":
    main()
