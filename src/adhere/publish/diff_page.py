"""The difference of two specs as a page."""

from __future__ import annotations

from collections import Counter

from adhere.evolve import SpecDiff
from adhere.evolve.diff_summary import (
    LABEL,
    example_happened,
    field_words,
    happened,
    summary,
    touched,
    value_words,
    verdict,
)
from adhere.evolve.diff_visible import visible, visible_run
from adhere.publish.templating import environment


def render_diff(diff: SpecDiff) -> str:
    """Return the page: HTML in one file, with nothing to load and no script."""
    return (
        environment()
        .get_template("diff.html.j2")
        .render(
            diff=diff,
            sections=list(zip(_anchors(diff), diff.sections, strict=True)),
            summary=summary(diff),
            verdict=verdict(diff),
            happened=happened,
            touched=touched,
            example_happened=example_happened,
            field_words=field_words,
            value_words=value_words,
            label_fields=LABEL,
            visible=visible,
            visible_run=visible_run,
        )
    )


def _anchors(diff: SpecDiff) -> list[str]:
    """One name a section to jump to: its id, with a number where two have the same."""
    seen: Counter[str] = Counter()
    names = []
    for section in diff.sections:
        seen[section.id] += 1
        number = seen[section.id]
        names.append(f"s-{section.id}" if number == 1 else f"s-{section.id}~{number}")
    return names
