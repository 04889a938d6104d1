"""What verification learns from the records themselves, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from adhere.audit.content import content_path, read_content
from adhere.audit.record import (
    Admitted,
    Completed,
    ContentReference,
    Erasure,
    Interrupted,
    decode_record,
)
from adhere.audit.verification import Findings
from adhere.errors import InputError
from adhere.spec import digest_bytes

_CACHED: Final = 64
_Missing = tuple[int, str]


class RecordsCheck:
    """Reads records in order: their form, what is open, and whether their content is as recorded.

    Memory grows with requests that are open and conversations that were erased, not with records.
    """

    def __init__(self, folder: Path, findings: Findings) -> None:
        self.kinds: Counter[str] = Counter()
        self.open: dict[str, int] = {}
        self.present = 0
        self.erased = 0
        self._folder, self._findings = folder, findings
        self._erased: set[str] = set()
        self._missing: dict[str, _Missing] = {}
        self._missed: Counter[str] = Counter()
        self._digests: dict[str, frozenset[str]] = {}
        self._waiting: frozenset[str] = frozenset()

    def expect(self, digests: Iterable[str]) -> None:
        """Name content that is in the journal still."""
        self._waiting |= frozenset(digests)

    def add(self, index: int, entry: bytes, place: str) -> None:
        """Take the next record."""
        try:
            record = decode_record(entry, place)
        except InputError as error:
            self._findings.add("record", place, error.message, index)
            return
        self.kinds[type(record).__name__.lower()] += 1
        if isinstance(record, Admitted):
            self.open[record.request] = index
        elif isinstance(record, Completed | Interrupted):
            self.open.pop(record.request, None)
        elif isinstance(record, Erasure):
            self._erase(record.key)
        if isinstance(record, Admitted | Completed) and record.content is not None:
            self._content(index, record.content)

    def finish(self) -> None:
        """Report content that is missing and was never erased, or erased and never went."""
        for key, (index, digest) in self._missing.items():
            path = content_path(self._folder, key)
            what = "is missing, or is not the one recorded" if path.exists() else "is missing"
            self._findings.add(
                "content", path, f"content {digest[:23]}… of the record {what}", index
            )
        for key in self._erased:
            path = content_path(self._folder, key)
            if path.exists():
                self._findings.add("erasure", path, "erased content is on the disk again")

    def _erase(self, key: str) -> None:
        self._erased.add(key)
        self._missing.pop(key, None)
        self.erased += self._missed.pop(key, 0)
        self._digests.pop(key, None)

    def _content(self, index: int, reference: ContentReference) -> None:
        key = reference.key
        if key in self._erased:
            self.erased += 1
        elif reference.digest in self._waiting or reference.digest in self._digests_of(key):
            self.present += 1
        else:
            self._missing.setdefault(key, (index, reference.digest))
            self._missed[key] += 1

    def _digests_of(self, key: str) -> frozenset[str]:
        found = self._digests.get(key)
        if found is None:
            if len(self._digests) >= _CACHED:
                del self._digests[next(iter(self._digests))]
            pieces, _ = read_content(content_path(self._folder, key))
            found = self._digests[key] = frozenset(map(digest_bytes, pieces))
        return found
