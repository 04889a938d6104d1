"""Example fences: XML of a closed vocabulary, read by expat with exact positions."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Final, get_args
from xml.parsers import expat

from adhere.compiler.diagnostic import Diagnostic, Findings, Severity, quoted
from adhere.compiler.markdown import Fence
from adhere.compiler.source import Source
from adhere.spec import Answer, Part, Turn, Verdict
from adhere.spec.example import TurnRole

MAX_DEPTH: Final = 32

_ROLES = frozenset(get_args(TurnRole))
_INNER = frozenset({"untrusted", "settings"})
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
_REFERENCE = re.compile(r"\[(?P<words>[^\[\]]*)\]\(#(?P<target>[^()\s]+)\)")


@dataclass(slots=True)
class ParsedExample:
    """The conversation of a fence and its answers."""

    turns: list[Turn] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    references: list[tuple[int, int, str, bool]] = field(default_factory=list)
    """Byte range, target, whether auto-named: links inside comments."""
    well_formed: bool = True


@dataclass(slots=True)
class _Open:
    """A message element that is not closed yet."""

    role: TurnRole
    attributes: dict[str, str]
    start: int
    depth: int
    """How many elements are open around it."""
    part_start: int
    kind: str = "text"
    parts: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    empty: bool = True
    """Whether nothing has been said yet."""
    label: tuple[str, int, int] | None = None
    """The comment it begins with: its words, and its byte range in the content."""


class _Content:
    """The text of a fence and where it stands in the document."""

    def __init__(self, source: Source, ranges: list[tuple[int, int]]) -> None:
        self._source = source
        first, last = ranges[0][0], ranges[-1][1]
        self._first = first
        self._ranges: list[tuple[int, int]] = []
        self._ends: list[int] = []
        if sum(end - start for start, end in ranges) == last - first:
            self.data = source.data[first:last]
            return
        self.data = b"".join(source.data[start:end] for start, end in ranges)
        self._ranges, total = ranges, 0
        for start, end in ranges:
            total += end - start
            self._ends.append(total)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the range in the document of a range of the content."""
        if not self._ranges:
            return self._first + start, self._first + end
        piece = min(bisect_right(self._ends, start), len(self._ends) - 1)
        begin = self._ranges[piece][1] - self._ends[piece] + start
        if end <= start:
            return begin, begin
        piece = bisect_left(self._ends, end)  # the end belongs to the piece before it
        return begin, self._ranges[piece][1] - self._ends[piece] + end


class _Reader:
    """Turns expat's callbacks into turns and answers."""

    def __init__(self, source: Source, findings: Findings, section: str, content: _Content) -> None:
        self._source, self._findings, self._section = source, findings, section
        self._content, self._data = content, content.data
        self.out = ParsedExample()
        self._stack: list[str] = []
        self._message: _Open | None = None
        self._comparison = -1
        self._after = 0
        """Where the last piece of markup ended."""
        self._parser = expat.ParserCreate(encoding="utf-8")

    def read(self) -> ParsedExample:
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        parser.ProcessingInstructionHandler = self._instruction
        try:
            parser.Parse(_OPEN, False)
            parser.Parse(self._data, False)
            parser.Parse(b"</r>", True)
        except expat.ExpatError:
            self._fail(expat.ErrorString(parser.ErrorCode), parser.ErrorByteIndex)
        except _TooDeep:
            self._fail(f"elements are nested more than {MAX_DEPTH} deep", parser.CurrentByteIndex)
        finally:  # parser and reader hold each other: without this only the collector frees them
            parser.StartElementHandler = parser.EndElementHandler = None
            parser.CharacterDataHandler = parser.CommentHandler = None
            parser.ProcessingInstructionHandler = None
        return self.out

    def _say(
        self,
        code: str,
        message: str,
        remedy: str,
        start: int,
        end: int,
        severity: Severity = Severity.ERROR,
    ) -> None:
        span = self._source.span(*self._content.place(start, end))
        name = self._source.name
        self._findings.add(Diagnostic(code, severity, message, remedy, span, name, self._section))

    def _fail(self, why: str, byte_index: int) -> None:
        data = self._data
        at = min(max(byte_index - len(_OPEN), 0), len(data))
        end = at + 1
        while at and at < len(data) and data[at] & 0xC0 == 0x80:  # never inside a character
            at -= 1
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1
        self._say(
            "example-malformed",
            f"the example is not well-formed: {why}",
            "close every element; write & as &amp; and < as &lt; in text",
            at,
            min(end, len(data)),
        )
        self.out.well_formed = False

    def _mark(self, plain: bool) -> int:
        """Return where the event being handled begins, and note where its tag ends."""
        index = self._parser.CurrentByteIndex - len(_OPEN)
        if plain:
            self._after = self._data.find(b">", index) + 1 or index
        else:
            found = _TAG.match(self._data, index)
            self._after = found.end() if found else index
        return index

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        index = self._mark(not attributes)
        if index < 0:  # the element around everything
            self._after = 0
            return
        stack = self._stack
        if len(stack) >= MAX_DEPTH:
            raise _TooDeep
        parent = stack[-1] if stack else None
        stack.append(name)
        if name in _ROLES and (parent is None or parent == "comparison"):
            self._open(name, attributes, index)
        elif name in _INNER and self._message is not None and parent == self._message.role:
            self._close_part(self._message, index)
            self._message.kind, self._message.part_start = name, self._after
        elif name == "comparison" and parent is None:
            self._comparison += 1
        else:
            where = f"inside {quoted(parent)}" if parent else "here"
            self._say(
                "example-element",
                f"{quoted(name)} is not an element of an example {where}",
                "use the elements of the dialect; write < as &lt; in text",
                index,
                self._after,
            )

    def _open(self, role: str, attributes: dict[str, str], index: int) -> None:
        depth = len(self._stack) - 1
        self._message = _Open(role, attributes, index, depth, self._after)  # type: ignore[arg-type]
        for attribute, value in attributes.items():
            if attribute not in _ATTRIBUTES:
                problem = f"{quoted(attribute)} is not an attribute of a message"
            elif attribute == "end_turn" and value not in ("true", "false"):
                problem = f'"end_turn" is true or false, not {quoted(value)}'
            else:
                continue
            remedy = f"use one of {', '.join(sorted(_ATTRIBUTES))}"
            self._say("example-element", problem, remedy, index, self._after)
        if role != "assistant" and depth:
            self._say(
                "example-element",
                f'"{role}" is not an answer: only messages of the assistant are compared',
                "put it before the comparison",
                index,
                self._after,
            )

    def _end(self, name: str) -> None:
        if not self._stack:
            return
        index = self._mark(plain=True)
        self._stack.pop()
        depth, message = len(self._stack), self._message
        if message is None:
            return
        if depth == message.depth:
            self._close_part(message, index)
            self._close_message(message, max(index, self._after))
            self._message = None
        elif depth == message.depth + 1 and message.kind != "text" and name == message.kind:
            self._close_part(message, index)
            message.kind, message.part_start = "text", self._after

    def _text(self, text: str) -> None:
        message = self._message
        if message is not None:
            message.text.append(text)
            if message.empty and not text.isspace():
                message.empty = False
        elif (stripped := text.strip()) and stripped != _ELISION:
            index = self._parser.CurrentByteIndex - len(_OPEN)
            raw = self._data[self._after : index]
            start = self._after + len(raw) - len(raw.lstrip())
            self._say(
                "example-text",
                "text outside any message belongs to nobody",
                "put it inside a <user>, <assistant> or other message",
                start,
                max(start, self._after + len(raw.rstrip())),
                Severity.WARNING,
            )
            self._after = index

    def _comment(self, text: str) -> None:
        index = self._parser.CurrentByteIndex - len(_OPEN)
        end = self._after = self._data.find(b"-->", index) + len(b"-->")
        if "](#" in text:
            self._references(text, index + len(b"<!--"))
        message = self._message
        if message is None:
            return
        if not message.empty or message.label is not None or message.kind != "text":
            if text.strip().startswith(("GOOD", "OK", "BAD")) and _LABEL.fullmatch(text.strip()):
                self._say(
                    "example-label",
                    "a label counts only where an answer begins, and once",
                    "put it directly after the opening tag",
                    index,
                    end,
                )
            return  # a note for authors
        message.label = (text.strip(), index, end)
        message.text.clear()
        message.part_start = end

    def _references(self, text: str, start: int) -> None:
        at = 0
        for found in _REFERENCE.finditer(text):
            start += len(text[at : found.start()].encode())
            at, end = found.end(), start + len(found[0].encode())
            place = self._content.place(start, end)
            self.out.references.append((*place, found["target"], found["words"] == "?"))
            start = end

    def _instruction(self, target: str, _: str) -> None:
        index = self._parser.CurrentByteIndex - len(_OPEN)
        self._after = self._data.find(b"?>", index) + len(b"?>")
        self._say(
            "example-element",
            f"{quoted('<?' + target)} is a processing instruction, which nobody reads",
            "remove it; write < as &lt; in text",
            index,
            self._after,
        )

    def _close_part(self, message: _Open, end: int) -> None:
        text, start = "".join(message.text), message.part_start
        message.text.clear()
        kind = message.kind
        if kind == "text":
            if not text or text.isspace():
                return
        else:
            message.empty = False
        # The newlines after the opening and before the closing tag are layout.
        data = self._data
        while start < end and data[start] in b"\r\n":
            start += 1
        while start < end and data[end - 1] in b"\r\n":
            end -= 1
        span = self._source.span(*self._content.place(start, end))
        message.parts.append(Part(kind, text.strip("\r\n"), span))  # type: ignore[arg-type]

    def _close_message(self, message: _Open, end: int) -> None:
        span = self._source.span(*self._content.place(message.start, end))
        turn = Turn(message.role, tuple(message.parts), span)
        if attributes := message.attributes:
            turn = Turn(
                message.role,
                turn.parts,
                span,
                recipient=attributes.get("recipient"),
                name=attributes.get("name"),
                comment=attributes.get("comment"),
                end_turn=attributes.get("end_turn") != "false",
            )
        # A comment at the start of any other message is a note for authors.
        labelled = message.label is not None and message.role == "assistant"
        if not (message.depth or labelled):
            self.out.turns.append(turn)
            return
        if not message.depth:
            self._comparison += 1  # it is compared with nothing
        comparison, after = max(self._comparison, 0), len(self.out.turns)
        label = _LABEL.fullmatch(message.label[0]) if message.label else None
        if label is None:
            if message.label is not None:
                self._say(
                    "example-label",
                    f"the label {quoted(message.label[0])} cannot be read",
                    'write "GOOD", "OK" or "BAD", then optionally "[#section]", ", condition" '
                    'and ": reason"',
                    message.label[1],
                    message.label[2],
                )
            self.out.answers.append(Answer(turn, after, comparison))
            return
        verdict, sections, condition, reason = label.groups()
        self.out.answers.append(
            Answer(
                turn,
                after,
                comparison,
                Verdict(verdict.lower()),
                (reason or "").strip(),
                (condition or "").strip(),
                tuple(re.findall(r"#([\w-]+)", sections)) if sections else (),
            )
        )


class _TooDeep(Exception):
    """Stops the parser."""


def parse_example(source: Source, fence: Fence, findings: Findings, section: str) -> ParsedExample:
    """Read the content of an example fence of ``section``; what is wrong goes to ``findings``."""
    if not fence.content:
        return ParsedExample()
    return _Reader(source, findings, section, _Content(source, fence.content)).read()
