"""The figures of a site's pages: tables and charts of what runs found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from adhere.evaluate import Rate, Report
from adhere.publish.charts import Chart, Point, interval_chart, trend_chart
from adhere.publish.site.evidence import Evidence, RunEvidence, by_model, weakest
from adhere.publish.site.reading import ShownSection

_CHARTED: Final = 24
"""How many sections a chart shows; the table has all."""


def point(rate: Rate) -> Point:
    """Return a rate as a point of a chart."""
    if rate.value is None:
        return Point(None, note="nothing scored")
    note = f"{rate.hits:,} of {rate.total:,}"
    if rate.method == "none":
        return Point(rate.value, note=f"{note}, no interval")
    return Point(rate.value, rate.low, rate.high, note)


def section_page(shown: ShownSection, evidence: Evidence) -> dict[str, Any]:
    """Return what the page about one section shows."""
    name = shown.section.id
    charts: list[tuple[RunEvidence, Chart]] = []
    runs = {measured.run.slug: measured.run for measured in evidence.measured(name)}
    for number, (slug, run) in enumerate(runs.items()):
        groups = [
            (measured.model, [point(measured.cell.rate)])
            for measured in evidence.measured(name)
            if measured.run.slug == slug
        ]
        title = f"{run.title}: share of answers that keep to this section"
        charts.append((run, interval_chart(f"c{number}", title, ["Adheres"], groups)))
    return {
        "shown": shown,
        "measured": evidence.measured(name),
        "charts": charts,
        "cases": evidence.cases(name),
        "all_cases": evidence.count(name),
    }


def results_page(runs: Sequence[RunEvidence], evidence: Evidence) -> dict[str, Any]:
    """Return what the page of all results shows."""
    gaps = evidence.gaps()
    return {
        "models": by_model(runs),
        "weak": weakest(runs),
        "gaps": [gap for gap in gaps if not gap.reason],
        "excused": [gap for gap in gaps if gap.reason],
        "trends": trends(runs),
        "overall": [_overall(number, run) for number, run in enumerate(runs)],
    }


def _overall(number: int, run: RunEvidence) -> tuple[RunEvidence, Chart]:
    report = run.report
    groups = [
        (model, [point(cell.rate)])
        for model, cell in zip(report.manifest.models, report.total.cells, strict=True)
    ]
    title = "Share of answers that adhere, with the 95 % interval"
    return run, interval_chart(f"all{number}", title, ["Adheres"], groups)


def run_page(run: RunEvidence) -> dict[str, Any]:
    """Return what the page of one run shows."""
    report = run.report
    models = report.manifest.models
    rows = [row for row in report.by_section if any(c.rate.value is not None for c in row.cells)]
    charted = sorted(rows, key=lambda row: min(c.rate.high for c in row.cells))[:_CHARTED]
    return {
        "run": run,
        "report": report,
        "directions": _directions(report),
        "authority": interval_chart(
            "authority", "By level of authority", models,
            [(row.title, [point(cell.rate) for cell in row.cells]) for row in report.by_authority],
        ),
        "sections": interval_chart(
            "sections",
            "By section, the weakest first" if len(rows) > _CHARTED else "By section",
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


def trends(runs: Sequence[RunEvidence]) -> list[Chart]:
    """Return a chart for each suite that several runs asked: the totals from run to run."""
    by_suite: dict[str, list[RunEvidence]] = {}
    for run in runs:
        by_suite.setdefault(run.report.manifest.suite.id, []).append(run)
    charts = []
    for number, (_, of_suite) in enumerate(by_suite.items()):
        if len(of_suite) < 2:
            continue
        models = list(by_model(of_suite))
        lines = []
        for model in models:
            points = []
            for run in of_suite:
                names = run.report.manifest.models
                points.append(
                    point(run.report.total.cells[names.index(model)].rate)
                    if model in names
                    else Point(None, note="not run")
                )
            lines.append((model, points))
        title = f"{of_suite[0].report.manifest.suite.title}: from run to run"
        charts.append(trend_chart(f"trend{number}", title, [run.title for run in of_suite], lines))
    return charts
