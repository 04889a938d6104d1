"""``adhere evaluate`` against a service over HTTP: storms, kills, and what comes out."""

from __future__ import annotations

import asyncio
import json
import os
import random
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
from adhere.evaluate import write_suite

CONNECTIONS = 8
REFERENCE = find_suite("reference")
PLAIN = [case for case in REFERENCE.cases if not case.follow_ups and not case.tool_results]
"""Cases of one request each."""


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


def killed_and_resumed(tmp_path: Path, number: int, chance: random.Random) -> None:
    with Service(steady) as service:
        folder = tmp_path / f"run{number}"
        process = evaluate(service.url, folder)
        time.sleep(chance.uniform(0.2, 1.4))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        stored = 0
        path = folder / "records.jsonl"
        if path.exists():
            whole = path.read_bytes().rpartition(b"\n")[0]
            stored = whole.count(b'"kind":"answer"')
        asked = len(service.bodies)
        again = evaluate(service.url, folder)
        _, errors = again.communicate(timeout=60)
        assert again.returncode == 0, errors
        # what was stored is not asked again; what was under way may be
        assert asked - stored <= CONNECTIONS
        assert len(service.bodies) - len(PLAIN) <= CONNECTIONS
    assert report(folder)["complete"]


@pytest.fixture
def undisturbed(tmp_path: Path) -> Any:
    with Service(steady) as service:
        evaluate(service.url, tmp_path / "whole").communicate(timeout=60)
    return figures(tmp_path / "whole")


def test_a_killed_run_gives_the_same_report_when_it_is_taken_up(
    tmp_path: Path, undisturbed: Any
) -> None:
    for number in range(3):
        killed_and_resumed(tmp_path, number, random.Random(number))
        assert figures(tmp_path / f"run{number}") == undisturbed


@pytest.mark.soak
def test_fifty_kills(tmp_path: Path, undisturbed: Any) -> None:
    for number in range(50):
        killed_and_resumed(tmp_path, number, random.Random(100 + number))
        assert figures(tmp_path / f"run{number}") == undisturbed


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
        assert len(service.bodies) <= len(PLAIN) + CONNECTIONS
        assert asked >= 20
