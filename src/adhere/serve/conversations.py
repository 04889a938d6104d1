"""Which conversation a request belongs to, without its being said. Pure.

The interface has no conversations: every request brings its whole history. What stays the same
through it is how it began, so that, under a key of the gateway's, is its pseudonym.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from adhere.serve.keys import Principal
from adhere.serve.reading import Asked

_BYTES: Final = 16
_BEGINNING: Final = 3
"""Items that count as the beginning: what operators write first is often the same for all."""


def conversation_of(asked: Asked, who: Principal, secret: bytes) -> str:
    """Return the pseudonym of a request's conversation: 32 hexadecimal digits.

    A name that the client gives comes first. Else it is how the conversation began, up to the first
    message of a user.
    """
    digest = blake2b(who.key_id.encode(), key=secret, digest_size=_BYTES)
    if asked.own.conversation:
        digest.update(b"\0name\0" + asked.own.conversation.encode(errors="replace"))
    else:
        digest.update(b"\0began\0" + asked.end_user.encode(errors="replace"))
        for item in asked.items[:_BEGINNING]:
            digest.update(item)
            if b'"user"' in item:
                break
    return digest.hexdigest()


def share_of(conversation: str) -> float:
    """Return where a conversation falls between 0 and 1; the same each time."""
    return int(conversation[:13], 16) / 16**13
