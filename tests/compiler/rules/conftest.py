"""One question for every rule: what does it find in this document, and where exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import TypeAlias

import pytest

from adhere.compiler import Context, Diagnostic, compile_spec, lint, read_prompts
from adhere.compiler.rules import RULES

Check: TypeAlias = Callable[..., list[tuple[int, int, str]]]


def run(
    code: str,
    text: str,
    *,
    prompts: Mapping[str, str] | None = None,
    since: str | None = None,
    tested: frozenset[str] = frozenset(),
) -> list[Diagnostic]:
    """Lint ``text`` and return the findings of one rule."""
    assert code in {rule.code for rule in RULES}
    spec = compile_spec(text.encode()).require()
    files = prompts and {
        name: read_prompts(content.encode(), marker=name, name=f"prompts/{name}.md")
        for name, content in prompts.items()
    }
    before = since and compile_spec(dedent(since).encode()).require()
    context = Context(spec, files, before or None, tested)
    return [found for found in lint(context) if found.code == code]


@pytest.fixture
def check() -> Check:
    """Return line, column and the spanned words of every finding of one rule in a document."""

    def places(code: str, text: str, **others: object) -> list[tuple[int, int, str]]:
        text = dedent(text)
        found = run(code, text, **others)  # type: ignore[arg-type]
        texts = {"spec.md": text, **{f"prompts/{k}.md": v for k, v in _files(others).items()}}
        for it in found:
            # Line and column say the same place as the bytes do.
            before = texts[it.file].encode()[: it.span.start].decode()
            assert it.span.line == before.count("\n") + 1
            assert it.span.column == len(before) - (before.rfind("\n") + 1) + 1
            assert it.message
            assert it.remedy
        return [
            (it.span.line, it.span.column, it.span.of(texts[it.file].encode()).decode())
            for it in found
        ]

    return places


def _files(others: Mapping[str, object]) -> Mapping[str, str]:
    prompts = others.get("prompts")
    return prompts if isinstance(prompts, dict) else {}
