"""From the parser's events to top-level blocks with what matters inside them.

The parser is pulldown-cmark (through pyromark): the only one at hand whose events carry exact
UTF-8 byte ranges. Everything here is in offsets of the original document; text is never taken from
an event, always from the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pyromark

from adhere.spec.section import BlockKind

_OPTIONS = (
    pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
)

T = TypeVar("T")

_KINDS: Final[dict[str, BlockKind]] = {
    "Paragraph": "paragraph", "List": "list", "CodeBlock": "code", "BlockQuote": "quote",
    "Table": "table", "HtmlBlock": "html", "Heading": "heading", "FootnoteDefinition": "footnote",
}  # fmt: skip


@dataclass(slots=True)
class Heading:
    """What a heading line says besides its words."""

    depth: int
    id: str | None
    attributes: tuple[tuple[str, str | None], ...]
    title: tuple[int, int] | None = None


@dataclass(slots=True)
class Fence:
    """A fenced code block; ``content`` lists the byte ranges of its lines, prefixes left out."""

    info: str
    start: int
    end: int
    content: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class RawBlock:
    """A top-level block and the things of interest in it, all by byte range."""

    kind: BlockKind
    start: int
    end: int
    heading: Heading | None = None
    fences: Sequence[Fence] = ()
    links: Sequence[tuple[str, int, int]] = ()
    markers: Sequence[tuple[str, int, int]] = ()
    html: tuple[int, int] | None = None
    """From the first to the last piece of HTML in the block."""


def read_blocks(text: str, length: int) -> Iterator[RawBlock]:
    """Yield the top-level blocks of masked ``text`` that start before byte ``length``."""
    depth = 0
    block: RawBlock | None = None
    fence: Fence | None = None
    for event, place in pyromark.events_with_range(text, options=_OPTIONS):
        start, end = place["start"], min(place["end"], length)
        if block is None and start >= length:
            return
        if isinstance(event, str):  # a line break inside a block, or a thematic break
            if event == "Rule" and depth == 0:
                yield RawBlock("rule", start, end)
            continue
        ((kind, value),) = event.items()
        if kind == "End":
            depth -= 1
            if value == "CodeBlock":
                fence = None
            if depth == 0 and block is not None:
                yield block
                block = None
            continue
        name, data = _tag(value) if kind == "Start" else (kind, value)
        if kind == "Start":
            depth += 1
        if block is None:
            block = _open_block(name, data, start, end)
        elif block.heading is not None:
            first = block.heading.title[0] if block.heading.title else start
            block.heading.title = (first, end)
        fence = _note(block, fence, name, data, start, end)


def _open_block(name: str, data: Any, start: int, end: int) -> RawBlock:
    block = RawBlock(_KINDS.get(name, "paragraph"), start, end)
    if name == "Heading":
        block.heading = Heading(int(data["level"][1]), data["id"], tuple(data["attrs"]))
    return block


def _note(
    block: RawBlock, fence: Fence | None, name: str, data: Any, start: int, end: int
) -> Fence | None:
    """Note what an event adds to its block; return the fence that is open after it."""
    if name == "CodeBlock" and data != "Indented":
        fence = Fence(data["Fenced"], start, end)
        block.fences = _with(block.fences, fence)
    elif fence is not None:
        fence.content.append((start, end))
    elif name == "Link":
        block.links = _with(block.links, (data["dest_url"], start, end))
    elif name == "FootnoteReference":
        block.markers = _with(block.markers, (data, start, end))
    elif name in ("InlineHtml", "Html"):
        block.html = (block.html[0] if block.html else start, end)
    return fence


def _with(items: Sequence[T], item: T) -> Sequence[T]:
    """Append, making the list only now: most blocks never need one."""
    if not isinstance(items, list):
        return [item]
    items.append(item)
    return items


def _tag(value: Any) -> tuple[str, Any]:
    """Split an event's tag into its name and its data (None where it has none)."""
    if isinstance(value, str):
        return value, None
    ((name, data),) = value.items()
    return name, data
