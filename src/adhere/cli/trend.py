"""``adhere trend``"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from adhere.assemble.scores import load_scores
from adhere.cli.options import console, json_option, print_json
from adhere.evaluate.trend import Trend, TrendRow, trend_of_runs, trend_of_scores

_STYLE = {"rose": "green", "fell": "red", "may be noise": "dim"}


@click.command("trend")
@click.argument("runs", nargs=-1, required=True, metavar="[LABEL=]RUN...")
@click.option("--sections", is_flag=True, help="Show every section, not only those that changed.")
@json_option
def command(runs: tuple[str, ...], sections: bool, as_json: bool) -> int:
    """Say how rates went over versions of a model or of the spec, and which steps may be noise.

    RUN is the folder of a run, with #MODEL where it holds several; LABEL is what to call it: a
    version or a date. Runs are taken in the order given, or by date where every label is one.
    A single scores.json (`adhere import replication`) is shown as a trend over its models.

    \b
    Examples:
      adhere trend 2026-01-12=runs/jan 2026-03-02=runs/mar 2026-06-30=runs/jun
      adhere trend 'small=runs/both#small' 'large=runs/both#large'
      adhere trend replication/scores.json
    """
    if len(runs) == 1 and runs[0].endswith(".json"):
        found = trend_of_scores(load_scores(Path(runs[0])))
    else:
        found = trend_of_runs(_ordered([_named(run) for run in runs]))
    if as_json:
        print_json(found)
    else:
        _show(console(), found, sections)
    return 0


def _named(run: str) -> tuple[str, str]:
    label, equals, folder = run.partition("=")
    return (label, folder) if equals and not Path(run.partition("#")[0]).exists() else ("", run)


def _ordered(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    try:
        return sorted(runs, key=lambda run: date.fromisoformat(run[0]))
    except ValueError:
        return runs


def _show(out: Console, found: Trend, sections: bool) -> None:
    out.print(Text(found.title, "bold"))
    if found.scripted:
        out.print(Text("scripted: these figures say nothing about any real model", "yellow"))
    for note in found.notes:
        out.print(Text(f"note: {note}", "dim"))
    width = max(22, *(len(row.id) + 2 for row in found.rows))
    for kind in ("total", "level", "section"):
        rows = [row for row in found.rows if row.kind == kind]
        if kind == "section" and not sections:
            rows = [row for row in rows if len(rows) <= 12 or _changed(row)]
        if rows:
            _table(out, found, rows, width)
    unchanged = [row for row in found.rows if not _changed(row)]
    out.print(Text(f"\n{len(unchanged)} of {len(found.rows)} groups: no step beyond noise", "dim"))
    out.print(Text("gaps with 95 % intervals; p corrected over the steps of its kind", "dim"))


def _changed(row: TrendRow) -> bool:
    return any(step.says != "may be noise" for step in row.steps)


def _table(out: Console, found: Trend, rows: list[TrendRow], width: int) -> None:
    size = max(21, *(len(point.label) + 2 for point in found.points))
    heads = "".join(f"{point.label:>{size}}" for point in found.points)
    out.print(Text(f"\n{'':<{width}}{heads}", "dim"))
    for row in rows:
        cells = (
            "–" if at is None else f"{100 * at.value:.1f} [{100 * at.low:.1f}, {100 * at.high:.1f}]"
            for at in row.values
        )
        out.print(f"{row.id:<{width}}" + "".join(f"{cell:>{size}}" for cell in cells))
        for step in row.steps:
            if row.kind == "section" and step.says == "may be noise":
                continue
            names = f"{found.points[step.first].label} → {found.points[step.second].label}"
            gap = f"{100 * step.gap:+.1f} ± {100 * step.half_width:.1f}"
            how = "paired" if step.paired else "unpaired"
            line = Text(f"  {names}: {gap}, {how} on {step.cases} cases, p {step.p:.2g}  ")
            out.print(line.append(step.says, _STYLE[step.says]))
