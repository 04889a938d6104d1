"""Example fences: XML of a closed vocabulary.

expat says whether a fence is well-formed, and knows no place but that of its first complaint. What
it has passed is so regular that the markup can be found by looking for the next ``<``, which gives
the exact place of everything.
"""

from __future__ import annotations

import re
from typing import Final, get_args
from xml.parsers import expat

from adhere.compiler.answers import ParsedExample, is_label
from adhere.compiler.diagnostic import Diagnostic, Findings, Severity, quoted
from adhere.compiler.fenced import Content
from adhere.compiler.markdown import Fence
from adhere.compiler.source import Source
from adhere.spec import Part, SourceSpan, Turn
from adhere.spec.example import TurnRole

_ROLES: Final = {role.encode(): role for role in get_args(TurnRole)}
_INNER: Final = {b"untrusted": "untrusted", b"settings": "settings"}
_ATTRIBUTES: Final = frozenset({"recipient", "end_turn", "name", "comment"})
_ELISION = b"[...]"  # authors write it for turns they leave out
_SLASH, _BANG, _QUESTION = b"/!?"
_OPEN = b"<r>"
_TAG = re.compile(rb"""<(?P<name>[^\s/>]+)(?P<rest>[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*)>""")
_ATTRIBUTE = re.compile(rb"""([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(rb"\[(?P<words>[^\[\]]*)\]\(#(?P<target>[^()\s]+)\)")
_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|([a-z]+));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


class _Message:
    """A message element that is not closed yet; offsets are in the content of the fence."""

    __slots__ = ("attributes", "depth", "empty", "kind", "label", "part_start", "parts", "pieces",
                 "place", "role")  # fmt: skip

    def __init__(self, role: TurnRole, depth: int, place: tuple[int, int, int], end: int) -> None:
        self.role = role
        self.depth = depth
        """How many elements are open around it."""
        self.place = place
        """Offset, line and column of its opening tag in the document."""
        self.attributes: dict[str, str] = {}
        self.kind = "text"
        """What is said now: in the sender's name, ``untrusted`` or ``settings``."""
        self.part_start = end
        self.pieces: list[tuple[int, int]] = []
        """The text of that part; comments come between pieces."""
        self.parts: list[Part] = []
        self.empty = True
        """Whether nothing has been said yet."""
        self.label: tuple[str, int, int] | None = None
        """The comment it begins with: its words and its range."""


class _Reader:
    """Reads the content of a fence, which is well-formed."""

    def __init__(self, source: Source, findings: Findings, section: str, content: Content) -> None:
        self._source, self._findings, self._section = source, findings, section
        self._content, self._data = content, content.data
        self.out = ParsedExample()
        self._stack: list[bytes] = []
        self._message: _Message | None = None

    def read(self) -> ParsedExample:
        data, at = self._data, 0
        find = data.find
        while (start := find(b"<", at)) >= 0:
            if at < start:
                self._text(at, start)
            mark = data[start + 1]
            if mark == _SLASH:
                at = find(b">", start) + 1
                self._close(start, at)
            elif mark in (_BANG, _QUESTION):
                at = self._aside(start)
            else:
                at = find(b">", start) + 1
                name = data[start + 1 : at - 1]
                if name.isalpha():
                    self._open(name, start, at)
                else:
                    at = self._open_with_attributes(start)
        if at < len(data):
            self._text(at, len(data))
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

    # -- markup ------------------------------------------------------------------------------

    def _open(self, name: bytes, start: int, end: int) -> None:
        stack, message = self._stack, self._message
        parent = stack[-1] if stack else None
        stack.append(name)
        if name in _ROLES and (parent is None or parent == b"comparison"):
            role, first = _ROLES[name], self._content.place(start, end)[0]
            place = (first, *self._source.place(first))
            self._message = _Message(role, len(stack) - 1, place, end)
            if parent and role != "assistant":
                self._say(
                    "example-element",
                    f'"{role}" is not an answer: only messages of the assistant are compared',
                    "put it before the comparison",
                    start,
                    end,
                )
        elif name in _INNER and message is not None and len(stack) == message.depth + 2:
            self._close_part(message, start)
            message.kind, message.part_start = _INNER[name], end
        elif name == b"comparison" and parent is None:
            self.out.comparison += 1
        else:
            where = f"inside {_shown(parent)}" if parent else "here"
            self._say(
                "example-element",
                f"{_shown(name)} is not an element of an example {where}",
                "use the elements of the dialect; write < as &lt; in text",
                start,
                end,
            )

    def _open_with_attributes(self, start: int) -> int:
        """Handle a tag that is not just a name in brackets; return where it ends."""
        tag = _TAG.match(self._data, start)
        assert tag is not None, "expat lets nothing else pass"
        end, before = tag.end(), self._message
        self._open(tag["name"], start, end)
        message = self._message
        for found in _ATTRIBUTE.finditer(tag["rest"]):
            name = found[1].decode()
            value = _unescape((found[2] or found[3] or b"").decode())
            if message is not before and message is not None and name in _ATTRIBUTES:
                if name != "end_turn" or value in ("true", "false"):
                    message.attributes[name] = " ".join(value.splitlines())
                    continue
                problem = f'"end_turn" is true or false, not {quoted(value)}'
            else:
                problem = f"{quoted(name)} is not an attribute of this element"
            remedy = f"messages have {', '.join(sorted(_ATTRIBUTES))}"
            self._say("example-element", problem, remedy, start, end)
        if tag["rest"].endswith(b"/"):
            self._close(end, end)
        return end

    def _close(self, start: int, end: int) -> None:
        self._stack.pop()
        depth, message = len(self._stack), self._message
        if message is None:
            return
        if depth == message.depth:
            self._close_part(message, start)
            self._close_message(message, end)
            self._message = None
        elif depth == message.depth + 1 and message.kind != "text":
            self._close_part(message, start)
            message.kind, message.part_start = "text", end

    def _aside(self, start: int) -> int:
        """Handle a comment, or what else begins like one; return where it ends."""
        data = self._data
        if data.startswith(b"<!--", start):
            end = data.find(b"-->", start + 4) + 3
            self._comment(start, end)
            return end
        end = data.find(b"]]>" if data[start + 1] == _BANG else b"?>", start)
        end += 3 if data[start + 1] == _BANG else 2
        self._say(
            "example-element",
            "this kind of markup has no meaning in an example, and is left out",
            "remove it; write < as &lt; in text",
            start,
            end,
        )
        return end

    def _comment(self, start: int, end: int) -> None:
        data = self._data
        words = data[start + 4 : end - 3].decode().strip()
        if "](#" in words:
            for found in _REFERENCE.finditer(data, start, end):
                place = self._content.place(*found.span())
                target, auto = found["target"].decode(), found["words"] == b"?"
                self.out.references.append((*place, target, auto))
        message = self._message
        if message is None:
            return
        if message.empty and message.label is None and message.kind == "text":
            message.label = (words, start, end)
            message.pieces.clear()
            message.part_start = end
        elif is_label(words):
            self._say(
                "example-label",
                "a label counts only where an answer begins, and once",
                "put it directly after the opening tag",
                start,
                end,
            )

    # -- text --------------------------------------------------------------------------------

    def _text(self, start: int, end: int) -> None:
        message = self._message
        if message is not None:
            message.pieces.append((start, end))
            if message.empty and not self._data[start:end].isspace():
                message.empty = False
            return
        text = self._data[start:end]
        if (words := text.strip()) and words != _ELISION:
            first = start + len(text) - len(text.lstrip())
            self._say(
                "example-text",
                "text outside any message belongs to nobody",
                "put it inside a <user>, <assistant> or other message",
                first,
                first + len(words),
                Severity.WARNING,
            )

    def _close_part(self, message: _Message, end: int) -> None:
        data, start, pieces = self._data, message.part_start, message.pieces
        message.pieces = []
        in_one_piece = pieces == [(start, end)]
        if message.kind != "text":
            message.empty = False
        # The newlines after the opening and before the closing tag are layout.
        while start < end and data[start] in b"\r\n":
            start += 1
        while start < end and data[end - 1] in b"\r\n":
            end -= 1
        if in_one_piece:
            text = data[start:end].decode()
        else:
            text = b"".join(data[first:last] for first, last in pieces).decode().strip("\r\n")
        if message.kind == "text" and (not text or text.isspace()):
            return
        if "&" in text:
            text = _unescape(text)
        span = self._source.span(*self._content.place(start, end))
        message.parts.append(Part(message.kind, text, span))  # type: ignore[arg-type]

    # -- messages ----------------------------------------------------------------------------

    def _close_message(self, message: _Message, end: int) -> None:
        start, line, column = message.place
        attributes = message.attributes
        turn = Turn(
            message.role,
            tuple(message.parts),
            SourceSpan(start, self._content.place(end - 1, end)[1], line, column),
            recipient=attributes.get("recipient"),
            name=attributes.get("name"),
            comment=attributes.get("comment"),
            end_turn=attributes.get("end_turn") != "false",
        )
        words, first, last = message.label or (None, 0, 0)
        if not self.out.add(turn, words, message.depth > 0):
            self._say(
                "example-label",
                f"the label {quoted(words or '')} cannot be read",
                'write "GOOD", "OK" or "BAD", then optionally "[#section]", ", condition" and '
                '": reason"',
                first,
                last,
            )


def parse_example(source: Source, fence: Fence, findings: Findings, section: str) -> ParsedExample:
    """Read the content of an example fence of ``section``; what is wrong goes to ``findings``."""
    if not fence.content:
        return ParsedExample()
    content = Content(source.data, fence)
    if problem := _malformed(content.data):
        why, at = problem
        findings.add(
            Diagnostic(
                "example-malformed",
                Severity.ERROR,
                f"the example is not well-formed: {why}",
                "close every element; write & as &amp; and < as &lt; in text",
                source.span(*content.place(*content.character(at))),
                source.name,
                section,
            )
        )
        return ParsedExample(well_formed=False)
    return _Reader(source, findings, section, content).read()


def _malformed(data: bytes) -> tuple[str, int] | None:
    """Return what expat has against the content of a fence, and at which byte."""
    parser = expat.ParserCreate(encoding="utf-8")
    try:
        parser.Parse(_OPEN, False)
        parser.Parse(data, False)
        parser.Parse(b"</r>", True)
    except expat.ExpatError:
        return expat.ErrorString(parser.ErrorCode), parser.ErrorByteIndex - len(_OPEN)
    return None


def _shown(name: bytes) -> str:
    return quoted(name[:1000].decode(errors="ignore"))  # each child would decode all of it again


def _unescape(text: str) -> str:
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    hexadecimal, decimal, name = entity.groups()
    if name:
        return _ENTITIES[name]
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))
