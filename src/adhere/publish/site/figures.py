"""The figures of a site's pages: tables and charts of what runs found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from adhere.publish.charts import Chart, Point, interval_chart, trend_chart
from adhere.publish.run_charts import point, run_charts
from adhere.publish.site.evidence import Evidence, RunEvidence, by_model, weakest
from adhere.publish.site.reading import ShownSection
from adhere.sources.scores import Score, Scores

_CHARTED: Final = 24
"""How many sections a chart shows; the table has all."""


def section_page(shown: ShownSection, evidence: Evidence) -> dict[str, Any]:
    """Return what the page about one section shows."""
    name = shown.section.id
    charts: list[tuple[RunEvidence, Chart]] = []
    published: list[Chart] = []
    runs = {measured.run.slug: measured.run for measured in evidence.measured(name)}
    for number, (slug, run) in enumerate(runs.items()):
        groups = [
            (measured.model, [point(measured.cell.rate)])
            for measured in evidence.measured(name)
            if measured.run.slug == slug
        ]
        title = f"{run.title}: share of answers that keep to this section"
        charts.append((run, interval_chart(f"c{number}", title, ["Adheres"], groups)))
    for number, scores in enumerate(dict.fromkeys(s.title for s, _ in evidence.published(name))):
        groups = [
            (score.model, [_published(score)])
            for found, score in evidence.published(name)
            if found.title == scores
        ]
        published.append(interval_chart(f"p{number}", scores, ["Complies"], groups))
    return {
        "shown": shown,
        "published": published,
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


def published_page(
    number: int, scores: Scores, title_of: Callable[[str], str]
) -> tuple[Scores, Chart, Chart | None]:
    """Return published scores with a chart of models over time, and one of single sections."""
    by_section: dict[str, dict[str, Score]] = {}
    for score in scores.scores:
        by_section.setdefault(score.section, {})[score.model] = score
    whole = [name for name, found in by_section.items() if len(found) == len(scores.models)]
    lines = [
        (
            "All" if not name else title_of(name),
            [_published(by_section[name][m]) for m in scores.models],
        )
        for name in whole
    ]
    values = [p.value for _, points in lines for p in points if p.value is not None]
    least = min(values, default=0.0)
    low = next(low for low in (0.8, 0.6, 0.2, 0.0) if low <= least)  # four steps in round numbers
    trend = trend_chart(f"published{number}", scores.title, scores.models, lines, bounds=(low, 1.0))
    partly = [name for name in by_section if name not in whole]
    models = sorted({m for name in partly for m in by_section[name]}, key=scores.models.index)
    if not partly:
        return scores, trend, None
    partly.sort(key=lambda name: min(score.value for score in by_section[name].values()))
    groups = [
        (title_of(name), [_published(by_section[name].get(model)) for model in models])
        for name in partly[:_CHARTED]
    ]
    title = f"Single sections, the weakest {len(groups)} of {len(partly)}"
    return scores, trend, interval_chart(f"sections{number}", title, models, groups)


def _published(score: Score | None) -> Point:
    if score is None:
        return Point(None, note="not published")
    note = f"{score.cases} prompts" + ("" if score.low is not None else ", no interval")
    return Point(score.value, score.low, score.high, note)


def run_page(run: RunEvidence) -> dict[str, Any]:
    """Return what the page of one run shows."""
    return {"run": run, "report": run.report, **run_charts(run.report)}


def trends(runs: Sequence[RunEvidence]) -> list[Chart]:
    """Return a chart for each suite that several runs asked: the totals from run to run.

    A model is followed through the runs it is in. Where each run is of one model of its own, such
    as the versions of one, they are followed as one line.
    """
    by_suite: dict[str, list[RunEvidence]] = {}
    for run in runs:
        by_suite.setdefault(run.report.manifest.suite.id, []).append(run)
    charts = []
    for number, of_suite in enumerate(by_suite.values()):
        models = {name: found for name, found in by_model(of_suite).items() if len(found) > 1}
        steps = [run.slug for run in of_suite]
        lines = [(name, [_of(run, name) for run in of_suite]) for name in models]
        if not lines and len(of_suite) > 1 and all(_alone(run) for run in of_suite):
            steps = [run.report.manifest.models[0] for run in of_suite]
            lines = [
                ("Adheres", [_of(run, model) for run, model in zip(of_suite, steps, strict=True)])
            ]
        if lines:
            title = f"{of_suite[0].report.manifest.suite.title}: from run to run"
            charts.append(trend_chart(f"trend{number}", title, steps, lines))
    return charts


def _alone(run: RunEvidence) -> bool:
    return len(run.report.manifest.models) == 1


def _of(run: RunEvidence, model: str) -> Point:
    """Return a model's total in a run as a point, or that there is none."""
    names = run.report.manifest.models
    if model not in names:
        return Point(None, note="not run")
    return point(run.report.total.cells[names.index(model)].rate)
