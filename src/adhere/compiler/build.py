"""From raw blocks to the tree of sections."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, Literal, TypeVar

from adhere.compiler.diagnostic import Diagnostic, Findings, Severity
from adhere.compiler.fences import Draft, FenceReader
from adhere.compiler.headings import read_heading
from adhere.compiler.html import comments, is_closed
from adhere.compiler.markdown import Fence, RawBlock
from adhere.compiler.mask import BoxHead, Masked
from adhere.compiler.source import BLANK, Source
from adhere.spec import Block, Box, Gap, Marker, Reference, Section, SourceSpan
from adhere.spec.section import BlockKind

T = TypeVar("T", bound=tuple[object, ...])

NO_TEST: Final = "no test needed"

_INDENT = re.compile(r"^(?: {0,3}\t| {1,4})", re.M)
_UNINDENTED = re.compile(rb"^(?! {4}| {0,3}\t)[ \t]*[^ \t\r\n]", re.M)


class Builder:
    """Fills sections block by block; `finish` nests them."""

    def __init__(self, source: Source, masked: Masked) -> None:
        self.source = source
        self.findings = Findings()
        self.preamble: list[Block] = []
        self.gaps: list[Gap] = []
        self._drafts: list[Draft] = []
        self._fences = FenceReader(source, self.findings)
        self._heads = masked.heads
        self._broken_heads = list(reversed(masked.broken_heads))
        self._front = masked.start
        self._at = 0
        """Everything before is in a heading, a block or a gap."""
        self._end = 0
        """Where the last heading or block ends."""
        self._title: RawBlock | None = None

    def add(self, raw: RawBlock) -> None:
        """Take the next top-level block."""
        raw.end = self.source.trim(raw.start, raw.end)
        title, self._title = self._title, None
        if self._broken_heads:
            self._check_heads(raw)
        if title is not None:
            if raw.kind == "code" and raw.fences and self._fences.meaning(raw.fences[0]) == "xml":
                self._example(raw, title)
                return
            self._lone_title(title)
        if raw.kind == "heading":
            self._open_section(raw)
        elif raw.kind == "paragraph" and self.source.data.startswith(b"**Example**", raw.start):
            self._title = raw
        elif raw.kind == "code":
            self._code(raw)
        elif raw.kind == "list" and self._heads:
            self._list(raw)
        else:
            self._block(raw)

    def finish(self) -> tuple[Section, ...]:
        """Return the top-level sections, each with its subsections."""
        if self._title is not None:
            self._lone_title(self._title)
        self._reach(len(self.source.data))
        pending: list[tuple[Draft, list[Section]]] = []
        top: list[Section] = []

        def close(until: int, at: int) -> None:
            while pending and pending[-1][0].fields["depth"] >= until:
                draft, children = pending.pop()
                section = self._section(draft, tuple(children), at)
                (pending[-1][1] if pending else top).append(section)

        for draft in self._drafts:
            close(draft.fields["depth"], draft.before)
            pending.append((draft, []))
        close(0, self._end)
        return tuple(top)

    def _section(self, draft: Draft, children: tuple[Section, ...], end: int) -> Section:
        heading = draft.heading.span
        return Section(
            **draft.fields,
            heading=draft.heading,
            span=SourceSpan(heading.start, end, heading.line, heading.column),
            no_test_reason=draft.no_test_reason,
            blocks=tuple(draft.blocks),
            boxes=tuple(draft.boxes),
            references=tuple(draft.references),
            markers=tuple(draft.markers),
            settings=tuple(draft.settings),
            examples=tuple(draft.examples),
            children=children,
        )

    def _say(
        self, code: str, severity: Severity, start: int, end: int, message: str, remedy: str
    ) -> None:
        span, name = self.source.span(start, end), self.source.name
        found = Diagnostic(code, severity, message, remedy, span, name, self._section_id)
        self.findings.add(found)

    @property
    def _section_id(self) -> str | None:
        return self._drafts[-1].fields["id"] if self._drafts else None

    # -- pieces ------------------------------------------------------------------------------

    def _piece(self, kind: BlockKind, start: int, end: int) -> Block:
        """Make the block of a range, and a gap of what was left out before it."""
        self._reach(start)
        return self._cover(kind, self.source.span(start, end))

    def _cover(self, kind: BlockKind, span: SourceSpan, ref: str | None = None) -> Block:
        self._at = self._end = span.end
        return Block(kind, self.source.text(span.start, span.end), span, ref)

    def _reach(self, start: int) -> None:
        """Cover everything up to ``start``: white space is a gap, words are a block."""
        if start <= self._at:
            return
        front = max(self._at, self._front)
        between = self.source.data[front:start]
        if words := between.strip(BLANK):  # what the parser keeps to itself: link definitions
            first = front + len(between) - len(between.lstrip(BLANK))
            self._gap(first)
            self._keep(self._piece("paragraph", first, first + len(words)))
        self._gap(start)

    def _gap(self, end: int) -> None:
        start, self._at = self._at, end
        if start < end:
            self.gaps.append(Gap(self.source.text(start, end), self.source.span(start, end)))

    def _keep(self, block: Block) -> None:
        (self._drafts[-1].blocks if self._drafts else self.preamble).append(block)

    # -- blocks ------------------------------------------------------------------------------

    def _open_section(self, raw: RawBlock) -> None:
        heading = raw.heading
        assert heading is not None
        self._reach(raw.start)
        before = self._end
        block = self._piece("heading", raw.start, raw.end)
        title = self.source.text(*heading.title).strip() if heading.title else ""
        fields, problems = read_heading(heading, title)
        self._drafts.append(Draft(block, fields, before))
        for problem in problems:
            code, severity, message, remedy = problem
            self._say(code, severity, raw.start, raw.end, message, remedy)
        self._inside(raw)

    def _block(self, raw: RawBlock) -> None:
        """Add a block as it stands, and read what is inside it."""
        self._keep(self._piece(raw.kind, raw.start, raw.end))
        self._inside(raw)
        if raw.kind != "code":
            for fence in raw.fences:
                self._nested_fence(fence)
        for start, end in raw.inner_headings:
            self._say(
                "inner-heading",
                Severity.WARNING,
                start,
                self.source.trim(start, end),
                "a heading inside a list, a quote or a box does not begin a section",
                "put it on a line of its own outside of them",
            )

    def _inside(self, raw: RawBlock) -> None:
        for start, end, alone in raw.html:
            self._html(start, end, alone)
        if not self._drafts:
            return
        draft, source = self._drafts[-1], self.source
        inside: Literal["prose", "box"] = "box" if raw.kind == "box" else "prose"
        for start, end, target in raw.links:
            if target.startswith("#") and len(target) > 1:
                auto = source.data.startswith(b"[?]", start)
                span = source.span(start, end)
                draft.references.append(Reference(target[1:], span, auto, inside))
        for start, end, name in raw.markers:
            draft.markers.append(Marker(name, source.span(start, end)))

    def _html(self, start: int, end: int, alone: bool) -> None:
        """``alone``: a block, which may run to the end of the document; a tag in a line cannot."""
        piece = self.source.data[start:end]
        if alone and not is_closed(piece):
            self._say(
                "html-unclosed",
                Severity.ERROR,
                start,
                self.source.trim(start, end),
                "this is never closed, so what follows it is not read",
                "close it",
            )
        for first, last, words in comments(piece):
            if not self._drafts or not words.startswith(NO_TEST):
                continue
            colon, _, reason = words.removeprefix(NO_TEST).partition(":")
            if not colon.strip() and reason.strip():
                self._drafts[-1].no_test_reason = reason.strip()
            else:
                self._say(
                    "no-test-reason",
                    Severity.WARNING,
                    start + first,
                    start + last,
                    "the comment does not say why no test is needed",
                    f"write <!-- {NO_TEST}: why -->",
                )

    # -- boxes -------------------------------------------------------------------------------

    def _list(self, raw: RawBlock) -> None:
        """A list is one, or boxes in disguise, or both after one another."""
        at = raw.start
        for start, end in raw.items:
            if head := self._heads.get(start):
                self._part(raw, "list", at, start)
                self._box(head, *self._part(raw, "box", start, end))
                at = end
        if at == raw.start:
            self._block(raw)
        else:
            self._part(raw, "list", at, raw.end)

    def _part(self, raw: RawBlock, kind: BlockKind, start: int, end: int) -> tuple[int, int]:
        """Add the part of a block between two offsets as a block of its own."""
        between = self.source.data[start:end]
        start += len(between) - len(between.lstrip(BLANK))
        end = self.source.trim(start, end)
        if start < end:
            part = RawBlock(kind, start, end)
            first = bisect_left(raw.fences, start, key=_start)
            part.fences = raw.fences[first : bisect_left(raw.fences, end, key=_start)]
            part.links = _between(raw.links, start, end)
            part.markers = _between(raw.markers, start, end)
            part.html = _between(raw.html, start, end)
            part.inner_headings = _between(raw.inner_headings, start, end)
            self._block(part)
        return start, end

    def _box(self, head: BoxHead, start: int, end: int) -> None:
        if self._drafts:
            text = _INDENT.sub("", self.source.text(head.end, end)).strip()
            span = self.source.span(start, end)
            self._drafts[-1].boxes.append(Box(head.kind, head.title, text, span))
        if line := _UNINDENTED.search(self.source.data, head.end, end):
            self._say(
                "box-runs-on",
                Severity.WARNING,
                line.end() - 1,
                end,
                "this line is read as part of the box above it",
                "leave a blank line after a box, or indent the line by four spaces",
            )

    def _check_heads(self, raw: RawBlock) -> None:
        """Report lines that were to open a box, unless they stand in code."""
        broken = self._broken_heads
        while broken and broken[-1][0] < raw.end:
            start, end = broken.pop()
            if raw.kind not in ("code", "html"):
                self._say(
                    "box-head",
                    Severity.WARNING,
                    start,
                    self.source.trim(start, end),
                    "the line begins like a box and is not one",
                    'write !!! kind "Title", and nothing after it',
                )

    # -- fences ------------------------------------------------------------------------------

    def _code(self, raw: RawBlock) -> None:
        if not raw.fences:  # indented code: its first indentation belongs to it
            line = self.source.data.rfind(b"\n", 0, raw.start) + 1
            raw.start = max(line, self._at, self._front)
            self._block(raw)
            return
        fence = raw.fences[0]
        meaning = self._fences.meaning(fence)
        if meaning and not self._drafts:
            self._before_sections(fence)
        elif meaning == "xml":
            self._example(raw, None)
            return
        elif meaning == "setting":
            self._setting(raw)
            return
        self._block(raw)
        self._fences.check_closed(fence, self._section_id)

    def _setting(self, raw: RawBlock) -> None:
        self._reach(raw.start)
        span = self.source.span(raw.start, raw.end)
        setting = self._fences.setting(self._drafts[-1], raw.fences[0], span)
        kind: BlockKind = "setting" if setting else "code"
        self._keep(self._cover(kind, span, setting.id if setting else None))
        self._fences.check_closed(raw.fences[0], self._section_id)

    def _example(self, raw: RawBlock, title: RawBlock | None) -> None:
        fence = raw.fences[0]
        start = title.start if title else raw.start
        self._reach(start)
        span = self.source.span(start, raw.end)
        example = None
        if self._drafts:
            words = self.source.text(title.start, title.end) if title else ""
            example = self._fences.example(self._drafts[-1], fence, words, span)
        else:
            self._before_sections(fence)
        kind: BlockKind = "example" if example else "code"
        self._keep(self._cover(kind, span, example.id if example else None))
        if title:
            self._inside(title)
        self._fences.check_closed(fence, self._section_id)

    def _nested_fence(self, fence: Fence) -> None:
        """A fence inside a list or a box: its block stays what it is."""
        self._fences.check_closed(fence, self._section_id)
        meaning = self._fences.meaning(fence)
        if meaning is None:
            return
        if not self._drafts:
            self._before_sections(fence)
            return
        span = self.source.span(fence.start, self.source.trim(fence.start, fence.end))
        if meaning == "xml":
            self._fences.example(self._drafts[-1], fence, "", span)
        else:
            self._fences.setting(self._drafts[-1], fence, span)

    def _before_sections(self, fence: Fence) -> None:
        self._say(
            "before-sections",
            Severity.WARNING,
            fence.start,
            self.source.trim(fence.start, fence.end),
            "an example or a setting before the first heading belongs to no section",
            "move it below the heading of its section",
        )

    def _lone_title(self, title: RawBlock) -> None:
        self._block(title)
        self._say(
            "example-title-alone",
            Severity.WARNING,
            title.start,
            title.end,
            "an example's title is not followed by an example",
            "put the ~~~xml block directly after the title",
        )


def _start(fence: Fence) -> int:
    return fence.start


def _between(items: Sequence[T], start: int, end: int) -> Sequence[T]:
    """Return the items, which begin with their offset and are in order, of a range."""
    return items[bisect_left(items, (start,)) : bisect_left(items, (end,))]
