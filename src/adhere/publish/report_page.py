"""The report of a run as one HTML file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from adhere.conversation import Case
from adhere.evaluate import Cell, Gap, Rate, Report
from adhere.evaluate.inference import Estimate
from adhere.publish.run_charts import run_charts
from adhere.publish.run_evidence import Entry, evidence
from adhere.publish.templating import environment

MOST_ROWS: Final = 500
"""Sections in a table; ``report.json`` has all."""

DIRECTIONS: Final = {
    "too_restrictive": "Too restrictive",
    "too_permissive": "Too permissive",
    "quality": "Another failure",
    "not_scored": "Not scored",
}


class _Unscored(msgspec.Struct, frozen=True):
    """Answers of a model without a score, and why."""

    model: str
    left: int
    asked: int
    reasons: str


def render_report(report: Report, cases: Iterable[Case]) -> str:
    """Return the page.

    Its size is bounded, whatever the run: tables by `MOST_ROWS`, evidence as
    `adhere.publish.run_evidence` says.

    Args:
        report: The figures.
        cases: The suite's cases; the evidence shows their conversations.
    """
    wanted = {failure.case for failure in report.failures}
    models = evidence(report, {case.id: case for case in cases if case.id in wanted})
    entries = [entry for model in models for entry in model.shown]
    shown_of = _by_section(entries)
    rows = {row.id: row for row in report.by_section[:MOST_ROWS]}
    cells = zip(report.manifest.models, report.total.cells, strict=True)
    page = environment().get_template("report.html.j2")
    return page.render(
        report=report, evidence=models, charts=run_charts(report), rows=rows,
        shown_of=shown_of, directions=DIRECTIONS, unscored=[_unscored(*c) for c in cells],
        model_options=list(enumerate(report.manifest.models, 1)),
        section_options=[(name, rows[name].title if name in rows else name) for name in shown_of],
        has_groups=any(g.pairs or g.disparities or g.calibration for g in report.groups),
        percent=percent, interval=interval, gap=_gap, times=_times, spread=_spread,
        json=lambda value: msgspec.json.encode(value).decode(),
    )  # fmt: skip


def percent(share: float | None) -> str:
    """Return a share as a percentage with one decimal, or a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %"


def interval(rate: Rate) -> str:
    """Return the 95 % interval of a rate in percent, or why there is none."""
    if rate.value is None:
        return "nothing scored"
    if rate.method == "none":
        return "one group of cases: no interval"
    return f"{100 * rate.low:.1f} to {100 * rate.high:.1f}"


def _by_section(entries: Iterable[Entry]) -> dict[str, int]:
    """Count the failures shown, by the sections they name."""
    found: dict[str, int] = {}
    for entry in entries:
        for section in dict.fromkeys(entry.sections):
            found[section] = found.get(section, 0) + 1
    return found


def _unscored(model: str, cell: Cell) -> _Unscored:
    left = cell.asked - cell.rate.total
    unheard = {outcome: n for outcome, n in cell.outcomes.items() if not outcome.heard}
    reasons = [f"{n} {outcome.replace('_', ' ')}" for outcome, n in unheard.items()]
    judged = left - cell.missing - sum(unheard.values())
    if judged:
        reasons.append(f"{judged} that the judge left open")
    if cell.missing:
        reasons.append(f"{cell.missing} without a verdict yet")
    return _Unscored(model, left, cell.asked, ", ".join(reasons))


def _gap(found: Gap | None) -> str:
    if found is None:
        return "–"
    text = f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
    return f"{text}{' *' if found.p < 0.05 else ''}".replace("-", "−")


def _times(found: Gap | None) -> str:
    if found is None:
        return "–"
    mark = " *" if found.p < 0.05 else ""
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]{mark}"


def _spread(found: Estimate | None, scale: int) -> str:
    if found is None:
        return "–"
    digits = 1 if scale == 100 else 3
    value, half = scale * found.value, scale * found.half_width
    text = f"{value:.{digits}f} [{value - half:.{digits}f}, {value + half:.{digits}f}]"
    return text.replace("-", "−")
