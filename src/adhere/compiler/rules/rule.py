"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from adhere.compiler.diagnostic import Diagnostic, Severity
from adhere.compiler.rules.context import Context
from adhere.spec import SourceSpan


class Finding(NamedTuple):
    """A place where a rule is not kept; ``file`` only where it is not the spec itself."""

    span: SourceSpan
    message: str
    remedy: str
    section: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What people are told about a rule.

    Attributes:
        code: Its name, in kebab case.
        severity: How bad a finding is.
        summary: What it finds, in one line.
        why: What goes wrong if it is left.
    """

    code: str
    severity: Severity
    summary: str
    why: str


@dataclass(frozen=True, slots=True)
class Rule(RuleInfo):
    """A lint rule: `RuleInfo`, and a pure function that finds what breaks it."""

    find: Callable[[Context], Iterator[Finding]]

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a diagnostic for everything in ``context`` that breaks the rule."""
        for span, message, remedy, section, file in self.find(context):
            name = context.spec.name if file is None else file
            yield Diagnostic(self.code, self.severity, message, remedy, span, name, section)
