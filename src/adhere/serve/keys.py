"""Who asks: keys, stored hashed.

A key is made of 32 random bytes, so a plain hash of it is enough: there is nothing to guess from.
Looking up the hash tells a stranger no more about a key than the hash itself does.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec

from adhere.serve.config import KeyChoice
from adhere.spec import Authority

PREFIX: Final = "adhere-"
_MOST: Final = 512
"""Characters of a key that are looked at."""


class Principal(msgspec.Struct, frozen=True):
    """Whoever holds a key.

    Attributes:
        key_id: What the key is called in the configuration.
        developer: Whose requests they are; empty for the platform.
    """

    key_id: str
    developer: str

    @property
    def level(self) -> Authority:
        """The highest authority that its messages can have."""
        return Authority.DEVELOPER if self.developer else Authority.SYSTEM


class KeyRing:
    """The keys of a configuration."""

    def __init__(self, keys: Mapping[str, KeyChoice]) -> None:
        self._by_hash = {key.hash: Principal(name, key.developer) for name, key in keys.items()}

    def find(self, authorization: str) -> Principal | None:
        """Return who sent a header ``Authorization: Bearer KEY``; None: nobody we know."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _MOST:
            return None
        return self._by_hash.get(hash_key(token.strip()))


def hash_key(key: str) -> str:
    """Return what is stored of a key."""
    return f"sha256:{hashlib.sha256(key.encode(errors='replace')).hexdigest()}"


def new_key() -> str:
    """Make a key."""
    return PREFIX + secrets.token_urlsafe(32)
