"""Run the lint rules over a compiled document."""

from __future__ import annotations

from adhere.compiler.diagnostic import MAX_FINDINGS, Diagnostic
from adhere.compiler.rules import RULES
from adhere.compiler.rules.context import Context


def lint(context: Context) -> tuple[Diagnostic, ...]:
    """Return what the rules find, in order of place.

    Of each rule at most `MAX_FINDINGS` are kept; `lint_counted` also says how many were not.

    Raises:
        ValueError: ``context.spec`` was not made by the compiler.

    >>> from adhere.compiler import compile_spec
    >>> spec = compile_spec(b"# Be kind {#kind}\\n\\nSee [?](#nice).\\n").require()
    >>> [f"{found.code} {found.span.line}:{found.span.column}" for found in lint(Context(spec))]
    ['dangling-reference 3:5']
    """
    return lint_counted(context)[0]


def lint_counted(context: Context) -> tuple[tuple[Diagnostic, ...], int]:
    """Like `lint`, with the number of findings that were dropped.

    Raises:
        ValueError: ``context.spec`` was not made by the compiler.
    """
    kept: list[Diagnostic] = []
    dropped = 0
    for rule in RULES:
        findings = rule.check(context)
        for _, diagnostic in zip(range(MAX_FINDINGS), findings, strict=False):
            kept.append(diagnostic)
        dropped += sum(1 for _ in findings)  # counted one by one: never held
    return in_order(kept), dropped


def in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort diagnostics as a reader goes through the files: file, place, rule."""
    return tuple(sorted(diagnostics, key=lambda it: (it.file, it.span, it.code, it.message)))
