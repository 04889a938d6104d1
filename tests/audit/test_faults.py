"""Every file-system call of opening, appending, publishing, erasing fails; nothing is lost."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from adhere.audit.content import seal
from adhere.audit.folder import LogFolder
from adhere.audit.keys import create_log, open_key_store, read_signing_key
from adhere.audit.log import AuditLog
from adhere.audit.note import Signer
from adhere.audit.record import (
    Admitted,
    Completed,
    Interrupted,
    Opened,
    decode_record,
    encode_record,
)
from adhere.audit.store import Pace, Store
from adhere.audit.verify import verify_log
from adhere.errors import AdhereError, SystemFault

from .conftest import ORIGIN, TIME, admitted, completed
from .simulated_disk import CountingDisk, Dead, DyingDisk, FailingDisk, ShortDisk

PACE = Pace(records=4, seconds=3600)
Paths = tuple[Path, Path]
Play = Callable[[Paths, CountingDisk, set[str], list[str]], None]


@pytest.fixture
def fast(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: these tests simulate what disks do."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        dir=memory if os.access(memory, os.W_OK) else tmp_path
    ) as path:
        yield Path(path)


def play(paths: Paths, disk: CountingDisk, acknowledged: set[str], erased: list[str]) -> None:
    """What a gateway does, on a disk that may fail; what is acknowledged is noted at once."""
    audit = AuditLog(*paths, disk=disk, pace=PACE)
    try:
        for number in range(5):
            audit.append(admitted(number), b"question")
            acknowledged.add(f"admitted-{number}")
            if number < 4:
                audit.append(completed(number), b"answer")
                acknowledged.add(f"completed-{number}")
        audit.erase("talk-1", "person")
        erased.append("talk-1")
    finally:
        audit.close()


def play_beside(
    paths: Paths, disk: CountingDisk, acknowledged: set[str], erased: list[str]
) -> None:
    """Commits between the steps of a publication, as the sequencer's threads make them."""
    keys = open_key_store(paths[1])
    try:
        signer = Signer(read_signing_key(paths[1]))
        store = Store(LogFolder(paths[0]), keys, signer, disk, TIME)

        def commit(record: Admitted | Completed) -> None:
            reference, blob = seal(b"text", *keys.key_of(record.conversation))
            entry = encode_record(msgspec.structs.replace(record, content=reference))
            store.commit([entry], [blob])
            name = type(record).__name__.lower()
            acknowledged.add(f"{name}-{record.request.removeprefix('req-')}")

        try:
            for number in range(2):
                moves = number == 0  # the second leaves nothing to move
                commit(admitted(number))
                publication = store.begin()
                assert publication is not None
                if moves:
                    commit(completed(number))
                store.write(publication)
                if moves:
                    commit(admitted(10))
                store.finish(publication)
                if moves:
                    commit(admitted(20))
        finally:
            store.close()
    finally:
        keys.close()


def check(paths: Paths, acknowledged: set[str], erased: list[str]) -> None:
    """Whatever happened: the log verifies, before and after it is taken up, and lost nothing."""
    before = verify_log(LogFolder(paths[0]))
    # An erasure that was cut off between its record and its file is finished by the next writer.
    assert [each for each in before.findings if each.rule != "erasure"] == []
    with AuditLog(*paths, disk=CountingDisk()) as audit:
        audit.append(admitted(10**6), b"still writing")
    after = verify_log(LogFolder(paths[0]))
    assert after.findings == ()
    folder = LogFolder(paths[0])
    kinds, done = set(), set()
    for _, entry in folder.entries(0, after.size):
        record = decode_record(entry, "")
        if isinstance(record, Admitted | Completed):
            kinds.add(f"{type(record).__name__.lower()}-{record.request.removeprefix('req-')}")
        if isinstance(record, Completed | Interrupted):
            done.add(record.request)
    assert acknowledged <= kinds
    # Everyone who was let in came to an end, but for the one admitted just now.
    admitted_ids = {each.removeprefix("admitted-") for each in kinds if each.startswith("admitted")}
    assert {f"req-{number}" for number in admitted_ids} - done == {"req-1000000"}
    if erased:
        assert after.erased > 0


def attempt(
    tmp_path: Path, name: str, disk: CountingDisk, play: Play = play
) -> tuple[Paths, set[str], list[str]]:
    paths = tmp_path / name / "log", tmp_path / name / "keys"
    paths[0].parent.mkdir()
    create_log(*paths, ORIGIN)
    acknowledged: set[str] = set()
    erased: list[str] = []
    failing = (OSError,) if isinstance(disk, FailingDisk | ShortDisk) else ()
    with suppress(AdhereError, Dead, *failing):
        play(paths, disk, acknowledged, erased)
    return paths, acknowledged, erased


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The calls of a run in which nothing fails."""
    disk = CountingDisk()
    paths, acknowledged, erased = attempt(tmp_path_factory.mktemp("well"), "log", disk)
    assert len(acknowledged) == 9
    assert erased
    check(paths, acknowledged, erased)
    return list(disk.calls)


def test_every_kind_of_call_is_made(calls: list[str]) -> None:
    assert set(calls) == {
        "open", "write", "sync", "truncate", "close", "replace", "make_folder", "remove",
    }  # fmt: skip


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_an_error_at_any_call_loses_nothing(fast: Path, calls: list[str], code: int) -> None:
    for at in range(1, len(calls) + 1):
        paths, acknowledged, erased = attempt(fast, f"at-{at}", FailingDisk(at, code))
        check(paths, acknowledged, erased)


@pytest.mark.parametrize("then_fails", [False, True])
def test_a_short_write_at_any_write_loses_nothing(
    fast: Path, calls: list[str], then_fails: bool
) -> None:
    for at in (at for at, name in enumerate(calls, 1) if name == "write"):
        disk = ShortDisk(at, then_fails=then_fails)
        paths, acknowledged, erased = attempt(fast, f"at-{at}", disk)
        if not then_fails:
            assert len(acknowledged) == 9, "the rest is simply written next"
        check(paths, acknowledged, erased)


def test_being_killed_at_any_call_loses_nothing(fast: Path, calls: list[str]) -> None:
    for at in range(1, len(calls) + 1):
        paths, acknowledged, erased = attempt(fast, f"at-{at}", DyingDisk(at))
        check(paths, acknowledged, erased)


@pytest.mark.parametrize("seed", range(3))
def test_losing_power_at_any_call_loses_nothing(fast: Path, calls: list[str], seed: int) -> None:
    for at in range(1, len(calls) + 1):
        disk = DyingDisk(at, random.Random(f"{seed}-{at}"))
        paths, acknowledged, erased = attempt(fast, f"at-{at}", disk)
        disk.cut_power()
        check(paths, acknowledged, erased)


@pytest.fixture(scope="module")
def calls_beside(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    disk = CountingDisk()
    made = attempt(tmp_path_factory.mktemp("beside"), "log", disk, play_beside)
    assert len(made[1]) == 5
    check(*made)
    assert disk.calls.count("replace") == 4  # a checkpoint each and the first; a journal
    return list(disk.calls)


@pytest.mark.parametrize("how", ["error", "short", "kill", "power"])
def test_a_publication_beside_commits_loses_nothing(
    fast: Path, calls_beside: list[str], how: str
) -> None:
    for at, name in enumerate(calls_beside, 1):
        if how == "short" and name != "write":
            continue
        disk: CountingDisk = {
            "error": lambda at=at: FailingDisk(at, errno.EIO),
            "short": lambda at=at: ShortDisk(at, then_fails=True),
            "kill": lambda at=at: DyingDisk(at),
            "power": lambda at=at: DyingDisk(at, random.Random(at)),
        }[how]()
        made = attempt(fast, f"at-{at}", disk, play_beside)
        if isinstance(disk, DyingDisk) and disk.power:
            disk.cut_power()
        check(*made)


def test_a_disk_that_fails_in_a_publication_stops_the_log(paths: Paths) -> None:
    disk = CountingDisk()
    audit = AuditLog(*paths, disk=disk, pace=Pace(records=10**6, seconds=0.01))

    def fail(name: str, *args: object) -> None:
        if name == "replace":
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    disk.strike = fail  # type: ignore[method-assign]
    acknowledged = set()
    with pytest.raises(SystemFault, match="open the log again"):  # noqa: PT012
        for number in range(10**6):
            audit.append(admitted(number))
            acknowledged.add(f"admitted-{number}")
    with pytest.raises(SystemFault):
        audit.close()
    check(paths, acknowledged, [])


def test_after_a_failure_nothing_is_taken_and_everyone_is_told(paths: Paths) -> None:
    disk = CountingDisk()
    audit = AuditLog(*paths, disk=disk)
    audit.append(admitted(0))

    def fail(name: str, *args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    disk.strike = fail  # type: ignore[method-assign]
    waiting = [audit.submit(admitted(number)) for number in range(1, 4)]
    for each in waiting:
        with pytest.raises(SystemFault, match="No space left"):
            each.result(timeout=10)
    with pytest.raises(SystemFault, match="open the log again"):
        audit.append(admitted(9))
    with pytest.raises(SystemFault):
        audit.close()
    check(paths, {"admitted-0"}, [])


WRITER = """
import os, sys, threading
from pathlib import Path
from adhere.audit.log import AuditLog
from adhere.audit.record import Admitted, Completed, SCHEMA
from adhere.audit.store import Pace
from datetime import datetime, UTC

pace = Pace(records=int(sys.argv[3]), seconds=0.2)
audit = AuditLog(Path(sys.argv[1]), Path(sys.argv[2]), pace=pace)
def work(worker):
    number = 0
    while True:
        number += 1
        request = f"{os.getpid()}-{worker}-{number}"
        common = dict(schema=SCHEMA, time=datetime.now(UTC), request=request)
        common["conversation"] = f"c{worker}"
        audit.append(Admitted(**common), b"question" if number % 3 else None)
        os.write(1, f"admitted {request}\\n".encode())
        audit.append(Completed(**common, outcome="answered"), b"answer")
        os.write(1, f"completed {request}\\n".encode())
for worker in range(8):
    threading.Thread(target=work, args=(worker,), daemon=True).start()
threading.Event().wait()
"""


def kill_under_load(paths: Paths, times: int, chance: random.Random) -> int:
    """Start a writer, kill it in the midst of its work, look at the log; and again."""
    acknowledged: set[str] = set()
    for _ in range(times):
        command = [
            sys.executable,
            "-c",
            WRITER,
            *map(str, paths),
            str(chance.choice([16, 100, 4000])),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()  # it works
            time.sleep(chance.uniform(0.0, 0.25))
            writer.send_signal(signal.SIGKILL)
            lines = [first, *writer.stdout]
        acknowledged |= {line.decode().strip() for line in lines if line.endswith(b"\n")}
        found = verify_log(LogFolder(paths[0]))
        assert found.findings == ()
    with AuditLog(*paths):
        pass
    found = verify_log(LogFolder(paths[0]))
    assert (found.findings, found.open) == ((), 0)
    present: set[str] = set()
    opened = 0
    for _, entry in LogFolder(paths[0]).entries(0, found.size):
        record = decode_record(entry, "")
        opened += isinstance(record, Opened)
        if isinstance(record, Admitted | Completed):
            present.add(f"{type(record).__name__.lower()} {record.request}")
    assert opened == times + 1
    assert acknowledged <= present
    return len(acknowledged)


def test_kill_9_under_load(paths: Paths) -> None:
    assert kill_under_load(paths, 4, random.Random(1)) > 20


@pytest.mark.soak
def test_kill_9_under_load_200_times(paths: Paths) -> None:
    count = kill_under_load(paths, 200, random.Random(2))
    print(f"\n200 kills, {count} acknowledged records, none lost")


def run_limited(paths: Paths, limit: int) -> subprocess.CompletedProcess[bytes]:
    """The writer with a limit on the size of files: what it meets is a full disk, for real."""

    def restrict() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    script = WRITER.replace("while True:", "while number < 10_000:")
    for record in ("Admitted", "Completed"):  # whichever meets the limit first
        script = script.replace(f"audit.append({record}", f"failing(audit.append, {record}")
    script = "\n".join([
        "import os",
        "from adhere.errors import SystemFault",
        "def failing(append, *args):",
        "    try:",
        "        append(*args)",
        "    except SystemFault as error:",
        "        os.write(2, str(error).encode())",
        "        os._exit(7)",
        script,
    ])  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, paths), "100000"],
        capture_output=True, timeout=60, preexec_fn=restrict, check=False,
    )  # fmt: skip


def test_a_full_disk_stops_the_log_with_a_clear_error(paths: Paths) -> None:
    done = run_limited(paths, 200_000)
    assert done.returncode == 7
    assert b"the log cannot be written: File too large" in done.stderr
    assert verify_log(LogFolder(paths[0])).findings == ()
    acknowledged = {line for line in done.stdout.decode().splitlines() if line}
    with AuditLog(*paths):
        pass
    found = verify_log(LogFolder(paths[0]))
    assert (found.findings, found.open) == ((), 0)
    present = set()
    for _, entry in LogFolder(paths[0]).entries(0, found.size):
        record = decode_record(entry, "")
        if isinstance(record, Admitted | Completed):
            present.add(f"{type(record).__name__.lower()} {record.request}")
    assert len(acknowledged) > 20
    assert acknowledged <= present


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """A real file system of 1 MB, where the machine lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(*options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(["size=1m", *options]), "tmpfs", folder]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount")
        if done.returncode:
            pytest.skip("mounting is not allowed here")
        return folder

    yield mount
    subprocess.run(["umount", folder], capture_output=True, check=False)


def test_a_really_full_disk_and_then_room_again(
    small_disk: Callable[..., Path], tmp_path: Path
) -> None:
    disk = small_disk()
    paths = disk / "log", tmp_path / "keys"
    create_log(*paths, ORIGIN)
    (disk / "ballast").write_bytes(bytes(600_000))
    acknowledged: set[str] = set()
    audit = AuditLog(*paths)
    with pytest.raises(SystemFault, match="No space left on device"):  # noqa: PT012
        for number in range(10_000):
            audit.append(admitted(number), b"question" * 20)
            acknowledged.add(f"admitted-{number}")
    with pytest.raises(SystemFault):
        audit.close()
    assert verify_log(LogFolder(paths[0])).findings == ()
    (disk / "ballast").unlink()
    assert len(acknowledged) > 20
    check(paths, acknowledged, [])


def test_a_read_only_disk_is_named_and_can_be_verified(
    small_disk: Callable[..., Path], tmp_path: Path
) -> None:
    disk = small_disk()
    paths = disk / "log", tmp_path / "keys"
    create_log(*paths, ORIGIN)
    with AuditLog(*paths) as audit:
        audit.append(admitted(0))
    remount = ["mount", "-o", "remount,ro", str(disk)]
    if subprocess.run(remount, capture_output=True, check=False).returncode:
        pytest.skip("remounting is not allowed here")
    with pytest.raises(SystemFault, match="Read-only file system"):
        AuditLog(*paths)
    assert verify_log(LogFolder(paths[0])).findings == ()
