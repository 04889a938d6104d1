"""``adhere evaluate`` against a service over HTTP: storms, kills, and what comes out."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from service import Service, chat

from adhere.assemble import find_suite
from adhere.conversation import for_services, render_chat
from adhere.evaluate import write_suite

CONNECTIONS = 8
REFERENCE = find_suite("reference")
PLAIN = [case for case in REFERENCE.cases if not case.follow_ups and not case.tool_results][:120]
"""Some cases of one request each."""


def evaluate(url: str, folder: Path, *more: str) -> subprocess.Popen[str]:
    suite = folder.parent / "plain"
    write_suite(suite, REFERENCE.manifest, PLAIN)
    command = (
        sys.executable, "-m", "adhere.cli", "evaluate", "--suite", str(suite),
        "--model", f"{url}#m", "-o", str(folder), "--connections", str(CONNECTIONS), *more,
    )  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "ADHERE_API_KEY": ""},
    )  # fmt: skip


def take_up(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "adhere.cli", "evaluate", *words], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "ADHERE_API_KEY": ""},
    )  # fmt: skip


def report(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return loaded


def figures(folder: Path) -> Any:
    """A report's figures: two services never have the same address."""
    found = report(folder)
    return found["complete"], found["total"], found["by_section"], len(found["failures"])


async def steady(_request: web.Request, body: dict[str, Any], _before: int) -> Any:
    await asyncio.sleep(0.01)
    return chat(f"An answer to: {body['messages'][-1]['content'][:40]}")


def test_every_case_is_asked_once_and_the_usage_is_kept(tmp_path: Path) -> None:
    with Service(steady) as service:
        process = evaluate(service.url, tmp_path / "run")
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "All cases" in output
    assert max(Counter(json.dumps(body) for body in service.bodies).values()) == 1
    assert len(service.bodies) == len(PLAIN)
    lines = (tmp_path / "run/records.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines if '"kind":"answer"' in line]
    assert all(it["answer"]["usage"] == {"input_tokens": 7, "output_tokens": 3} for it in answers)


def test_a_hostile_service_leaves_a_typed_outcome_for_every_case(tmp_path: Path) -> None:
    async def hostile(request: web.Request, body: dict[str, Any], before: int) -> Any:
        kind = sum(str(body["messages"]).encode()) % 7
        if kind == 0 and before == 0:
            return web.Response(status=429, headers={"Retry-After": "0"})
        if kind == 1:
            return web.Response(body=b'{"choices": [{"mess', content_type="application/json")
        if kind == 2:
            return web.json_response({"choices": [{"message": {"content": ["wrong"]}}]})
        if kind == 3:
            return web.json_response(chat(None, finish_reason="content_filter"))
        if kind == 4:
            return web.json_response({"error": {"message": "bad"}}, status=400)
        if kind == 5 and before == 0:
            assert request.transport is not None
            request.transport.abort()
        return chat()

    with Service(hostile) as service:
        process = evaluate(service.url, tmp_path / "run", "--json")
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors  # some answers could not be had or read
    cell = json.loads(output)["total"]["cells"][0]
    assert sum(cell["outcomes"].values()) == cell["asked"] == len(PLAIN)
    assert cell["missing"] == 0
    assert {"answered", "unparsed", "filter_blocked", "error"} <= set(cell["outcomes"])


def asked_of(service: Service, model: str) -> Counter[str]:
    return Counter(json.dumps(it["messages"]) for it in service.bodies if it["model"] == model)


def stored_answers(folder: Path) -> set[str]:
    """The ids of cases whose answer was durably recorded."""
    path = folder / "records.jsonl"
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    records = (json.loads(line) for line in whole.splitlines())
    return {record["case"] for record in records if record["kind"] == "answer"}


def killed_and_resumed(folder: Path, chance: random.Random, *more: str) -> tuple[int, int, int]:
    """Kill a run at a random moment of its course, take it up, and check that nothing was lost.

    Returns how many requests had come, how many answers were recorded, and how many were repeated.
    """
    messages = {case.id: json.dumps(render_chat(for_services(case.conversation))) for case in PLAIN}
    with Service(graded) as service:
        words = [f"{service.url}#judge" if word == "URL" else word for word in more]
        process = evaluate(service.url, folder, *words)
        moment = chance.randrange(len(PLAIN) * (4 if more else 1))
        while len(service.bodies) < moment and process.poll() is None:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        stored, before = stored_answers(folder), asked_of(service, "m")
        came = len(service.bodies)
        begun = (folder / "manifest.json").exists()
        again = take_up("--resume", str(folder)) if begun else evaluate(service.url, folder, *words)
        _, errors = again.communicate(timeout=120)
        assert again.returncode == 0, errors
        after = asked_of(service, "m")
        repeated = {text for text, count in after.items() if count > 1}
        assert sum(after.values()) - len(PLAIN) == len(repeated) <= CONNECTIONS
        assert sum(before.values()) - len(stored) <= CONNECTIONS
        assert not repeated & {messages[case] for case in stored}
    assert report(folder)["complete"]
    return came, len(stored), len(repeated)


async def graded(_request: web.Request, body: dict[str, Any], _before: int) -> Any:
    await asyncio.sleep(0.01)
    if body["model"] == "judge":
        score = 4 + len(str(body["messages"])) % 4
        return chat(json.dumps({"reason": "kept", "score": score}))
    return chat(f"An answer to: {body['messages'][-1]['content'][:40]}")


def undisturbed(folder: Path, *more: str) -> Any:
    with Service(graded) as service:
        words = [f"{service.url}#judge" if word == "URL" else word for word in more]
        evaluate(service.url, folder, *words).communicate(timeout=120)
    return figures(folder)


def test_a_killed_run_gives_the_same_report_when_it_is_taken_up(tmp_path: Path) -> None:
    whole = undisturbed(tmp_path / "whole")
    for number in range(2):
        killed_and_resumed(tmp_path / f"run{number}", random.Random(number))
        assert figures(tmp_path / f"run{number}") == whole


@pytest.mark.soak
def test_fifty_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fifty runs with a model as judge, each killed at a random moment of its course."""
    judged = ("--judge", "URL")
    whole = undisturbed(tmp_path / "whole", *judged)
    found = []
    for number in range(50):
        folder = tmp_path / f"run{number}"
        found.append(killed_and_resumed(folder, random.Random(100 + number), *judged))
        assert figures(folder) == whole
        shutil.rmtree(folder)
    came, stored, repeated = zip(*found, strict=True)
    with capsys.disabled():
        print(
            f"\n50 kills after {min(came)} to {max(came)} requests, {min(stored)} to {max(stored)} "
            f"answers recorded: asked again {sum(repeated)} in all, at most {max(repeated)} a kill "
            f"({CONNECTIONS} connections); every report that of the undisturbed run"
        )


def test_ctrl_c_saves_what_there_is(tmp_path: Path) -> None:
    async def slow(_request: web.Request, _body: dict[str, Any], before: int) -> Any:
        await asyncio.sleep(0.05)
        return chat()

    with Service(slow) as service:
        process = evaluate(service.url, tmp_path / "run")
        while len(service.bodies) < 20:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert "interrupted" in errors
        asked = len(service.bodies)
        again = evaluate(service.url, tmp_path / "run")
        again.communicate(timeout=60)
        assert again.returncode == 0
        assert len(service.bodies) == len(PLAIN)  # what was under way was waited for
        assert 20 <= asked < len(PLAIN)
