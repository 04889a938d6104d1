"""What holds for every document, however broken: the tests and the fuzzer ask the same questions.

Each law is checked by means of its own (bytes are counted, not looked up), so that a mistake in
the compiler is not repeated here.
"""

from __future__ import annotations

import re

import msgspec

from adhere.compiler import Compilation, compile_spec, spec_digest, write_spec
from adhere.spec import Example, Section, SourceSpan, Spec, digest_bytes

_FRONT_MATTER = re.compile(r"\+\+\+[ \t]*\r?\n.*?^\+\+\+[ \t]*\r?$", re.S | re.M)


def compile_lawfully(data: bytes, *, max_bytes: int = 16 * 1024 * 1024) -> Compilation:
    """Compile ``data`` and check every law.

    Raises:
        AssertionError: A law is broken; the message says which.
    """
    result = compile_spec(data, max_bytes=max_bytes)
    spec = result.spec
    check_diagnostics(data, result)
    if spec is None:
        assert result.has_errors, "refused without saying why"
        return result
    assert write_spec(spec) == data, "not written back byte for byte"
    assert spec.source_digest == digest_bytes(data)
    assert spec_digest(spec) == spec.spec_digest
    assert msgspec.json.decode(msgspec.json.encode(spec), type=Spec) == spec, "JSON changes it"
    check_pieces(data, spec)
    check_tree(spec)
    check_places(data, spec)
    return result


def check_diagnostics(data: bytes, result: Compilation) -> None:
    """Every finding has a place in the document, and they come in order."""
    spans = [found.span for found in result.diagnostics]
    assert spans == sorted(spans), "diagnostics out of order"
    for found in result.diagnostics:
        assert 0 <= found.span.start <= found.span.end <= len(data), f"{found} lies outside"
        assert found.message, "a finding without words"
        assert found.remedy, f"{found} has no remedy"


def check_pieces(data: bytes, spec: Spec) -> None:
    """Headings, blocks and gaps are what the document has there, each byte once."""
    pieces = [*spec.preamble, *spec.gaps]
    for section in spec.walk():
        pieces += [section.heading, *section.blocks]
    pieces.sort(key=lambda piece: piece.span.start)
    at = 0
    for piece in pieces:
        assert piece.span.start == at, f"bytes {at} to {piece.span.start} are in no piece or in two"
        assert piece.text.encode() == piece.span.of(data), f"{piece.span} is not its text"
        at = piece.span.end
    assert at == len(data)
    front = _FRONT_MATTER.match(data.decode().removeprefix("\ufeff"))
    for gap in spec.gaps:
        text = gap.text.removeprefix("\ufeff")
        if gap.span.start == 0 and front:
            text = text.removeprefix(front[0])
        assert not text.strip(" \t\r\n\v\f"), f"the gap at {gap.span} has words in it"


def check_tree(spec: Spec) -> None:
    """Sections lie in their parents, one after another; ids of examples name one example."""

    def check(section: Section) -> None:
        assert section.span.start == section.heading.span.start
        at = section.heading.span.end
        for part in (*section.blocks, *section.children):
            assert part.span.start >= at, f"{part.span} stands before its place"
            at = part.span.end
        assert at <= section.span.end
        for child in section.children:
            assert child.depth > section.depth
            check(child)

    for section in spec.sections:
        check(section)
    ids = [example.id for _, example in spec.examples()]
    assert len(ids) == len(set(ids)), "two examples have one id"
    for section in spec.walk():
        examples = {example.id for example in section.examples}
        settings = {setting.id for setting in section.settings}
        for block in section.blocks:
            known = {"example": examples, "setting": settings}.get(block.kind)
            assert known is None or block.ref in known, f"{block.span} refers to nothing"


def check_places(data: bytes, spec: Spec) -> None:
    """Every span lies in its section, between whole characters, at its line and column."""
    lines = [0]
    lines += [found.end() for found in re.finditer(rb"\n", data)]
    bom = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for outer, span in all_spans(spec):
        assert outer.start <= span.start <= span.end <= outer.end, f"{span} leaves {outer}"
        if span.start <= 5000:  # counting is slow, and a wrong line shows early
            start = data.rfind(b"\n", 0, span.start) + 1
            column = len(data[max(start, bom) : span.start].decode()) + 1
            assert (span.line, span.column) == (data.count(b"\n", 0, span.start) + 1, column)
        assert lines[span.line - 1] <= span.start, f"{span} is not on its line"
        assert span.line == len(lines) or span.start < lines[span.line]
        span.of(data).decode()


def all_spans(spec: Spec) -> list[tuple[SourceSpan, SourceSpan]]:
    """Every span of ``spec`` with the span it has to lie in."""
    whole = [block.span for block in (*spec.preamble, *spec.gaps)]
    found = [(span, span) for span in whole]
    for section in spec.walk():
        things = (
            *section.blocks, *section.boxes, *section.references, *section.markers,
            *section.settings, *section.examples, *section.children,
        )  # fmt: skip
        found += [(section.span, thing.span) for thing in (section.heading, *things)]
        for example in section.examples:
            found += _example_spans(example)
    return found


def _example_spans(example: Example) -> list[tuple[SourceSpan, SourceSpan]]:
    found = []
    for turn in (*example.turns, *(answer.turn for answer in example.answers)):
        found.append((example.span, turn.span))
        found += [(turn.span, part.span) for part in turn.parts]
    for answer in example.answers:
        assert answer.after <= len(example.turns)
    return found
