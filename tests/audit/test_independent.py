"""The verifier of the documents, which shares no code with ours, judges our files."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from adhere.audit.folder import LogFolder
from adhere.audit.log import AuditLog
from adhere.audit.merkle import consistency_proof, inclusion_proof, leaf_hash
from adhere.audit.note import ED25519, Signer, SignerKey
from adhere.audit.proof import write_consistency, write_inclusion

from .conftest import admitted, note_of

SCRIPT = Path(__file__).parent.parent.parent / "docs" / "audit_verifier.py"
Paths = tuple[Path, Path]


def judge(key: object, path: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(key), str(path)],
        capture_output=True, check=False,
    )  # fmt: skip
    assert not done.stderr
    return done.returncode, done.stdout.decode()


@pytest.fixture(scope="module")
def other() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_verifier", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_shares_no_code_with_ours() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    imports = {line for line in text.splitlines() if line.startswith(("import", "from"))}
    assert imports == {
        "from __future__ import annotations", "import base64", "import hashlib", "import json",
        "import sys", "from pathlib import Path",
    }  # fmt: skip


@pytest.mark.parametrize("number", [0, 255, 256, 700])
def test_it_accepts_our_proofs_and_refuses_changed_ones(
    filled: Paths, tmp_path: Path, number: int
) -> None:
    folder = LogFolder(filled[0])
    signed = folder.checkpoint()
    size = signed.checkpoint.size
    proof = write_inclusion(
        number, folder.entry(number, size), signed.note, size, folder.nodes(size)
    )
    path = tmp_path / "a.tlog-proof"
    path.write_text(proof, encoding="utf-8")
    code, said = judge(folder.key, path)
    assert (code, said.split(":")[:2]) == (0, ["holds", f" entry {number} of {size}"])
    lines = proof.split("\n")
    for at in (1, 2, 3, len(lines) - 3, len(lines) - 2):
        line = lines[at]
        other = "B" if line[-4:-3] == "A" else "A"
        changed = f"{line}1" if at == 2 else f"{line[:-4]}{other}{line[-3:]}"
        path.write_text("\n".join([*lines[:at], changed, *lines[at + 1 :]]), encoding="utf-8")
        assert judge(folder.key, path)[0] == 1, at


def test_it_reads_our_log_and_finds_a_change(paths: Paths, tmp_path: Path) -> None:
    empty = note_of(paths[0])
    with AuditLog(*paths) as audit:
        for number in range(300):
            audit.submit(admitted(number))
    middle = note_of(paths[0])
    with AuditLog(*paths) as audit:
        audit.append(admitted(300))
    folder = LogFolder(paths[0])
    assert judge(folder.key, paths[0])[0] == 0
    now = folder.checkpoint()
    size = now.checkpoint.size
    for old in (empty, middle, now.note):
        before = int(old.split("\n")[1])
        proof = write_consistency(old, now.note, (before, size), folder.nodes(size))
        path = tmp_path / "growth.json"
        path.write_bytes(msgspec.json.encode(proof))
        assert judge(folder.key, path) == (0, f"holds: grown from {before} to {size}\n")
        changed = json.loads(path.read_bytes())
        changed["proof"] = [*changed["proof"], changed["proof"][0] if changed["proof"] else "AA=="]
        path.write_text(json.dumps(changed), encoding="utf-8")
        assert judge(folder.key, path)[0] == 1
    bundle = paths[0] / "tile" / "entries" / "000"
    bundle.write_bytes(bundle.read_bytes().replace(b"dev-a", b"dev-b", 1))
    assert judge(folder.key, paths[0])[0] == 1


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 65])
def test_both_follow_every_path_of_a_tree_to_the_same_root(other: ModuleType, size: int) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    root = other.tree(leaves)

    def nodes(level: int, index: int) -> bytes:
        return bytes(other.tree(leaves[index << level : (index + 1) << level]))

    for index in range(size):
        path = inclusion_proof(index, size, nodes)
        assert other.root_of_path(index, size, leaves[index], path) == root
    for old in range(1, size + 1):
        before = other.tree(leaves[:old])
        proof = consistency_proof(old, size, nodes)
        assert other.roots_of_proof(old, size, before, proof) == (before, root)


def test_both_agree_on_signatures(other: ModuleType) -> None:
    for number in range(5):
        key = SignerKey("log.example", ED25519, bytes([number]) * 32)
        text = f"log.example\n{number}\n{'A' * 43}=\n"
        note = Signer(key).sign(text)
        assert other.checkpoint(note, str(key.verifier))[0] == number
        with pytest.raises(ValueError, match="not signed"):
            other.checkpoint(note.replace("\nAAAA", "\nBAAA"), str(key.verifier))
