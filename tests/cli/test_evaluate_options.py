"""``adhere evaluate``: budgets, estimates, caches, batches, taking up, and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batch_service import BatchService
from click.testing import CliRunner, Result
from service import Service, chat

from adhere.cli import cli
from adhere.conversation import Case, Message, OutcomeIs, Role
from adhere.errors import UsageError
from adhere.evaluate import SuiteManifest, read_manifest, write_suite

CASES = 12
PRICES = """
schema = "adhere/prices/1"
currency = "EUR"
source = "made up for this test"
date = "2026-01-01"
models.m = {input = 1000, output = 2000, batch = 0.5}
"""


def call(*words: str | Path) -> Result:
    found = CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)
    if found.exception is not None:
        raise found.exception
    return found


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    about = SuiteManifest(
        schema="adhere/suite/1", id="t", title="T", version="1", licence="CC0-1.0"
    )
    write_suite(tmp_path / "suite", about, (
        Case(
            schema="adhere/case/1", id=f"c{n}", sections=("no_fabrication",), right="help",
            conversation=(Message(Role.USER, f"Question {n:02}"),),
            checks=(OutcomeIs(is_=("answered",)),),
        )
        for n in range(CASES)
    ))  # fmt: skip
    return tmp_path / "suite"


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(PRICES)
    return path


def report(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "report.json").read_text())
    return found


def test_a_run_ends_at_its_budget_and_is_taken_up_with_more(
    tmp_path: Path, suite: Path, prices: Path
) -> None:
    run = tmp_path / "run"
    with Service(lambda *_: chat()) as service:
        done = call(
            "evaluate", "--suite", suite, "--model", f"{service.url}#m", "--prices", prices,
            "--max-tokens", "3", "--budget", "0.2", "--connections", "2", "-o", run,
        )  # fmt: skip
        assert done.return_value == 1
        assert "the budget has no room" in done.stderr
        cut, first = report(run), len(service.bodies)
        assert not cut["complete"]
        assert 0 < first < CASES
        assert Decimal(cut["spending"]["cost"]) == first * Decimal("0.013") <= Decimal("0.2")
        assert service.bodies[0]["max_tokens"] == 3
        again = call("evaluate", "--resume", run, "--budget", "5")
        assert again.return_value == 0
        assert len(service.bodies) == CASES
    whole = report(run)
    assert whole["complete"]
    assert Decimal(whole["spending"]["cost"]) == CASES * Decimal("0.013")
    assert f"cost: EUR {CASES * 0.013:.4f} of 5" in again.output
    assert read_manifest(run).estimate[0].requests == CASES


def test_an_estimate_sends_nothing(suite: Path, prices: Path) -> None:
    words = ("evaluate", "--suite", suite, "--model", "http://127.0.0.1:9/v1#m", "--estimate")
    plain = call(*words)
    assert "no prices" in plain.output
    judge = ("--judge", "http://127.0.0.1:9/v1#judge", "--epochs", "2", "--max-tokens", "10")
    told = json.loads(call(*words, *judge, "--prices", prices, "--json").stdout)
    assert [(it["model"].partition("@")[0], it["requests"]) for it in told] == [
        ("m", 2 * CASES), ("judge", 3 * 2 * CASES)
    ]  # fmt: skip
    assert told[0]["most_output"] == 10 * 2 * CASES
    most = (told[0]["most_input"] * 1000 + told[0]["most_output"] * 2000) / 1e6
    assert float(told[0]["most_cost"]) == pytest.approx(most)
    assert told[1]["cost"] is None  # it has no price


def test_the_estimate_of_tokens_in_is_what_is_sent(tmp_path: Path, suite: Path) -> None:
    with Service(lambda *_: chat()) as service:
        call("evaluate", "--suite", suite, "--model", f"{service.url}#m", "-o", tmp_path / "run")
    size = sum(len(json.dumps(body, separators=(",", ":"))) for body in service.bodies)
    (told,) = read_manifest(tmp_path / "run").estimate
    assert told.most_input == size


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--budget", "1"), "prices"),
        (("--budget", "1", "--prices", "PRICES"), "length of answers"),
        (("--budget", "1", "--prices", "PRICES", "--max-tokens", "5", "--judge",
          "http://127.0.0.1:9/v1#judge"), "no price"),
        (("--seed", "1", "--model", "anthropic+http://127.0.0.1:9/v1#x"), "no seed"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(
    tmp_path: Path, suite: Path, prices: Path, words: tuple[str, ...], message: str
) -> None:
    more = [str(prices) if word == "PRICES" else word for word in words]
    with pytest.raises(UsageError, match=message):
        call("evaluate", "--suite", suite, "--model", "http://127.0.0.1:9/v1#m", "-o",
             tmp_path / "run", "--max-tokens" if message == "no price" else "--connections", "4",
             *more)  # fmt: skip


def test_a_run_that_is_taken_up_stays_what_it_is(tmp_path: Path, suite: Path) -> None:
    run = tmp_path / "run"
    with Service(lambda *_: chat()) as service:
        call("evaluate", "--suite", suite, "--model", f"{service.url}#m", "-o", run)
        with pytest.raises(UsageError, match="--epochs cannot change"):
            call("evaluate", "--resume", run, "--epochs", "2")
        assert call("evaluate", "--resume", run, "--connections", "3").return_value == 0
        assert len(service.bodies) == CASES
    manifest = read_manifest(run)
    assert manifest.setup is not None
    assert manifest.setup.connections == 3


def test_scripted_and_recorded_runs_are_taken_up_too(tmp_path: Path) -> None:
    run = tmp_path / "run"
    call("evaluate", "--model", "scripted:flatters", "-o", run)
    before = report(run)
    lines = (run / "records.jsonl").read_bytes().splitlines(keepends=True)
    (run / "records.jsonl").write_bytes(b"".join(lines[:-7]))
    assert call("evaluate", "--resume", run).return_value == 0
    assert report(run) == before


@pytest.mark.parametrize(
    ("allowed", "code"), [("0", 1), ("3", 1), ("4", 0), ("33%", 1), ("33.4%", 0), (None, 0)]
)
def test_the_exit_code_says_whether_too_many_failed(
    tmp_path: Path, suite: Path, allowed: str | None, code: int
) -> None:
    def handler(_request: Any, body: dict[str, Any], _before: int) -> Any:
        refuses = int(body["messages"][0]["content"].split()[1]) % 3 == 0
        return chat("I'm sorry, I can't help with that." if refuses else "Yes, here it is.")

    more = () if allowed is None else ("--allow-failures", allowed)
    with Service(handler) as service:
        done = call("evaluate", "--suite", suite, "--model", f"{service.url}#m", "-o",
                    tmp_path / "run", *more)  # fmt: skip
    assert done.return_value == code
    assert f"not scored: 0 of {CASES}" in done.output


def test_what_was_not_scored_is_always_said(tmp_path: Path, suite: Path) -> None:
    def handler(_request: Any, body: dict[str, Any], _before: int) -> Any:
        return {"choices": []} if body["messages"][0]["content"].endswith("3") else chat()

    with Service(handler) as service:
        done = call("evaluate", "--suite", suite, "--model", f"{service.url}#m", "-o",
                    tmp_path / "run", "--allow-failures", "100%")  # fmt: skip
    assert done.return_value == 1
    assert f"not scored: 1 of {CASES} (1 unparsed)" in done.output


def test_the_cache_answers_the_next_run_but_not_another_epoch(tmp_path: Path, suite: Path) -> None:
    with Service(lambda *_: chat()) as service:
        words = ("evaluate", "--suite", suite, "--model", f"{service.url}#m", "--cache",
                 tmp_path / "cache")  # fmt: skip
        call(*words, "-o", tmp_path / "one")
        assert call(*words, "-o", tmp_path / "two").return_value == 0
        assert len(service.bodies) == CASES
        told = json.loads(call(*words, "--estimate", "--json").stdout)
        assert told == []
        call(*words, "--epochs", "2", "-o", tmp_path / "three")
        assert len(service.bodies) == 2 * CASES
    assert report(tmp_path / "two")["spending"]["models"][0]["cached"] == CASES
    assert report(tmp_path / "two")["total"] == report(tmp_path / "one")["total"]


def test_batches_are_handed_in_once_across_kills(tmp_path: Path, suite: Path, prices: Path) -> None:
    command = [
        sys.executable, "-m", "adhere.cli", "evaluate", "--suite", str(suite), "--batch", "5",
        "--prices", str(prices), "--budget", "9", "--max-tokens", "5", "-o", str(tmp_path / "run"),
    ]  # fmt: skip
    with BatchService(looks=3) as service:
        command += ["--model", f"{service.url}#m"]
        for _ in range(4):
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env={**os.environ, "ADHERE_API_KEY": ""},
            )  # fmt: skip
            before = len(service.paths)
            while len(service.paths) < before + 3 and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)
        done = call("evaluate", "--resume", tmp_path / "run")
    assert done.return_value == 0
    assert set(service.asked.values()) == {1}
    found = report(tmp_path / "run")
    assert found["complete"]
    (spent,) = found["spending"]["models"]
    assert (spent["requests"], spent["unknown"], spent["batch"]) == (CASES, 0, True)
    assert Decimal(found["spending"]["cost"]) == CASES * Decimal("0.0065")
