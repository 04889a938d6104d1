"""``adhere evaluate``"""

from __future__ import annotations

from pathlib import Path

import click

from adhere.assemble import find_judge, find_models, find_suite, load_spec
from adhere.cli.options import SPEC, console, json_option, print_json
from adhere.cli.running import evaluate_into
from adhere.cli.tables import report_tables
from adhere.errors import UsageError
from adhere.evaluate import unknown_sections


@click.command("evaluate")
@click.option(
    "--spec", "spec_name", type=SPEC, default="reference", show_default=True, help="The spec."
)
@click.option(
    "--suite", "suite_name", type=SPEC, default="reference", show_default=True, help="The cases."
)
@click.option(
    "--model",
    "model_names",
    multiple=True,
    required=True,
    help="https://HOST/v1#MODEL, scripted:NAME, recorded (all), or recorded:NAME; several times "
    "for several models.",
)
@click.option(
    "--judge",
    "judge_name",
    default="checks",
    show_default=True,
    help="checks; label:WHO for labels that came with recorded answers; or the address of a "
    "model that grades by the sections of the spec.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How often each case is asked.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 4096),
    default=32,
    show_default=True,
    help="Most requests under way at once; fewer when a service says it is too many.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the run. An unfinished run in it is taken up again.",
)
@json_option
def command(
    spec_name: str,
    suite_name: str,
    model_names: tuple[str, ...],
    judge_name: str,
    epochs: int,
    connections: int,
    output: Path,
    as_json: bool,
) -> int:
    """Ask models every case of a suite, judge the answers, and report by section and authority.

    The run folder gets manifest.json, records.jsonl, report.json and report.html. Exit code 1
    where the run is incomplete or an answer could not be had or read.

    A key comes from ADHERE_API_KEY, or at a vendor's own host from OPENAI_API_KEY or
    ANTHROPIC_API_KEY. Addresses begin with responses+ or anthropic+ for these interfaces.

    \b
    Examples:
      adhere evaluate --model http://127.0.0.1:11434/v1#llama3 -o runs/llama3
      adhere evaluate --model scripted:obeys-last-speaker -o runs/first
      adhere import xstest xstest_v2_labelled.csv.gz -o suites/xstest
      adhere evaluate --spec openai@2025-12-18 --suite suites/xstest \\
          --model recorded --judge label:human -o runs/xstest
    """
    spec, suite = load_spec(spec_name), find_suite(suite_name)
    judge = find_judge(judge_name, spec, suite=suite, connections=connections)
    models = find_models(model_names, suite, connections=connections)
    unknown = unknown_sections(suite, spec)
    if unknown and sum(unknown.values()) == sum(len(case.sections) for case in suite.cases):
        raise UsageError(
            f"none of the suite's sections is in the spec ({', '.join(sorted(unknown)[:5])} …)",
            place=suite_name,
            remedy="name the spec the suite was written for with --spec",
        )
    for section, count in unknown.items():
        click.echo(f"note: {count} cases name section {section}, which the spec lacks", err=True)
    report = evaluate_into(
        spec, suite, models, judge, epochs, output, connections=connections, quiet=as_json
    )
    if as_json:
        print_json(report)
    else:
        report_tables(console(), report)
        click.echo(f"\nReport: {output / 'report.html'}")
    unheard = sum(
        count
        for cell in report.total.cells
        for outcome, count in cell.outcomes.items()
        if not outcome.heard
    )
    return 0 if report.complete and not unheard else 1
