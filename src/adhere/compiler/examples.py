"""Example fences: XML of a closed vocabulary, read by expat with exact positions."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import get_args
from xml.parsers import expat

from adhere.compiler.diagnostic import Diagnostic, Findings, Severity
from adhere.compiler.markdown import Fence
from adhere.compiler.source import Source
from adhere.spec import Answer, Part, Turn, Verdict
from adhere.spec.example import TurnRole

MAX_DEPTH = 32

_ROLES = frozenset(get_args(TurnRole))
_ATTRIBUTES = frozenset({"recipient", "end_turn", "name", "comment"})
_ELISION = "[...]"  # authors write it for turns they leave out
_OPEN = b"<r>"
_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_LABEL = re.compile(
    r"(?P<verdict>GOOD|OK|BAD)"
    r"(?:\[(?P<sections>#[\w-]+(?:\s*,\s*#[\w-]+)*)\])?"
    r"(?:\s*,\s*(?P<condition>[^:]*))?(?:\s*:\s*(?P<reason>.*))?\s*",
    re.S,
)
_REFERENCE = re.compile(r"\[(?P<words>[^\]]*)\]\(#(?P<target>[^)\s]+)\)")


@dataclass(slots=True)
class ParsedExample:
    """The conversation of a fence and its answers."""

    turns: list[Turn] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    references: list[tuple[str, bool, int, int]] = field(default_factory=list)
    """Target, whether auto-named, byte range: links inside comments."""
    well_formed: bool = True


@dataclass(slots=True)
class _Open:
    """A message element that is not closed yet."""

    role: TurnRole
    attributes: dict[str, str]
    start: int
    parts: list[Part] = field(default_factory=list)
    kind: str = "text"
    part_start: int = 0
    text: list[str] = field(default_factory=list)
    comment: tuple[str, int, int] | None = None
    """The label: its words and its byte range in the content."""


class _TooDeep(Exception):
    """Stops the parser."""


class _Reader:
    """Turns expat's callbacks into turns and answers."""

    def __init__(
        self,
        source: Source,
        findings: Findings,
        section: str,
        content: bytes,
        at: Callable[[int], int],
    ) -> None:
        self.source, self.content, self._at = source, content, at
        self._findings, self._section = findings, section
        self.out = ParsedExample()
        self._stack: list[str] = []
        self._message: _Open | None = None
        self._comparison = -1
        self._parser = expat.ParserCreate(encoding="utf-8")

    def read(self) -> ParsedExample:
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.CommentHandler = self._comment
        try:
            self._parser.Parse(_OPEN, False)
            self._parser.Parse(self.content, False)
            self._parser.Parse(b"</r>", True)
        except expat.ExpatError:
            self._fail(expat.ErrorString(self._parser.ErrorCode), self._parser.ErrorByteIndex)
        except _TooDeep:
            self._fail(
                f"elements are nested more than {MAX_DEPTH} deep", self._parser.CurrentByteIndex
            )
        finally:  # parser and reader hold each other: without this only the collector frees them
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = self._parser.CommentHandler = None
        return self.out

    def _index(self) -> int:
        """Offset in ``content`` of the event being handled."""
        return self._parser.CurrentByteIndex - len(_OPEN)

    def _say(
        self,
        code: str,
        message: str,
        remedy: str,
        start: int,
        end: int,
        severity: Severity = Severity.ERROR,
    ) -> None:
        span = self.source.span(self._at(start), self._at(end))
        name = self.source.name
        self._findings.add(Diagnostic(code, severity, message, remedy, span, name, self._section))

    def _fail(self, why: str, byte_index: int) -> None:
        at = min(max(byte_index - len(_OPEN), 0), len(self.content))
        self._say(
            "example-malformed",
            f"the example is not well-formed: {why}",
            "close every element; write & as &amp; and < as &lt; in text",
            at,
            min(at + 1, len(self.content)),
        )
        self.out.well_formed = False

    def _tag_end(self, index: int) -> int:
        found = _TAG.match(self.content, index)
        return found.end() if found else index

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        index = self._index()
        if index < 0:
            return
        if len(self._stack) >= MAX_DEPTH:
            raise _TooDeep
        parent = self._stack[-1] if self._stack else None
        self._stack.append(name)
        known = (
            (parent is None and (name in _ROLES or name == "comparison"))
            or (parent == "comparison" and name in _ROLES)
            or (parent in _ROLES and name in ("untrusted", "settings"))
        )
        if not known:
            where = f"inside <{parent}>" if parent else "here"
            self._say(
                "example-element",
                f"<{name}> is not an element of an example {where}",
                "use the elements of the dialect; write < as &lt; in text",
                index,
                self._tag_end(index),
            )
        elif name == "comparison":
            self._comparison += 1
        elif name in _ROLES:
            self._open(name, attributes, index)  # type: ignore[arg-type]
        elif self._message is not None:
            self._close_part(index)
            self._message.kind, self._message.part_start = name, self._tag_end(index)

    def _open(self, role: TurnRole, attributes: dict[str, str], index: int) -> None:
        end = self._tag_end(index)
        for attribute in attributes.keys() - _ATTRIBUTES:
            self._say(
                "example-element",
                f'<{role}> has no attribute "{attribute}"',
                f"use one of {', '.join(sorted(_ATTRIBUTES))}",
                index,
                end,
            )
        self._message = _Open(role, attributes, index, part_start=end)

    def _end(self, name: str) -> None:
        index = self._index()
        if not self._stack:
            return
        self._stack.pop()
        message = self._message
        if message is None:
            return
        if name in ("untrusted", "settings") and name == message.kind:
            self._close_part(index)
            message.kind, message.part_start = "text", self._tag_end(index)
        elif name == message.role and name not in self._stack:
            self._close_part(index)
            self._close_message(message, self._tag_end(index))
            self._message = None

    def _data(self, text: str) -> None:
        if self._message is not None:
            self._message.text.append(text)
        elif text.strip() and text.strip() != _ELISION:
            end = self._index()
            start = max(end - len(text.lstrip().encode()), 0)
            self._say(
                "example-text",
                "text outside any message belongs to nobody",
                "put it inside a <user>, <assistant> or other message",
                start,
                end,
                Severity.WARNING,
            )

    def _comment(self, text: str) -> None:
        index = self._index()
        end = self.content.find(b"-->", index) + len(b"-->")
        for found in _REFERENCE.finditer(text):
            start = index + len(b"<!--") + len(text[: found.start()].encode())
            stop = start + len(found[0].encode())
            self.out.references.append(
                (found["target"], found["words"] == "?", self._at(start), self._at(stop))
            )
        message = self._message
        if message is None or message.parts or "".join(message.text).strip():
            return  # a note for authors, not a label
        message.comment = (text.strip(), index, end)
        message.text.clear()
        message.part_start = end

    def _close_part(self, end: int) -> None:
        message = self._message
        assert message is not None
        text, start = "".join(message.text), message.part_start
        message.text.clear()
        if not text.strip() and message.kind == "text":
            return
        # The newlines after the opening and before the closing tag are layout.
        raw = self.content[start:end]
        start += len(raw) - len(raw.lstrip(b"\r\n"))
        end = max(end - (len(raw) - len(raw.rstrip(b"\r\n"))), start)
        span = self.source.span(self._at(start), self._at(end))
        message.parts.append(Part(message.kind, text.strip("\r\n"), span))  # type: ignore[arg-type]

    def _close_message(self, message: _Open, end: int) -> None:
        attributes = message.attributes
        turn = Turn(
            message.role,
            tuple(message.parts),
            self.source.span(self._at(message.start), self._at(end)),
            recipient=attributes.get("recipient"),
            name=attributes.get("name"),
            comment=attributes.get("comment"),
            end_turn=attributes.get("end_turn", "true") != "false",
        )
        if "comparison" not in self._stack and message.comment is None:
            self.out.turns.append(turn)
            return
        label = _LABEL.fullmatch(message.comment[0]) if message.comment else None
        if message.comment and label is None:
            self._say(
                "example-label",
                f'the label "{message.comment[0][:60]}" cannot be read',
                'write "GOOD", "OK" or "BAD", then optionally "[#section]", ", condition" and '
                '": reason"',
                message.comment[1],
                message.comment[2],
            )
        sections = re.findall(r"#([\w-]+)", label["sections"] or "") if label else ()
        self.out.answers.append(
            Answer(
                turn,
                len(self.out.turns),
                max(self._comparison, 0),
                verdict=Verdict(label["verdict"].lower()) if label else None,
                reason=(label["reason"] or "").strip() if label else "",
                condition=(label["condition"] or "").strip() if label else "",
                sections=tuple(sections),
            )
        )


def parse_example(source: Source, fence: Fence, findings: Findings, section: str) -> ParsedExample:
    """Read the content of an example fence of ``section``; what is wrong goes to ``findings``."""
    ranges = fence.content
    if not ranges:
        return ParsedExample()
    first, last = ranges[0][0], ranges[-1][1]
    if sum(end - start for start, end in ranges) == last - first:
        content = source.data[first:last]
        return _Reader(source, findings, section, content, lambda index: first + index).read()
    content = b"".join(source.data[start:end] for start, end in ranges)
    offsets = [0]
    for start, end in ranges:
        offsets.append(offsets[-1] + end - start)
    return _Reader(source, findings, section, content, _Offsets(ranges, offsets)).read()


class _Offsets:
    """Maps an offset in joined content back to the document."""

    def __init__(self, ranges: list[tuple[int, int]], offsets: list[int]) -> None:
        self._ranges, self._offsets = ranges, offsets

    def __call__(self, index: int) -> int:
        piece = min(bisect_right(self._offsets, index) - 1, len(self._ranges) - 1)
        return self._ranges[piece][0] + index - self._offsets[piece]
