"""What a detector of guarded text finds, and what a detector is.

Positions are characters of the text that was given. A stream is read in pieces, so a detector also
says which characters at the end of what it has seen might belong to a match that is not complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from adhere.detect.view import Hold, View


class Finding(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A stretch of text that must not leave. It names what it matched, never what it says.

    Attributes:
        detector: Who found it: ``leak``, ``phrase``, ``credential``, ``exfiltration``.
        rule: What was matched: the id of the privileged text, of the phrase, of the pattern.
        kind: In which way: ``verbatim``, ``near``, ``encoded``, ``image``, ``link`` …
        start: First character.
        end: One past the last.
        held: First character that a stream keeps back; what stands between ``start`` and it is
            too little to tell anything (seven letters of a sentence, the scheme of a URL).
        through: What had to be taken off to see it, the outermost first.
        size: How much was matched, in letters and digits of the plain text.
    """

    detector: str
    rule: str
    kind: str
    start: int
    end: int
    held: int
    through: tuple[str, ...] = ()
    size: int = 0


class Detector(Protocol):
    """Finds what must not leave, in a text or in the beginning of one.

    A stream and its whole text give the same findings because of two rules that every detector
    keeps: what is found in a text that is not `View.final` is found, with the same ``start`` and
    ``held``, in every longer one that begins with it; and no match no longer than ``window`` begins
    before what `hold` keeps, or is held from before what it releases.
    """

    @property
    def name(self) -> str:
        """What its findings are called."""

    @property
    def window(self) -> int:
        """Characters: a match no longer than this is stopped before any of it has left."""

    def find(self, view: View) -> tuple[Finding, ...]:
        """Return what is found, in the order of the text."""

    def hold(self, view: View) -> Hold:
        """Return what has to stay of a text where nothing was found."""


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings by place, without those that another one of the same rule covers."""
    kept: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end, len(one.through))):
        if not any(
            one.rule == other.rule and other.start <= one.start and one.end <= other.end
            for other in kept
        ):
            kept.append(one)
    return tuple(kept)
