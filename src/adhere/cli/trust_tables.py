"""Tables for people: how far a run's figures can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from adhere.evaluate import Report
from adhere.evaluate.labelled import CorrectedRate, LabelFigures
from adhere.evaluate.model_gaps import ModelGap
from adhere.evaluate.uncertainty import GAP_ASKED, Interval
from adhere.judge import Corrected


def trust_tables(out: Console, report: Report) -> None:
    """Print what lies behind the rates, the gaps between models, and what labels say."""
    for line in (*_behind(report), *_gaps(report.model_gaps), *labels_lines(report.labels)):
        out.print(line)


def _behind(report: Report) -> Iterator[Text]:
    titles = (
        f"{'of all':>8}{'asked again':>16}{'other cases':>16}{'could find':>12}{'for 5 points':>14}"
    )
    width = max(22, *(len(model) + 2 for model in report.manifest.models))
    yield Text(f"\n{'Behind the rates':<{width}}{titles}  pass^k", "dim")
    for model, cell in zip(report.manifest.models, report.total.cells, strict=True):
        found = cell.uncertainty
        if found is None:
            continue
        name = model.removeprefix("scripted:")
        of_all = "–" if cell.of_all is None else f"{100 * cell.of_all:.1f}"
        needed = "–" if found.cases_needed is None else f"{found.cases_needed} cases"
        again = " ".join(f"{100 * share:.1f}" for share in found.pass_hat) or "–"
        yield Text(
            f"{name:<{width}}{of_all:>8}{interval(found.fixed):>16}{interval(found.cases):>16}"
            f"{points(found.smallest):>12}{needed:>12}  {again}"
        )
    yield Text(
        "asked again: the same cases; could find: the smallest gap to another such model, unpaired,"
        f" at a power of 80 %; for {100 * GAP_ASKED:.0f}: cases needed to find so many points",
        "dim",
    )


def _gaps(gaps: Sequence[ModelGap]) -> Iterator[Text]:
    if not gaps:
        return
    names = [f"{_short(gap.first)} against {_short(gap.second)}" for gap in gaps]
    width = max(22, *(len(name) + 2 for name in names))
    titles = f"{'cases':>6}{'gap':>16}{'p':>9}{'only 1st':>10}{'only 2nd':>10}{'McNemar':>9}"
    yield Text(f"\n{'Between models':<{width}}{titles}", "dim")
    for name, gap in zip(names, gaps, strict=True):
        shown = "–"
        if gap.estimate is not None:
            shown = f"{100 * gap.estimate.value:+.1f} ± {100 * gap.estimate.half_width:.1f}"
        p = "–" if gap.p is None else f"{gap.p:.2g}"
        yield Text(
            f"{name:<{width}}{gap.cases:>6}{shown:>16}{p:>9}{gap.first_only:>10}"
            f"{gap.second_only:>10}{gap.mcnemar:>9.2g}  {gap.says}"
        )
    yield Text(f"paired by case, clustered by focus; p corrected for {len(gaps)} pairs", "dim")


def labels_lines(labels: LabelFigures | None) -> Iterator[Text]:
    """Yield what people's labels say; nothing where there are none."""
    if labels is None:
        return
    who = ", ".join(f"{name} {count}" for name, count in labels.people.items())
    yield Text(f"\nLabelled by people: {who}, of {labels.sample} drawn", "bold")
    for pair in labels.pairs:
        yield Text(
            f"{pair.first} and {pair.second} agree on {100 * pair.accuracy:.1f} % of {pair.items}, "
            f"kappa {number(pair.kappa)}"
        )
    yield Text(
        f"Krippendorff's alpha: people {number(labels.alpha_people)}, with the judge "
        f"{number(labels.alpha_with_judge)}; left out: {labels.disputed} disputed, "
        f"{labels.cannot_tell} nobody could tell"
    )
    width = max(22, *(len(it.model) + 2 for it in labels.models))
    titles = f"{'labels':>7}{'judge right':>13}{'kappa':>7}{'raw':>7}{'Rogan-Gladen':>22}"
    yield Text(f"{'Corrected rates':<{width}}{titles}{'prediction-powered':>22}", "dim")
    for it in labels.models:
        yield Text(_corrected(it, width))


def _corrected(it: CorrectedRate, width: int) -> str:
    right = "–" if it.accuracy is None else f"{100 * it.accuracy:.1f}"
    raw = "–" if it.raw is None else f"{100 * it.raw:.1f}"
    line = f"{_short(it.model):<{width}}{it.labelled:>7}{right:>13}{number(it.kappa):>7}{raw:>7}"
    line += f"{_share(it.rogan_gladen):>22}{_share(it.prediction_powered):>22}"
    return f"{line}  ({it.why_not})" if it.why_not else line


def _short(model: str) -> str:
    return model.removeprefix("scripted:")


def _share(found: Corrected | None) -> str:
    if found is None:
        return "–"
    return f"{100 * found.value:.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def interval(found: Interval | None) -> str:
    """Return an interval in per cent, a dash where there is none."""
    return "–" if found is None else f"[{100 * found.low:.1f}, {100 * found.high:.1f}]"


def points(value: float | None) -> str:
    """Return a share in points, a dash where there is none."""
    return "–" if value is None else f"{100 * value:.1f}"


def number(value: float | None) -> str:
    """Return a coefficient, a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"
