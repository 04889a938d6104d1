"""``adhere replay LOG --spec | --settings``: an audit log decided again."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.text import Text

from adhere.assemble.replaying import Progress, gateway_rules, replay_log
from adhere.audit import keys_beside
from adhere.cli.options import console, print_json
from adhere.errors import InputError
from adhere.evaluate.replay_log import LogReplay

_INTERRUPTED = 130
_ROWS = 20


def replay_audit_log(
    log: Path,
    keys: Path | None,
    settings: Path,
    spec: str | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Decide the requests of a log again, and print what comes out otherwise."""
    if not settings.is_file():
        raise InputError(
            "there is no configuration of a gateway", place=str(settings),
            remedy="--settings FILE names the adhere.toml that is to decide",
        )  # fmt: skip
    decider, rules = gateway_rules(settings, spec)
    show = None if as_json or not sys.stderr.isatty() else _progress
    report = replay_log(
        log, keys or keys_beside(log), decider, rules, output=output,
        progress=show or (lambda _: None),
    )  # fmt: skip
    print_json(report) if as_json else _print(report, output)
    if not report.complete:
        return _INTERRUPTED
    return 1 if report.requests_changed else 0


def _progress(at: Progress) -> None:
    click.echo(
        f"\rrecord {at.record} of {at.records}, {at.decided} decided again ", err=True, nl=False
    )


def _print(report: LogReplay, output: Path | None) -> None:
    out = console()
    rate = f", {report.requests / report.seconds:,.0f} a second" if report.seconds else ""
    out.print(Text(f"{report.requests:,} requests of {report.origin}{rate}", "bold"))
    out.print(f"  decided again            {report.decided:>9,}")
    for why, count in report.not_decided.items():
        out.print(f"  not decided: {why:<12}{count:>9,}")
    for why, count in report.answers_not_decided.items():
        out.print(f"  answer not decided: {why:<5}{count:>9,}" if len(why) < 6 else
                  f"  answer not decided: {why} {count:,}")  # fmt: skip
    out.print(f"  other settings hold      {report.settings_changed:>9,}")
    out.print(f"  something else happens   {report.requests_changed:>9,}")
    out.print(f"\n{report.flipped:,} of {report.decisions:,} decisions come out otherwise")
    for one in report.flips[:_ROWS]:
        mark = "!" if one.effect else " "
        place = f"  {one.section}" if one.section else ""
        out.print(f"{mark} {one.count:>9,}  {one.check}: {one.before} → {one.after}{place}")
    if len(report.flips) > _ROWS:
        out.print(f"  and {len(report.flips) - _ROWS} other kinds: --json")
    for title, counts in (("section", report.by_section), ("developer", report.by_developer)):
        if counts:
            named = ", ".join(
                f"{name or '–'} {count:,}" for name, count in list(counts.items())[:8]
            )
            out.print(Text(f"by {title}: {named}", "dim"))
    if not report.complete:
        where = "run it again to go on" if output else "-o FILE keeps what was done"
        out.print(f"\ninterrupted before record {report.start}; {where}")
