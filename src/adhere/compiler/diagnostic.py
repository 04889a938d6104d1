"""What the compiler and the linter have to say, with the place and the way out."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from adhere.spec import SourceSpan


class Severity(StrEnum):
    """How bad it is. An ``error`` means that part of the document could not be understood."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Diagnostic(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding.

    Attributes:
        code: The rule, in kebab case (``dangling-reference``).
        severity: How bad it is.
        message: What is wrong, in one sentence.
        remedy: What to do about it.
        span: Where, in the file called ``file``.
        file: The name of the file the span is in.
        section: Id of the section it concerns, if it concerns one.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    span: SourceSpan
    file: str
    section: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.span.line}:{self.span.column}: {self.severity}: {self.message}"


MAX_FINDINGS: Final = 1000


class Findings:
    """Collects diagnostics, at most `MAX_FINDINGS`: a hostile document must not fill memory."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.dropped = 0

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a finding, or count it once there are too many."""
        if len(self.found) < MAX_FINDINGS:
            self.found.append(diagnostic)
        else:
            self.dropped += 1
