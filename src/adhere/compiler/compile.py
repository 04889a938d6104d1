"""Compile a document."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from adhere.compiler.build import Builder
from adhere.compiler.diagnostic import Diagnostic, Findings, Severity
from adhere.compiler.markdown import read_blocks
from adhere.compiler.mask import Masked, mask
from adhere.compiler.meaning import spec_digest
from adhere.compiler.source import MAX_PARTS, Source, TooManyPlaces, bare_return, refuse
from adhere.compiler.toml import read_table
from adhere.spec import Metadata, Spec, digest_bytes

DEFAULT_MAX_BYTES: Final = 16 * 1024 * 1024


class Compilation(msgspec.Struct, frozen=True):
    """What came of a document.

    Attributes:
        spec: The compiled document, or None where it cannot be one (not UTF-8, too large).
        diagnostics: What is wrong with it, in order of place.
    """

    spec: Spec | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """Whether part of the document could not be understood."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)

    def require(self) -> Spec:
        """Return the spec.

        Raises:
            ValueError: There is none; the message is the first error.
        """
        if self.spec is None:
            raise ValueError(str(self.diagnostics[0]))
        return self.spec


def compile_spec(
    data: bytes, *, name: str = "spec.md", max_bytes: int = DEFAULT_MAX_BYTES
) -> Compilation:
    """Compile a behaviour specification.

    Never raises on any input: what is wrong is in the diagnostics.

    Args:
        data: The document, UTF-8.
        name: What to call it in diagnostics.
        max_bytes: Refuse longer documents.

    >>> result = compile_spec(b"# Be kind {#kind authority=user}\\n\\nThe assistant is kind.\\n")
    >>> result.spec.section("kind").authority
    <Authority.USER: 'user'>
    >>> result.diagnostics
    ()
    """
    source = Source(data, name, MAX_PARTS)
    refusal = refuse(source, max_bytes)
    if refusal is not None:
        return Compilation(None, (refusal,))
    try:
        return _compile(source)
    except TooManyPlaces as stop:
        return Compilation(None, (_too_many(data, name, stop.offset),))


def _compile(source: Source) -> Compilation:
    data = source.data
    masked = mask(data)
    builder = Builder(source, masked)
    for block in read_blocks(masked.text):
        builder.add(block)
    sections = builder.finish()
    findings = builder.findings
    if bare := bare_return(source):
        findings.add(bare)
    spec = Spec(
        schema="adhere/spec/1",
        name=source.name,
        source_digest=digest_bytes(data),
        spec_digest="",
        sections=sections,
        gaps=tuple(builder.gaps),
        metadata=_metadata(source, masked, findings),
        preamble=tuple(builder.preamble),
    )
    diagnostics = sorted(findings.found, key=lambda found: (found.span, found.code))
    if findings.dropped:
        diagnostics.append(_left_out(source, findings.dropped))
    return Compilation(replace(spec, spec_digest=spec_digest(spec)), tuple(diagnostics))


def _too_many(data: bytes, name: str, offset: int) -> Diagnostic:
    return Diagnostic(
        "too-many-parts",
        Severity.ERROR,
        f"the document has more than {MAX_PARTS:,} parts",
        "split it: headings, blocks, messages and marks are parts",
        Source(data, name).span(offset, offset),
        name,
    )


def _left_out(source: Source, count: int) -> Diagnostic:
    end = len(source.data)
    return Diagnostic(
        "more-findings",
        Severity.NOTE,
        f"{count:,} more findings are not shown",
        "mend the ones that are shown, and compile again",
        source.span(end, end),
        source.name,
    )


def _metadata(source: Source, masked: Masked, findings: Findings) -> Metadata:
    place = masked.front_matter or masked.open_front_matter
    if place is None:
        return Metadata()
    try:
        if masked.front_matter is None:
            raise ValueError("it has no second +++ line")
        return msgspec.convert(read_table(source.text(*place)), Metadata)
    except (ValueError, msgspec.ValidationError) as error:
        findings.add(
            Diagnostic(
                "front-matter",
                Severity.ERROR,
                f"the front matter cannot be read: {error}",
                "write TOML with title, version, language and licence between +++ lines",
                source.span(*place),
                source.name,
            )
        )
        return Metadata()
