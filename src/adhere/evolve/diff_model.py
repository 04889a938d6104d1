"""What a difference of two specs looks like as data (schema ``adhere/diff/1``).

::

    SpecDiff
    ├── old, new      which documents
    ├── counts        the figures of the summary
    ├── head          what stands before the first heading: metadata and preamble
    └── sections      only sections with something to tell, in reading order
        ├── rename, move
        ├── fields    title, authority, tags, owner, oldids
        ├── blocks    prose and boxes, words marked
        ├── settings  field by field
        └── examples  title, turns, answers, labels
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from adhere.spec import Authority, SourceSpan
from adhere.spec.section import BlockKind

Change: TypeAlias = Literal["same", "white_space", "notation", "substance"]
"""How deep a difference goes.

``white_space``: only the amount of it differs, where it carries no meaning. ``notation``: written
otherwise and meaning the same, such as attributes in another order. ``substance``: the meaning.
"""
Presence: TypeAlias = Literal["added", "removed", "kept"]
Edit: TypeAlias = Literal["added", "removed", "changed"]


class Run(msgspec.Struct, frozen=True, gc=False):
    """A stretch of text: in both, only in the new, or only in the old.

    The runs of a text joined without the deleted ones are the new text, and without the inserted
    ones the old; to the character, as far as characters carry meaning. White space that a reader
    of the document does not see, such as line ends inside a paragraph, is folded before.
    """

    op: Literal["equal", "insert", "delete"]
    text: str


class FieldChange(msgspec.Struct, frozen=True, gc=False):
    """A field with its old and new value, as plain data; None where it had or has none."""

    name: str
    old: Any
    new: Any


class BlockChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A block of prose, or a box of commentary (``kind="box"``).

    Attributes:
        edit: What happened to it.
        kind: What it is, in both documents.
        runs: Its text, words marked.
        old: Where it stands in the old document.
        new: Where it stands in the new document.
        coarse: There was too much to align, so more is marked than had to be.
    """

    edit: Edit
    kind: BlockKind
    runs: tuple[Run, ...]
    old: SourceSpan | None = None
    new: SourceSpan | None = None
    coarse: bool = False

    @property
    def commentary(self) -> bool:
        """Whether it is a box: words about the rules, not rules."""
        return self.kind == "box"


class SettingChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A setting of a section.

    ``kept`` with no fields means that only its place among the settings changed (``reordered``).
    """

    presence: Presence
    id: str
    fields: tuple[FieldChange, ...]
    reordered: bool = False
    old: SourceSpan | None = None
    new: SourceSpan | None = None


class PartChange(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a turn: text, untrusted text, or settings. Every character counts."""

    kind: Literal["text", "untrusted", "settings"]
    runs: tuple[Run, ...]


class LineChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A turn of an example's conversation, or a possible answer in it.

    Unchanged ones are here too (``edit`` is None), so that the conversation can be shown whole.

    Attributes:
        edit: What happened to it.
        answer: Whether it is a possible answer, with a label.
        role: Who speaks.
        parts: What is said.
        label: An answer's label in words, such as ``good: asks first``; empty where it has none.
        fields: What changed beside the words: verdict, reason, condition, recipient and so on.
        coarse: There was too much to align, so more is marked than had to be.
    """

    edit: Edit | None
    answer: bool
    role: str
    parts: tuple[PartChange, ...]
    label: tuple[Run, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    coarse: bool = False


class ExampleChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A labelled example.

    Attributes:
        presence: ``removed`` also where it moved to another section, ``added`` where it came
            from one; ``other_section`` tells the two apart. What changed on the way is said
            where it arrives.
        id: Its id in the new document; in the old where it is removed.
        old_id: Its id in the old document, where that is another.
        title: The title, words marked.
        lines: The conversation; empty where nothing in it changed.
        reordered: It has another place among the examples of its section.
        other_section: Where it went (an id of the new document) or came from (of the old).
        old: Where it stands in the old document.
        new: Where it stands in the new document.
    """

    presence: Presence
    id: str
    title: tuple[Run, ...]
    lines: tuple[LineChange, ...] = ()
    old_id: str | None = None
    reordered: bool = False
    other_section: str | None = None
    old: SourceSpan | None = None
    new: SourceSpan | None = None

    @property
    def retitled(self) -> bool:
        """Whether it is under another title than it was."""
        return (
            self.old is not None
            and self.new is not None
            and any(run.op != "equal" for run in self.title)
        )


class Rename(msgspec.Struct, frozen=True, gc=False):
    """Another id for what is taken to be the same section.

    Attributes:
        old_id: The id it had.
        declared: The document says so (``oldids=``); otherwise it is inferred from the content.
        similarity: Dice coefficient of the two contents' pairs of neighbouring words, 0 to 1.
    """

    old_id: str
    declared: bool
    similarity: float


class Move(msgspec.Struct, frozen=True, gc=False):
    """Another place in the tree.

    Attributes:
        why: ``parent``: under another section; ``order``: among the same siblings, in another
            order; ``level``: under the same section, with another number of ``#``.
        old_parent: The id of the section it stood under; None at the top.
        new_parent: The id of the section it stands under; None at the top.
    """

    why: tuple[Literal["parent", "order", "level"], ...]
    old_parent: str | None
    new_parent: str | None


class SectionChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A section with something to tell. Its subsections are entries of their own.

    Attributes:
        presence: Whether both documents have it.
        change: How deep the difference of its own content goes; renames and moves apart.
        id: Its id in the new document; in the old where it is removed.
        title: Its title, likewise.
        depth: The number of ``#`` of its heading, likewise.
        authority: Its authority, likewise.
        old: Its place in the old document, subsections included.
        new: Its place in the new document, subsections included.
        rename, move, fields, blocks, settings, examples: What is to tell.
    """

    presence: Presence
    change: Change
    id: str
    title: str
    depth: int
    authority: Authority | None = None
    old: SourceSpan | None = None
    new: SourceSpan | None = None
    rename: Rename | None = None
    move: Move | None = None
    fields: tuple[FieldChange, ...] = ()
    blocks: tuple[BlockChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    examples: tuple[ExampleChange, ...] = ()


class HeadChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What stands before the first heading."""

    change: Change = "same"
    fields: tuple[FieldChange, ...] = ()
    blocks: tuple[BlockChange, ...] = ()


class Counts(msgspec.Struct, frozen=True, gc=False):
    """The figures of the summary.

    ``changed_in_substance``, ``changed_in_notation`` and ``changed_in_white_space`` count sections
    that both documents have, each once. Figures of examples, answers and settings run over the
    whole document, added and removed sections included. ``authority_changed`` maps transitions,
    such as ``platform -> root``, to their number.
    """

    sections_added: int
    sections_removed: int
    sections_renamed: int
    sections_moved: int
    sections_retitled: int
    changed_in_substance: int
    changed_in_notation: int
    changed_in_white_space: int
    prose_blocks: int
    commentary_boxes: int
    authority_changed: dict[str, int]
    examples_added: int
    examples_removed: int
    examples_changed: int
    examples_moved: int
    verdicts_changed: int
    settings_added: int
    settings_removed: int
    settings_changed: int


class Side(msgspec.Struct, frozen=True, gc=False):
    """One of the two documents: what it is called, and its digests of bytes and of meaning."""

    name: str
    title: str
    version: str
    source_digest: str
    spec_digest: str


class SpecDiff(msgspec.Struct, frozen=True, gc=False):
    """The difference of two compiled specs.

    Attributes:
        schema: The file format, ``adhere/diff/1``.
        old: The document before.
        new: The document after.
        counts: The figures of the summary.
        head: What stands before the first heading.
        sections: Sections with something to tell, in the order of the new document; removed ones
            stand where they stood.
        searched: False where there were too many sections or examples without a counterpart to
            compare each with each, so that a renamed one may show as removed and added.
    """

    schema: Literal["adhere/diff/1"]
    old: Side
    new: Side
    counts: Counts
    head: HeadChange
    sections: tuple[SectionChange, ...]
    searched: bool = True

    @property
    def changes_meaning(self) -> bool:
        """Whether the two documents mean something different, ids and order included."""
        return self.head.change == "substance" or any(
            section.change == "substance" or section.rename or section.move
            for section in self.sections
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell, not even white space."""
        return self.head.change == "same" and not self.sections
