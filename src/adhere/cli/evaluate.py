"""``adhere evaluate``"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from adhere.assemble.plan import Plan, new_plan, resumed_plan
from adhere.cli.options import SPEC, console, json_option, print_json
from adhere.cli.running import estimate_table, estimated, evaluate_into
from adhere.cli.tables import report_tables
from adhere.errors import UsageError
from adhere.evaluate import Report, unknown_sections
from adhere.evaluate.run import Setup
from adhere.models import PriceList, Sampling, read_prices


class Money(click.ParamType[Decimal]):
    """An amount that is not negative."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("nan")
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is not an amount", param, ctx)
        return amount


class Allowance(click.ParamType["tuple[float, bool]"]):
    """A number of failures, or a share of the scored answers: ``5`` or ``2%``."""

    name = "n|p%"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, bool]:
        if isinstance(value, tuple):
            return value
        share = str(value).endswith("%")
        try:
            number = float(str(value).removesuffix("%")) if share else int(value)
        except ValueError:
            number = -1
        if not 0 <= number < float("inf"):
            self.fail(f"{value!r} is neither a number nor a percentage", param, ctx)
        return float(number), share


_KEPT = frozenset({"resume", "prices", "budget", "connections", "allowed", "as_json"})
"""What may be said anew of a run that is taken up."""


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
@click.option("--temperature", type=click.FloatRange(0, 2), help="Else the service's own.")
@click.option("--max-tokens", type=click.IntRange(1), help="The longest answer.")
@click.option("--seed", type=int, help="Sent with the epoch added, where an interface takes it.")
@click.option(
    "--connections",
    type=click.IntRange(1, 4096),
    default=32,
    show_default=True,
    help="Most requests under way at once, to models and to the judge each; fewer when a service "
    "says it is too many.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, 50_000),
    help="Send requests in batches of up to so many, where a service takes them.",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of answers kept by the digest of everything that was sent for them.",
)
@click.option(
    "--prices", type=click.Path(path_type=Path), help="What models cost, as TOML; none is shipped."
)
@click.option("--budget", type=Money(), help="What may be spent, in the currency of --prices.")
@click.option("--estimate", is_flag=True, help="Say what it would cost; send nothing.")
@click.option(
    "--allow-failures",
    "allowed",
    type=Allowance(),
    help="Exit code 1 where a model fails more: a number of answers, or a share of the scored.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder of the run. An unfinished run in it is taken up again.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Take up this run; nothing else has to be named.",
)
@json_option
def command(resume: Path | None, **words: Any) -> int:
    """Ask models every case of a suite, judge the answers, and report by section and authority.

    The run folder gets manifest.json, records.jsonl, spend.jsonl, report.json and report.html.
    Exit code 1 where the run is incomplete, an answer could not be had or read, or a model failed
    more often than allowed.

    A key comes from ADHERE_API_KEY, or at a vendor's own host from OPENAI_API_KEY or
    ANTHROPIC_API_KEY. Addresses begin with responses+ or anthropic+ for these interfaces.

    \b
    Examples:
      adhere evaluate --model http://127.0.0.1:11434/v1#llama3 -o runs/llama3
      adhere evaluate --model scripted:obeys-last-speaker -o runs/first
      adhere evaluate --resume runs/llama3
      adhere evaluate --model https://HOST/v1#M --prices prices.toml --estimate
      adhere evaluate --model https://HOST/v1#M --prices prices.toml --budget 5 \\
          --max-tokens 800 -o runs/m
      adhere import xstest xstest_v2_labelled.csv.gz -o suites/xstest
      adhere evaluate --spec openai@2025-12-18 --suite suites/xstest \\
          --model recorded --judge label:human -o runs/xstest
    """
    as_json, prices = words["as_json"], words["prices"]
    listed = read_prices(prices) if prices is not None else None
    if resume is not None:
        plan, output = _taken_up(resume, listed, words), resume
    else:
        plan, output = _begun(listed, words), words["output"]
    if words["estimate"]:
        plan = estimated(plan)
        if as_json:
            print_json(plan.manifest.estimate)
        else:
            estimate_table(console(), plan.manifest.estimate, listed)
        return 0
    if output is None:
        raise UsageError("the run has no folder", remedy="name one with -o")
    if plan.services and not (output / "manifest.json").exists():
        plan = estimated(plan)
        if not as_json:
            estimate_table(console(stderr=True), plan.manifest.estimate, plan.setup.prices)
    report = evaluate_into(plan, output, quiet=as_json)
    if as_json:
        print_json(report)
    else:
        report_tables(console(), report)
        click.echo(f"\nReport: {output / 'report.html'}")
    return 0 if _passed(report, words["allowed"]) else 1


def _begun(prices: PriceList | None, words: dict[str, Any]) -> Plan:
    """Plan a new run.

    Raises:
        UsageError: The words do not go together.
    """
    if not words["model_names"]:
        raise UsageError("no model is named", remedy="add --model, or take up a run with --resume")
    cache = words["cache"]
    setup = Setup(
        models=words["model_names"], judge=words["judge_name"], suite=words["suite_name"],
        connections=words["connections"], batch=words["batch"], prices=prices,
        cache=None if cache is None else str(cache.resolve()), budget=words["budget"],
    )  # fmt: skip
    sampling = Sampling(words["temperature"], words["max_tokens"], words["seed"])
    plan = new_plan(words["spec_name"], setup, words["epochs"], sampling)
    unknown = unknown_sections(plan.suite, plan.spec)
    if unknown and sum(unknown.values()) == sum(len(case.sections) for case in plan.suite.cases):
        raise UsageError(
            f"none of the suite's sections is in the spec ({', '.join(sorted(unknown)[:5])} …)",
            place=words["suite_name"],
            remedy="name the spec the suite was written for with --spec",
        )
    for section, count in unknown.items():
        click.echo(f"note: {count} cases name section {section}, which the spec lacks", err=True)
    return plan


def _taken_up(run: Path, prices: PriceList | None, words: dict[str, Any]) -> Plan:
    """Plan the rest of a run.

    Raises:
        UsageError: Something is said of it that cannot be changed any more.
    """
    ctx = click.get_current_context()
    said = {
        name for name in ctx.params
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }  # fmt: skip
    for name in sorted(said - _KEPT):
        raise UsageError(
            f"a run that is taken up stays what it is: --{name.replace('_', '-')} cannot change",
            remedy="name --resume with --budget, --prices, --connections or nothing else",
        )
    given = {"budget": words["budget"], "connections": words["connections"], "prices": prices}
    return resumed_plan(run, **{name: value for name, value in given.items() if name in said})


def _passed(report: Report, allowed: tuple[float, bool] | None) -> bool:
    """Whether the run is whole, every answer was heard, and no model failed more than allowed."""
    for cell in report.total.cells:
        if any(count for outcome, count in cell.outcomes.items() if not outcome.heard):
            return False
        failures = cell.rate.total - cell.rate.hits
        if allowed is not None:
            number, share = allowed
            if failures > (number * cell.rate.total / 100 if share else number):
                return False
    return report.complete
