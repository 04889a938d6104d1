"""``adhere serve`` as processes: started, told, killed, and its log looked at."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from gateway_process import Process
from running_gateway import config_text
from service import Service, chat

from adhere.assemble import load_spec, reference_dir
from adhere.audit import (
    Action,
    Admitted,
    Completed,
    Interrupted,
    LogFolder,
    verify_log,
)
from adhere.cli.main import cli


def several(url: str, workers: int) -> str:
    return f"[listen]\nworkers = {workers}\n{config_text(url)}"


def test_several_workers_write_one_log_and_end_without_cutting_anybody_off(tmp_path):
    def slow(*_):
        time.sleep(0.01)
        return chat()

    with Service(slow) as service, Process(tmp_path, several(service.url, 2)) as gateway:
        assert len(gateway.workers()) == 2
        with ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(gateway.ask, f"Hi {number}") for number in range(40)]
            asked = {one.result() for one in answers[:20]}
            code = gateway.stop()
        assert code == 0
        asked |= {one.result() for one in answers} - {""}
        records = gateway.records()
        ended = {one.request for one in records if isinstance(one, Completed)}
        assert asked == ended
        assert not [one for one in records if isinstance(one, Interrupted)]


def test_a_next_spec_is_rolled_out_and_back_by_a_command(tmp_path):
    changed = tmp_path / "next.md"
    runner = CliRunner()
    text = (reference_dir() / "spec.md").read_text()
    changed.write_text(text.replace("Clear and brief", "Clear and short"))
    digest = load_spec(str(changed)).spec_digest
    more = f'[next_spec]\npath = "next.md"\ndigest = "{digest}"\nshare = 0.0\n'
    with (
        Service(lambda *_: chat()) as service,
        Process(tmp_path, config_text(service.url, more)) as gateway,
    ):
        asked = [f"Hi {number}" for number in range(30)]

        def digests() -> list[str]:
            return [one.spec_digest for one in gateway.records() if isinstance(one, Admitted)]

        for command in (["rollout", "0.5"], ["rollback"]):
            with ThreadPoolExecutor(4) as pool:  # not one request is dropped meanwhile
                answers = pool.map(gateway.ask, asked)
                result = runner.invoke(
                    cli, ["serve", *command, "--config", str(gateway.config)]
                )  # fmt: skip
                assert result.exit_code == 0, result.output
                assert all(answers)
            time.sleep(0.3)
            assert all(map(gateway.ask, asked))
        assert gateway.stop() == 0
    found = digests()
    current = load_spec("reference").spec_digest
    staged, rolled_back = found[30:60], found[90:120]
    assert 5 < staged.count(digest) < 25
    assert set(rolled_back) == {current}
    whats = [one.what for one in gateway.records() if isinstance(one, Action)]
    assert whats == ["rollout", "rollback"]


def test_a_wrong_configuration_changes_nothing(tmp_path):
    with (
        Service(lambda *_: chat()) as service,
        Process(tmp_path, config_text(service.url)) as gateway,
    ):
        right = gateway.config.read_text()
        gateway.config.write_text("[listen]\nprot = 1\n")
        gateway.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert gateway.ask()
        gateway.config.write_text(right.replace('developer = "other"', "platform = true"))
        gateway.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert gateway.ask()
        gateway.stop()


@pytest.mark.soak
def test_killed_under_load_fifty_times_no_answered_request_is_without_its_record(tmp_path):
    kills_and_counts(tmp_path, 50)


def test_killed_under_load(tmp_path):
    kills_and_counts(tmp_path, 4)


def kills_and_counts(folder: Path, kills: int) -> None:
    """Kill a worker and the whole gateway in turns, with requests under way."""
    with Service(lambda *_: chat()) as service, Process(folder, several(service.url, 2)) as gateway:
        answered: set[str] = set()
        with ThreadPoolExecutor(8) as pool:
            for turn in range(kills):
                answers = [pool.submit(gateway.ask, f"{turn} {number}") for number in range(40)]
                answers[8].result()
                if turn % 2:
                    gateway.stop(signal.SIGKILL)
                    gateway.start()
                else:
                    os.kill(gateway.workers()[0], signal.SIGKILL)
                answered |= {one.result() for one in answers} - {""}
        assert len(answered) > 8 * kills
        assert gateway.ask()
        assert gateway.stop() == 0
        records = gateway.records()
        admitted = [one.request for one in records if isinstance(one, Admitted)]
        ended = [one.request for one in records if isinstance(one, Completed | Interrupted)]
        assert sorted(admitted) == sorted(ended)
        completed = {one.request for one in records if isinstance(one, Completed)}
        assert answered <= completed
        assert verify_log(LogFolder(folder / "adhere-audit")).findings == ()
