"""Files of evaluation prompts: what a ``[^name]`` marker of the spec points to.

A file is called after its marker, ``name.md``, and reads::

    Examples for [^name] in Title of the section:

    **Example**: what the prompt is about

    ~~~xml
    <user>…</user>
    ~~~
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import msgspec
from msgspec.structs import replace

from adhere.compiler.diagnostic import Diagnostic, Findings, Severity
from adhere.compiler.examples import parse_example
from adhere.compiler.markdown import Fence, RawBlock, read_blocks
from adhere.compiler.mask import mask
from adhere.compiler.source import Source, bare_return, bom_length, refuse
from adhere.spec import Example, SourceSpan

MAX_PROMPTS_BYTES: Final = 1024 * 1024

_HEADER = re.compile(
    rb"Examples for \[\^(?P<marker>[^\s\[\]^]{1,80})\] in (?P<title>[^\r\n]+?):?[ \t]*(?:\r?\n|\Z)"
)
_TITLE = re.compile(r"\*\*Example\*\*:?[ \t]*(?P<title>.*)", re.S)
_SLUG = re.compile(r"[^a-z0-9]+")


class PromptFile(msgspec.Struct, frozen=True, gc=False):
    """One file of evaluation prompts.

    Attributes:
        name: What the file is called in diagnostics.
        marker: The marker it belongs to: the name of the file without ``.md``.
        says_marker: The marker its first line names; empty where it has no such line.
        says_section: The title of the section its first line names.
        header: The first line; the first character of the file where it has no such line.
        title_span: Where the title stands in it.
        prompts: The conversations, with ids ``marker/slug-of-the-title``; they have no answers.
        diagnostics: What is wrong with the file itself.
    """

    name: str
    marker: str
    says_marker: str
    says_section: str
    header: SourceSpan
    title_span: SourceSpan
    prompts: tuple[Example, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_prompts(
    data: bytes, *, marker: str, name: str, max_bytes: int = MAX_PROMPTS_BYTES
) -> PromptFile:
    """Read a prompt file. Never raises on any input: what is wrong is in its diagnostics.

    Args:
        data: The file, UTF-8.
        marker: The marker it is named after.
        name: What to call it in diagnostics.
        max_bytes: Refuse longer files.

    >>> file = read_prompts(
    ...     b"Examples for [^a1b2] in Be brief:\\n\\n~~~xml\\n<user>Hi</user>\\n~~~\\n",
    ...     marker="a1b2", name="a1b2.md",
    ... )
    >>> file.says_section, [prompt.turns[0].text for prompt in file.prompts]
    ('Be brief', ['Hi'])
    """
    source, findings = Source(data, name), Findings()
    start = bom_length(data)
    first = source.span(start, min(start + 1, len(data)))
    refusal = refuse(source, max_bytes)
    if refusal is not None:
        return PromptFile(name, marker, "", "", first, first, (), (refusal,))
    if bare := bare_return(source):
        findings.add(bare)
    head = _HEADER.match(data, start)
    if head is None:
        _say(findings, source, first, "prompts-header",
             "the file does not say which marker and which section its prompts are for",
             f'begin it with "Examples for [^{marker}] in TITLE OF THE SECTION:"')  # fmt: skip
    prompts = tuple(_read(source, marker, findings))
    if not prompts:
        _say(findings, source, first, "prompts-empty", "the file holds no prompt",
             "add a ~~~xml block with a conversation, or remove the file")  # fmt: skip
    # The parser reports on behalf of a section; a prompt file is in none.
    found = tuple(replace(diagnostic, section=None) for diagnostic in findings.found)
    return PromptFile(
        name,
        marker,
        head["marker"].decode() if head else "",
        head["title"].decode().strip() if head else "",
        source.span(*head.span()) if head else first,
        source.span(*head.span("title")) if head else first,
        prompts,
        found,
    )


def _read(source: Source, marker: str, findings: Findings) -> list[Example]:
    found: list[Example] = []
    taken: Counter[str] = Counter()
    title: RawBlock | None = None
    for block in read_blocks(mask(source.data).text):
        if block.kind == "code" and block.fences and block.fences[0].info.split()[:1] == ["xml"]:
            words = ""
            if title is not None:
                matched = _TITLE.match(source.text(title.start, title.end).strip())
                words = matched["title"].strip() if matched else ""
            start = title.start if title is not None else block.start
            example = _prompt(source, block.fences[0], start, words, findings)
            if example is not None:
                found.append(replace(example, id=_unique(f"{marker}/{example.id}", taken)))
            title = None
        elif source.data.startswith(b"**Example**", block.start):
            title = block
        else:
            title = None
    return found


def _prompt(
    source: Source, fence: Fence, start: int, title: str, findings: Findings
) -> Example | None:
    parsed = parse_example(source, fence, findings, "")
    if not parsed.well_formed or not parsed.turns:
        return None
    slug = _SLUG.sub("-", title.lower()).strip("-")[:80] or "untitled"
    span = source.span(start, source.trim(start, fence.end))
    return Example(slug, title, tuple(parsed.turns), tuple(parsed.answers), span)


def _unique(name: str, taken: Counter[str]) -> str:
    """Number repeated names; the counter keeps many of one name from costing a search each."""
    while True:
        taken[name] += 1
        candidate = name if taken[name] == 1 else f"{name}-{taken[name]}"
        if candidate == name or candidate not in taken:
            taken[candidate] += candidate != name
            return candidate


def _say(
    findings: Findings, source: Source, span: SourceSpan, code: str, message: str, remedy: str
) -> None:
    findings.add(Diagnostic(code, Severity.WARNING, message, remedy, span, source.name))
