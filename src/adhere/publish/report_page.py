"""The report of a run as one HTML file."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from adhere.conversation import Case
from adhere.evaluate import Failure, Rate, Report
from adhere.publish.templating import environment

SHOWN_FAILURES = 40
"""How many failures of one model the page shows; the records hold all."""


class _ModelFailures(msgspec.Struct, frozen=True):
    model: str
    shown: tuple[tuple[Case, Failure], ...]
    total: int


def render_report(report: Report, cases: Iterable[Case]) -> str:
    """Return the page.

    Args:
        report: The figures.
        cases: The suite's cases; the evidence shows their conversations.
    """
    by_id = {case.id: case for case in cases}
    failures = []
    for model in report.manifest.models:
        of_model = [f for f in report.failures if f.model == model and f.case in by_id]
        shown = tuple((by_id[f.case], f) for f in of_model[:SHOWN_FAILURES])
        failures.append(_ModelFailures(model, shown, len(of_model)))
    page = environment().get_template("report.html.j2")
    return page.render(report=report, failures=failures, percent=percent, interval=interval)


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
