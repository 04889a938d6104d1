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

# The old footnote syntax is the one in which a marker needs no definition.
_OPTIONS: Final = (
    pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_OLD_FOOTNOTES
    | pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
)

T = TypeVar("T")

_KINDS: Final[dict[str, BlockKind]] = {
    "Paragraph": "paragraph", "List": "list", "CodeBlock": "code", "BlockQuote": "quote",
    "Table": "table", "HtmlBlock": "html", "Heading": "heading", "FootnoteDefinition": "footnote",
}  # fmt: skip


_NOTED: Final = frozenset({"Link", "CodeBlock", "Item", "HtmlBlock", "Heading"})


@dataclass(slots=True)
class Heading:
    """What a heading line says besides its words."""

    depth: int
    id: str | None
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str | None], ...]
    title: tuple[int, int] | None = None

    def reaches(self, start: int, end: int) -> None:
        """Note that the title has something between two offsets."""
        first, last = self.title or (start, end)
        self.title = (first, max(last, end))  # emphasis ends after the words in it


@dataclass(slots=True)
class Fence:
    """A fenced code block; ``content`` lists the byte ranges of its lines, prefixes left out."""

    info: str
    start: int
    end: int
    content: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class RawBlock:
    """A top-level block and the things of interest in it, all by byte range and in order."""

    kind: BlockKind
    start: int
    end: int
    heading: Heading | None = None
    fences: Sequence[Fence] = ()
    links: Sequence[tuple[int, int, str]] = ()
    markers: Sequence[tuple[int, int, str]] = ()
    html: Sequence[tuple[int, int, bool]] = ()
    """Pieces of HTML: a whole HTML block, or one tag or comment in a line of text."""
    items: Sequence[tuple[int, int]] = ()
    """The items of a list."""
    inner_headings: Sequence[tuple[int, int]] = ()
    """Headings with an id or attributes inside a list or a quote."""


def read_blocks(text: str) -> Iterator[RawBlock]:
    """Yield the top-level blocks of a masked document."""
    depth = 0
    block: RawBlock | None = None
    heading: Heading | None = None
    fence: Fence | None = None
    for event, place in pyromark.events_with_range(text, options=_OPTIONS):
        if isinstance(event, str):  # a line break inside a block, or a thematic break
            if event == "Rule" and depth == 0:
                yield RawBlock("rule", place["start"], place["end"])
        elif "Start" in event:
            depth += 1
            start, end = place["start"], place["end"]
            tag: Any = event["Start"]
            if isinstance(tag, str):
                name, data = tag, None
            else:
                ((name, data),) = tag.items()
            if block is None:
                block = RawBlock(_KINDS.get(name, "paragraph"), start, end)
                if name == "Heading":
                    block.heading = heading = _heading(data)
            elif heading is not None:
                heading.reaches(start, end)
            if name in _NOTED:
                fence = _note(block, depth, name, data, start, end) or fence
        elif "End" in event:
            depth -= 1
            if fence is not None and event["End"] == "CodeBlock":
                fence = None
            if depth == 0 and block is not None:
                yield block
                block = heading = None
        elif fence is not None:
            fence.content.append((place["start"], place["end"]))
        elif block is not None:
            start, end = place["start"], place["end"]
            if heading is not None:
                heading.reaches(start, end)
            if "FootnoteReference" in event:
                block.markers = _with(block.markers, (start, end, event["FootnoteReference"]))
            elif "InlineHtml" in event:
                block.html = _with(block.html, (start, end, False))


def _heading(data: Any) -> Heading:
    return Heading(int(data["level"][1]), data["id"], data["classes"], data["attrs"])


def _note(block: RawBlock, depth: int, name: str, data: Any, start: int, end: int) -> Fence | None:
    """Note what an element adds to its block; return the fence if it is one."""
    if name == "Link":
        block.links = _with(block.links, (start, end, data["dest_url"]))
    elif name == "CodeBlock":
        if data != "Indented":
            fence = Fence(data["Fenced"], start, end)
            block.fences = _with(block.fences, fence)
            return fence
    elif name == "Item":
        if depth == 2:
            block.items = _with(block.items, (start, end))
    elif name == "HtmlBlock":
        block.html = _with(block.html, (start, end, True))
    elif name == "Heading" and depth > 1 and (data["id"] or data["attrs"]):
        block.inner_headings = _with(block.inner_headings, (start, end))
    return None


def _with(items: Sequence[T], item: T) -> Sequence[T]:
    """Append, making the list only now: most blocks never need one."""
    if not isinstance(items, list):
        return [item]
    items.append(item)
    return items
