"""Scanning a text that arrives in pieces, so that how it is cut up makes no difference.

Text is released as soon as no match can begin in it. When something is found, the finding is the
one that the shortest beginning of the text gives that gives any; so it is the same for every way to
cut the text up, and a text in one piece is no exception. No more is released then: up to the first
character that the finding holds back, or what has left before, where the match was longer than its
detector's window; how much that was is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from adhere.detect.finding import Detector, Finding
from adhere.detect.view import View

_CONTEXT: Final = 8
"""Characters before what is kept, so that a detector sees whether a word begins there."""
_LONG: Final = 1_024
_BATCH: Final = 256
"""Where so much is kept to be seen again, so many characters are waited for before it is."""
_MEMORY: Final = 4
"""Windows of a match that are remembered, so that a longer one than the window is still found."""


class Scanned(msgspec.Struct, frozen=True):
    """What came of a piece.

    Attributes:
        text: What may leave now.
        findings: What was found; positions are characters of the whole text.
        left: Characters of the matches that had left before they were found.
    """

    text: str = ""
    findings: tuple[Finding, ...] = ()
    left: int = 0


class StreamScanner:
    """Scans a text in pieces.

    Args:
        detectors: What to look for. After the first finding nothing more is released.
        observers: Detectors that only tell: their findings come with `finish`, and hold nothing.
    """

    def __init__(self, detectors: Sequence[Detector], observers: Sequence[Detector] = ()) -> None:
        self._detectors = tuple(detectors)
        self._observers = tuple(observers)
        self._seen: list[str] = []
        self._buffer = ""
        self._base = 0
        """Characters of the text before the buffer."""
        self._clean = 0
        """Characters of the buffer in which nothing was found."""
        self._released = 0
        self._stopped = False
        self._done = [0] * len(self._detectors)
        """Where in the text each detector has still to look."""

    @property
    def stopped(self) -> bool:
        """Whether something was found that stops the text."""
        return self._stopped

    @property
    def held(self) -> int:
        """Characters that are kept back at the moment."""
        return self._base + len(self._buffer) - self._released

    def feed(self, piece: str) -> Scanned:
        """Take the next piece and return what may leave."""
        if self._observers:
            self._seen.append(piece)
        if self._stopped or not piece:
            return Scanned()
        self._buffer += piece
        if len(self._buffer) > _LONG and len(self._buffer) - self._clean < _BATCH:
            return Scanned()
        return self._scan(final=False)

    def finish(self) -> Scanned:
        """Say that nothing follows, and return what is left."""
        scanned = Scanned() if self._stopped else self._scan(final=True)
        if not self._observers:
            return scanned
        view = View("".join(self._seen))
        told = tuple(found for one in self._observers for found in one.find(view))
        return msgspec.structs.replace(scanned, findings=(*scanned.findings, *told))

    def _scan(self, *, final: bool) -> Scanned:
        view = View(self._buffer, final=final)
        if findings := self._find(view):
            return self._stop(findings, final)
        if final:
            text = self._buffer[self._released - self._base :]
            self._released += len(text)
            return Scanned(text)
        return Scanned(self._release(view))

    def _find(self, view: View) -> tuple[Finding, ...]:
        return tuple(
            found
            for detector, done in zip(self._detectors, self._done, strict=True)
            for found in detector.find(view)
            if found.start + self._base >= done
        )

    def _release(self, view: View) -> str:
        size = len(self._buffer)
        keep = release = size
        for number, detector in enumerate(self._detectors):
            hold = detector.hold(view)
            self._done[number] = max(self._done[number], self._base + hold.keep)
            keep = min(keep, max(hold.keep, size - _MEMORY * detector.window))
            release = min(release, max(hold.release, size - detector.window))
        begin = self._released - self._base
        text = self._buffer[begin:release] if release > begin else ""
        self._released += len(text)
        self._clean = size
        drop = max(min(keep, release) - _CONTEXT, 0)
        if drop:
            self._buffer = self._buffer[drop:]
            self._base += drop
            self._clean -= drop
        return text

    def _stop(self, findings: tuple[Finding, ...], final: bool) -> Scanned:
        """Stop with what the shortest beginning that has a finding gives."""
        low, high = self._clean, len(self._buffer)
        if not final or self._find(View(self._buffer, final=False)):
            while high - low > 1:
                middle = (low + high) // 2
                if self._find(View(self._buffer[:middle], final=False)):
                    high = middle
                else:
                    low = middle
            findings = self._find(View(self._buffer[:high], final=False)) or findings
        self._stopped = True
        held = min(found.held for found in findings)
        begin = self._released - self._base
        text = self._buffer[begin:held] if held > begin else ""
        self._released += len(text)
        left = max(begin - held, 0)
        return Scanned(text, tuple(self._placed(found) for found in findings), left)

    def _placed(self, found: Finding) -> Finding:
        return msgspec.structs.replace(
            found,
            start=found.start + self._base,
            end=found.end + self._base,
            held=found.held + self._base,
        )
