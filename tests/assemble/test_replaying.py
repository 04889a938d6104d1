"""A log that a gateway wrote, decided again under its own rules and under others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from running_gateway import PLATFORM, SHOP, RunningGateway, config_text
from service import Service, chat
from streams import pieces, stream

from adhere.assemble import replaying
from adhere.assemble.replaying import gateway_rules, replay_log
from adhere.audit import SCHEMA, Admitted, AuditLog, Completed, create_log
from adhere.errors import InputError, UsageError
from adhere.evaluate.replay_log import Again, Ended, LogReplay

PHRASE = '[phrases.gold]\nany = ["project gold"]\nsection = "confidential_text"\n'
KEPT = "[audit]\ncontent = true\n"
TOOL = {"type": "function", "function": {"name": "pay", "parameters": {"type": "object"}}}
WISH = {"adhere": {"settings": {"tone": {"profanity": "when_asked"}}}}


KEY = "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"  # the documented example of the checksum


async def service(request: web.Request, body: dict[str, Any], _: int) -> web.StreamResponse:
    """Answers as it is told to."""
    said = str(body.get("messages", body.get("input")))
    if "search" in said:
        call = {"id": "c1", "type": "function", "function": {"name": "pay", "arguments": "{}"}}
        return chat(None, tool_calls=[call])
    words = ("The key is ", KEY, ".") if "key" in said else ("Hel", "lo.")
    return await stream(request, pieces(*words)) if body.get("stream") else chat("".join(words))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gateway that has ended: its configuration and its log."""
    folder = tmp_path_factory.mktemp("gateway")
    with Service(service) as running:
        text = config_text(running.url, KEPT + PHRASE)
        (folder / "adhere.toml").write_text(text, encoding="utf-8")
        with RunningGateway(folder, text) as gateway:
            for number in range(5):
                gateway.chat(("user", f"Hi {number}"), **(WISH if number % 2 else {}))
            gateway.chat(("system", "Be brief."), ("user", "Tell me of project silver"))
            gateway.chat(("user", "Tell me of project gold"))
            gateway.chat(("user", "As the platform"), key=PLATFORM)
            gateway.post("/v1/responses", {"model": "m", "input": "project silver?"}, SHOP)
            gateway.chat(("user", "What is the key?"))
            gateway.chat(("user", "What is the key?"), stream=True)
            gateway.chat(("user", "Hi"), stream=True)
            gateway.chat(("user", "Please search"), tools=[TOOL])
    return folder


def other_rules(folder: Path, tmp_path: Path, old: str, new: str) -> Path:
    text = (folder / "adhere.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "other.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def replay(folder: Path, settings: Path, **more: object) -> LogReplay:
    log = folder / "adhere-audit"
    decider, rules = gateway_rules(settings, None)
    return replay_log(log, log.with_name("adhere-audit.keys"), decider, rules, **more)  # type: ignore[arg-type]


def test_under_the_same_rules_nothing_flips(written: Path) -> None:
    found = replay(written, written / "adhere.toml")
    assert (found.requests, found.decided, found.not_decided) == (13, 13, {})
    # The service of the tests answers no Responses; and one request was blocked.
    assert found.answers_not_decided == {"no answer": 1, "unreadable": 1}
    assert found.decisions > 60
    assert (found.flipped, found.settings_changed, found.flips) == (0, 0, ())


def test_a_phrase_more_and_a_phrase_less(written: Path, tmp_path: Path) -> None:
    found = replay(written, other_rules(written, tmp_path, "project gold", "project silver"))
    assert (found.requests_changed, found.settings_changed) == (3, 0)
    assert {(one.before, one.after, one.count) for one in found.flips} == {
        ("allow", "block (phrases.gold)", 2), ("block (phrases.gold)", "allow", 1),
    }  # fmt: skip
    assert found.by_section["confidential_text"] == 3
    assert found.by_developer == {"shop": 3}


def test_the_answers_are_decided_again(written: Path, tmp_path: Path) -> None:
    found = replay(written, other_rules(written, tmp_path, "project gold", "hello"))
    flips = {(one.before, one.after): one.count for one in found.flips if one.check == "phrases"}
    # Whole and in a stream; a request that is blocked no more has no answer to decide about.
    assert flips == {("allow", "block (phrases.phrase)"): 8, ("block (phrases.gold)", "allow"): 1}
    off = '[checks.secrets]\nmode = "observe"\n[audit]'
    found = replay(written, other_rules(written, tmp_path, "[audit]", off))
    (flip,) = found.flips
    assert (flip.check, flip.count) == ("secrets", 2)
    assert flip.before.startswith("block")
    assert "observed.secrets" in flip.after


def test_a_setting_that_the_developer_fixes(written: Path, tmp_path: Path) -> None:
    fixed = '[developers.shop.settings.tone]\nprofanity = "never"\n[developers.other]'
    found = replay(written, other_rules(written, tmp_path, "[developers.other]", fixed))
    assert found.requests_changed == 0
    (flip,) = found.flips
    assert (flip.check, flip.before, flip.after, flip.count) == (
        "settings", "allow", "allow (settings.refused)", 2,
    )  # fmt: skip


def test_another_spec(written: Path, tmp_path: Path) -> None:
    root = Path(__file__).parent.parent.parent / "specs" / "reference" / "spec.md"
    text = root.read_text(encoding="utf-8")
    start = text.index('id = "profanity"')
    (tmp_path / "spec.md").write_text(
        text[:start] + text[start:].replace('bounds.user = ["never", "when_asked"]',
                                            'bounds.user = ["never"]', 1),
        encoding="utf-8",
    )  # fmt: skip
    decider, rules = gateway_rules(written / "adhere.toml", str(tmp_path / "spec.md"))
    log = written / "adhere-audit"
    found = replay_log(log, written / "adhere-audit.keys", decider, rules)
    assert (found.spec_digest, found.requests) == (rules[1], 13)
    assert [(one.after, one.count) for one in found.flips] == [("allow (settings.refused)", 2)]


def test_what_cannot_be_decided_again_is_counted(written: Path, tmp_path: Path) -> None:
    log, keys = tmp_path / "log", tmp_path / "keys"
    create_log(log, keys, "audit.example/x")
    body = msgspec.json.encode({"model": "m", "messages": [{"role": "user", "content": "Hi"}]})

    def admit(request: str, content: bytes | None, key_id: str = "shop") -> None:
        audit.append(
            Admitted(
                schema=SCHEMA, time=datetime.now(UTC), request=request, conversation=request,
                key_id=key_id,
            ),
            content,
        )  # fmt: skip

    with AuditLog(log, keys) as audit:
        admit("kept", body)
        admit("bare", None)
        admit("gone", body)
        admit("odd", b"\xff\x00 no request")
        admit("two", b'{"model": "m", "messages": [], "input": "x"}')
        admit("whose", body, "nobody")
        for request in ("kept", "bare", "gone"):
            audit.append(
                Completed(
                    schema=SCHEMA, time=datetime.now(UTC), request=request, outcome="answered",
                    conversation=request,
                ),
                b"an answer" if request == "kept" else None,
            )  # fmt: skip
        audit.erase("gone", "person")
    decider, rules = gateway_rules(written / "adhere.toml", None)
    found = replay_log(log, keys, decider, rules)
    assert (found.requests, found.decided) == (6, 1)
    assert found.not_decided == {"not kept": 1, "erased": 1, "unreadable": 2, "unknown key": 1}
    assert found.answers_not_decided == {"unreadable": 1}


class Counting:
    """Decides nothing, and does something at one request."""

    def __init__(self, at: int, what: object) -> None:
        self.seen: list[int] = []
        self._at, self._what = at, what

    def decide(self, ended: Ended, request: bytes, answer: bytes | None) -> Again:
        self.seen.append(ended.number)
        if len(self.seen) == self._at:
            self._what()  # type: ignore[operator]
        return Again((), None, "")


def test_a_replay_that_was_interrupted_goes_on(written: Path, tmp_path: Path) -> None:
    log, keys = written / "adhere-audit", written / "adhere-audit.keys"
    out = tmp_path / "report.json"
    whole = replay_log(log, keys, Counting(0, None), ("r", "s"))
    before = signal.getsignal(signal.SIGINT)  # not the default where the tests run in background
    for at in range(1, 13, 2):
        out.unlink(missing_ok=True)
        first = Counting(at, lambda: os.kill(os.getpid(), signal.SIGINT))
        part = replay_log(log, keys, first, ("r", "s"), output=out)
        assert (part.complete, part.requests) == (False, at)
        rest = Counting(0, None)
        found = replay_log(log, keys, rest, ("r", "s"), output=out)
        assert len(first.seen) + len(rest.seen) == 13
        assert msgspec.structs.replace(found, seconds=0.0) == msgspec.structs.replace(
            whole, seconds=0.0
        )
    assert signal.getsignal(signal.SIGINT) is before
    other = Counting(0, None)
    replay_log(log, keys, other, ("other rules", "s"), output=out)
    assert len(other.seen) == 13
    out.write_text("{}")
    with pytest.raises(UsageError, match="something else"):
        replay_log(log, keys, other, ("r", "s"), output=out)


def test_a_report_is_saved_while_it_grows(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "_SAVE_EVERY", 0.0)
    log, keys, out = written / "adhere-audit", written / "adhere-audit.keys", tmp_path / "r"
    told = []

    def stop() -> None:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        replay_log(log, keys, Counting(5, stop), ("r", "s"), output=out, progress=told.append)
    assert [one.decided for one in told] == [1, 2, 3, 4]
    assert json.loads(out.read_bytes())["requests"] == 4
    rest = Counting(0, None)
    threading.Thread(target=replay_log, args=(log, keys, rest, ("r", "s"))).run()
    assert replay_log(log, keys, rest, ("r", "s"), output=out).requests == 13


def run(folder: Path, *args: object) -> subprocess.CompletedProcess[str]:
    program = "from adhere.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "replay", *map(str, args)], cwd=folder,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_line(written: Path, tmp_path: Path) -> None:
    done = run(written, "adhere-audit", "--spec", "reference")
    assert done.returncode == 0, done.stderr
    assert "0 of " in done.stdout
    settings = other_rules(written, tmp_path, "project gold", "project silver")
    done = run(written, "adhere-audit", "--settings", settings, "-o", tmp_path / "r.json")
    assert done.returncode == 1, done.stderr
    assert "phrases: allow → block (phrases.gold)" in done.stdout
    saved = json.loads((tmp_path / "r.json").read_bytes())
    assert (saved["schema"], saved["complete"]) == ("adhere/log-replay/1", True)
    done = run(written, "adhere-audit", "--settings", settings, "--json")
    assert json.loads(done.stdout)["requests_changed"] == 3
    for args in (["adhere-audit"], ["adhere-audit", "--gate", "--spec", "reference"]):
        done = run(written, *args)
        assert done.returncode == 2
        assert "say what to look for" in done.stderr
    done = run(tmp_path, written / "adhere-audit", "--spec", "reference")
    assert done.returncode == 2
    assert "--settings FILE names" in done.stderr


def test_a_log_without_a_key_store_is_named(written: Path, tmp_path: Path) -> None:
    decider, rules = gateway_rules(written / "adhere.toml", None)
    with pytest.raises(UsageError, match="no such key"):
        replay_log(written / "adhere-audit", tmp_path, decider, rules)
    with pytest.raises(InputError):
        gateway_rules(tmp_path / "nothing.toml", None)
