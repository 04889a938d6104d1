"""Tables for people: a run's figures in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adhere.evaluate import Cell, Rate, Report, Row


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
    out.print(_table("", manifest.models, [report.total]))
    out.print(_table("Level", manifest.models, report.by_authority))
    out.print(_table("Section", manifest.models, report.by_section))
    missing = report.sections_without_cases
    if missing:
        out.print(Text(f"{len(missing)} sections with an authority have no case here", "dim"))


def _table(first: str, models: Sequence[str], rows: Iterable[Row]) -> Table:
    """One line a group and model; the group's name stands in its first line."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(first, overflow="fold", ratio=1)
    table.add_column("Model", overflow="fold")
    for name in ("Adheres", "Scored", "Too strict", "Too lax", "Other"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        name = Text(row.id if first == "Section" else row.title)
        if first == "Section":
            name.append(f" {row.authority}", "dim")
        for model, cell in zip(models, row.cells, strict=True):
            table.add_row(name, model.removeprefix("scripted:"), *_figures(cell))
            name = Text("")
    return table


def _figures(cell: Cell) -> list[str]:
    strict, lax = cell.too_restrictive, cell.too_permissive
    return [
        figure(cell.rate), f"{cell.rate.total}/{cell.asked}",
        f"{strict.hits}/{strict.total}" if strict.total else "–",
        f"{lax.hits}/{lax.total}" if lax.total else "–", str(cell.quality),
    ]  # fmt: skip


def figure(rate: Rate) -> str:
    """Return a rate and its 95 % interval in percent: ``83.2 [78.6, 87.1]``."""
    if rate.value is None:
        return "–"
    if rate.method == "none":
        return f"{100 * rate.value:.1f}"
    return f"{100 * rate.value:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"
