"""Signed notes (c2sp.org/signed-note) with Ed25519, and witness cosignatures.

A note is text, an empty line, and signature lines. A key has a name and a key id, the first four
bytes of a hash over name, kind and public key; both together say which key signed. Signatures of
unknown keys are ignored; one of a known key that does not verify spoils the note.
"""

from __future__ import annotations

import base64
import binascii
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adhere.errors import InputError

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
"""An Ed25519 key that witnesses: its signature carries a time (c2sp.org/tlog-cosignature)."""

_MAX_BYTES: Final = 1 << 20
_MAX_SIGNATURES: Final = 100
_DASH: Final = "— "
_PRIVATE: Final = "PRIVATE+KEY+"
_KINDS: Final = {ED25519: "Ed25519", COSIGNATURE: "cosignature/v1"}


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key with its name; as text ``NAME+KEYID+BASE64`` (a vkey).

    Attributes:
        name: Who signs, such as ``audit.example/gateway``; no spaces, no plus sign.
        kind: `ED25519` or `COSIGNATURE`.
        public: The 32 bytes of the Ed25519 public key.
    """

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The key id: 4 bytes."""
        return key_id(self.name, bytes([self.kind]) + self.public)

    def __str__(self) -> str:
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{key}"

    def verify(self, text: str, signature: bytes) -> int | None:
        """Check a signature without its key id; return its time in seconds (0: it has none).

        None means that it does not verify.
        """
        message, time = text.encode(), 0
        if self.kind == COSIGNATURE:
            time = int.from_bytes(signature[:8], "big")
            signature = signature[8:]
            message = _cosigned(time, text)
            if time >= 1 << 63:
                return None
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return None
        return time


class SignerKey(msgspec.Struct, frozen=True):
    """A private key with its name; as text ``PRIVATE+KEY+NAME+KEYID+BASE64``."""

    name: str
    kind: int
    seed: bytes

    def __repr__(self) -> str:
        return f"SignerKey({self.name!r}, …)"  # a secret must not get into a message

    @property
    def verifier(self) -> VerifierKey:
        """Its public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.kind, public)

    def text(self) -> str:
        """Return the form for a key file."""
        key = base64.b64encode(bytes([self.kind]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{key}"


class Signature(msgspec.Struct, frozen=True):
    """A verified signature: whose, and for a cosignature when (seconds since 1970)."""

    key: VerifierKey
    time: int


class Signer:
    """Signs notes with one key; keeps what does not change from note to note."""

    def __init__(self, key: SignerKey) -> None:
        self.verifier = key.verifier
        self._private = Ed25519PrivateKey.from_private_bytes(key.seed)
        self._line = f"{_DASH}{key.name} "

    def line(self, text: str, time: int = 0) -> str:
        """Return the signature line over ``text``; ``time`` counts for a cosignature only."""
        if self.verifier.kind == COSIGNATURE:
            raw = time.to_bytes(8, "big") + self._private.sign(_cosigned(time, text))
        else:
            raw = self._private.sign(text.encode())
        return f"{self._line}{base64.b64encode(self.verifier.id + raw).decode()}\n"

    def sign(self, text: str) -> str:
        """Return the note of ``text``, which ends in a line break."""
        return f"{text}\n{self.line(text)}"


def _cosigned(time: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def key_id(name: str, public: bytes) -> bytes:
    """Return the id of a key: ``public`` begins with the byte of its kind."""
    return sha256(name.encode() + b"\n" + public).digest()[:4]


def parse_verifier(text: str) -> VerifierKey:
    """Read a vkey.

    Raises:
        InputError: It is not one, of a kind we do not know, or its id is not that of its key.
    """
    name, identity, key = _parts(text.strip(), "public")
    verifier = VerifierKey(name, key[0], key[1:])
    if verifier.id != identity:
        raise InputError("the key id is not that of the key", place=text.strip()[:80])
    return verifier


def parse_signer(text: str) -> SignerKey:
    """Read a private key as `SignerKey.text` writes it.

    Raises:
        InputError: It is not one. The message never holds the key.
    """
    if not text.startswith(_PRIVATE):
        raise InputError("this is not a private key for notes")
    name, identity, key = _parts(text.strip().removeprefix(_PRIVATE), "private")
    signer = SignerKey(name, key[0], key[1:])
    if signer.verifier.id != identity:
        raise InputError("the key id is not that of the private key")
    return signer


def _parts(text: str, what: str) -> tuple[str, bytes, bytes]:
    """Split NAME+KEYID+BASE64; the base64 itself may hold plus signs."""
    parts = text.split("+", 2)
    wrong = InputError(
        f"this is not a {what} key for notes",
        place=text[:80] if what == "public" else "",
        remedy="it has the form NAME+KEYID+BASE64",
    )
    if len(parts) != 3 or not valid_name(parts[0]):
        raise wrong
    key = _decode(parts[2])
    if key is None or len(key) != 33 or key[0] not in _KINDS or len(parts[1]) != 8:
        raise wrong
    try:
        return parts[0], bytes.fromhex(parts[1]), key
    except ValueError:
        raise wrong from None


def valid_name(name: str) -> bool:
    """Say whether a key may have that name."""
    return bool(name) and not any(
        char == "+" or char.isspace() or unicodedata.category(char) == "Cc" for char in name
    )


def split_note(note: str) -> tuple[str, list[str]]:
    """Return a note's text, with its last line break, and its signature lines.

    Raises:
        InputError: It is not a note.
    """
    text, gap, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if (
        not gap
        or len(note) > _MAX_BYTES
        or lines.pop() != ""
        or not 0 < len(lines) <= _MAX_SIGNATURES
        or any(unicodedata.category(char) == "Cc" for char in note if char != "\n")
    ):
        raise InputError("this is not a signed note")
    return text + "\n", lines


def open_note(note: str, keys: Sequence[VerifierKey]) -> tuple[str, list[Signature]]:
    """Return a note's text, and which of ``keys`` signed it.

    Raises:
        InputError: It is not a note, none of the keys signed it, or a signature of one is wrong.
    """
    text, lines = split_note(note)
    known = {(key.name, key.id): key for key in keys}
    signatures: list[Signature] = []
    for line in lines:
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        raw = _decode(encoded)
        if not line.startswith(_DASH) or not space or not valid_name(name) or not raw:
            raise InputError("a line of the note is not a signature")
        if len(raw) < 5:
            raise InputError("a signature of the note is too short")
        key = known.get((name, raw[:4]))
        if key is None or any(signature.key == key for signature in signatures):
            continue
        time = key.verify(text, raw[4:])
        if time is None:
            raise InputError(f"the signature of {name} does not verify")
        signatures.append(Signature(key, time))
    if not signatures:
        names = ", ".join(f"{key.name}+{key.id.hex()}" for key in keys)
        raise InputError(f"the note is not signed by {names or 'any key: none is given'}")
    return text, signatures


def _decode(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Python takes stray bits in the last character; a signature must have one form only.
    return raw if base64.b64encode(raw).decode() == text else None
