"""Writing, reading back, erasing: what the log promises when nothing fails."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adhere.assemble.auditing import content_of
from adhere.audit.checkpoint import SignedCheckpoint
from adhere.audit.content import content_path
from adhere.audit.folder import LogFolder
from adhere.audit.index import AuditIndex, AuditQuery
from adhere.audit.keys import create_log, open_key_store
from adhere.audit.log import AuditLog
from adhere.audit.merkle import root_at, verify_consistency
from adhere.audit.note import COSIGNATURE, Signer, SignerKey, VerifierKey
from adhere.audit.proof import (
    check_consistency,
    check_inclusion,
    write_consistency,
    write_inclusion,
)
from adhere.audit.record import (
    SCHEMA,
    Action,
    Admitted,
    Completed,
    Erasure,
    Interrupted,
    Record,
    decision_entry,
    decode_record,
    public_record,
)
from adhere.audit.retention import expired_conversations
from adhere.audit.store import Pace
from adhere.audit.verify import verify_log
from adhere.errors import InputError, UsageError
from adhere.resolve import DecisionOutcome, decision

from .conftest import ORIGIN, SPEC, TIME, admitted, completed, note_of

Paths = tuple[Path, Path]
SECRET = b"the patient's name is Ada Example"


def records(log: Path) -> list[Record]:
    folder = LogFolder(log)
    size = folder.checkpoint().checkpoint.size
    return [decode_record(entry, "") for _, entry in folder.entries(0, size)]


def all_bytes(*folders: Path) -> bytes:
    return b"".join(
        path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    )


def test_many_writers_get_a_number_each(paths: Paths) -> None:
    numbers: list[int] = []

    def work(first: int) -> None:
        numbers.extend(audit.append(admitted(first + each)) for each in range(40))

    with AuditLog(*paths, pace=Pace(records=100)) as audit:
        threads = [threading.Thread(target=work, args=(100 * worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert audit.size == 321
    assert sorted(numbers) == list(range(1, 321))
    found = records(paths[0])
    assert {each.request for each in found if isinstance(each, Admitted)} == {
        f"req-{100 * worker + each}" for worker in range(8) for each in range(40)
    }
    assert verify_log(LogFolder(paths[0])).findings == ()


def test_tasks_wait_without_blocking_each_other(paths: Paths) -> None:
    async def work() -> list[int]:
        return await asyncio.gather(*(audit.append_async(admitted(each)) for each in range(50)))

    with AuditLog(*paths) as audit:
        assert asyncio.run(work()) == list(range(1, 51))


def test_an_acknowledged_record_is_on_the_disk_before_anything_else_happens(paths: Paths) -> None:
    """What another process sees at that moment: the journal, not yet the tiles."""
    with AuditLog(*paths, pace=Pace(seconds=3600)) as audit:
        number = audit.append(completed(7), b"answer")
        seen = verify_log(LogFolder(paths[0]))
        assert (seen.size, seen.findings, seen.records["completed"]) == (number + 1, (), 1)
        assert LogFolder(paths[0]).checkpoint().checkpoint.size == 1
        audit.publish()
        assert LogFolder(paths[0]).checkpoint().checkpoint.size == number + 1


def test_the_journal_becomes_tiles_after_a_while(paths: Paths) -> None:
    with AuditLog(*paths, pace=Pace(seconds=0.01)) as audit:
        audit.append(admitted(1))
        for _ in range(500):
            if LogFolder(paths[0]).checkpoint().checkpoint.size == 2:
                break
            threading.Event().wait(0.01)
        assert LogFolder(paths[0]).checkpoint().checkpoint.size == 2


def test_a_log_is_verified_while_it_is_written(paths: Paths) -> None:
    done = threading.Event()

    def work() -> None:
        number = 0
        while not done.is_set():
            audit.append(admitted(number), b"question")
            number += 1

    with AuditLog(*paths, pace=Pace(records=40)) as audit:
        writers = [threading.Thread(target=work) for _ in range(4)]
        for writer in writers:
            writer.start()
        sizes = []
        for _ in range(40):
            found = verify_log(LogFolder(paths[0]))
            assert found.findings == ()
            sizes.append(found.size)
        done.set()
        for writer in writers:
            writer.join()
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def test_entries_that_came_after_the_checkpoint_was_read_are_no_finding(paths: Paths) -> None:
    """What the test before meets by chance only: tiles that grow while the entries are read."""

    class Moving(LogFolder):
        def checkpoint(self, key: VerifierKey | None = None) -> SignedCheckpoint:
            found = super().checkpoint(key)
            if audit.size < 300:
                for number in range(300):
                    audit.submit(admitted(number))
                audit.publish()
            return found

    with AuditLog(*paths) as audit:
        found = verify_log(Moving(paths[0]))
        assert (found.size, found.findings) == (1, ())


def test_requests_that_never_ended_are_recorded_as_interrupted(paths: Paths) -> None:
    with AuditLog(*paths) as audit:
        open_one = audit.append(admitted(1))
        audit.append(admitted(2))
        audit.append(completed(2))
    with AuditLog(*paths) as audit:
        audit.append(admitted(3))
    found = [each for each in records(paths[0]) if isinstance(each, Interrupted)]
    assert [(each.request, each.admitted) for each in found] == [("req-1", open_one)]
    with AuditLog(*paths):
        pass
    found = [each for each in records(paths[0]) if isinstance(each, Interrupted)]
    assert [each.request for each in found] == ["req-1", "req-3"]


def test_one_writer_at_a_time(paths: Paths) -> None:
    with AuditLog(*paths):
        with pytest.raises(UsageError, match="another process writes"):
            AuditLog(*paths)
        script = (
            "import sys; from pathlib import Path; from adhere.audit.log import AuditLog\n"
            "AuditLog(Path(sys.argv[1]), Path(sys.argv[2]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, paths)], capture_output=True, check=False
        )
        assert b"another process writes to this log" in done.stderr
    AuditLog(*paths).close()


def test_the_other_way_of_keeping_is_declared(tmp_path: Path) -> None:
    create_log(tmp_path / "log", tmp_path / "keys", ORIGIN, mode="buffered")
    with AuditLog(tmp_path / "log", tmp_path / "keys") as audit:
        audit.append(admitted(1))
    assert records(tmp_path / "log")[0].mode == "buffered"  # type: ignore[union-attr]
    assert verify_log(LogFolder(tmp_path / "log")).findings == ()


def test_what_cannot_be_recorded_is_refused_and_the_log_goes_on(paths: Paths) -> None:
    with AuditLog(*paths) as audit:
        with pytest.raises(UsageError, match="too long"):
            audit.append(admitted(1, conversation="c" * 70_000))
        with pytest.raises(UsageError, match="only a record of a conversation"):
            audit.append(msgspec.structs.replace(admitted(1), conversation=""), b"text")
        with pytest.raises(UsageError, match="no content of conversation"):
            audit.erase("nobody", "person")
        assert audit.append(admitted(1)) == 1
    with pytest.raises(UsageError, match="closed"):
        audit.append(admitted(2))
    audit.close()


def test_a_log_is_taken_up_with_its_own_key_only(paths: Paths, tmp_path: Path) -> None:
    create_log(tmp_path / "other", tmp_path / "other-keys", "other.example")
    with pytest.raises(UsageError, match="not this log's"):
        AuditLog(paths[0], tmp_path / "other-keys")
    with pytest.raises(UsageError, match="no such key"):
        AuditLog(paths[0], tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no audit log"):
        AuditLog(tmp_path / "nowhere", paths[1])
    with pytest.raises(UsageError, match="a log already"):
        create_log(*paths, ORIGIN)
    with pytest.raises(UsageError, match="cannot be a log's name"):
        create_log(tmp_path / "new", paths[1], "two words")
    for name in ("signing.key", "content.key"):
        assert stat.S_IMODE((paths[1] / name).stat().st_mode) == 0o600


def test_a_changed_log_is_not_written_to(paths: Paths) -> None:
    with AuditLog(*paths) as audit:
        audit.append(admitted(1))
    tile = paths[0] / "tile" / "0" / "000.p" / "2"
    tile.write_bytes(bytes(64))
    with pytest.raises(InputError, match="adhere audit verify"):
        AuditLog(*paths)


def test_content_is_encrypted_and_comes_back(paths: Paths) -> None:
    with AuditLog(*paths) as audit:
        number = audit.append(admitted(1), SECRET)
        assert SECRET not in all_bytes(*paths)  # in the journal
    assert SECRET not in all_bytes(*paths)  # in its file
    record = records(paths[0])[number]
    folder = LogFolder(paths[0])
    assert content_of(folder, paths[1], record) == SECRET
    assert content_of(folder, paths[1], records(paths[0])[0]) is None


def test_erasure_leaves_no_content_and_every_proof_valid(paths: Paths) -> None:
    with AuditLog(*paths) as audit:
        first = audit.append(admitted(1, conversation="talk"), SECRET)
        audit.append(admitted(2, conversation="other"), b"another's")
        audit.publish()
        folder = LogFolder(paths[0])
        before = folder.checkpoint()
        size = before.checkpoint.size
        entry = folder.entry(first, size)
        proof = write_inclusion(first, entry, before.note, size, folder.nodes(size))
        last = audit.append(completed(1, conversation="talk"), b"answer to Ada")  # journal only
        reference = decode_record(entry, "").content  # type: ignore[union-attr]
        sealed = content_path(paths[0], reference.key).read_bytes()
        wrapped = _wrapped(paths[1], reference.key)
        erased = audit.erase("talk", "person-1")
        # Gone from the disk: the text, its ciphertext, and the key that opened it.
        everything = all_bytes(*paths)
        assert SECRET not in everything
        assert sealed[4:] not in everything
        assert wrapped not in everything
        assert not content_path(paths[0], reference.key).exists()
        # Who talks on gets a new key, and that is kept.
        audit.append(admitted(3, conversation="talk"), b"something new")
    folder = LogFolder(paths[0])
    found = records(paths[0])
    assert isinstance(found[erased], Erasure)
    assert (found[erased].conversation, found[erased].actor) == ("talk", "person-1")
    assert content_of(folder, paths[1], found[first]) is None
    assert content_of(folder, paths[1], found[last]) is None
    assert content_of(folder, paths[1], found[2]) == b"another's"
    report = verify_log(folder, witnesses=[("before", before.note)])
    assert (report.findings, report.content, report.erased) == ((), 2, 2)
    assert check_inclusion(proof, folder.key).entry == entry
    index = AuditIndex(":memory:")
    index.update(folder)
    assert SECRET not in "\n".join(index._db.iterdump()).encode()
    index.close()


def _wrapped(keys: Path, name: str) -> bytes:
    store = open_key_store(keys)
    row = store._db.execute(
        "SELECT wrapped FROM content_key WHERE name = ?", (bytes.fromhex(name),)
    ).fetchone()
    store.close()
    return bytes(row[0])


def test_erased_content_that_comes_back_is_found(paths: Paths) -> None:
    with AuditLog(*paths) as audit:
        audit.append(admitted(1, conversation="talk"), SECRET)
        audit.publish()
        path = next(path for path in (paths[0] / "content").rglob("*") if path.is_file())
        data = path.read_bytes()
        audit.erase("talk", "person-1")
    path.write_bytes(data)
    assert [each.rule for each in verify_log(LogFolder(paths[0])).findings] == ["erasure"]


def test_retention_names_what_is_old_enough(tmp_path: Path) -> None:
    create_log(tmp_path / "log", tmp_path / "keys", ORIGIN, retention_days=30)
    with AuditLog(tmp_path / "log", tmp_path / "keys") as audit:
        for age, who in ((40, "old"), (20, "new"), (40, "both"), (10, "both"), (90, "gone")):
            record = admitted(age, conversation=who)
            when = TIME - timedelta(days=age)
            audit.append(msgspec.structs.replace(record, time=when), b"text")
        audit.append(admitted(1, conversation="nothing kept"))
        audit.erase("gone", "person")
    folder = LogFolder(tmp_path / "log")
    assert expired_conversations(folder, TIME) == ["old"]
    assert expired_conversations(folder, TIME + timedelta(days=21)) == ["old", "new", "both"]


def test_proofs_stand_alone_and_tampered_ones_are_refused(filled: Paths) -> None:
    folder = LogFolder(filled[0])
    signed = folder.checkpoint()
    size = signed.checkpoint.size
    witness = SignerKey("w.example", COSIGNATURE, os.urandom(32))
    text = signed.checkpoint.text()
    note = signed.note + Signer(witness).line(text, 1)
    for number in (0, 1, 255, 256, 511, 512, 700):
        entry = folder.entry(number, size)
        proof = write_inclusion(number, entry, note, size, folder.nodes(size))
        proved = check_inclusion(proof, folder.key, [witness.verifier])
        assert (proved.index, proved.entry) == (number, entry)
        assert [each.key for each in proved.signed.cosignatures] == [witness.verifier]
        lines = proof.split("\n")
        for at, line in enumerate(lines):
            if not line or line.startswith("— w.example"):
                continue
            half = len(line) // 2
            other = "A" if line[half] != "A" else "B"
            bad = "\n".join([*lines[:at], line[:half] + other + line[half + 1 :], *lines[at + 1 :]])
            with pytest.raises(InputError):
                check_inclusion(bad, folder.key)
    with pytest.raises(InputError):
        check_inclusion(proof, SignerKey(ORIGIN, 1, bytes(32)).verifier)


def test_a_log_proves_that_it_only_grew(paths: Paths) -> None:
    folder, notes = LogFolder(paths[0]), [note_of(paths[0])]
    for count in (1, 254, 300):
        with AuditLog(*paths) as audit:
            for number in range(count):
                audit.submit(completed(number))
        notes.append(note_of(paths[0]))
    now = folder.checkpoint().checkpoint
    nodes = folder.nodes(now.size)
    for old in notes:
        size = int(old.split("\n")[1])
        proof = write_consistency(old, notes[-1], (size, now.size), nodes)
        before, after = check_consistency(proof, folder.key)
        assert (before.checkpoint.size, after.checkpoint.size) == (size, now.size)
        assert root_at(size, nodes) == before.checkpoint.root
        if proof.proof:
            bad = msgspec.structs.replace(proof, proof=proof.proof[:-1])
            with pytest.raises(InputError, match="does not show"):
                check_consistency(bad, folder.key)
    assert not verify_consistency(2, now.size, bytes(32), now.root, [])
    backwards = write_consistency(notes[-1], notes[-1], (now.size, now.size), nodes)
    with pytest.raises(InputError, match="does not show"):
        check_consistency(msgspec.structs.replace(backwards, new=notes[1]), folder.key)


def test_the_public_view_is_its_owner_s_and_holds_nothing_privileged() -> None:
    record = completed(1)
    shown = msgspec.to_builtins(public_record(5, record, "dev-a"))
    assert (shown["index"], shown["outcome"]) == (5, "blocked")
    text = str(shown)
    for secret in ("leak", "model-1", "dev-a", "tokens", "latency"):
        assert secret not in text
    for owner in ("dev-b", ""):
        with pytest.raises(UsageError, match="not of a request"):
            public_record(5, record, owner)
    action = Action(schema=SCHEMA, time=TIME, what="rollback", actor="dev-a", subject="release-3")
    with pytest.raises(UsageError, match="not of a request"):
        public_record(6, action, "dev-a")


def test_a_decision_is_recorded_without_its_reasons() -> None:
    full = decision(
        kind="text", outcome=DecisionOutcome.BLOCK, check="leak", section="be_safe",
        reason_public="It would tell Ada's address", reason_full="System prompt line 3 matched",
        spec_digest=SPEC,
    )  # fmt: skip
    entry = decision_entry(full)
    assert (entry.id, entry.check, entry.section) == (full.id, "leak", "be_safe")
    assert "Ada" not in str(entry)
    assert "line 3" not in str(entry)


def test_times_are_of_the_clock_that_is_given(paths: Paths) -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    with AuditLog(*paths, clock=moment.timestamp) as audit:
        audit.append(admitted(1))
    assert records(paths[0])[0].time == moment
    assert isinstance(records(paths[0])[1], Admitted)
    assert not isinstance(records(paths[0])[1], Completed)


def test_the_index_answers_what_is_asked(filled: Paths) -> None:
    index = AuditIndex(":memory:")
    assert index.update(LogFolder(filled[0])) == 701
    query = AuditQuery(section="protect_privileged", decision="block")
    assert len(list(index.find(query))) == 350
    index.close()
