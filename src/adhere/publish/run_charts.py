"""The charts of one run, for its report and for its page on the site."""

from __future__ import annotations

from typing import Final

from adhere.evaluate import Rate, Report
from adhere.publish.charts import Chart, Point, interval_chart

CHARTED: Final = 24
"""How many sections a chart shows; the table has all."""


def point(rate: Rate) -> Point:
    """Return a rate as a point of a chart."""
    if rate.value is None:
        return Point(None, note="nothing scored")
    note = f"{rate.hits:,} of {rate.total:,}"
    if rate.method == "none":
        return Point(rate.value, note=f"{note}, no interval")
    return Point(rate.value, rate.low, rate.high, note)


def run_charts(report: Report) -> dict[str, Chart]:
    """Return ``directions``, ``authority`` and ``sections``, with a lane a model."""
    models = report.manifest.models
    rows = [row for row in report.by_section if any(c.rate.value is not None for c in row.cells)]
    charted = sorted(rows, key=lambda row: min(c.rate.high for c in row.cells))[:CHARTED]
    return {
        "directions": _directions(report),
        "authority": interval_chart(
            "authority", "Share of answers that adhere, by level of authority", models,
            [(row.title, [point(cell.rate) for cell in row.cells]) for row in report.by_authority],
        ),
        "sections": interval_chart(
            "sections",
            f"Share of answers that adhere, the weakest {CHARTED} of {len(rows)} sections"
            if len(rows) > CHARTED else "Share of answers that adhere, by section",
            models,
            [(row.title, [point(cell.rate) for cell in row.cells]) for row in charted],
        ),
    }  # fmt: skip


def _directions(report: Report) -> Chart:
    return interval_chart(
        "directions",
        "Two ways to fail: withholding where help is right, giving where declining is right",
        ["Too restrictive", "Too permissive"],
        [
            (model, [point(cell.too_restrictive), point(cell.too_permissive)])
            for model, cell in zip(report.manifest.models, report.total.cells, strict=True)
        ],
    )
