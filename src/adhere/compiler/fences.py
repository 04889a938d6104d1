"""Fences that mean something: examples (``~~~xml``) and settings (``~~~setting``)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from adhere.compiler.diagnostic import Diagnostic, Findings, Severity
from adhere.compiler.examples import parse_example
from adhere.compiler.markdown import Fence
from adhere.compiler.settings import SettingProblem, parse_setting
from adhere.compiler.source import Source
from adhere.spec import (
    Block,
    Box,
    Example,
    Marker,
    Reference,
    Setting,
    SourceSpan,
    digest_bytes,
)

_TITLE = re.compile(r"\*\*Example\*\*:?[ \t]*(?P<title>.*)", re.S)
_WORD = re.compile(r"[^\W_]+")
_MAX_SLUG = 80


@dataclass(slots=True)
class Draft:
    """A section being filled."""

    heading: Block
    fields: dict[str, Any]
    before: int
    """Where the last block before the heading ends."""
    blocks: list[Block] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    no_test_reason: str | None = None


class FenceReader:
    """Reads the fences of a document into the sections they stand in."""

    def __init__(self, source: Source, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._ids: set[str] = set()
        self._numbers: Counter[str] = Counter()

    def meaning(self, fence: Fence) -> Literal["xml", "setting", None]:
        """What the fence is to us: an example, a setting, or just code."""
        if not self._source.data.startswith(b"~~~", fence.start):
            return None
        word = fence.info.split(None, 1)[:1]
        return "xml" if word == ["xml"] else "setting" if word == ["setting"] else None

    def check_closed(self, fence: Fence, section: str | None) -> None:
        """Report a fence that runs to the end of what it stands in."""
        data, start = self._source.data, fence.start
        end = self._source.trim(start, fence.end)
        last = data[max(data.rfind(b"\n", start, end), start) : end].lstrip(b"\n \t>")
        mark = data[start : start + 1]
        opening = len(data[start:end]) - len(data[start:end].lstrip(mark))
        if last.startswith(mark * opening) and not last.strip(mark) and b"\n" in data[start:end]:
            return
        message = "the code fence is never closed, so everything after it is read as code"
        remedy = "end it with a line of the same marks"
        self._say("fence-unclosed", message, remedy, self._source.span(start, end), section)

    def setting(self, draft: Draft, fence: Fence, span: SourceSpan) -> Setting | None:
        """Read a setting into its section; None, with a finding, where it cannot be read."""
        section = draft.fields["id"]
        text = "".join(self._source.text(*piece) for piece in fence.content)
        try:
            setting = parse_setting(text, section, span)
        except SettingProblem as problem:
            message = f"the setting cannot be read: {problem}"
            remedy = "see the format of settings in docs/dialect.md"
            self._say("setting-malformed", message, remedy, span, section)
            return None
        draft.settings.append(setting)
        return setting

    def example(self, draft: Draft, fence: Fence, title: str, span: SourceSpan) -> Example | None:
        """Read an example into its section; None, with a finding, where it cannot be read.

        Args:
            draft: The section.
            fence: The fence.
            title: The paragraph before it, as Markdown; empty where the example has no title.
            span: The example, title included.
        """
        section = draft.fields["id"]
        parsed = parse_example(self._source, fence, self._findings, section)
        for start, end, target, auto in parsed.references:
            place = self._source.span(start, end)
            draft.references.append(Reference(target, place, auto, "comment"))
        if not parsed.well_formed:
            return None
        found = _TITLE.match(title)
        words = found["title"].strip() if found else ""
        slug = "-".join(_WORD.findall(words[: 2 * _MAX_SLUG].lower()))[:_MAX_SLUG]
        example = Example(
            self._unique(f"{section}/{slug or digest_bytes(span.of(self._source.data))[7:19]}"),
            words,
            tuple(parsed.turns),
            tuple(parsed.answers),
            span,
        )
        draft.examples.append(example)
        return example

    def _unique(self, name: str) -> str:
        """Return ``name``, numbered where an example has it already."""
        number = self._numbers[name]
        while True:
            number += 1
            candidate = name if number == 1 else f"{name}-{number}"
            if candidate not in self._ids:
                break
        self._numbers[name] = number
        self._ids.add(candidate)
        return candidate

    def _say(
        self, code: str, message: str, remedy: str, span: SourceSpan, section: str | None
    ) -> None:
        name = self._source.name
        self._findings.add(Diagnostic(code, Severity.ERROR, message, remedy, span, name, section))
