"""The compiled document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from adhere.spec.authority import Authority
from adhere.spec.example import Example
from adhere.spec.section import Block, Section
from adhere.spec.setting import Setting
from adhere.spec.span import SourceSpan


class Metadata(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The document's own word about itself (``+++`` TOML at its top); empty where it has none."""

    title: str = ""
    version: str = ""
    language: str = ""
    licence: str = ""


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Source text that belongs to no node: blank lines, front matter, a byte order mark."""

    text: str
    span: SourceSpan


class Spec(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A behaviour specification, compiled.

    Immutable. Headings, blocks and gaps together cover the source exactly once, so the document
    can be written back byte for byte (`adhere.compiler.write_spec`).

    Attributes:
        schema: The file format, ``adhere/spec/1``.
        name: What the source was called when it was compiled (a file name, never a path).
        source_digest: ``sha256:…`` of the source bytes.
        spec_digest: ``sha256:…`` of the meaning: RFC 8785 canonical JSON of everything but
            positions, names of files, and the amount of white space in prose.
        metadata: The document's word about itself.
        preamble: Blocks before the first heading.
        sections: Top-level sections; each holds its subsections.
        gaps: What lies between.
    """

    schema: Literal["adhere/spec/1"]
    name: str
    source_digest: str
    spec_digest: str
    sections: tuple[Section, ...]
    gaps: tuple[Gap, ...] = ()
    metadata: Metadata = Metadata()
    preamble: tuple[Block, ...] = ()

    def walk(self) -> Iterator[Section]:
        """Every section in document order."""
        for section in self.sections:
            yield from section.walk()

    def section(self, section_id: str) -> Section:
        """Return the section with this id, or with this old id.

        Raises:
            KeyError: There is none.
        """
        old: Section | None = None
        for section in self.walk():
            if section.id == section_id:
                return section
            if old is None and section_id in section.old_ids:
                old = section
        if old is None:
            raise KeyError(section_id)
        return old

    def examples(self) -> Iterator[tuple[Section, Example]]:
        """Every example with the section it stands in, in document order."""
        for section in self.walk():
            for example in section.examples:
                yield section, example

    def settings(self) -> Iterator[Setting]:
        """Every setting, in document order."""
        for section in self.walk():
            yield from section.settings

    def effective_authority(self, section_id: str) -> Authority:
        """The section's own level; for a heading that only groups, the highest below it.

        The publisher's own page shows the same for such headings. ``none`` where nothing below
        has a level either.

        Raises:
            KeyError: There is no such section.
        """
        section = self.section(section_id)
        if section.authority is not None:
            return section.authority
        levels = [child.authority for child in section.walk() if child.authority is not None]
        return max(levels, key=lambda level: level.rank, default=Authority.NONE)
