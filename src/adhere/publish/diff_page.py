"""The difference of two specs as a page."""

from __future__ import annotations

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
from adhere.publish.site.history import anchors
from adhere.publish.templating import environment


def render_diff(diff: SpecDiff) -> str:
    """Return the page: HTML in one file, with nothing to load and no script."""
    return (
        environment()
        .get_template("diff.html.j2")
        .render(
            diff=diff,
            sections=list(zip(anchors(diff), diff.sections, strict=True)),
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
