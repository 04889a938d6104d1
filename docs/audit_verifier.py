"""A second opinion: checks adhere's audit proofs and logs, and shares no code with adhere.

Written from RFC 6962 (2.1), RFC 8032 (5.1) and C2SP's signed-note, tlog-checkpoint, tlog-tiles and
tlog-proof; needs Python 3.11 and nothing else. It is slow and short on purpose: read it, then trust
it. It looks at proofs of inclusion, proofs of consistency, and the published part of a log.

    python audit_verifier.py KEY FILE-OR-FOLDER

KEY is the log's public key, NAME+KEYID+BASE64. The exit code is 0 where everything holds.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path

# RFC 8032, 5.1: Ed25519. Points in extended coordinates (X, Y, Z, T).
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    """Add two points."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, y, z, t = f - e, d - c, d + c, f + e
    return x * y % P, z * t % P, y * z % P, x * t % P


def multiply(number: int, point: Point) -> Point:
    """Add a point to itself that many times."""
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def decompress(data: bytes) -> Point:
    """Read a point (5.1.3)."""
    value = int.from_bytes(data, "little")
    sign, y = value >> 255, value & (2**255 - 1)
    if y >= P:
        raise ValueError("not a point")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_M1 % P
    if (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Check an Ed25519 signature (5.1.7)."""
    if len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= Q:
        return False
    try:
        a, r = decompress(public), decompress(signature[:32])
    except ValueError:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = multiply(s, BASE), add(r, multiply(h, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % P
                or (left[1] * right[2] - right[1] * left[2]) % P)  # fmt: skip


def checkpoint(note: str, key: str) -> tuple[int, bytes]:
    """Check a checkpoint's signature; return size and root hash."""
    name, key_id, encoded = key.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != key_id or raw[0] != 1:
        raise ValueError("the key is damaged")
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    for line in lines.splitlines():
        who, signature = line.removeprefix("— ").split(" ")
        data = base64.b64decode(signature, validate=True)
        if who == name and data[:4].hex() == key_id and signed(raw[1:], text.encode(), data[4:]):
            origin, size, root = text.split("\n")[:3]
            if origin != name:
                raise ValueError("the checkpoint is another log's")
            return int(size), base64.b64decode(root, validate=True)
    raise ValueError("the checkpoint is not signed with this key")


def leaf(entry: bytes) -> bytes:
    """RFC 6962, 2.1: the hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1: the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """RFC 6962, 2.1: the largest power of two smaller than size."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def root_of_path(index: int, size: int, value: bytes, path: list[bytes]) -> bytes:
    """RFC 6962, 2.1.1, followed from the root down: the last hash is the sibling at the top."""
    if size == 1:
        if path:
            raise ValueError("the proof is too long")
        return value
    if not path:
        raise ValueError("the proof is too short")
    k, sibling, rest = split(size), path[-1], path[:-1]
    if index < k:
        return node(root_of_path(index, k, value, rest), sibling)
    return node(sibling, root_of_path(index - k, size - k, value, rest))


def roots_of_proof(
    old: int, new: int, known: bytes | None, path: list[bytes]
) -> tuple[bytes, bytes]:
    """RFC 6962, 2.1.2, SUBPROOF read backwards: the old root and the new one that it implies."""
    if old == new:
        if known is not None:
            if path:
                raise ValueError("the proof is too long")
            return known, known
        if len(path) != 1:
            raise ValueError("the proof has a wrong length")
        return path[0], path[0]
    if not path:
        raise ValueError("the proof is too short")
    k, sibling, rest = split(new), path[-1], path[:-1]
    if old <= k:
        before, after = roots_of_proof(old, k, known, rest)
        return before, node(after, sibling)
    before, after = roots_of_proof(old - k, new - k, None, rest)
    return node(sibling, before), node(sibling, after)


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1: the root hash over leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(tree(leaves[:k]), tree(leaves[k:]))


def check_inclusion(text: str, key: str) -> str:
    """c2sp.org/tlog-proof."""
    head, note = text.split("\n\n", 1)
    _, extra, number, *path = head.split("\n")
    entry = base64.b64decode(extra.removeprefix("extra "), validate=True)
    index = int(number.removeprefix("index "))
    size, root = checkpoint(note, key)
    hashes = [base64.b64decode(each, validate=True) for each in path]
    if not index < size or root_of_path(index, size, leaf(entry), hashes) != root:
        raise ValueError("the entry is not in the log")
    return f"entry {index} of {size}: {entry.decode()}"


def check_consistency(text: str, key: str) -> str:
    """The JSON file of a proof that a log only grew."""
    proof = json.loads(text)
    (old, before), (new, after) = checkpoint(proof["old"], key), checkpoint(proof["new"], key)
    path = [base64.b64decode(each, validate=True) for each in proof["proof"]]
    if old == 0:
        right = not path and before == tree([])
    else:
        right = old <= new and roots_of_proof(old, new, before, path) == (before, after)
    if not right:
        raise ValueError("the log did not only grow")
    return f"grown from {old} to {new}"


def check_log(folder: Path, key: str) -> str:
    """c2sp.org/tlog-tiles: all entries, up to the published checkpoint."""
    size, root = checkpoint((folder / "checkpoint").read_text(encoding="utf-8"), key)
    leaves: list[bytes] = []
    while len(leaves) < size:
        index, width = len(leaves) // 256, min(size - len(leaves), 256)
        digits = f"{index:03d}".zfill(-(-len(str(index)) // 3) * 3)
        *first, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
        path = folder.joinpath("tile", "entries", *(f"x{each}" for each in first), last)
        if width < 256:
            path = path.with_name(f"{last}.p") / str(width)
        data, at = path.read_bytes(), 0
        while at < len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            leaves.append(leaf(data[at + 2 : end]))
            at = end
    if len(leaves) != size or tree(leaves) != root:
        raise ValueError("the entries are not those of the checkpoint")
    return f"{size} entries"


def main() -> int:
    """Check what the command line names."""
    key, path = sys.argv[1], Path(sys.argv[2])
    try:
        if path.is_dir():
            shown = check_log(path, key)
        else:
            text = path.read_text(encoding="utf-8")
            proves_entry = text.startswith("c2sp.org/tlog-proof@v1\n")
            shown = (check_inclusion if proves_entry else check_consistency)(text, key)
    except (ValueError, OSError, KeyError, TypeError) as error:
        sys.stdout.write(f"REFUSED: {error}\n")
        return 1
    sys.stdout.write(f"holds: {shown}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
