"""Pages that show what changed between two versions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

from msgspec.structs import replace

from adhere.evolve import SpecDiff
from adhere.evolve.diff_model import Run
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
from adhere.publish.site.history import anchors, worth_telling
from adhere.publish.site.model import Edition

_BOX = re.compile(r'!!! \w[\w-]*(?: "[^"\n]*")?\s*')


def pairs(editions: Sequence[Edition]) -> Iterator[tuple[Edition, Edition]]:
    """Yield every two versions, the older first; ``editions`` is newest first."""
    for new, old in combinations(editions, 2):
        yield old, new


def pair_path(old: Edition, new: Edition) -> str:
    """Return the address of the page of two versions."""
    return f"changes/{old.slug}..{new.slug}.html"


def between(editions: Sequence[Edition], old: Edition, new: Edition) -> list[Edition]:
    """Return the versions after ``old`` up to ``new``, newest first."""
    return list(editions[editions.index(new) : editions.index(old)])


def matrix(
    editions: Sequence[Edition], diff: Callable[[Edition, Edition], SpecDiff]
) -> list[tuple[Edition, list[tuple[Edition, str, str]]]]:
    """Return each version with the older ones: the address of the page, and the change in short."""
    return [
        (
            new,
            [(old, pair_path(old, new), _short(diff(old, new))) for old in editions[number + 1 :]],
        )
        for number, new in enumerate(editions[:-1])
    ]


def _short(diff: SpecDiff) -> str:
    counts = diff.counts
    if not diff.changes_meaning:
        return "no change of meaning"
    parts = (
        (counts.sections_added, "added"),
        (counts.sections_removed, "removed"),
        (counts.changed_in_substance, "changed"),
    )
    return ", ".join(f"{number} {what}" for number, what in parts if number) or "moved or renamed"


def change_page(
    diff: SpecDiff, old: Edition, new: Edition, editions: Sequence[Edition]
) -> dict[str, Any]:
    """Return what the page of two versions shows."""
    told = list(zip(anchors(diff), diff.sections, strict=True))
    meaning = [pair for pair in told if worth_telling(pair[1])]
    return {
        "diff": diff, "old": old, "new": new, "sections": meaning,
        "hidden": len(told) - len(meaning), "summary": summary(diff), "verdict": verdict(diff),
        "happened": happened,
        "touched": touched, "example_happened": example_happened, "field_words": field_words,
        "value_words": value_words, "label_fields": LABEL, "visible": visible,
        "visible_run": visible_run, "side": side,
        "newer": editions[editions.index(new) - 1] if editions.index(new) else None,
        "older": editions[editions.index(old) + 1] if old is not editions[-1] else None,
    }  # fmt: skip


def side(runs: Sequence[Run], op: str) -> list[Run]:
    """Return the runs of one side: what both have, and what only this one has.

    Args:
        runs: Words marked.
        op: ``delete`` for the side before, ``insert`` for the one after.
    """
    shown = [run for run in runs if run.op in ("equal", op)]
    if shown and (head := _BOX.match(shown[0].text)):  # how a box is written is not what it says
        shown[0] = replace(shown[0], text=shown[0].text[head.end() :])
    return shown
