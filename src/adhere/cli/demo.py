"""``adhere demo``"""

from __future__ import annotations

from pathlib import Path

import click

from adhere.assemble import REFERENCE
from adhere.assemble.plan import new_plan
from adhere.cli.options import console, json_option, print_json
from adhere.cli.running import evaluate_into
from adhere.cli.tables import report_tables
from adhere.evaluate.run import Setup
from adhere.models import Sampling

ASSISTANTS = ("scripted:keeps-chain-of-command", "scripted:obeys-last-speaker")


@click.command("demo")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("demo-run"),
    show_default=True,
    help="Folder of the run.",
)
@json_option
def command(output: Path, as_json: bool) -> int:
    """Compile the reference spec and evaluate two scripted assistants on its test cases.

    One keeps the chain of command; the other obeys whoever spoke last. Both only speak prepared
    answers: the point is the path from spec to report, not the figures.

    \b
    Example:
      adhere demo && open demo-run/report.html
    """
    setup = Setup(models=ASSISTANTS, judge="checks", suite=REFERENCE, connections=1)
    plan = new_plan(REFERENCE, setup, 1, Sampling())
    report = evaluate_into(plan, output, quiet=as_json)
    if as_json:
        print_json(report)
        return 0
    spec = plan.spec
    sections = sum(1 for section in spec.walk() if section.authority is not None)
    click.echo(
        f"{spec.metadata.title} {spec.metadata.version}: {sections} sections with an authority, "
        f"{sum(1 for _ in spec.examples())} examples, {sum(1 for _ in spec.settings())} settings"
    )
    report_tables(console(), report)
    click.echo(f"\nReport: {(output / 'report.html').resolve()}")
    return 0
