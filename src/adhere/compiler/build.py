"""From raw blocks to the tree of sections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal

from adhere.compiler.diagnostic import Diagnostic, Findings, Severity
from adhere.compiler.examples import parse_example
from adhere.compiler.markdown import Fence, Heading, RawBlock
from adhere.compiler.mask import BoxMask
from adhere.compiler.settings import SettingProblem, parse_setting
from adhere.compiler.source import Source
from adhere.spec import (
    Authority,
    Block,
    Box,
    Example,
    Marker,
    Reference,
    Section,
    Setting,
    digest_bytes,
)

_TITLE = re.compile(r"\*\*Example\*\*:?[ \t]*(?P<title>.*)", re.S)
_NO_TEST = re.compile(rb"<!--\s*no test needed:\s*(?P<reason>.*?)\s*-->", re.S)
_LEVELS = tuple(level.value for level in Authority if level.rank)
_ATTRIBUTES = ("authority", "tags", "oldids", "owner")
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class Draft:
    """A section being filled."""

    heading: RawBlock
    fields: dict[str, Any]
    blocks: list[Block] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    no_test_reason: str | None = None


class Builder:
    """Fills sections block by block; `finish` nests them."""

    def __init__(self, source: Source, boxes: Sequence[BoxMask]) -> None:
        self.source = source
        self.findings = Findings()
        self.preamble: list[Block] = []
        self.drafts: list[Draft] = []
        self.covered: list[tuple[int, int]] = []
        """Byte ranges of headings and blocks, in order."""
        self._boxes = boxes
        self._next_box = 0
        self._box_end = 0
        self._title: RawBlock | None = None
        self._example_ids: Counter[str] = Counter()

    def add(self, raw: RawBlock) -> None:
        """Take the next top-level block."""
        data = self.source.data
        while raw.end > raw.start and data[raw.end - 1] in b"\r\n \t":
            raw.end -= 1
        title = self._title
        if title is not None:
            self._title = None
            if raw.kind == "code" and self._is_example(raw.fences):
                raw.links, raw.markers = title.links, title.markers
                self._example(raw, title)
                return
            self._block(title)
            self._say("example-title-alone", Severity.WARNING, title.start, title.end,
                      "an example's title is not followed by an example",
                      "put the ~~~xml block directly after the title")  # fmt: skip
        if raw.kind == "heading":
            self._open_section(raw)
        elif raw.kind == "paragraph" and data.startswith(b"**Example**", raw.start):
            self._title = raw
        elif raw.kind == "quote":
            self._quote(raw)
        elif raw.kind == "code" and raw.fences and self.drafts:
            self._fence(raw)
        else:
            self._block(raw)

    def finish(self) -> tuple[Section, ...]:
        """Return the top-level sections, each with its subsections."""
        if self._title is not None:
            self._block(self._title)
        end = self.covered[-1][1] if self.covered else 0
        pending: list[tuple[Draft, list[Section]]] = []
        top: list[Section] = []

        def close(until: int, at: int) -> None:
            while pending and pending[-1][0].fields["depth"] >= until:
                draft, children = pending.pop()
                section = self._section(draft, tuple(children), at)
                (pending[-1][1] if pending else top).append(section)

        for draft in self.drafts:
            before = self.covered[draft.fields.pop("index") - 1][1]
            close(draft.fields["depth"], before)
            pending.append((draft, []))
        close(0, end)
        return tuple(top)

    def _section(self, draft: Draft, children: tuple[Section, ...], end: int) -> Section:
        return Section(
            **draft.fields,
            heading=self._as_written(draft.heading, None),
            span=self.source.span(draft.heading.start, max(end, draft.heading.end)),
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
        section = self.drafts[-1].fields["id"] if self.drafts else None
        span, name = self.source.span(start, end), self.source.name
        self.findings.add(Diagnostic(code, severity, message, remedy, span, name, section))

    # -- headings ----------------------------------------------------------------------------

    def _open_section(self, raw: RawBlock) -> None:
        heading = raw.heading
        assert heading is not None
        title = self.source.text(*heading.title).strip() if heading.title else ""
        given = heading.id or None
        fields: dict[str, Any] = {
            "id": given or _SLUG.sub("_", title.lower()).strip("_") or f"section_{raw.start}",
            "title": title, "depth": heading.depth, "id_given": given is not None,
            "index": len(self.covered),
        }  # fmt: skip
        self.covered.append((raw.start, raw.end))
        self.drafts.append(Draft(raw, fields))
        self._heading_attributes(heading, raw, fields)
        self._inline(raw, "prose")

    def _heading_attributes(self, heading: Heading, raw: RawBlock, fields: dict[str, Any]) -> None:
        for name, value in heading.attributes:
            words = tuple(word for word in (value or "").split(",") if word)
            if name == "authority" and value in _LEVELS:
                fields["authority"] = Authority(value)
            elif name == "authority":
                self._say(
                    "unknown-authority",
                    Severity.ERROR,
                    raw.start,
                    raw.end,
                    f'"{value or ""}" is not a level of authority',
                    f"use one of {', '.join(_LEVELS)}",
                )
            elif name == "tags":
                fields["tags"] = words
            elif name == "oldids":
                fields["old_ids"] = words
            elif name == "owner" and value:
                fields["owner"] = value
            else:
                self._say(
                    "unknown-attribute",
                    Severity.WARNING,
                    raw.start,
                    raw.end,
                    f'"{name}" is not an attribute of a heading, or has no value',
                    f"use one of {', '.join(_ATTRIBUTES)}",
                )

    # -- blocks ------------------------------------------------------------------------------

    def _block(self, raw: RawBlock, ref: str | None = None) -> None:
        """Add a block as it stands, and read what is inside it."""
        block = self._as_written(raw, ref)
        self.covered.append((raw.start, raw.end))
        if not self.drafts:
            self.preamble.append(block)
            return
        self.drafts[-1].blocks.append(block)
        if raw.kind not in ("example", "setting"):
            self._inside(raw, "box" if raw.kind == "box" else "prose")
        if raw.html and (found := _NO_TEST.search(self.source.data, *raw.html)):
            self.drafts[-1].no_test_reason = found["reason"].decode()

    def _as_written(self, raw: RawBlock, ref: str | None) -> Block:
        span = self.source.span(raw.start, raw.end)
        return Block(raw.kind, self.source.text(raw.start, raw.end), span, ref)

    def _inside(self, raw: RawBlock, inside: Literal["prose", "box"]) -> None:
        self._inline(raw, inside)
        for fence in raw.fences:
            self._nested_fence(fence)

    def _inline(self, raw: RawBlock, inside: Literal["prose", "box"]) -> None:
        draft, source = self.drafts[-1], self.source
        for target, start, end in raw.links:
            if target.startswith("#") and len(target) > 1:
                auto = source.data[start : start + 3] == b"[?]"
                draft.references.append(
                    Reference(target[1:], source.span(start, end), auto, inside)
                )
        draft.markers += [Marker(name, source.span(s, e)) for name, s, e in raw.markers]

    def _quote(self, raw: RawBlock) -> None:
        """A block quote is one, or boxes in disguise, or a quote that runs into boxes."""
        boxes = self._boxes_in(raw)
        start = raw.start
        if start < self._box_end:  # a later paragraph of a box that is already there
            if self.drafts:
                self._inside(raw, "box")
            start = self._box_end
        until = boxes[0].start if boxes else raw.end
        if start < until:
            self._part(raw, "quote", start, until)
        for box, following in zip_longest(boxes, boxes[1:]):
            self._box(raw, box, following.start if following else max(box.end, raw.end))

    def _boxes_in(self, raw: RawBlock) -> list[BoxMask]:
        boxes, at = self._boxes, self._next_box
        while at < len(boxes) and boxes[at].start < raw.start:  # only looked like a box
            at += 1
        first = at
        while at < len(boxes) and boxes[at].start < raw.end:
            at += 1
        self._next_box = at
        return list(boxes[first:at])

    def _part(self, raw: RawBlock, kind: Literal["quote", "box"], start: int, end: int) -> None:
        while end > start and self.source.data[end - 1] in b"\r\n \t":
            end -= 1
        inside = RawBlock(
            kind,
            start,
            end,
            fences=[fence for fence in raw.fences if start <= fence.start < end],
            links=[link for link in raw.links if start <= link[1] < end],
            markers=[marker for marker in raw.markers if start <= marker[1] < end],
            html=(start, end) if raw.html else None,
        )
        self._block(inside)

    def _box(self, raw: RawBlock, box: BoxMask, end: int) -> None:
        self._box_end = end
        self._part(raw, "box", box.start, end)
        if not self.drafts:
            return
        lines = "".join(self.source.text(*line) for line in box.lines)
        span = self.drafts[-1].blocks[-1].span
        self.drafts[-1].boxes.append(Box(box.kind, box.title, lines.strip(), span))
        if end > box.end:
            self._say(
                "box-runs-on",
                Severity.WARNING,
                box.start,
                span.end,
                "the line after the box is read as part of its last paragraph",
                "leave a blank line after a box",
            )

    # -- fences ------------------------------------------------------------------------------

    def _is_example(self, fences: Sequence[Fence]) -> bool:
        return bool(fences) and fences[0].info.split()[:1] == ["xml"]

    def _fence(self, raw: RawBlock) -> None:
        fence = raw.fences[0]
        info = fence.info.split()[:1]
        if info == ["xml"] and self.source.data.startswith(b"~~~", raw.start):
            self._example(raw, None)
        elif info == ["setting"]:
            setting = self._setting(fence)
            raw.kind = "setting" if setting else "code"
            self._block(raw, setting.id if setting else None)
        else:
            self._block(raw)

    def _nested_fence(self, fence: Fence) -> None:
        """A fence inside a list or a box: its block stays what it is."""
        info = fence.info.split()[:1]
        data = self.source.data
        if info == ["xml"] and data.startswith(b"~~~", fence.start):
            self._read_example(fence, "", fence.start, fence.end)
        elif info == ["setting"] and data.startswith(b"~~~", fence.start):
            self._setting(fence)

    def _setting(self, fence: Fence) -> Setting | None:
        draft = self.drafts[-1]
        text = "".join(self.source.text(*piece) for piece in fence.content)
        try:
            setting = parse_setting(
                text, draft.fields["id"], self.source.span(fence.start, fence.end)
            )
        except SettingProblem as problem:
            self._say(
                "setting-malformed",
                Severity.ERROR,
                fence.start,
                fence.end,
                f"the setting cannot be read: {problem}",
                "see the format of settings in docs/dialect.md",
            )
            return None
        draft.settings.append(setting)
        return setting

    def _example(self, raw: RawBlock, title: RawBlock | None) -> None:
        start, words = raw.start, ""
        if title is not None:
            start = title.start
            found = _TITLE.match(self.source.text(title.start, title.end))
            words = found["title"].strip() if found else ""
        example = None
        if self.drafts:
            self._inline(raw, "prose")
            example = self._read_example(raw.fences[0], words, start, raw.end)
        kind: Literal["example", "code"] = "example" if example else "code"
        self._block(RawBlock(kind, start, raw.end), example.id if example else None)

    def _read_example(self, fence: Fence, title: str, start: int, end: int) -> Example | None:
        draft = self.drafts[-1]
        section = draft.fields["id"]
        parsed = parse_example(self.source, fence, self.findings, section)
        draft.references += [
            Reference(target, self.source.span(first, last), auto, "comment")
            for target, auto, first, last in parsed.references
        ]
        if not parsed.well_formed:
            return None
        content = self.source.data[fence.start : fence.end]
        slug = _SLUG.sub("-", title.lower()).strip("-")[:80] or digest_bytes(content)[7:19]
        example = Example(
            self._unique(f"{section}/{slug}"),
            title,
            tuple(parsed.turns),
            tuple(parsed.answers),
            self.source.span(start, end),
        )
        draft.examples.append(example)
        return example

    def _unique(self, name: str) -> str:
        self._example_ids[name] += 1
        number = self._example_ids[name]
        if number == 1:
            return name
        candidate = f"{name}-{number}"
        return candidate if candidate not in self._example_ids else self._unique(name)


def gaps(covered: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """Yield what ``covered`` (in order, not overlapping) leaves out of ``range(length)``."""
    at = 0
    for start, end in covered:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < length:
        yield at, length
