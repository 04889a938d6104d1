"""Server-sent events, cut out of a stream of bytes as they come."""

from __future__ import annotations

from typing import Final

import msgspec

MAX_EVENT: Final = 4 << 20
"""Bytes of one event; a longer one is an upstream out of control."""


class TooLong(Exception):
    """An event is longer than `MAX_EVENT`."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event, without what nobody reads: comments, ids.

    Attributes:
        data: What its ``data:`` lines say, joined with line breaks.
        name: Its ``event:``.
    """

    data: bytes
    name: bytes = b""


class EventReader:
    """Cuts a stream into events; lines may end in LF, CR LF or CR."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that ``chunk`` completes.

        Raises:
            TooLong: One does not end.
        """
        data = self._rest + chunk
        if b"\r" in data:
            # A CR at the very end may be the first half of a CR LF.
            held = b"\r" if data.endswith(b"\r") else b""
            body = data[: len(data) - len(held)]
            data = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        *whole, self._rest = data.split(b"\n\n")
        if len(self._rest) > MAX_EVENT:
            raise TooLong
        return [_event(one) for one in whole if one.strip(b"\n")]

    @property
    def unfinished(self) -> bool:
        """Whether the stream would end inside an event."""
        return bool(self._rest.strip())


def _event(block: bytes) -> Event:
    if block.startswith(b"data:") and b"\n" not in block:
        return Event(block[5:].strip(b" "))
    data: list[bytes] = []
    name = b""
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    return Event(b"\n".join(data), name)


def event(data: bytes, name: bytes = b"") -> bytes:
    """Write an event whose data is one line."""
    head = b"event: " + name + b"\n" if name else b""
    return head + b"data: " + data + b"\n\n"


DONE: Final = b"data: [DONE]\n\n"
"""The end marker of chat completions."""
