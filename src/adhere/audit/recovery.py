"""Taking up a log where its last writer left it, however that one ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from adhere.audit.checkpoint import open_checkpoint
from adhere.audit.folder import JOURNAL, LogFolder
from adhere.audit.growth import Edge
from adhere.audit.journal import Blob, Torn
from adhere.audit.merkle import Frontier, frontier_at, leaf_hash, root_at
from adhere.audit.record import Head, decode_head
from adhere.audit.tiles import WIDTH
from adhere.errors import InputError

_REMEDY = "`adhere audit verify` names what was changed"


class Recovered(msgspec.Struct):
    """What is on disk.

    Attributes:
        edge: The right edge of the tiles.
        frontier: The tree of all entries, those of the journal included.
        entries: Entries of the journal that are not in tiles yet.
        leaves: Their hashes.
        blobs: Content of the journal.
        note: The checkpoint over all entries.
        journal_bytes: Length of the journal without its torn end.
        torn_bytes: Length of that end.
    """

    edge: Edge
    frontier: Frontier
    entries: list[bytes]
    leaves: list[bytes]
    blobs: list[Blob]
    note: str
    journal_bytes: int
    torn_bytes: int


def recover(log: LogFolder) -> Recovered:
    """Read the published log and replay the journal on it.

    Raises:
        InputError: The files were changed; nothing is written to such a log.
    """
    signed = log.checkpoint()
    size = signed.checkpoint.size
    nodes = log.nodes(size)
    frontier = frontier_at(size, nodes)
    if frontier.root() != signed.checkpoint.root:
        raise InputError(
            "the tiles are not those of the checkpoint", place=str(log.path), remedy=_REMEDY
        )
    state = Recovered(Edge.load(size, log.read), frontier, [], [], [], signed.note, 0, 0)
    for frame in log.journal():
        if isinstance(frame, Torn):
            state.torn_bytes = frame.bytes
            state.journal_bytes = frame.offset
            continue
        place = f"{log.path / JOURNAL}: entry {frame.start}"
        found = open_checkpoint(frame.note, log.key, origin=log.identity.origin).checkpoint
        if frame.end <= size:  # became tiles before the journal could be emptied
            agrees = root_at(frame.end, nodes) == found.root
        elif frame.start == frontier.size:
            for entry in frame.entries:
                leaf = leaf_hash(entry)
                frontier.append(leaf)
                state.leaves.append(leaf)
            state.entries += frame.entries
            state.blobs += frame.blobs
            state.note = frame.note
            agrees = frontier.root() == found.root
        else:
            agrees = False
        if not agrees or found.size != frame.end:
            raise InputError("the journal does not continue the log", place=place, remedy=_REMEDY)
    return state


class Unfinished(msgspec.Struct, frozen=True):
    """What the last writer did not finish: admitted requests, and erasures."""

    requests: dict[str, int]
    erasures: Sequence[Head]


def unfinished(log: LogFolder, size: int, tail: Sequence[bytes]) -> Unfinished:
    """Look through the records of the last writer: those after the last ``opened``.

    ``tail`` are the entries after the ``size`` published ones.
    """
    done: set[str] = set()
    requests: dict[str, int] = {}
    erasures: list[Head] = []
    for index, entry in _backwards(log, size, tail):
        head = decode_head(entry)
        if head.kind in ("completed", "interrupted"):
            done.add(head.request)
        elif head.kind == "admitted":
            if head.request in done:
                done.remove(head.request)
            else:
                requests[head.request] = index
        elif head.kind == "erasure":
            erasures.append(head)
        elif head.kind == "opened":
            break
    return Unfinished(dict(reversed(requests.items())), erasures)


def _backwards(log: LogFolder, size: int, tail: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    for at in reversed(range(len(tail))):
        yield size + at, tail[at]
    for bundle in reversed(range(-(-size // WIDTH))):
        entries = log.bundle(bundle, size)
        for at in reversed(range(len(entries))):
            yield bundle * WIDTH + at, entries[at]
