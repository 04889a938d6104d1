"""Running an evaluation with its progress bar, and writing what comes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adhere.cli.options import console, write_file
from adhere.evaluate import Report, RunFolder, Suite, manifest_of, report_on, run
from adhere.judge import Judge
from adhere.models import Model
from adhere.publish import render_report
from adhere.spec import Spec


def evaluate_into(
    spec: Spec,
    suite: Suite,
    models: list[Model],
    judge: Judge,
    epochs: int,
    output: Path,
    *,
    connections: int,
    quiet: bool,
) -> Report:
    """Run whatever the folder ``output`` lacks, then write report.json and report.html into it.

    Raises:
        UsageError: The folder holds another run.
        SystemFault: It cannot be written.
    """
    manifest = manifest_of(spec, suite, models, judge, epochs)
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    err = console(stderr=True)
    with (
        RunFolder(output, manifest, spec, suite) as folder,
        Progress(
            *columns, console=err, transient=True, disable=quiet or not err.is_terminal
        ) as bar,
    ):
        task = bar.add_task("", total=manifest.expected)
        asyncio.run(
            run(
                folder,
                suite,
                models,
                judge,
                concurrency=connections,
                progress=lambda standing: bar.update(task, completed=standing.judged),
            )
        )
    report = report_on(output)
    encoded = msgspec.json.format(msgspec.json.encode(report), indent=2)
    write_file(output / "report.json", encoded + b"\n")
    write_file(output / "report.html", render_report(report, suite.cases).encode())
    return report
