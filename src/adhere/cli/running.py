"""Running an evaluation with its progress, and writing what comes of it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import click
import msgspec
from rich.console import Console

from adhere.assemble.plan import Plan
from adhere.cli.options import write_file
from adhere.cli.progress import Watch
from adhere.evaluate import Report, RunFolder, Standing, report_on, run
from adhere.evaluate.estimate import estimate_run
from adhere.evaluate.run import ModelEstimate
from adhere.models import PriceList
from adhere.publish import render_report


def evaluate_into(plan: Plan, output: Path, *, quiet: bool) -> Report:
    """Run whatever the folder ``output`` lacks, then write report.json and report.html into it.

    The first Ctrl-C waits for what is under way, so that what was paid for is kept; a second one
    does not. Either way the run can be taken up.

    Raises:
        KeyboardInterrupt: After Ctrl-C, with everything saved.
        UsageError: The folder holds another run.
        SystemFault: It cannot be written.
    """
    interrupted = False
    with (
        RunFolder(output, plan.manifest, plan.spec, plan.suite) as folder,
        plan.served(output) as account,
        Watch(account, quiet=quiet) as watch,
    ):
        standing, interrupted = asyncio.run(_run(plan, folder, watch.show))
    if interrupted:
        click.echo(f"to go on: adhere evaluate --resume {output}", err=True)
        raise KeyboardInterrupt
    report = report_on(output)
    if standing.out_of_budget:
        click.echo(
            "the budget has no room for another request; to go on: "
            f"adhere evaluate --resume {output} --budget MORE", err=True,
        )  # fmt: skip
    encoded = msgspec.json.format(msgspec.json.encode(report), indent=2)
    write_file(output / "report.json", encoded + b"\n")
    wanted = {failure.case for failure in report.failures}
    shown = [case for case in plan.suite.cases if case.id in wanted]
    write_file(output / "report.html", render_report(report, shown).encode())
    return report


async def _run(
    plan: Plan, folder: RunFolder, progress: Callable[[Standing], None]
) -> tuple[Standing, bool]:
    stop, interrupted = asyncio.Event(), False
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        loop.remove_signal_handler(signal.SIGINT)  # the second one ends it at once
        stop.set()
        click.echo("waiting for what is under way; Ctrl-C again leaves it", err=True)

    setup = plan.setup
    # What is in a batch is not lost: there is nothing to wait for.
    graceful = setup.batch is None
    with suppress(NotImplementedError, RuntimeError, ValueError):  # not here, or not this thread
        if graceful:
            loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        standing = await run(
            folder, plan.suite, plan.models, plan.judge,
            concurrency=setup.batch or setup.connections, progress=progress, stop=stop,
        )  # fmt: skip
    finally:
        if graceful:
            loop.remove_signal_handler(signal.SIGINT)
    return standing, interrupted


def estimated(plan: Plan) -> Plan:
    """Return the plan with its estimate in the manifest; nothing is sent.

    The estimate needs the cache, and whether batches are meant, and nothing else of the folder.
    """
    manifest = plan.manifest
    rehearsed = estimate_run(
        plan.suite, plan.models, plan.judge, manifest.epochs, plan.services,
        plan.setup.prices, batch=plan.setup.batch is not None,
    )  # fmt: skip
    found = asyncio.run(rehearsed)
    changed = msgspec.structs.replace(manifest, estimate=found)
    return msgspec.structs.replace(plan, manifest=changed)


def estimate_table(
    out: Console, found: tuple[ModelEstimate, ...], prices: PriceList | None
) -> None:
    """Print what a run is expected to cost."""
    if not found:
        out.print("nothing is asked of a service: it costs nothing")
        return
    money = f"about {prices.currency:>5}{'at most':>12}" if prices is not None else ""
    width = max(24, *(len(it.model) + 2 for it in found))
    out.print(f"{'estimate':<{width}}{'requests':>9}{'tokens in':>12}{'out':>10}{money}")
    for it in found:
        line = f"{it.model:<{width}}{it.requests:>9}{it.input:>12}{it.output:>10}"
        if prices is not None:
            line += f"{_money(it.cost):>11}{_money(it.most_cost):>12}"
        out.print(line)
    if prices is None:
        out.print("no prices: name a price list with --prices to see money")
    else:
        out.print(f"prices of {prices.date} from {prices.source}")


def _money(amount: Decimal | None) -> str:
    return "–" if amount is None else f"{amount:.4f}"
