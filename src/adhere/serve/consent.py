"""A person's yes to a held call: a token that only the gateway can make. Pure.

The token names a call by the digest of its tool and exact arguments, and is bound to the key and
the conversation it was held in. So a client can confirm nothing that no person was asked about, and
a yes to one call is no yes to another.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

VALID_SECONDS: Final = 3600


class Consents:
    """Who may confirm what, in one conversation.

    Args:
        secret: A key of the gateway's.
        key_id: The key that the conversation is held under.
        conversation: Its pseudonym.
        now: Seconds since 1970.
        tokens: What the client sends back.
    """

    def __init__(
        self, secret: bytes, key_id: str, conversation: str, now: float, tokens: Iterable[str]
    ) -> None:
        self._secret = secret
        self._bound = f"{key_id}\0{conversation}\0".encode()
        self._now = int(now)
        self.given = frozenset(digest for token in tokens if (digest := self._read(token)))

    def token(self, digest: str) -> str:
        """Return the token for a call: until when it is valid, which call, and a signature."""
        said = f"{self._now + VALID_SECONDS}.{digest.removeprefix('sha256:')}"
        return f"{said}.{self._sign(said)}"

    def _read(self, token: str) -> str:
        """Return the digest of the call that a token confirms, or nothing."""
        said, _, signature = token.rpartition(".")
        until, _, digest = said.partition(".")
        if not hmac.compare_digest(signature.encode(errors="replace"), self._sign(said).encode()):
            return ""
        return f"sha256:{digest}" if int(until) >= self._now else ""

    def _sign(self, said: str) -> str:
        return hmac.new(
            self._secret, self._bound + said.encode(errors="replace"), sha256
        ).hexdigest()
