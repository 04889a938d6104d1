"""The difference of two specs by meaning: sections, prose, settings, examples."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from adhere.evolve.diff_blocks import body, compare_blocks, preamble
from adhere.evolve.diff_counts import count
from adhere.evolve.diff_examples import Examples, compare_examples
from adhere.evolve.diff_fields import compare_fields, compare_settings, section_fields
from adhere.evolve.diff_match import Match, Node, match_sections, moves, nodes
from adhere.evolve.diff_model import (
    Change,
    ExampleChange,
    HeadChange,
    Move,
    Rename,
    SectionChange,
    Side,
    SpecDiff,
)
from adhere.evolve.diff_words import Effort
from adhere.spec import Block, Gap, Section, Spec


def diff_specs(old: Spec, new: Spec) -> SpecDiff:
    """Compare two specs.

    What counts as the same meaning is what the spec digest covers. Never fails on any two specs:
    where comparing more closely would cost too much, the result is coarser and says so.

    >>> from adhere.compiler import compile_spec
    >>> old = compile_spec(b"# Style {#style}\\n\\nBe brief.\\n").spec
    >>> new = compile_spec(b"# Style {#style}\\n\\nBe clear.\\n").spec
    >>> [(run.op, run.text) for run in diff_specs(old, new).sections[0].blocks[0].runs]
    [('equal', 'Be'), ('delete', ' brief'), ('insert', ' clear'), ('equal', '.')]
    """
    effort = Effort()
    before, after = nodes(old), nodes(new)
    match = match_sections(before, after, effort)
    examples = compare_examples(
        [node.section for node in before], [node.section for node in after], match.pairs, effort
    )
    sides = _Side(old, before), _Side(new, after)
    sections = _sections(*sides, match, examples, effort)
    return SpecDiff(
        schema="adhere/diff/1",
        old=_side(old),
        new=_side(new),
        counts=count(sections),
        head=_head(*sides, effort),
        sections=sections,
        searched=match.searched and examples.searched,
    )


class _Side:
    """One document, cut into what stands before its first heading and one piece a section."""

    def __init__(self, spec: Spec, found: Sequence[Node]) -> None:
        self.spec, self.nodes = spec, found
        pieces: list[Block | Gap] = [*spec.preamble, *spec.gaps]
        for node in found:
            pieces += [node.section.heading, *node.section.blocks]
        pieces.sort(key=lambda piece: piece.span)
        starts = [piece.span.start for piece in pieces]
        cuts = [
            0,
            *(bisect_left(starts, node.section.heading.span.start) for node in found),
            len(pieces),
        ]
        texts = [
            "".join(piece.text for piece in pieces[start:end]) for start, end in pairwise(cuts)
        ]
        self.head, self._sources = texts[0], texts[1:]

    def source(self, number: int, body_only: bool) -> str:
        """Return a section as written, up to the next heading, blank lines included."""
        heading = self.nodes[number].section.heading.text if body_only else ""
        return self._sources[number][len(heading) :]


def _sections(
    old: _Side, new: _Side, match: Match, examples: Examples, effort: Effort
) -> tuple[SectionChange, ...]:
    moved = moves(old.nodes, new.nodes, match.pairs)
    row_of = {column: row for row, column in match.pairs}
    column_of = dict(match.pairs)
    placed: list[tuple[tuple[int, int], SectionChange]] = []
    for column, node in enumerate(new.nodes):
        row = row_of.get(column)
        changes = examples.new[column]
        if row is None:
            change: SectionChange | None = _one_sided(node.section, True, changes, effort)
        else:
            rename, move = match.renames.get(column), moved.get(column)
            # The heading of a section that was renamed or moved differs, and that is told.
            body_only = bool(rename or move)
            source_change = _source_change(
                old.source(row, body_only), new.source(column, body_only)
            )
            change = _kept(
                old.nodes[row].section, node.section, source_change, rename, move, changes, effort
            )
        if change is not None:
            placed.append(((column, -1), change))
    last = -1
    for row, node in enumerate(old.nodes):
        if row in column_of:
            last = column_of[row]
        else:  # after the section that it stood after
            change = _one_sided(node.section, False, examples.old[row], effort)
            placed.append(((last, row), change))
    return tuple(change for _, change in sorted(placed, key=lambda pair: pair[0]))


def _one_sided(
    section: Section, added: bool, examples: tuple[ExampleChange, ...], effort: Effort
) -> SectionChange:
    """A section that only one of the documents has."""
    old, new = (None, section) if added else (section, None)
    return SectionChange(
        "added" if added else "removed",
        "substance",
        section.id,
        section.title,
        section.depth,
        section.authority,
        old.span if old else None,
        new.span if new else None,
        fields=section_fields(old, new, None),
        blocks=compare_blocks(body(old) if old else (), body(new) if new else (), effort),
        settings=compare_settings(old.settings if old else (), new.settings if new else ()),
        examples=examples,
    )


def _kept(
    old: Section,
    new: Section,
    source_change: Change,
    rename: Rename | None,
    move: Move | None,
    examples: tuple[ExampleChange, ...],
    effort: Effort,
) -> SectionChange | None:
    """A section that both documents have, or None where there is nothing to tell."""
    fields = section_fields(old, new, rename)
    blocks = compare_blocks(body(old), body(new), effort)
    settings = compare_settings(old.settings, new.settings)
    change: Change = "substance" if fields or blocks or settings or examples else source_change
    if change == "same" and not rename and not move:
        return None
    return SectionChange(
        "kept",
        change,
        new.id,
        new.title,
        new.depth,
        new.authority,
        old.span,
        new.span,
        rename,
        move,
        fields,
        blocks,
        settings,
        examples,
    )


def _source_change(old: str, new: str) -> Change:
    """How the source differs, meaning aside."""
    if old == new:
        return "same"
    return "white_space" if old.split() == new.split() else "notation"


def _head(old: _Side, new: _Side, effort: Effort) -> HeadChange:
    fields = compare_fields(
        msgspec.structs.asdict(old.spec.metadata), msgspec.structs.asdict(new.spec.metadata)
    )
    blocks = compare_blocks(preamble(old.spec), preamble(new.spec), effort)
    change: Change = "substance" if fields or blocks else _source_change(old.head, new.head)
    return HeadChange(change, fields, blocks)


def _side(spec: Spec) -> Side:
    meta = spec.metadata
    return Side(spec.name, meta.title, meta.version, spec.source_digest, spec.spec_digest)
