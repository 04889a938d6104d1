"""Compile a document."""

from __future__ import annotations

import tomllib
from typing import Final

import msgspec
from msgspec.structs import replace

from adhere.compiler.build import Builder, gaps
from adhere.compiler.diagnostic import Diagnostic, Findings, Severity
from adhere.compiler.markdown import read_blocks
from adhere.compiler.mask import mask
from adhere.compiler.meaning import spec_digest
from adhere.compiler.source import Source, refuse
from adhere.spec import Gap, Metadata, Spec, digest_bytes

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
    source = Source(data, name)
    refusal = refuse(source, max_bytes)
    if refusal is not None:
        return Compilation(None, (refusal,))
    masked = mask(data)
    builder = Builder(source, masked.boxes)
    for block in read_blocks(masked.text, len(data)):
        builder.add(block)
    sections = builder.finish()
    metadata = _metadata(source, masked.front_matter, builder.findings)
    spec = Spec(
        schema="adhere/spec/1",
        name=name,
        source_digest=digest_bytes(data),
        spec_digest="",
        sections=sections,
        gaps=tuple(
            Gap(source.text(start, end), source.span(start, end))
            for start, end in gaps(builder.covered, len(data))
        ),
        metadata=metadata,
        preamble=tuple(builder.preamble),
    )
    diagnostics = sorted(builder.findings.found, key=lambda found: (found.span, found.code))
    return Compilation(replace(spec, spec_digest=spec_digest(spec)), tuple(diagnostics))


def _metadata(source: Source, front: tuple[int, int] | None, findings: Findings) -> Metadata:
    if front is None:
        return Metadata()
    try:
        return msgspec.convert(tomllib.loads(source.text(*front)), Metadata)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        findings.add(
            Diagnostic(
                "front-matter",
                Severity.ERROR,
                f"the front matter cannot be read: {error}",
                "write TOML with title, version, language and licence between +++ lines",
                source.span(*front),
                source.name,
            )
        )
        return Metadata()
