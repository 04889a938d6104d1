"""What the compiler and the linter have to say, with the place and the way out."""

from __future__ import annotations

from collections import Counter
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
_MAX_WORDS: Final = 60


class Findings:
    """Collects diagnostics, at most `MAX_FINDINGS` of each severity.

    A hostile document must neither fill memory nor hide an error behind a thousand warnings.
    """

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self._seen: Counter[Severity] = Counter()

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a finding, or count it once there are too many."""
        self._seen[diagnostic.severity] += 1
        if self._seen[diagnostic.severity] <= MAX_FINDINGS:
            self.found.append(diagnostic)

    @property
    def dropped(self) -> int:
        """How many findings were not kept."""
        return self._seen.total() - len(self.found)


def quoted(text: str) -> str:
    """Return words of the document for use in a message: on one line, and not too many."""
    words = " ".join(text[: 4 * _MAX_WORDS].split())
    return f'"{words if len(words) <= _MAX_WORDS else words[: _MAX_WORDS - 1] + "…"}"'
