"""The journal: what was acknowledged and is not yet in tiles. One frame a group commit.

A frame holds entries, the checkpoint signed over the log that ends with them, and the encrypted
content that belongs to them, and is written with one system call and made durable with one more.
When its entries have become tiles the journal is emptied.

A write that a crash cut off (*torn*) leaves a frame that ends early, or that has whole sectors of
zeros where data never arrived; only the last frame can be torn, and what it held was never
acknowledged. Anything else that is wrong was done to the file afterwards.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Final
from zlib import crc32

import msgspec

from adhere.audit.tiles import decode_bundle, encode_bundle
from adhere.errors import InputError

_HEAD: Final = struct.Struct(">4sQII")  # magic, first index, bytes that follow, their CRC
_CRC: Final = struct.Struct(">I")  # of the head: a length that was changed is not a torn write
_BODY: Final = struct.Struct(">III")  # entries, bytes of the entries, bytes of the note
_BLOB: Final = struct.Struct(">32sI")
_MAGIC: Final = b"adJ1"
_HEAD_BYTES: Final = _HEAD.size + _CRC.size
_SECTOR: Final = 512


class Blob(msgspec.Struct, frozen=True):
    """Encrypted content: under which key (the 32 bytes of its name), and the bytes."""

    key: bytes
    data: bytes


class Frame(msgspec.Struct, frozen=True):
    """A group commit: entries from number ``start``, and the checkpoint over all up to them."""

    start: int
    entries: Sequence[bytes]
    note: str
    blobs: Sequence[Blob]

    @property
    def end(self) -> int:
        """Size of the log with it."""
        return self.start + len(self.entries)


class Torn(msgspec.Struct, frozen=True):
    """The unfinished end of a journal: where it begins, and its length in bytes."""

    offset: int
    bytes: int


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of a frame."""
    entries, note = encode_bundle(frame.entries), frame.note.encode()
    parts = [_BODY.pack(len(frame.entries), len(entries), len(note)), entries, note]
    for blob in frame.blobs:
        parts += _BLOB.pack(blob.key, len(blob.data)), blob.data
    body = b"".join(parts)
    head = _HEAD.pack(_MAGIC, frame.start, len(body), crc32(body))
    return head + _CRC.pack(crc32(head)) + body


def read_frames(data: bytes, place: str) -> Iterator[Frame | Torn]:
    """Yield the frames of a journal; a `Torn` is the last.

    Raises:
        InputError: It was changed after it was written.
    """
    at = 0
    while at < len(data):
        end = _frame_end(data, at)
        if end is None:
            torn = _torn(data, at)
            if torn is None:
                raise InputError(f"the journal was changed at byte {at}", place=place)
            yield torn
            return
        yield _decode(data[at + _HEAD_BYTES : end], _HEAD.unpack_from(data, at)[1], place)
        at = end


def _frame_end(data: bytes, at: int) -> int | None:
    """Where the frame at ``at`` ends; None where there is no whole and unhurt one."""
    end = _claimed_end(data, at)
    if end is None or end > len(data):
        return None
    body = memoryview(data)[at + _HEAD_BYTES : end]
    return end if crc32(body) == _HEAD.unpack_from(data, at)[3] else None


def _claimed_end(data: bytes, at: int) -> int | None:
    if at + _HEAD_BYTES > len(data):
        return None
    head = data[at : at + _HEAD.size]
    if head[:4] != _MAGIC or _CRC.unpack_from(data, at + _HEAD.size)[0] != crc32(head):
        return None
    length: int = _HEAD.unpack(head)[2]
    return at + _HEAD_BYTES + length


def _torn(data: bytes, at: int) -> Torn | None:
    """The torn end at ``at``; None where a crash cannot have left it so."""
    rest = len(data) - at
    claimed = _claimed_end(data, at)
    short = claimed > len(data) if claimed is not None else rest < _HEAD_BYTES
    if not (short or _zero_sector(data, at)):
        return None
    later = data.find(_MAGIC, at + 1)
    while later >= 0:
        if _frame_end(data, later) is not None and not _inside_content(data, at, later):
            return None  # what follows was written after this: it was whole once
        later = data.find(_MAGIC, later + 1)
    return Torn(at, rest)


def _inside_content(data: bytes, at: int, later: int) -> bool:
    """A frame within a frame's own length can only be content that looks like one."""
    claimed = _claimed_end(data, at)
    return claimed is not None and later < claimed <= len(data)


def _zero_sector(data: bytes, at: int) -> bool:
    """Whether a sector of the file, from ``at`` on, holds nothing but zeros."""
    start = at
    while start < len(data):
        end = min((start // _SECTOR + 1) * _SECTOR, len(data))
        if not any(data[start:end]):
            return True
        start = end
    return False


def _decode(body: bytes, start: int, place: str) -> Frame:
    wrong = InputError(f"the journal's frame of entry {start} is malformed", place=place)
    if len(body) < _BODY.size:
        raise wrong
    count, entry_bytes, note_bytes = _BODY.unpack_from(body)
    at = _BODY.size + entry_bytes
    entries = decode_bundle(body[_BODY.size : at], place)
    note = body[at : at + note_bytes]
    at += note_bytes
    blobs: list[Blob] = []
    while at + _BLOB.size <= len(body):
        key, length = _BLOB.unpack_from(body, at)
        at += _BLOB.size
        blobs.append(Blob(key, body[at : at + length]))
        at += length
    if at != len(body) or len(entries) != count:
        raise wrong
    try:
        return Frame(start, entries, note.decode(), blobs)
    except UnicodeDecodeError:
        raise wrong from None
