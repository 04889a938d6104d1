"""``adhere compare``"""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from adhere.cli.options import console, figure, json_option, print_json
from adhere.evaluate.comparison import Comparison, Gap, compare

_STYLE = {"first is higher": "green", "second is higher": "red", "may be noise": "dim"}
_SHOWN = 8


@click.command("compare")
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@json_option
def command(first: str, second: str, as_json: bool) -> int:
    """Say what differs between two models, what may be noise, and where to improve first.

    RUN is the folder of a run, with #MODEL where it holds several. Gaps are paired by case,
    clustered by focus, and corrected (Holm) for how many sections are looked at. "could find" is
    the smallest gap such cases show at a power of 80 %, "for 5" the cases needed for 5 points.

    \b
    Examples:
      adhere compare runs/old runs/new
      adhere compare 'runs/xstest#gpt4' 'runs/xstest#mistralguard'
    """
    found = compare(first, second)
    if as_json:
        print_json(found)
        return 0
    out = console()
    _head(out, found)
    _sides(out, found)
    _gaps(out, "", (found.total,))
    _corrected(out, found)
    _gaps(out, "Level", found.by_authority)
    _gaps(out, "Tag", found.by_tag)
    telling = _telling(found.by_section)
    _gaps(out, "Sections that differ", telling)
    noise = [gap for gap in found.by_section if gap.says == "may be noise"]
    _gaps(out, "May be noise", noise)
    _gaps(out, "Behaviours that differ", _telling(found.by_focus))
    few = sum(gap.says == "too few cases" for gap in found.by_section)
    if few:
        out.print(Text(f"\n{few} sections have too few common cases to tell anything", "dim"))
    _improve(out, found)
    return 0


def _head(out: Console, found: Comparison) -> None:
    out.print(Text(f"{found.first.model}  against  {found.second.model}", "bold"))
    if found.scripted:
        out.print(Text("scripted: these figures say nothing about any real model", "yellow"))
    for warning in found.warnings:
        out.print(Text(f"caution: {warning}", "yellow"))
    if found.only_first or found.only_second:
        left_out = f"{found.only_first} cases only of the first, {found.only_second} of the second"
        out.print(Text(f"left out: {left_out}", "dim"))
    disagree = f"{found.total.first_only} cases only the first passes, {found.total.second_only} "
    out.print(f"{disagree}only the second (exact McNemar p = {found.mcnemar:.2g})")


def _telling(gaps: tuple[Gap, ...]) -> list[Gap]:
    return [gap for gap in gaps if gap.says in ("first is higher", "second is higher")]


def _sides(out: Console, found: Comparison) -> None:
    if found.sides is None:
        return
    titles = f"{'adheres':>22}{'of all':>8}{'too strict':>12}{'too lax':>9}{'other':>7}"
    out.print(Text(f"\n{'On the common cases':<26}{titles}  pass^k", "dim"))
    for side, cell in zip((found.first, found.second), found.sides, strict=True):
        strict, lax = cell.too_restrictive, cell.too_permissive
        of_all = "–" if cell.of_all is None else f"{100 * cell.of_all:.1f}"
        again = cell.uncertainty.pass_hat if cell.uncertainty else ()
        shares = " ".join(f"{100 * share:.1f}" for share in again) or "–"
        ways = f"{f'{strict.hits}/{strict.total}':>12}{f'{lax.hits}/{lax.total}':>9}"
        name = side.model.removeprefix("scripted:")
        out.print(f"{name:<26}{figure(cell.rate):>22}{of_all:>8}{ways}{cell.quality:>7}  {shares}")


def _corrected(out: Console, found: Comparison) -> None:
    for name, gap in (
        ("Rogan-Gladen", found.rogan_gladen),
        ("prediction-powered", found.prediction_powered),
    ):
        if gap is not None:
            shown = f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
            out.print(f"gap with the judge's errors counted, {name}: {shown}")


def _gaps(out: Console, heading: str, gaps: tuple[Gap, ...] | list[Gap]) -> None:
    if not gaps:
        return
    width = max(26, *(len(gap.id) + 2 for gap in gaps))
    titles = (
        f"{'cases':>6}{'first':>8}{'second':>8}{'gap':>16}{'p':>9}{'could find':>12}{'for 5':>7}"
    )
    out.print(Text(f"\n{heading:<{width}}{titles}", "dim"))
    for gap in gaps:
        line = Text(
            f"{gap.id:<{width}}{gap.cases:>6}{100 * gap.first:>8.1f}{100 * gap.second:>8.1f}"
        )
        if gap.estimate is not None and gap.p is not None:
            could = "–" if gap.smallest is None else f"{100 * gap.smallest:.1f}"
            estimate = f"{100 * gap.estimate.value:+.1f} ± {100 * gap.estimate.half_width:.1f}"
            needed = "–" if gap.needed is None else str(gap.needed)
            line.append(f"{estimate:>16}{gap.p:>9.2g}{could:>12}{needed:>7}")
            line.append(f"  {gap.says}", _STYLE[gap.says])
        else:
            line.append(f"  {gap.says}", "dim")
        out.print(line)


def _improve(out: Console, found: Comparison) -> None:
    if not found.improve:
        return
    out.print(Text(f"\nWhere {found.second.model} should improve first", "bold"))
    out.print(Text("failing answers, weighted by the level of the section", "dim"))
    for it in found.improve[:_SHOWN]:
        ways = f"{it.too_restrictive} too restrictive, {it.too_permissive} too permissive"
        out.print(f"  {it.section} ({it.authority}): {it.failing} of {it.asked} fail; {ways}")
