"""Diagnostics for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable

from adhere.compiler.diagnostic import Diagnostic


def render_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the findings as lines a person and an editor can read: place, finding, remedy."""
    return "".join(f"{found} [{found.code}]\n    {found.remedy}\n" for found in diagnostics)
