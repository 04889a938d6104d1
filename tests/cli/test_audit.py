"""``adhere audit`` as people and scripts meet it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adhere.audit.log import AuditLog
from adhere.audit.record import SCHEMA, Admitted, Completed

PROGRAM = (sys.executable, "-c", "from adhere.cli.main import main; main()", "audit")


def run(*args: object, code: int = 0) -> str:
    done = subprocess.run([*PROGRAM, *map(str, args)], capture_output=True, check=False)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return (done.stdout + done.stderr).decode()


@pytest.fixture
def log(tmp_path: Path) -> tuple[Path, str]:
    """A log with a few records, and its public key."""
    path = tmp_path / "log"
    key = run("init", path, "--name", "audit.example/x", "--retention-days", 30).strip()
    old = datetime(2020, 1, 1, tzinfo=UTC)
    with AuditLog(path, tmp_path / "log.keys") as audit:
        for number in range(3):
            common = {
                "schema": SCHEMA, "time": old, "request": f"r{number}", "key_id": f"dev-{number}",
                "conversation": f"talk-{number}",
            }  # fmt: skip
            audit.append(Admitted(**common), b"a question")  # type: ignore[arg-type]
            audit.append(Completed(**common, outcome="refused"), b"an answer")  # type: ignore[arg-type]
    return path, key


def test_a_whole_log_verifies_and_a_changed_one_does_not(
    log: tuple[Path, str], tmp_path: Path
) -> None:
    path, key = log
    kept = tmp_path / "kept"
    kept.write_bytes((path / "checkpoint").read_bytes())
    (tmp_path / "key").write_text(key, encoding="utf-8")
    said = run("verify", path, "--key", tmp_path / "key", "--witness", kept)
    assert "7 records (3 admitted, 3 completed, 1 opened)" in said
    assert "agrees on the first 7 records" in said
    assert said.endswith("whole\n")
    assert "the key is the one the log names" in run("verify", path)
    found = json.loads(run("verify", path, "--key", key, "--json"))
    assert (found["schema"], found["findings"]) == ("adhere/audit-verification/1", [])
    bundle = path / "tile" / "entries" / "000.p" / "7"
    bundle.write_bytes(bundle.read_bytes().replace(b'"r1"', b'"rX"', 1))
    said = run("verify", path, "--key", key, code=1)
    assert f"{bundle} (record 3): the entry was changed [entry]" in said
    assert said.endswith("CHANGED\n")


def test_proofs_are_written_and_judged(log: tuple[Path, str], tmp_path: Path) -> None:
    path, key = log
    kept = tmp_path / "kept"
    kept.write_bytes((path / "checkpoint").read_bytes())
    run("prove", path, 2, "-o", tmp_path / "2.tlog-proof")
    said = run("verify", tmp_path / "2.tlog-proof", "--key", key)
    assert said.startswith("proved: this is record 2 of the 7 of audit.example/x\n")
    assert '"outcome": "refused"' in said
    shown = json.loads(run("verify", tmp_path / "2.tlog-proof", "--key", key, "--json"))
    assert (shown["number"], shown["record"]["request"]) == (2, "r0")
    run("erase", path, "talk-0", "--actor", "person-1")
    run("prove", path, "--since", kept, "-o", tmp_path / "grown.json")
    said = run("verify", tmp_path / "grown.json", "--key", key)
    assert said == "proved: audit.example/x only grew, from 7 to 9 records\n"
    (tmp_path / "bad").write_text(
        (tmp_path / "2.tlog-proof").read_text(encoding="utf-8").replace("index 2", "index 1"),
        encoding="utf-8",
    )
    assert "does not lead" in run("verify", tmp_path / "bad", "--key", key, code=1)
    assert "a proof needs the log's public key" in run("verify", tmp_path / "bad", code=2)
    assert "there is no record 99" in run("prove", path, 99, code=2)
    assert "name a record" in run("prove", path, code=2)
    assert run("prove", path, 2).startswith("c2sp.org/tlog-proof@v1\n")


def test_records_are_shown_found_and_exported(log: tuple[Path, str], tmp_path: Path) -> None:
    path, _ = log
    assert json.loads(run("show", path, 1))["record"]["request"] == "r0"
    assert run("show", path, 1, "--content").endswith("a question\n")
    public = json.loads(run("show", path, 2, "--public", "dev-0"))
    assert (public["schema"], public["outcome"]) == ("adhere/public-audit/1", "refused")
    assert "not of a request of dev-1" in run("show", path, 2, "--public", "dev-1", code=2)
    lines = run("find", path, "--developer", "dev-1").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [3, 4]
    assert run("find", path, "--since", "2020-01-02", "--developer", "dev-1") == ""
    assert len(run("find", path, "--outcome", "refused", "--rebuild").splitlines()) == 3
    run("export", path, "-o", tmp_path / "all.jsonl")
    assert len((tmp_path / "all.jsonl").read_bytes().splitlines()) == 7
    assert len(run("export", path, "--public", "dev-2").splitlines()) == 2


def test_content_is_erased(log: tuple[Path, str]) -> None:
    path, key = log
    assert run("erase", path, "talk-1", "--actor", "me") == "erased; record 8 says so\n"
    assert run("show", path, 3, "--content").endswith("no content is kept\n")
    assert "no content of conversation" in run("erase", path, "talk-1", "--actor", "me", code=2)
    assert run("erase", path, "--expired", "--actor", "policy") == "2 conversations erased\n"
    found = json.loads(run("verify", path, "--key", key, "--json"))
    assert (found["findings"], found["content"], found["erased"]) == ([], 0, 6)
    assert "name a conversation" in run("erase", path, "--actor", "me", code=2)


def test_wrong_use_is_named(tmp_path: Path, log: tuple[Path, str]) -> None:
    path, _ = log
    assert "no audit log here" in run("verify", tmp_path / "nowhere", code=2)
    assert "not a public key" in run("verify", path, "--key", "a+b", code=2)
    assert "no such file" in run("verify", path, "--witness", tmp_path / "none", code=2)
    assert "cannot be a log's name" in run("init", tmp_path / "new", "--name", "a b", code=2)
    assert "a log already" in run("init", path, "--name", "a", code=2)
    with AuditLog(path, path.with_name("log.keys")):
        said = run("erase", path, "talk-1", "--actor", "me", code=2)
        assert "another process writes" in said


def test_a_witness_cosigns_and_refuses(log: tuple[Path, str], tmp_path: Path) -> None:
    path, key = log
    mine, signed = tmp_path / "mine", tmp_path / "signed"
    witness = run("witness", "init", mine, "--name", "w.example").strip()
    assert "not seen before" in run("witness", "cosign", mine, path, code=2)
    run("witness", "cosign", mine, path, "--key", key, "-o", signed)
    said = run("verify", path, "--key", key, "--witness", signed, "--witness-key", witness)
    assert "agrees on the first 7 records, cosigned by w.example" in said
    shutil.copytree(path, tmp_path / "old")
    assert "recorded as 8" in run("record", path, "rollout", "release-2", "--actor", "ops-1")
    proof = tmp_path / "grown.json"
    run("prove", path, "--since", signed, "-o", proof)
    assert "— w.example " in run("witness", "cosign", mine, proof)
    said = run("witness", "cosign", mine, tmp_path / "old", code=1)
    assert "its end was cut off" in said
    assert "— w.example " not in said


def test_actions_are_records(log: tuple[Path, str]) -> None:
    path, _ = log
    for what in ("configuration", "rollout", "rollback", "key"):
        run("record", path, what, f"my-{what}", "--actor", "ops-1", "--after", "sha256:1")
    lines = [json.loads(line)["record"] for line in run("export", path).splitlines()]
    assert [(each["what"], each["subject"]) for each in lines if each["kind"] == "action"] == [
        (what, f"my-{what}") for what in ("configuration", "rollout", "rollback", "key")
    ]
    assert "Invalid value" in run("record", path, "mood", "x", "--actor", "ops-1", code=2)
