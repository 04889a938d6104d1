"""How fast the audit log is durable, beside what the disk can do, and how fast it is verified.

Run ``python benchmarks/audit.py``; ``--million`` builds and verifies a log of a million records
(about 1 GB of disk, some minutes). ``--folder`` says on which disk. The floor is measured in turns
with the log, in the same run: one append of a record's size and one ``fdatasync`` at a time, which
is what a log without group commit could do at best, whatever the number of its writers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from adhere.audit import (
    SCHEMA,
    Admitted,
    AuditLog,
    Completed,
    DecisionEntry,
    Exchange,
    LogFolder,
    Record,
    create_log,
    verify_log,
)
from adhere.audit.merkle import consistency_proof, inclusion_proof
from adhere.audit.proof import write_consistency, write_inclusion
from adhere.audit.record import encode_record
from adhere.resolve import DecisionOutcome
from adhere.spec import Authority

NAME = "bench.example/log"


def record(number: int) -> Record:
    """Admitted and completed in turn, as long as real ones."""
    common = {
        "schema": SCHEMA, "time": datetime.now(UTC), "request": f"req-{number // 2:012d}",
        "conversation": f"c-{number // 8 % 1000:016x}", "key_id": f"key-{number % 50}",
        "spec_digest": "sha256:" + "5" * 64, "upstream": "model-large-1",
        "sections": ("protect_privileged", "be_clear"),
    }  # fmt: skip
    if number % 2 == 0:
        return Admitted(**common)
    entry = DecisionEntry(
        id="sha256:" + f"{number:064x}", kind="text", outcome=DecisionOutcome.ALLOW, check="leak",
        section="protect_privileged", authority=Authority.ROOT,
    )  # fmt: skip
    return Completed(
        **common, outcome="answered", decisions=(entry,), tokens_in=812, tokens_out=230,
        latency_ms=1834.5,
    )  # fmt: skip


def floor(folder: Path, seconds: float) -> list[float]:
    """Seconds that an append with a sync takes, over and over."""
    data, took = encode_record(record(1)), []
    fd = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        os.write(fd, data)
        os.fdatasync(fd)
        took.append(time.perf_counter() - start)
    os.close(fd)
    return took


def threads(log: AuditLog, writers: int, seconds: float, content: bytes | None) -> list[float]:
    """Writers that each wait for their record before they write the next."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    def work(worker: int) -> None:
        number = worker * 10_000_000
        while (start := time.perf_counter()) < end:
            log.append(record(number), content)
            took.append(time.perf_counter() - start)
            number += 1

    crew = [threading.Thread(target=work, args=(worker,)) for worker in range(writers)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    return took


def tasks(log: AuditLog, writers: int, seconds: float, content: bytes | None) -> list[float]:
    """The same as tasks of one event loop, as a gateway has them."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def work(worker: int) -> None:
        number = worker * 10_000_000
        while (start := time.perf_counter()) < end:
            await log.append_async(record(number), content)
            took.append(time.perf_counter() - start)
            number += 1

    async def crew() -> None:
        await asyncio.gather(*(work(worker) for worker in range(writers)))

    asyncio.run(crew())
    return took


def exchanges(log: AuditLog, writers: int, seconds: float, _content: None) -> list[float]:
    """Requests: admitted and completed, each durable before the next step; two records each."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def work(worker: int) -> None:
        number = worker * 10_000_000
        while (start := time.perf_counter()) < end:
            admitted = record(number)
            assert isinstance(admitted, Admitted)
            async with Exchange(log, admitted) as exchange:
                await exchange.complete("answered", tokens_in=812, tokens_out=230)
            took.extend([(time.perf_counter() - start) / 2] * 2)
            number += 2

    async def crew() -> None:
        await asyncio.gather(*(work(worker) for worker in range(writers)))

    asyncio.run(crew())
    return took


WORKER = """
import asyncio, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from audit import record
from adhere.audit import RemoteLog
async def work(log, worker, end, done):
    number = worker * 10_000_000
    while time.perf_counter() < end:
        await log.append_async(record(number))
        number += 1
        done.append(1)
async def crew():
    done = []
    async with RemoteLog(Path(sys.argv[2])) as log:
        await log.append_async(record(0))
        print("ready", flush=True)
        sys.stdin.readline()
        start = time.perf_counter()
        end = start + float(sys.argv[4])
        await asyncio.gather(*(work(log, each, end, done) for each in range(int(sys.argv[3]))))
        print(len(done) / (time.perf_counter() - start), flush=True)
asyncio.run(crew())
"""


def through_socket(base: Path, name: str, workers: int, writers: int, seconds: float) -> float:
    """Records a second of several worker processes that share a log through its sequencer."""
    folder, path = base / name, base / "s"
    create_log(folder, base / "keys", NAME)
    command = [sys.executable, "-m", "adhere.cli", "audit", "sequence", str(folder)]
    command += ["--keys", str(base / "keys"), "--socket", str(path)]
    here = str(Path(__file__).parent)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as sequencer:
        sequencer.stdout.readline()
        worker = [sys.executable, "-c", WORKER, here, str(path), str(writers), str(seconds)]
        crew = [subprocess.Popen(worker, **pipes) for _ in range(workers)]
        for each in crew:
            each.stdout.readline()
        for each in crew:
            each.stdin.write("go\n")
            each.stdin.flush()
        rate = sum(float(each.stdout.readline()) for each in crew)
        for each in crew:
            each.communicate()
        sequencer.terminate()
        sequencer.wait()
    assert not verify_log(LogFolder(folder)).findings
    shutil.rmtree(folder)
    return rate


def pipelined(log: AuditLog, count: int) -> float:
    """Records a second where one producer does not wait for each: what the log itself can take."""
    records = [record(number) for number in range(count)]
    start = time.perf_counter()
    waiting = [log.submit(each) for each in records]
    for each in waiting:
        each.result()
    return count / (time.perf_counter() - start)


CASES = (
    *((f"{n} threads", n, threads, None) for n in (1, 8, 64)),
    *((f"{n} threads with content", n, threads, b"x" * 2000) for n in (1, 8, 64)),
    *((f"{n} tasks", n, tasks, None) for n in (1, 8, 64, 256)),
    ("64 tasks with content", 64, tasks, b"x" * 2000),
    ("64 tasks, exchanges", 64, exchanges, None),
)


def writing(base: Path, seconds: float, rounds: int) -> dict[str, object]:
    """Durable appends a second, the floor in turns with them."""
    figures: dict[str, list[float]] = {}
    delays: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    for turn in range(rounds):
        took = floor(base, seconds)
        figures.setdefault("floor", []).append(len(took) / sum(took))
        for name, writers, write, content in CASES:
            folder = base / f"log-{turn}-{name.replace(' ', '-')}"
            create_log(folder, base / "keys", NAME)
            with AuditLog(folder, base / "keys") as log:
                start, spent = time.perf_counter(), time.process_time()
                took = write(log, writers, seconds, content)
                figures.setdefault(name, []).append(len(took) / (time.perf_counter() - start))
                cpu.setdefault(name, []).append((time.process_time() - spent) / len(took) * 1e6)
            delays.setdefault(name, []).extend(took)
            assert not verify_log(LogFolder(folder)).findings
            shutil.rmtree(folder)
        for workers, writers in ((1, 64), (2, 64), (4, 64)):
            rate = through_socket(base, f"log-{turn}-s{workers}", workers, writers, seconds)
            figures.setdefault(f"{workers} processes of {writers} tasks", []).append(rate)
        folder = base / f"log-{turn}-p"
        create_log(folder, base / "keys", NAME)
        with AuditLog(folder, base / "keys") as log:
            figures.setdefault("pipelined", []).append(pipelined(log, 100_000))
        shutil.rmtree(folder)
    rates = {name: round(statistics.median(values)) for name, values in figures.items()}
    return {
        "per_second": rates,
        "times_the_floor": {
            name: round(rate / rates["floor"], 1) for name, rate in rates.items() if name != "floor"
        },
        "best_per_second": {name: round(max(values)) for name, values in figures.items()},
        "cpu_us_a_record": {name: round(statistics.median(all_), 1) for name, all_ in cpu.items()},
        "latency_ms_p50_p99": {
            name: [round(1e3 * sorted(took)[int(len(took) * part)], 2) for part in (0.5, 0.99)]
            for name, took in delays.items()
        },
    }


def verifying(folder: Path) -> dict[str, object]:
    """Verify in a process of its own, so that its memory is its own."""
    script = (
        "import sys, time; from pathlib import Path\n"
        "from adhere.audit import LogFolder, verify_log\n"
        "def peak():\n"
        "    lines = Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
        "idle = peak()\n"
        "start = time.process_time(); wall = time.perf_counter()\n"
        "found = verify_log(LogFolder(Path(sys.argv[1])))\n"
        "assert not found.findings\n"
        "spent = time.process_time() - start, time.perf_counter() - wall\n"
        "print(found.size, *spent, peak() - idle, idle)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True
    )
    size, cpu, wall, grew, idle = map(float, done.stdout.split())
    return {
        "records": int(size), "seconds": round(wall, 2), "cpu_seconds": round(cpu, 2),
        "records_per_second": round(size / wall), "memory_above_idle_mb": round(grew / 1024, 1),
        "idle_mb": round(idle / 1024, 1),
    }  # fmt: skip


def large(base: Path, count: int) -> dict[str, object]:
    """A log of many records: size on disk, verification, proofs."""
    folder, keys = base / "large", base / "keys"
    create_log(folder, keys, NAME)
    start = time.perf_counter()
    with AuditLog(folder, keys) as log:
        old = LogFolder(folder).checkpoint().note
        for first in range(0, count - 1, 20_000):
            last = min(first + 20_000, count - 1)
            for each in [log.submit(record(number)) for number in range(first, last)]:
                each.result()
            if first < count // 3 <= last:
                log.publish()
                old = LogFolder(folder).checkpoint().note
    wrote = time.perf_counter() - start
    log_folder = LogFolder(folder)
    signed = log_folder.checkpoint()
    size, before = signed.checkpoint.size, int(old.split("\n")[1])
    nodes, index = log_folder.nodes(size), size // 2 + 1
    files = [path.stat() for path in folder.rglob("*") if path.is_file()]
    start = time.perf_counter()
    inclusion = write_inclusion(index, log_folder.entry(index, size), signed.note, size, nodes)
    took = time.perf_counter() - start
    consistency = write_consistency(old, signed.note, (before, size), nodes)
    return {
        "records": size,
        "written_in_seconds": round(wrote, 1),
        "bytes_on_disk": sum(each.st_size for each in files),
        "blocks_on_disk": sum(each.st_blocks * 512 for each in files),
        "bytes_per_record": round(sum(each.st_size for each in files) / size, 1),
        "files": len(files),
        "inclusion_proof": {
            "hashes": len(inclusion_proof(index, size, nodes)), "file_bytes": len(inclusion),
            "made_in_ms": round(took * 1e3, 2),
        },
        "consistency_proof": {
            "from": before, "hashes": len(consistency_proof(before, size, nodes)),
            "hash_bytes": 32 * len(consistency.proof),
        },
        "verify": verifying(folder),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path.cwd() / ".bench")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    base = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        found = {
            "record_bytes": len(encode_record(record(1))),
            "writing": writing(base, options.seconds, options.rounds),
            "large": large(base, 1_000_000 if options.million else 50_000),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    finally:
        shutil.rmtree(base)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
