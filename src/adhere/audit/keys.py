"""The folder of a log's secrets, and how a new log is made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adhere.audit.checkpoint import Checkpoint
from adhere.audit.content import KeyStore
from adhere.audit.disk import Disk, read_or_none
from adhere.audit.folder import CHECKPOINT, IDENTITY, LogIdentity
from adhere.audit.merkle import EMPTY_ROOT
from adhere.audit.note import ED25519, Signer, SignerKey, VerifierKey, parse_signer, valid_name
from adhere.errors import InputError, SystemFault, UsageError

SIGNING, CONTENT, STORE = "signing.key", "content.key", "content-keys.sqlite"
_CONTENT_KEY_BYTES: Final = 32


def keys_beside(log: Path) -> Path:
    """Return where the secrets of a log are unless somebody says otherwise."""
    return log.with_name(f"{log.name}.keys")


def create_log(
    log: Path,
    keys: Path,
    origin: str,
    *,
    mode: Literal["durable", "buffered"] = "durable",
    retention_days: int = 0,
) -> VerifierKey:
    """Make a new log, and its secrets where the folder of keys has none; return its public key.

    Raises:
        UsageError: There is a log already, or the name cannot be one.
        SystemFault: It cannot be written.
    """
    if not valid_name(origin):
        raise UsageError(
            f"{origin!r} cannot be a log's name",
            remedy="take one such as audit.example.com/gateway, without spaces or plus signs",
        )
    if (log / IDENTITY).exists():
        raise UsageError("there is a log already", place=str(log))
    try:
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (keys / SIGNING).exists():
            write_secret(keys / SIGNING, SignerKey(origin, ED25519, os.urandom(32)).text())
        if not (keys / CONTENT).exists():
            write_secret(keys / CONTENT, AESGCM.generate_key(256).hex())
        signer = Signer(read_signing_key(keys))
        log.mkdir(parents=True, exist_ok=True)
        identity = LogIdentity(
            schema="adhere/audit-log/1", origin=origin, key=str(signer.verifier), mode=mode,
            retention_days=retention_days,
        )  # fmt: skip
        disk = Disk()
        note = signer.sign(Checkpoint(origin, 0, EMPTY_ROOT).text())
        disk.put_file(log / CHECKPOINT, note.encode())
        data = msgspec.json.format(msgspec.json.encode(identity), indent=2) + b"\n"
        disk.put_file(log / IDENTITY, data)  # last: with it the folder is a log
        disk.sync_folder(log.parent)
    except OSError as error:
        raise SystemFault(
            f"cannot make the log: {error.strerror}", place=str(error.filename or log)
        ) from error
    return signer.verifier


def read_signing_key(keys: Path) -> SignerKey:
    """Return the key that signs checkpoints.

    Raises:
        UsageError: There is none.
        InputError: It is damaged.
    """
    return parse_signer(read_secret(keys / SIGNING))


def open_key_store(keys: Path) -> KeyStore:
    """Open the keys of conversations.

    Raises:
        UsageError: There is no content key.
        InputError: It is damaged.
    """
    try:
        key = bytes.fromhex(read_secret(keys / CONTENT))
    except ValueError:
        key = b""
    if len(key) != _CONTENT_KEY_BYTES:
        raise InputError("this is not a content key", place=str(keys / CONTENT))
    return KeyStore(keys / STORE, key)


def read_secret(path: Path) -> str:
    """Return the text of a key file.

    Raises:
        UsageError: There is none.
        SystemFault: It cannot be read.
    """
    try:
        data = read_or_none(path)
    except OSError as error:
        raise SystemFault(f"cannot read the key: {error.strerror}", place=str(path)) from error
    if data is None:
        raise UsageError("there is no such key", place=str(path), remedy="name the folder: --keys")
    return data.decode("ascii", "replace").strip()


def write_secret(path: Path, text: str) -> None:
    """Write a new key file that only its owner may read."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(fd)
