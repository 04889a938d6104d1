"""What people wrote: encrypted, one key a conversation; erasing it is destroying the key.

Each conversation has a random key, kept in the key store encrypted under the content key of the
key folder. A record names the digest of the encrypted content and a hash of its key, so both are
fixed without telling anything about the text, also to somebody who guesses at it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adhere.audit.disk import read_or_none
from adhere.audit.journal import Blob
from adhere.audit.record import ContentReference
from adhere.errors import InputError, SystemFault
from adhere.spec import digest_bytes

_NONCE_BYTES: Final = 12
_CACHED: Final = 4096
_READ_AT_ONCE: Final = 64
"""Conversations whose content is kept while a log is read."""
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS content_key (
    name BLOB PRIMARY KEY, conversation TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL
) WITHOUT ROWID
"""


class KeyStore:
    """The keys of conversations, in one SQLite file, each encrypted under the content key.

    New keys are held back until `save`, which makes them durable. May be used by many threads.
    Deleted keys are overwritten in the file.
    """

    def __init__(self, path: Path, content_key: bytes) -> None:
        """Open the store, or make it.

        Raises:
            SystemFault: It cannot be opened.
        """
        self._path = path
        self._aead = AESGCM(content_key)
        self._lock = threading.Lock()
        self._cache: dict[str, tuple[bytes, bytes]] = {}
        self._new: dict[str, tuple[bytes, bytes]] = {}
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(_TABLE)
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def key_of(self, conversation: str) -> tuple[bytes, bytes]:
        """Return the name and the key of a conversation; both are made where it has none."""
        with self._lock:
            found = self._cache.get(conversation) or self._new.get(conversation)
            if found is None:
                found = self._load("conversation", conversation)
                if found is None:
                    key = AESGCM.generate_key(256)
                    found = key_name(key), key
                    self._new[conversation] = found
                else:
                    self._remember(conversation, found)
            return found

    def find(self, conversation: str) -> bytes | None:
        """Return the name of a conversation's key; None where it has none."""
        with self._lock:
            found = self._new.get(conversation) or self._load("conversation", conversation)
        return found and found[0]

    def key_named(self, name: bytes) -> bytes | None:
        """Return a key by its name; None where it was destroyed."""
        with self._lock:
            found = self._load("name", name)
        return found and found[1]

    def save(self) -> None:
        """Make the new keys durable.

        Raises:
            SystemFault: They cannot be written.
        """
        with self._lock:
            if not self._new:
                return
            rows = [(name, who, self._wrap(name, key)) for who, (name, key) in self._new.items()]
            try:
                with self._db:
                    self._db.execute("BEGIN")
                    self._db.executemany("INSERT INTO content_key VALUES (?, ?, ?)", rows)
            except sqlite3.Error as error:
                raise self._fault(error) from error
            for conversation, found in self._new.items():
                self._remember(conversation, found)
            self._new.clear()

    def destroy(self, name: bytes) -> None:
        """Destroy a key for good; fine where it is destroyed already.

        Raises:
            SystemFault: It cannot be.
        """
        with self._lock:
            self._cache = {who: found for who, found in self._cache.items() if found[0] != name}
            try:
                self._db.execute("DELETE FROM content_key WHERE name = ?", (name,))
                # The write-ahead log still holds pages with the key: empty it too.
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise self._fault(error) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _load(self, column: str, value: str | bytes) -> tuple[bytes, bytes] | None:
        query = f"SELECT name, wrapped FROM content_key WHERE {column} = ?"  # noqa: S608
        try:
            row = self._db.execute(query, (value,)).fetchone()
        except sqlite3.Error as error:
            raise self._fault(error) from error
        if row is None:
            return None
        name, wrapped = row
        try:
            key = self._aead.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], name)
        except InvalidTag:
            raise InputError(
                "a conversation's key does not open with this content key", place=str(self._path)
            ) from None
        return name, key

    def _wrap(self, name: bytes, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, key, name)

    def _remember(self, conversation: str, found: tuple[bytes, bytes]) -> None:
        while len(self._cache) >= _CACHED:
            del self._cache[next(iter(self._cache))]
        self._cache[conversation] = found

    def _fault(self, error: sqlite3.Error) -> SystemFault:
        return SystemFault(f"the key store fails: {error}", place=str(self._path))


def key_name(key: bytes) -> bytes:
    """Return the name of a conversation's key: a hash, which tells nothing about it."""
    return sha256(b"adhere/audit/content-key/1\n" + key).digest()


def seal(content: bytes, name: bytes, key: bytes) -> tuple[ContentReference, Blob]:
    """Encrypt content; return what the record says of it, and what is stored."""
    nonce = os.urandom(_NONCE_BYTES)
    data = nonce + AESGCM(key).encrypt(nonce, content, name)
    reference = ContentReference(key=name.hex(), digest=digest_bytes(data), bytes=len(content))
    return reference, Blob(name, data)


def unseal(data: bytes, key: bytes) -> bytes:
    """Decrypt content.

    Raises:
        InputError: It was not encrypted under this key.
    """
    try:
        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], key_name(key))
    except InvalidTag:
        raise InputError("the content does not open with its conversation's key") from None


def content_path(folder: Path, name: str) -> Path:
    """Return the file of a conversation's encrypted content, by its key's name in hexadecimal."""
    return folder / "content" / name[:2] / name


def read_content(path: Path) -> tuple[list[bytes], int]:
    """Return a content file's whole pieces, and how many bytes they take."""
    data = read_or_none(path) or b""
    pieces = list(_pieces(data))
    return pieces, sum(len(piece) + 4 for piece in pieces)


class ContentReader:
    """Reads the content of many records, keeping what it will need again soon.

    Memory: the content of the last few conversations.
    """

    def __init__(self, folder: Path, keys: KeyStore) -> None:
        """Prepare. ``folder`` is the log's."""
        self._folder, self._keys = folder, keys
        self._kept: dict[str, tuple[bytes, dict[str, bytes]]] = {}

    def read(self, reference: ContentReference) -> bytes | None:
        """Return a record's content, decrypted; None where it was erased.

        Raises:
            InputError: What is stored is not what was recorded.
            SystemFault: It cannot be read.
        """
        kept = self._kept.pop(reference.key, None)
        if kept is None or reference.digest not in kept[1]:
            key = self._keys.key_named(bytes.fromhex(reference.key))
            if key is None:
                return None
            path = content_path(self._folder, reference.key)
            try:
                pieces = read_content(path)[0]
            except OSError as error:
                raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
            kept = key, {digest_bytes(piece): piece for piece in pieces}
            if reference.digest not in kept[1]:
                raise InputError("the content of the record is missing", place=str(path))
        while len(self._kept) >= _READ_AT_ONCE:
            del self._kept[next(iter(self._kept))]
        self._kept[reference.key] = kept
        return unseal(kept[1][reference.digest], kept[0])


def _pieces(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 <= len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        yield data[at + 4 : end]
        at = end


def encode_piece(data: bytes) -> bytes:
    """Return a piece as it stands in a content file."""
    return len(data).to_bytes(4, "big") + data


def new_content(folder: Path, blobs: list[Blob]) -> Iterator[tuple[Path, int, bytes]]:
    """Yield (file, bytes to keep, bytes to append) for content that is not yet in its file."""
    by_key: dict[bytes, list[bytes]] = {}
    for blob in blobs:
        by_key.setdefault(blob.key, []).append(blob.data)
    for name, pieces in by_key.items():
        path = content_path(folder, name.hex())
        present, keep = read_content(path)
        known = set(present)
        missing = [encode_piece(piece) for piece in pieces if piece not in known]
        if missing:
            yield path, keep, b"".join(missing)
