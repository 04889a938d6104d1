"""How fast recorded requests are decided again, and what flips.

Run ``python benchmarks/replay_log.py``; ``--requests`` says how many. Each request has a text of
its own; one in five asks for a setting, one in a hundred names what the new rules forbid. Under the
rules they were recorded with nothing may flip; under the new ones exactly what was planted. The
floor is reading and decrypting the same log and deciding nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from adhere.assemble.replaying import gateway_rules, replay_log
from adhere.audit import SCHEMA, Admitted, AuditLog, Completed, create_log
from adhere.evaluate.replay_log import Again, Ended

OLD = f"""
[keys.a]
hash = "sha256:{"1" * 64}"
developer = "shop"
[keys.b]
hash = "sha256:{"2" * 64}"
developer = "bank"
[developers.shop]
[developers.bank]
[upstreams.up]
url = "http://127.0.0.1:1/v1"
[models.m]
upstreams = ["up"]
[phrases.gold]
any = ["project gold"]
"""
NEW = f"""{OLD}
[phrases.silver]
any = ["project silver"]
[developers.bank.settings.tone]
profanity = "never"
"""


def body(number: int) -> bytes:
    thing = "project silver" if number % 100 == 7 else "my parcel"
    text = f"Where is {thing}, order {number}? Please look it up and tell me when it arrives."
    request = {
        "model": "m",
        "messages": [
            {"role": "system", "content": "You are the assistant of a shop. Be brief and kind."},
            {"role": "user", "content": text},
        ],
    }  # fmt: skip
    if number % 5 == 0:
        request["adhere"] = {"settings": {"tone": {"profanity": "when_asked"}}}
    return msgspec.json.encode(request)


def write(base: Path, count: int) -> None:
    """What a gateway under the old rules would have recorded."""
    decider, _ = gateway_rules(base / "old.toml", None)
    create_log(base / "log", base / "log.keys", "bench.example/log")
    with AuditLog(base / "log", base / "log.keys") as log:
        for number in range(count):
            common = {
                "schema": SCHEMA, "time": datetime.now(UTC), "request": f"r{number}",
                "conversation": f"c{number // 4}", "key_id": "ab"[number % 2],
            }  # fmt: skip
            admitted, raw = Admitted(**common), body(number)
            again = decider.decide(Ended(0, admitted, None), raw, None)
            assert isinstance(again, Again)
            log.submit(
                msgspec.structs.replace(
                    admitted, decisions=again.request, settings_digest=again.settings_digest
                ),
                raw,
            )
            last = log.submit(Completed(**common, outcome="answered"))
            if number % 2000 == 0:
                last.result()


class Nothing:
    """The floor: read, decrypted, not decided."""

    def decide(self, ended: Ended, request: bytes, answer: bytes | None) -> Again:
        del request, answer
        return Again(ended.admitted.decisions, None, ended.admitted.settings_digest)


SCRIPT = """
import json, sys
from pathlib import Path
from adhere.assemble.replaying import gateway_rules, replay_log
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
log = Path(sys.argv[1])
decider, rules = gateway_rules(Path(sys.argv[2]), None)
idle = peak()
found = replay_log(log, log.with_name("log.keys"), decider, rules)
print(json.dumps([found.seconds, peak() - idle]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=Path.cwd() / ".bench")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    base = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        (base / "old.toml").write_text(OLD, encoding="utf-8")
        (base / "new.toml").write_text(NEW, encoding="utf-8")
        write(base, options.requests)
        keys = base / "log.keys"
        same = replay_log(base / "log", keys, *gateway_rules(base / "old.toml", None))
        assert (same.flipped, same.settings_changed) == (0, 0)
        found = replay_log(base / "log", keys, *gateway_rules(base / "new.toml", None))
        silver = len(range(7, options.requests, 100))
        refused = len(range(5, options.requests, 10))  # bank's: odd, and asks
        assert (found.requests_changed, found.flipped) == (silver, silver + refused)
        floor = replay_log(base / "log", keys, Nothing(), ("floor", ""))
        command = [sys.executable, "-c", SCRIPT, str(base / "log"), str(base / "new.toml")]
        alone = subprocess.run(command, capture_output=True, text=True, check=True)
        _, memory = json.loads(alone.stdout)
    finally:
        shutil.rmtree(base)
    rates = {
        name: round(one.requests / one.seconds)
        for name, one in (("floor", floor), ("same rules", same), ("new rules", found))
    }
    report = {
        "requests": found.requests, "decided": found.decided, "decisions": found.decisions,
        "seconds": round(found.seconds, 1), "requests_a_second": rates,
        "times_the_floor": round(found.seconds / floor.seconds, 1),
        "memory_above_idle_mb": round(memory, 1), "flips": msgspec.to_builtins(found.flips),
    }  # fmt: skip
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
