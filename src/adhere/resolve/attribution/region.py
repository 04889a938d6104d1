"""A stretch of a message that does not speak with the message's voice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why a stretch of text has the authority it has."""

    SPEAKER = "speaker"
    """Unquoted plain text: the level of the message's role."""
    ASSISTANT = "assistant"
    TOOL = "tool"
    UNTRUSTED = "untrusted"
    FILE = "file"
    IMAGE = "image"
    AUDIO = "audio"
    SETTINGS = "settings"
    """Facts, which are no instructions."""
    FENCE = "fence"
    BLOCK_QUOTE = "block_quote"
    XML = "xml"
    JSON = "json"
    YAML = "yaml"
    QUOTATION = "quotation"
    CODE = "code"
    """Words between backticks."""
    BETWEEN = "between"
    """Between two untrusted blocks of one string: an outsider may have closed the first himself."""
    INTRODUCED = "introduced"
    """After words that announce a text: "summarise this article:"."""
    DIVIDER = "divider"
    """After a line that divides a request from the text it is about."""
    MAIL = "mail"
    """From the head of an e-mail on."""
    ABOVE = "above"
    """Before a closing request about "the text above"."""
    POSING = "posing"
    """From a line on that poses as another message."""


IMPLIED = frozenset(
    {
        Reason.BETWEEN,
        Reason.INTRODUCED,
        Reason.DIVIDER,
        Reason.MAIL,
        Reason.ABOVE,
        Reason.POSING,
    }
)
"""Reasons that are concluded from cues, and written nowhere."""


class Region(msgspec.Struct, frozen=True, gc=False):
    """A stretch without authority.

    Attributes:
        start: First character in the text.
        end: One past the last.
        reason: Why it has none.
        name: What it is called: a tag, a file.
        open: It was begun and never ended, so that everything after it belongs to it.
        broken: An end stands behind its end: an outsider may have closed it himself.
    """

    start: int
    end: int
    reason: Reason
    name: str = ""
    open: bool = False
    broken: bool = False


def masked(text: str, regions: Iterable[Region]) -> str:
    """Return ``text``, of the same length, with NUL where there are regions; they may overlap."""
    made: list[str] = []
    at = 0
    for region in sorted(regions, key=lambda region: region.start):
        if region.end <= at:
            continue
        start = max(region.start, at)
        made += (text[at:start], "\0" * (region.end - start))
        at = region.end
    made.append(text[at:])
    return "".join(made)


def outermost(regions: Iterable[Region]) -> Iterator[Region]:
    """Yield regions in order without those that lie inside another one.

    Two that overlap are both kept.
    """
    reached = -1
    for region in sorted(regions, key=lambda region: (region.start, -region.end)):
        if region.end > reached:
            yield region
            reached = region.end
