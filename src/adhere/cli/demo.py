"""``adhere demo``"""

from __future__ import annotations

from pathlib import Path

import click

from adhere.assemble import REFERENCE, find_judge, find_models, find_suite, load_spec
from adhere.cli.options import console, json_option, print_json
from adhere.cli.running import evaluate_into
from adhere.cli.tables import report_tables

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
    spec, suite = load_spec(REFERENCE), find_suite(REFERENCE)
    models, judge = find_models(ASSISTANTS, suite), find_judge("checks")
    report = evaluate_into(spec, suite, models, judge, 1, output, connections=1, quiet=as_json)
    if as_json:
        print_json(report)
        return 0
    sections = sum(1 for section in spec.walk() if section.authority is not None)
    click.echo(
        f"{spec.metadata.title} {spec.metadata.version}: {sections} sections with an authority, "
        f"{sum(1 for _ in spec.examples())} examples, {sum(1 for _ in spec.settings())} settings"
    )
    report_tables(console(), report)
    click.echo(f"\nReport: {(output / 'report.html').resolve()}")
    return 0
