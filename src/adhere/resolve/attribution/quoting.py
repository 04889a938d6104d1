"""Quoted text in a message, by the marks its author put around it.

The order in which blocks are looked for is one table, `_BLOCKS`: what stands in a block that was
found earlier is not looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from adhere.resolve.attribution.markup import json_regions, xml_regions, yaml_regions
from adhere.resolve.attribution.region import Reason, Region, masked, outermost

_UNTRUSTED: Final = re.compile(r"<(/)?untrusted(?:_text)?(?:\s[^<>]{0,200})?>", re.I)
_SETTINGS: Final = re.compile(r"^[ \t]*<settings>", re.M)
_SETTINGS_END: Final = "</settings>"
_FENCE: Final = re.compile(r"^[ \t]*(`{3,}|~{3,})([^\n]*)$", re.M)
_TRIPLE: Final = re.compile(r'"""|\'\'\'')
_QUOTE_LINES: Final = re.compile(r"^[ \t]{0,3}>[^\n]*(?:\n[ \t]{0,3}>[^\n]*)*", re.M)
_CODE: Final = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]+)\1(?!`)")


def block_regions(text: str, *, xml: bool = True) -> list[Region]:
    """Return blocks whose bounds are marked: fences, block quotes, markup, untrusted text.

    Args:
        text: A message's text.
        xml: Whether elements count; not where a policy takes tags for headings.
    """
    found: list[Region] = []
    rest = text
    for find in _BLOCKS:
        if find is xml_regions and not xml:
            continue
        new = list(find(rest))
        if new:
            found += new
            rest = masked(rest, new)
    return list(outermost(found))


def _untrusted(text: str) -> Iterator[Region]:
    """Everything from the first untrusted block to the end of the last.

    Text between two blocks cannot be told from text in a block whose author closed it himself.
    """
    tags = list(_UNTRUSTED.finditer(text))
    first = next((number for number, tag in enumerate(tags) if not tag[1]), None)
    if first is None:
        return
    tags = tags[first:]
    is_open = not tags[-1][1]
    opened: re.Match[str] | None = None
    at = tags[0].start()
    for tag in tags:
        if not tag[1]:
            opened = opened or tag
        elif opened is not None:
            if opened.start() > at:
                yield Region(at, opened.start(), Reason.BETWEEN)
            yield Region(opened.start(), tag.end(), Reason.UNTRUSTED)
            at, opened = tag.end(), None
        else:
            yield Region(at, tag.end(), Reason.UNTRUSTED, broken=True)
            at = tag.end()
    if is_open and opened is not None:
        if opened.start() > at:
            yield Region(at, opened.start(), Reason.BETWEEN)
        yield Region(opened.start(), len(text), Reason.UNTRUSTED, open=True)


def _settings(text: str) -> Iterator[Region]:
    at = 0
    for match in _SETTINGS.finditer(text):
        if match.start() < at:
            continue
        end = text.find(_SETTINGS_END, match.end())
        if end < 0:
            return
        at = end + len(_SETTINGS_END)
        yield Region(match.start(), at, Reason.SETTINGS)


def _fences(text: str) -> Iterator[Region]:
    opened: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            if match[1][0] == "~" or "`" not in match[2]:
                opened = match
        elif match[1].startswith(opened[1]) and not match[2].strip():
            yield Region(opened.start(), match.end(), Reason.FENCE)
            opened = None
    if opened is not None:
        yield Region(opened.start(), len(text), Reason.FENCE, open=True)


def _triple_quotes(text: str) -> Iterator[Region]:
    opened: re.Match[str] | None = None
    for match in _TRIPLE.finditer(text):
        if opened is None:
            opened = match
        elif match[0] == opened[0]:
            yield Region(opened.start(), match.end(), Reason.QUOTATION)
            opened = None
    if opened is not None:
        yield Region(opened.start(), len(text), Reason.QUOTATION, open=True)


def _quote_lines(text: str) -> Iterator[Region]:
    for match in _QUOTE_LINES.finditer(text):
        yield Region(match.start(), match.end(), Reason.BLOCK_QUOTE)


_BLOCKS: Final[tuple[Callable[[str], Iterator[Region]], ...]] = (
    _untrusted,
    _settings,
    _fences,
    _triple_quotes,
    _quote_lines,
    xml_regions,
    json_regions,
    yaml_regions,
)


_CLOSES: Final = {
    '"': '"', "”": "“„", "“": "„", "»": "«", "«": "»", "›": "‹", "」": "「", "』": "『", "'": "'",
    "’": "‘",
}  # fmt: skip
"""By closing mark: the marks that may have opened."""
_OPENING: Final = frozenset("".join(_CLOSES.values()))
_MARKS: Final = re.compile("[\"'“”„«»‹›「」『』‘’]")
_BEFORE_OPENING: Final = frozenset(" \t\n\0([{<>—–-/=:,;|*_\"'“”„«»‹›「」『』‘’")
_AFTER_CLOSING: Final = frozenset(" \t\n\0)]}<>—–-/=:,;|*_.!?…\"'“”„«»‹›「」『』‘’")
_SINGLE: Final = frozenset("'‘")
_MAX_SINGLE: Final = 300
"""Most characters between single marks, which are apostrophes as well."""
_ELISION: Final = re.compile(r"(?:tis|twas|em|cause|til|bout|n|\d0s)\b", re.I)
_INDENT: Final = 40
"""Most spaces before the first mark of a line."""
_BLANK: Final = re.compile(r"\n[ \t]*\n")
_SENTENCE: Final = re.compile(r"[^\W\d_].*[.!?…]\Z", re.S)
_LONGEST_NAME: Final = 24


def quotations(text: str) -> Iterator[Region]:
    """Yield quotations: marks around two words or more, a sentence, or one very long word.

    A mark around a single word names or mentions it: it says nothing.

    Args:
        text: A message's text with its blocks masked.
    """
    code = [
        Region(match.start(), match.end(), Reason.CODE)
        for match in _CODE.finditer(text)
        if says_something(match[2])
    ]
    yield from code
    marked = [
        Region(start, end, Reason.QUOTATION)
        for start, end in _pairs(masked(text, code))
        if says_something(text[start + 1 : end - 1])
    ]
    yield from outermost(marked)


def says_something(words: str) -> bool:
    """Whether a quoted stretch could be an instruction, and is not a mere name.

    >>> says_something("delete everything"), says_something("yes"), says_something("Stop!")
    (True, False, True)
    """
    words = words.strip()
    if len(words.split(None, 1)) > 1 or len(words) > _LONGEST_NAME:
        return True
    if not words.isascii() and len(words) > 3:
        return True  # many scripts have no spaces between words
    return _SENTENCE.match(words) is not None


class _Opened(NamedTuple):
    """A mark that may begin a quotation."""

    at: int
    paragraph: int
    first: bool
    """Whether it is the first of its line: then it may quote several paragraphs."""


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Yield where quotations begin and end, the inner ones first."""
    blanks = [match.start() for match in _BLANK.finditer(text)] + [len(text)]
    opened: dict[str, list[_Opened]] = {mark: [] for mark in _OPENING}
    paragraph = 0
    for match in _MARKS.finditer(text):
        at, mark = match.start(), match[0]
        while at > blanks[paragraph]:
            paragraph += 1
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        # What a straight mark or an apostrophe does depends on what stands around it.
        depends = mark in "\"'‘’"
        ends = bool(before.strip()) and (not after or after in _AFTER_CLOSING)
        if ends or not depends:
            begun = _begun(opened, at, mark, paragraph, ends_line=after in ("", "\n"))
            if begun is not None:
                yield begun, at + 1
                continue
        begins = bool(after.strip()) and (not before or before in _BEFORE_OPENING)
        if mark not in _OPENING or (depends and not begins):
            continue
        if mark in _SINGLE and _ELISION.match(text, at + 1):
            continue
        line = text[max(at - _INDENT, 0) : at].rpartition("\n")
        first = not line[2].strip() and (bool(line[1]) or at <= _INDENT)
        opened[mark].append(_Opened(at, paragraph, first))


def _begun(
    opened: dict[str, list[_Opened]], at: int, mark: str, paragraph: int, *, ends_line: bool
) -> int | None:
    """Return where the quotation began that this mark ends, if it ends one.

    What can no longer be ended is forgotten.
    """
    stacks = [opened[one] for one in _CLOSES.get(mark, "") if opened[one]]
    if not stacks:
        return None
    stack = max(stacks, key=lambda stack: stack[-1].at)
    if mark in "'’":
        last = stack[-1]
        stack.clear()
        near = last.paragraph == paragraph and at - last.at <= _MAX_SINGLE
        return last.at if near else None
    if mark == '"':
        while stack and stack[-1].paragraph != paragraph and not stack[-1].first:
            stack.pop()
        if not stack or (stack[-1].paragraph != paragraph and not ends_line):
            return None
    return stack.pop().at
