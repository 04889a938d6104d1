"""The same work as ``benchmarks/evaluate.py``, done by Inspect and promptfoo.

Inspect is installed by the dependency group ``bench``; as it shares libraries with adhere in other
versions, it may live in an environment of its own (``--peer-python``). promptfoo is installed by
npm into a folder that is removed again (``--promptfoo`` names one that is there).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

INSPECT = """
import json, sys
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import includes, model_graded_qa
from inspect_ai.solver import generate

work = json.loads(sys.argv[1])
samples = [
    Sample(input=f"What is the capital of Portugal? ({n})", target="Lisbon", id=f"c{n}")
    for n in range(work["cases"])
]
scorer = model_graded_qa(model="openai-api/bench/judge") if work["judged"] else includes()
logs = eval(
    Task(dataset=MemoryDataset(samples), solver=generate(), scorer=scorer),
    model="openai-api/bench/m", epochs=work["epochs"], max_connections=work["connections"],
    max_samples=work["connections"], display="none", log_dir=work["folder"], log_level="error",
)
log = logs[0]
value = log.results.scores[0].metrics["accuracy"].value
assert log.status == "success" and value == 1.0, (log.status, value)
assert log.results.completed_samples == work["cases"] * work["epochs"]
"""


def inspect_command(work: dict[str, Any], python: str) -> tuple[list[str], dict[str, str]] | None:
    """Return how to run Inspect, or None where it is not installed."""
    probe = subprocess.run(
        [python, "-c", "import inspect_ai, openai"], capture_output=True, check=False
    )
    if probe.returncode:
        return None
    environment = {
        **os.environ, "BENCH_API_KEY": "none", "BENCH_BASE_URL": work["url"],
        "INSPECT_EVAL_LOG_FILE_PATTERN": "{task}",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)
    return [python, "-c", INSPECT, json.dumps(work)], environment


def install_promptfoo(folder: Path) -> Path | None:
    """Install promptfoo into a folder and return its program, None where that cannot be done."""
    if shutil.which("npm") is None:
        return None
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
    done = subprocess.run([*command, "promptfoo"], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"promptfoo: {done.stderr.strip()[-200:]}", file=sys.stderr)
        return None
    return folder / "node_modules/.bin/promptfoo"


def promptfoo_command(work: dict[str, Any], program: Path) -> tuple[list[str], dict[str, str]]:
    """Return how to run promptfoo."""
    folder = Path(work["folder"])
    provider = {"id": "openai:chat:m", "config": {"apiBaseUrl": work["url"], "apiKey": "none"}}
    check = (
        {"type": "llm-rubric", "value": "It names Lisbon.",
         "provider": {**provider, "id": "openai:chat:judge"}}
        if work["judged"] else {"type": "contains", "value": "Lisbon"}
    )  # fmt: skip
    config = {
        "description": "bench",
        "prompts": ["What is the capital of Portugal? ({{n}})"],
        "providers": [provider],
        "defaultTest": {"assert": [check]},
        "tests": [{"vars": {"n": str(n)}} for n in range(work["cases"])],
    }
    (folder / "config.json").write_text(json.dumps(config))
    command = [
        str(program), "eval", "-c", str(folder / "config.json"), "-j", str(work["connections"]),
        "--repeat", str(work["epochs"]), "--no-cache", "--no-table", "--no-progress-bar",
        "-o", str(folder / "output.json"),
    ]  # fmt: skip
    environment = {
        **os.environ, "PROMPTFOO_CONFIG_DIR": str(folder / "home"), "OPENAI_API_KEY": "none",
        "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1", "PROMPTFOO_DISABLE_SHARING": "1",
    }  # fmt: skip
    return command, environment


def promptfoo_passed(work: dict[str, Any]) -> bool:
    """Whether every test was run and passed."""
    found = json.loads((Path(work["folder"]) / "output.json").read_text())
    stats = found["results"]["stats"]
    return bool(stats["successes"] == work["cases"] * work["epochs"])
