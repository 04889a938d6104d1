"""What workers and the sequencer say to each other over a Unix socket.

A message is its length in four bytes and MessagePack. What the tasks of a worker hand in before
its loop waits again is one `Submit`; the answer says that all of it is durable. Numbers tell which
answer belongs to which message; answers may come in any order.
"""

from __future__ import annotations

import asyncio
from typing import Final, Literal, TypeAlias

import msgspec

from adhere.errors import InputError

MOST_BYTES: Final = 64 << 20
"""Longest message."""
MOST_RECORDS: Final = 4096
"""Most records of a message."""


class Handed(msgspec.Struct, frozen=True, array_like=True):
    """A record, encoded, and its content in the clear: who may read the socket may read it."""

    entry: bytes
    content: bytes | None = None


class Submit(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Records to append."""

    number: int
    records: list[Handed]


class Erase(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A conversation whose content is to be erased."""

    number: int
    conversation: str
    actor: str
    reason: Literal["request", "retention"]


class Done(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Durable: the number of the first record, the others follow it."""

    number: int
    first: int


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Not done. ``wrong_use``: the worker's fault; else the log's."""

    number: int
    message: str
    wrong_use: bool


FromWorker: TypeAlias = Submit | Erase
ToWorker: TypeAlias = Done | Refused

_HEAD: Final = 4
_encode: Final = msgspec.msgpack.Encoder().encode
decode_request: Final = msgspec.msgpack.Decoder(FromWorker).decode
decode_answer: Final = msgspec.msgpack.Decoder(ToWorker).decode


def frame(message: FromWorker | ToWorker) -> bytes:
    """Return a message as it is sent."""
    body = _encode(message)
    return len(body).to_bytes(_HEAD, "big") + body


def handed_bytes(record: Handed) -> int:
    """Return how much of a message a record takes, at most."""
    return len(record.entry) + len(record.content or b"") + 16


async def read_body(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next message's body; None at the end.

    Raises:
        InputError: It is too long.
        OSError: The connection failed.
    """
    try:
        length = int.from_bytes(await reader.readexactly(_HEAD), "big")
        if length > MOST_BYTES:
            raise InputError(f"a message of {length} bytes is too long")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None
