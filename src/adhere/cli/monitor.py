"""``adhere monitor``"""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from adhere.assemble import find_judge
from adhere.assemble.monitoring import (
    charts,
    exchanges,
    judge_exchanges,
    read_monitored,
    write_monitored,
)
from adhere.assemble.serve_config import load_config
from adhere.assemble.serving import load_release
from adhere.cli.options import json_option, print_json
from adhere.errors import UsageError
from adhere.serve.control import ControlChart


@click.command("monitor")
@click.option("--config", "config_path", type=click.Path(path_type=Path, dir_okay=False),
              default=Path("adhere.toml"), show_default=True, metavar="FILE",
              help="The gateway's configuration.")  # fmt: skip
@click.option("--section", "sections", multiple=True, required=True, metavar="ID",
              help="A section to hold answers against; may be given again.")  # fmt: skip
@click.option("--judge", required=True, metavar="ADDRESS", help="The model that grades.")
@click.option("--verdicts", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              default=Path("monitored.jsonl"), show_default=True,
              help="What was judged; each exchange is judged once.")  # fmt: skip
@click.option("--share", type=click.FloatRange(0, 1), default=0.05, show_default=True,
              help="Share of the exchanges that are judged.")  # fmt: skip
@click.option("--baseline", type=click.IntRange(min=10), default=200, show_default=True,
              help="The first exchanges of a section; later ones are held to them.")  # fmt: skip
@click.option("--period", type=click.IntRange(min=5), default=50, show_default=True,
              help="Exchanges of a later period.")  # fmt: skip
@json_option
def command(
    config_path: Path, sections: tuple[str, ...], judge: str, verdicts: Path, share: float,
    baseline: int, period: int, as_json: bool,
) -> int:  # fmt: skip
    """Judge a sample of what the gateway answered, and say where it got worse than it was.

    Only exchanges of developers with `consent = true` are judged, and only where content is kept.
    Exit code 1 where a period lies below its limit.

    \b
    Examples:
      adhere monitor --section honesty --section no_flattery --judge http://127.0.0.1:8000/v1#grader
      adhere monitor --section honesty --judge http://127.0.0.1:8000/v1#grader --json
    """
    config = load_config(config_path)
    spec = load_release(config, config_path.parent).current.spec
    known = {section.id for section in spec.walk()}
    for section in sections:
        if section not in known:
            raise UsageError(f"the spec has no section {section!r}")
    before = read_monitored(verdicts)
    judged = {one.request for one in before}
    found = list(exchanges(config, config_path.parent, share, judged))
    grader = find_judge(judge, spec)

    async def ask() -> None:
        try:
            new = await judge_exchanges(found, grader, sections)
        finally:
            await grader.close()
        write_monitored(verdicts, new)
        before.extend(new)

    asyncio.run(ask())
    made = charts(before, sections, baseline=baseline, period=period)
    print_json(made) if as_json else _tables(made)
    return 1 if any(chart.alarm for chart in made) else 0


def _tables(made: tuple[ControlChart, ...]) -> None:
    for chart in made:
        good, all_ = chart.baseline_adherent, chart.baseline_judged
        click.echo(f"{chart.section}  baseline {good}/{all_}")
        for number, point in enumerate(chart.points, 1):
            said = f"  period {number}  {point.adherent}/{point.judged}  limit {point.least}"
            click.echo(f"{said}  ALARM" if point.alarm else said)
