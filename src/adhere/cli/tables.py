"""Tables for people: a run's figures in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from adhere.cli.group_tables import group_tables
from adhere.cli.options import figure
from adhere.cli.trust_tables import trust_tables
from adhere.evaluate import Cell, Report, Row
from adhere.evaluate.report import Spending


def report_tables(out: Console, report: Report) -> None:
    """Print the figures: overall, by level of authority, and by section.

    ``Too strict`` counts failures by withholding over the scored cases where help is right,
    ``Too lax`` failures by giving over those where declining is right.
    """
    manifest = report.manifest
    title = manifest.spec.title or manifest.spec.name
    out.print(Text(f"{manifest.suite.title} on {title} {manifest.spec.version}".strip(), "bold"))
    out.print(
        Text(
            f"judge {manifest.judge} · {manifest.suite.cases} cases · per cent, 95 % intervals",
            "dim",
        )
    )
    if report.scripted:
        out.print(Text("scripted: these figures say nothing about any real model", "yellow"))
    if not report.complete:
        out.print(Text("incomplete: not every answer has a verdict", "red"))
    foci = report.by_focus if len(report.by_focus) <= _MOST_FOCI else ()
    for heading, rows in (
        ("", [report.total]), ("Level", report.by_authority), ("Section", report.by_section),
        ("Tag", report.by_tag), ("Focus", foci),
    ):  # fmt: skip
        if rows:
            _table(out, heading, manifest.models, rows)
    if len(report.by_focus) > _MOST_FOCI:
        out.print(Text(f"\n{len(report.by_focus)} foci with several cases: see report.json", "dim"))
    group_tables(out, report)
    trust_tables(out, report)
    out.print()
    for model, cell in zip(manifest.models, report.total.cells, strict=True):
        out.print(_not_scored(f"{model}: " if len(manifest.models) > 1 else "", cell))
    if report.spending is not None:
        _spending(out, report.spending)
    missing = report.sections_without_cases
    if missing:
        out.print(Text(f"\n{len(missing)} sections with an authority have no case here", "dim"))


def _not_scored(name: str, cell: Cell) -> Text:
    """Say how many answers have no score, and why; said too where there are none."""
    left = cell.asked - cell.rate.total
    reasons = [f"{n} {outcome}" for outcome, n in cell.outcomes.items() if not outcome.heard]
    judged = left - cell.missing - sum(n for o, n in cell.outcomes.items() if not o.heard)
    if judged:
        reasons.append(f"{judged} that the judge left open")
    if cell.missing:
        reasons.append(f"{cell.missing} without a verdict yet")
    why = f" ({', '.join(reasons)})" if reasons else ""
    return Text(f"{name}not scored: {left} of {cell.asked}{why}", "red" if left else "dim")


def _spending(out: Console, spent: Spending) -> None:
    for one in spent.models:
        how = " in batches" if one.batch else ""
        line = f"{one.model}{how}: {one.requests} requests, {one.input} tokens in, {one.output} out"
        if one.cached:
            line += f", {one.cached} answers from the cache"
        if one.estimated:
            line += f", of {one.estimated} estimated"
        if one.unknown:
            line += f", of {one.unknown} nothing is known"
        out.print(Text(line, "dim"))
    if spent.cost is not None:
        limit = "" if spent.budget is None else f" of {spent.budget}"
        out.print(Text(f"cost: {spent.currency} {spent.cost:.4f}{limit}", "dim"))


_MOST_FOCI = 20
_COLUMNS = (("Adheres", 21), ("Scored", 9), ("Too strict", 11), ("Too lax", 8), ("Other", 6))


def _table(out: Console, heading: str, models: Sequence[str], rows: Iterable[Row]) -> None:
    """One line a group where there is one model, else one a model below the group's name.

    Laid out by hand: a group's name may run over the columns of figures beside it.
    """
    names = [model.removeprefix("scripted:") for model in models]
    names = [f"  {name}" for name in names] if len(names) > 1 else [""]
    groups = [
        (row, f"{row.id} ({row.authority})" if heading == "Section" else row.title) for row in rows
    ]
    width = max(22, *map(len, names))
    if len(models) == 1:
        width = max(width, *(len(name) for _, name in groups))
    titles = "".join(f"{title:>{size}}" for title, size in _COLUMNS)
    out.print(Text(f"\n{heading:<{width}}{titles}", "dim"))
    for row, name in groups:
        if len(models) > 1:
            out.print(Text(name, "bold"))
        for model, cell in zip(names, row.cells, strict=True):
            figures = zip(_figures(cell), _COLUMNS, strict=True)
            line = "".join(f"{text:>{size}}" for text, (_, size) in figures)
            out.print(f"{model or name:<{width}}{line}")


def _figures(cell: Cell) -> tuple[str, ...]:
    strict, lax = cell.too_restrictive, cell.too_permissive
    return (
        figure(cell.rate), f"{cell.rate.total}/{cell.asked}",
        f"{strict.hits}/{strict.total}" if strict.total else "–",
        f"{lax.hits}/{lax.total}" if lax.total else "–", str(cell.quality),
    )  # fmt: skip
