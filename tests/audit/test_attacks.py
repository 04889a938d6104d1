"""An attacker with the files, or with the signing key: each change is found, with its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adhere.audit.checkpoint import Checkpoint
from adhere.audit.content import content_path, read_content
from adhere.audit.folder import LogFolder
from adhere.audit.growth import Edge
from adhere.audit.journal import Frame, encode_frame
from adhere.audit.keys import create_log, read_signing_key
from adhere.audit.log import AuditLog
from adhere.audit.merkle import Frontier, leaf_hash
from adhere.audit.note import COSIGNATURE, Signer, SignerKey, VerifierKey
from adhere.audit.proof import HEADER, check_inclusion, read_consistency
from adhere.audit.record import decode_record, encode_record
from adhere.audit.tiles import decode_bundle, encode_bundle
from adhere.audit.verification import AuditFinding
from adhere.audit.verify import verify_log
from adhere.audit.witness import Witness, create_witness
from adhere.errors import InputError

from .conftest import ORIGIN, admitted, note_of

SIZE = 701
WITNESS = SignerKey("witness.example/w1", COSIGNATURE, bytes(range(32)))
Copy = Callable[[str], tuple[Path, Path]]


def findings(log: Path, key: VerifierKey, *witnesses: str) -> list[AuditFinding]:
    notes = [(f"witness-{at}", note) for at, note in enumerate(witnesses)]
    return list(verify_log(LogFolder(log), key=key, witnesses=notes).findings)


def bundle(log: Path, index: int) -> Path:
    root = log / "tile" / "entries"
    return root / f"{index:03d}" if index < 2 else next((root / "002.p").iterdir())


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(encode_bundle(change(decode_bundle(path.read_bytes(), ""))))


def edit(entries: list[bytes], at: int) -> list[bytes]:
    return [*entries[:at], entries[at].replace(b"dev-a", b"dev-b"), *entries[at + 1 :]]


def duplicate(entries: list[bytes]) -> list[bytes]:
    return [*entries[:3], entries[2], *entries[4:]]


def swap(entries: list[bytes]) -> list[bytes]:
    return [*entries[:9], entries[10], entries[9], *entries[11:]]


def rebuild(log: Path, entries: list[bytes], signer: Signer | None) -> None:
    """Write all tiles anew for other entries; sign the checkpoint where there is a key."""
    shutil.rmtree(log / "tile")
    leaves = [leaf_hash(entry) for entry in entries]
    for path, data in Edge().grow(entries, leaves):
        (log / path).parent.mkdir(parents=True, exist_ok=True)
        (log / path).write_bytes(data)
    if signer is not None:
        tree = Frontier()
        for leaf in leaves:
            tree.append(leaf)
        note = signer.sign(Checkpoint(ORIGIN, tree.size, tree.root()).text())
        (log / "checkpoint").write_text(note, encoding="utf-8")


def all_entries(log: Path) -> list[bytes]:
    folder = LogFolder(log)
    return [entry for _, entry in folder.entries(0, folder.checkpoint().checkpoint.size)]


def first_content(log: Path) -> tuple[Path, list[bytes]]:
    path = next(path for path in sorted((log / "content").rglob("*")) if path.is_file())
    return path, read_content(path)[0]


def put_content(path: Path, pieces: list[bytes]) -> None:
    path.write_bytes(b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces))


def forge_signature(log: Path) -> None:
    path = log / "checkpoint"
    note = path.read_text(encoding="utf-8")
    head, _, tail = note.rpartition(" ")
    path.write_text(
        f"{head} {tail[:20]}{'A' if tail[20] != 'A' else 'B'}{tail[21:]}", encoding="utf-8"
    )


def resign_with_own_key(log: Path) -> None:
    own = SignerKey(ORIGIN, 1, bytes(32))
    identity = json.loads((log / "log.json").read_text(encoding="utf-8"))
    identity["key"] = str(own.verifier)
    (log / "log.json").write_text(json.dumps(identity), encoding="utf-8")
    rebuild(log, edit(all_entries_unchecked(log), 5), Signer(own))


def all_entries_unchecked(log: Path) -> list[bytes]:
    return [each for at in range(3) for each in decode_bundle(bundle(log, at).read_bytes(), "")]


def swap_contents(log: Path) -> None:
    path, pieces = first_content(log)
    put_content(path, [pieces[0][:-1] + bytes([pieces[0][-1] ^ 1]), *pieces[1:]])


def insert(log: Path) -> None:
    rewrite(bundle(log, 2), lambda entries: [*entries, encode_record(admitted(9999))])


def lower_size(log: Path) -> None:
    path = log / "checkpoint"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\n701\n", "\n700\n"), encoding="utf-8"
    )


def change_tile(log: Path, name: str) -> None:
    path = log / "tile" / name
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def cut_within_an_entry(log: Path) -> None:
    bundle(log, 2).write_bytes(bundle(log, 2).read_bytes()[:-9])


def cut_content(log: Path) -> None:
    path, pieces = first_content(log)
    put_content(path, pieces[:-1])


def rewrite_entries_and_tiles(log: Path) -> None:
    rebuild(log, edit(all_entries(log), 300), None)


Attack = Callable[[Path], object]
ATTACKS: dict[str, tuple[Attack, str, int | None, str]] = {
    # What is done: how; then the rule that finds it, the record it names, and the file.
    "edit": (lambda log: rewrite(bundle(log, 1), lambda e: edit(e, 4)), "entry", 260, "001"),
    "delete": (lambda log: rewrite(bundle(log, 0), lambda e: e[:7] + e[8:]), "entry", 7, "000"),
    "delete the first": (lambda log: rewrite(bundle(log, 0), lambda e: e[1:]), "entry", 0, "000"),
    "reorder": (lambda log: rewrite(bundle(log, 0), swap), "entry", 9, "entries/000"),
    "insert": (insert, "entry", SIZE, "entries/002.p/189"),
    "insert into a full file": (
        lambda log: rewrite(bundle(log, 0), lambda e: [*e, e[0]]), "entry", 256, "entries/000"
    ),
    "duplicate": (lambda log: rewrite(bundle(log, 1), duplicate), "entry", 259, "entries/001"),
    "remove a file": (lambda log: bundle(log, 1).unlink(), "missing", 256, "entries/001"),
    "remove the last file": (lambda log: bundle(log, 2).unlink(), "missing", 512, "002.p/189"),
    "cut off the last": (lambda log: rewrite(bundle(log, 2), lambda e: e[:-1]), "entry", 700, ""),
    "cut within an entry": (cut_within_an_entry, "entry", 700, "entries/002.p/189"),
    "change a tile": (lambda log: change_tile(log, "0/000"), "tile", 0, "tile/0/000"),
    "change an upper tile": (lambda log: change_tile(log, "1/000.p/2"), "tile", None, "000.p/2"),
    "remove a tile": (lambda log: (log / "tile/0/001").unlink(), "missing", 256, "tile/0/001"),
    "rewrite entries and tiles": (rewrite_entries_and_tiles, "root", 0, "checkpoint"),
    "forge the signature": (forge_signature, "signature", None, "checkpoint"),
    "lower the checkpoint's size": (lower_size, "signature", None, "checkpoint"),
    "no checkpoint": (lambda log: (log / "checkpoint").unlink(), "signature", None, "checkpoint"),
    "sign all anew with another key": (resign_with_own_key, "key", None, "log.json"),
    "swap content": (swap_contents, "content", 1, "content/"),
    "remove content": (lambda log: first_content(log)[0].unlink(), "content", 1, "content/"),
    "cut content": (cut_content, "content", None, "content/"),
}  # fmt: skip


def test_the_untouched_log_is_whole(filled: tuple[Path, Path]) -> None:
    key = LogFolder(filled[0]).key
    assert findings(filled[0], key, note_of(filled[0])) == []


@pytest.mark.parametrize("name", ATTACKS)
def test_a_change_is_found_with_its_place(name: str, copied: Copy) -> None:
    log, _ = copied("attacked")
    key = LogFolder(log).key
    attack, rule, index, place = ATTACKS[name]
    attack(log)
    found = findings(log, key)
    assert rule in {each.rule for each in found}, found
    first = next(each for each in found if each.rule == rule)
    assert place in first.place
    if rule == "content":
        record = decode_record(all_entries(log)[first.index or 0], "")
        assert getattr(record, "content", None) is not None
        assert content_path(log, record.content.key) == Path(first.place)  # type: ignore[union-attr]
    else:
        assert first.index == index


def test_contents_of_two_conversations_exchanged(copied: Copy) -> None:
    log, _ = copied("attacked")
    paths = [path for path in sorted((log / "content").rglob("*")) if path.is_file()][:2]
    one, two = (path.read_bytes() for path in paths)
    paths[0].write_bytes(two)
    paths[1].write_bytes(one)
    found = findings(log, LogFolder(log).key)
    assert {each.place for each in found} == {str(path) for path in paths}


def test_an_old_checkpoint_put_back(copied: Copy) -> None:
    log, keys = copied("attacked")
    old = (log / "checkpoint").read_bytes()
    with AuditLog(log, keys) as audit:
        audit.append(admitted(1000))
    key = LogFolder(log).key
    assert findings(log, key) == []
    (log / "checkpoint").write_bytes(old)
    assert [each.rule for each in findings(log, key)] == ["checkpoint"]


def grown(log: Path, keys: Path, first: int) -> str:
    with AuditLog(log, keys) as audit:
        for number in range(first, first + 40):
            audit.submit(admitted(number))
    return note_of(log)


def test_truncation_with_everything_made_to_fit_is_found_by_a_checkpoint_kept_elsewhere(
    copied: Copy,
) -> None:
    log, keys = copied("attacked")
    before = shutil.copytree(log, log.with_name("before"))
    kept = grown(log, keys, 1000)
    shutil.rmtree(log)
    before.rename(log)  # the whole folder, as it was
    key = LogFolder(log).key
    assert findings(log, key) == []
    found = findings(log, key, kept)
    assert [(each.rule, each.index, each.place) for each in found] == [
        ("truncated", SIZE, "witness-0")
    ]


def test_a_fork_is_found_by_a_checkpoint_kept_elsewhere(copied: Copy) -> None:
    log, keys = copied("attacked")
    agreed = note_of(log)
    shutil.copytree(log, log.with_name("fork"))
    kept = grown(log.with_name("fork"), keys, 2000)
    grown(log, keys, 1000)
    key = LogFolder(log).key
    assert findings(log, key) == []
    found = findings(log, key, agreed, kept)
    assert [(each.rule, each.place, each.index) for each in found] == [("fork", "witness-1", SIZE)]


def test_an_attacker_with_the_signing_key_is_found_by_a_witness(copied: Copy) -> None:
    log, keys = copied("attacked")
    note = note_of(log)
    cosigned = note + Signer(WITNESS).line(note.rpartition("\n\n")[0] + "\n", 1_700_000_000)
    key = LogFolder(log).key
    whole = verify_log(
        LogFolder(log), key=key, witnesses=[("w", cosigned)], witness_keys=[WITNESS.verifier]
    )
    assert whole.findings == ()
    assert [(each.size, each.cosigned) for each in whole.witnessed] == [(SIZE, (WITNESS.name,))]
    rebuild(log, edit(all_entries(log), 300), Signer(read_signing_key(keys)))
    assert findings(log, key) == [], "with the key, the log agrees with itself"
    found = verify_log(
        LogFolder(log), key=key, witnesses=[("w", cosigned)], witness_keys=[WITNESS.verifier]
    ).findings
    assert [(each.rule, each.place) for each in found] == [("fork", "w")]


def test_a_forged_cosignature_is_found(copied: Copy) -> None:
    log, _ = copied("attacked")
    note = note_of(log)
    other = Checkpoint(ORIGIN, SIZE, bytes(32)).text()
    forged = note + Signer(WITNESS).line(other, 1_700_000_000)
    found = verify_log(
        LogFolder(log), witnesses=[("w", forged)], witness_keys=[WITNESS.verifier]
    ).findings
    assert [(each.rule, each.place) for each in found] == [("witness", "w")]


def test_a_checkpoint_of_another_log_is_no_witness(copied: Copy, tmp_path: Path) -> None:
    log, keys = copied("attacked")
    create_log(tmp_path / "other", keys, "other.example")
    found = findings(log, LogFolder(log).key, note_of(tmp_path / "other"))
    assert [each.rule for each in found] == ["witness"]


def with_journal(paths: tuple[Path, Path], count: int) -> tuple[Path, bytes]:
    """A log whose last frames are in the journal still."""
    log, keys = paths
    audit = AuditLog(log, keys)
    for number in range(count):
        audit.append(admitted(number), b"text")
    data = (log / "journal").read_bytes()
    saved = shutil.copytree(log, log.with_name("saved"))
    audit.close()
    return saved, data


def test_the_journal_counts(paths: tuple[Path, Path]) -> None:
    log, _ = with_journal(paths, 5)
    found = verify_log(LogFolder(log))
    assert (found.size, found.content, found.open, found.findings) == (6, 5, 5, ())


@pytest.mark.parametrize("where", ["first", "middle", "last", "head", "length"])
def test_a_changed_journal_is_found_and_not_taken_for_a_torn_write(
    paths: tuple[Path, Path], where: str
) -> None:
    log, data = with_journal(paths, 5)
    frame = data.index(b"adJ1", 1)
    last = data.rindex(b"adJ1")
    at = {
        "first": 60, "middle": frame + 60, "last": last + 60, "head": frame + 2,
        "length": frame + 13,
    }[where]  # fmt: skip
    (log / "journal").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert [each.rule for each in findings(log, LogFolder(log).key)] == ["journal"]


def test_frames_taken_out_of_the_journal_are_found(paths: tuple[Path, Path]) -> None:
    log, data = with_journal(paths, 5)
    first, second = data.index(b"adJ1", 1), data.index(b"adJ1", data.index(b"adJ1", 1) + 1)
    (log / "journal").write_bytes(data[:first] + data[second:])
    found = findings(log, LogFolder(log).key)
    assert [(each.rule, each.index) for each in found] == [("journal", 2)]


def test_a_frame_put_into_the_journal_without_the_key_is_found(paths: tuple[Path, Path]) -> None:
    log, data = with_journal(paths, 2)
    forged = encode_frame(Frame(3, [encode_record(admitted(99))], note_of(log), []))
    (log / "journal").write_bytes(data + forged)
    found = findings(log, LogFolder(log).key)
    assert [(each.rule, each.index) for each in found] == [("journal", 3)]


@pytest.mark.parametrize("cut", [1, 7, 23, 24, 200])
def test_a_torn_end_is_a_note_and_no_finding(paths: tuple[Path, Path], cut: int) -> None:
    log, data = with_journal(paths, 3)
    (log / "journal").write_bytes(data + data[data.rindex(b"adJ1") :][:cut])
    found = verify_log(LogFolder(log))
    assert found.findings == ()
    assert any(f"{cut} bytes of a write that was cut off" in note for note in found.notes)


def test_a_hole_of_zeros_in_the_last_frame_is_a_torn_end(paths: tuple[Path, Path]) -> None:
    log, keys = paths
    audit = AuditLog(log, keys)
    audit.append(admitted(0, conversation="c" * 2000))
    data = (log / "journal").read_bytes()
    saved = shutil.copytree(log, log.with_name("saved"))
    audit.close()
    (saved / "journal").write_bytes(data[:512] + bytes(512) + data[1024:])
    assert verify_log(LogFolder(saved)).findings == ()
    with AuditLog(saved, keys) as again:
        assert again.size == 2  # the frame is gone, and the log goes on
    assert verify_log(LogFolder(saved)).findings == ()


HOSTILE = [b'{"schema": "\xff"}', b'{"x":' + b"[" * 100_000, b'{"schema": 1}', b"\xff"]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_is_no_json_of_ours_is_refused_and_no_traceback(
    data: bytes, filled: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError):
        decode_record(data, "here")
    with pytest.raises(InputError):
        read_consistency(data.decode("latin-1"), "here")
    (tmp_path / "log.json").write_bytes(data)
    with pytest.raises(InputError):
        LogFolder(tmp_path)
    create_witness(tmp_path / "witness", "witness.example")
    witness = Witness(tmp_path / "witness")
    witness.cosign(note_of(filled[0]), lambda _old, _new: (), LogFolder(filled[0]).key)
    (memory,) = (tmp_path / "witness").glob("log-*.json")
    memory.write_bytes(data)
    with pytest.raises(InputError):
        witness.seen(ORIGIN)


@pytest.mark.parametrize("number", ["1" * 5000, "01", "-1", "", "\u00b2", "1" * 20])
def test_the_number_in_a_proof_is_a_number(number: str, filled: tuple[Path, Path]) -> None:
    proof = f"{HEADER}\nextra \nindex {number}\n\n{note_of(filled[0])}"
    with pytest.raises(InputError, match="number in the proof is none"):
        check_inclusion(proof, LogFolder(filled[0]).key)


@pytest.mark.parametrize("name", ["\u00b2", "000.p/\u00b2", "x\u00b3/001"])
def test_strange_names_among_the_entries_stop_nobody(name: str, copied: Copy) -> None:
    log, _ = copied("strange")
    path = log / "tile" / "entries" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    assert verify_log(LogFolder(log)).size == SIZE
