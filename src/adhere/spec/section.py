"""Sections: the unit that has an id, an authority, and tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from adhere.spec.authority import Authority
from adhere.spec.example import Example
from adhere.spec.setting import Setting
from adhere.spec.span import SourceSpan

BlockKind: TypeAlias = Literal[
    "paragraph", "list", "code", "quote", "table", "html", "rule", "heading", "footnote", "box",
    "example", "setting",
]  # fmt: skip


class Block(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One block of a section's body, exactly as written.

    ``text`` equals the source bytes of ``span``, decoded. ``ref`` is the example's id or the
    setting's id where the block is one.
    """

    kind: BlockKind
    text: str
    span: SourceSpan
    ref: str | None = None


class Box(msgspec.Struct, frozen=True, gc=False):
    """A ``!!! kind "Title"`` box: commentary, rationale, a plain-language summary.

    ``text`` is the content with its indentation taken off.
    """

    kind: str
    title: str
    text: str
    span: SourceSpan


class Reference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A link to a section of the same document.

    ``auto`` marks ``[?](#id)``, whose words are the target's title; ``inside`` says where it
    stands: in prose, in a box, or in the comment of an example's answer.
    """

    target: str
    span: SourceSpan
    auto: bool = False
    inside: Literal["prose", "box", "comment"] = "prose"


class Marker(msgspec.Struct, frozen=True, gc=False):
    """A ``[^name]`` mark: it names a file of evaluation prompts for the sentence it follows."""

    name: str
    span: SourceSpan


class Section(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A heading and everything up to the next heading.

    Attributes:
        id: From ``{#id}``; where the heading has none, made from the title (``id_given`` is False).
        title: The heading's words, as Markdown.
        depth: 1 for ``#``.
        heading: The heading as written, attributes included.
        span: The section with all its subsections.
        authority: Its own level, or None for a heading that only groups.
        old_ids: Ids it had before (``oldids=``).
        tags: From ``tags=``.
        owner: From ``owner=``.
        no_test_reason: From ``<!-- no test needed: why -->``.
        blocks: The body in source order.
        boxes, references, markers, settings, examples: What stands in the body.
        children: Subsections.
    """

    id: str
    title: str
    depth: int
    heading: Block
    span: SourceSpan
    id_given: bool = True
    authority: Authority | None = None
    old_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owner: str | None = None
    no_test_reason: str | None = None
    blocks: tuple[Block, ...] = ()
    boxes: tuple[Box, ...] = ()
    references: tuple[Reference, ...] = ()
    markers: tuple[Marker, ...] = ()
    settings: tuple[Setting, ...] = ()
    examples: tuple[Example, ...] = ()
    children: tuple[Section, ...] = ()

    def walk(self) -> Iterator[Section]:
        """This section, then every subsection in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def prose(self) -> str:
        """What the section itself says: its body without boxes, examples and settings."""
        return "\n\n".join(
            block.text.strip("\n")
            for block in self.blocks
            if block.kind not in ("box", "example", "setting")
        )
