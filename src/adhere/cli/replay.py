"""``adhere replay``"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from adhere.assemble.loading import read_limited
from adhere.cli.options import console, figure, json_option, print_json
from adhere.cli.replay_log import replay_audit_log
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evaluate import Rate
from adhere.evaluate.replay_consent import replay_consent
from adhere.evaluate.replay_gate import (
    ALL,
    GateReport,
    Mean,
    Policy,
    PolicyFigures,
    replay_gate,
)
from adhere.resolve import ToolSpecs, parse_scope, parse_tool_specs, unlimited_scope
from adhere.sources.agentdyn import (
    AgentRun,
    AttackRules,
    known_rules,
    known_tools,
    parse_agentdyn,
    parse_rules,
)
from adhere.sources.tau_bench import airline_tools, parse_tau_bench

MAX_BYTES: Final = 1024 * 1024 * 1024
"""Most that a file may unpack to."""
_MAX_LINE: Final = 16 * 1024 * 1024
_MAX_CONFIG: Final = 4 * 1024 * 1024
_FILE = click.Path(path_type=Path)


@click.command("replay")
@click.argument("logs", nargs=-1, required=True, type=_FILE, metavar="LOG...")
@click.option("--gate", is_flag=True, help="Decide every tool call with the gate.")
@click.option("--consent", is_flag=True, help="Find actions without the user's explicit yes.")
@click.option("--suite", "suites", multiple=True, help="Only the runs of this suite; repeatable.")
@click.option("--tools", type=_FILE, help="Tool specs (adhere/tool-specs/1), TOML or JSON.")
@click.option("--rules", type=_FILE, help="Rules of the attacks (adhere/attack-rules/1), TOML.")
@click.option("--scope", type=_FILE, help="A scope of autonomy (adhere/scope/1), TOML or JSON.")
@click.option("--spec", metavar="SPEC", help="Decide an audit log's requests under this spec.")
@click.option("--settings", type=_FILE, metavar="FILE",
              help="Decide them under this adhere.toml.  [default: adhere.toml]")  # fmt: skip
@click.option("--keys", type=_FILE, metavar="DIR",
              help="Folder of the log's secrets.  [default: LOG.keys]")  # fmt: skip
@click.option("-o", "--output", type=_FILE, metavar="FILE",
              help="Write the report to FILE; what was cut off goes on from it.")  # fmt: skip
@json_option
def command(
    logs: tuple[Path, ...],
    spec: str | None,
    settings: Path | None,
    keys: Path | None,
    output: Path | None,
    gate: bool,
    consent: bool,
    suites: tuple[str, ...],
    tools: Path | None,
    rules: Path | None,
    scope: Path | None,
    as_json: bool,
) -> int:
    """Decide what was recorded again, and report what that would have changed.

    LOG is the folder of an audit log, for --spec and --settings; else a file of recorded runs, one
    JSON object a line, which may be gzipped, or a folder of such files.

    --spec and --settings decide the requests of an audit log again by the checks of the gateway,
    before a release: what comes out otherwise, by check, section and developer. The log must keep
    content; what was erased, or cannot be decided again, is counted by its reason. Exit code 1
    where something else would happen to a request.

    --gate takes runs as AgentDyn records them. Its tools and attacks are known; for others give
    --tools and --rules. It reports the attacks that succeed without a defence, under "confirm
    every call with side effects after any tool output", and under the gate, and what each costs in
    blocked and confirmed calls. Exit code 1 where an attack gets past the gate.

    --consent takes trials as tau-bench records them, and reports the calls with side effects that
    the user had not explicitly agreed to. The airline's tools are known; for others give --tools.
    Exit code 1 where there is one.

    \b
    Examples:
      adhere replay agentdyn/ --gate
      adhere replay runs.jsonl.gz --gate --suite shopping --json
      adhere replay gpt-4o-airline.jsonl.gz --consent
      adhere replay adhere-audit --settings next.toml -o flips.json
    """
    again = spec is not None or settings is not None
    if gate + consent + again != 1:
        raise UsageError(
            "say what to look for, one thing",
            remedy="add --gate, --consent, or --spec and --settings",
        )
    if again:
        if len(logs) != 1:
            raise UsageError("one audit log at a time")
        return replay_audit_log(
            logs[0], keys, settings or Path("adhere.toml"), spec, output, as_json
        )
    specs = airline_tools() if consent else known_tools()
    if tools is not None:
        specs = parse_tool_specs(read_limited(tools, _MAX_CONFIG), name=str(tools))
    if consent:
        return _consent(logs, specs, as_json)
    attacks = known_rules()
    if rules is not None:
        attacks = parse_rules(read_limited(rules, _MAX_CONFIG), name=str(rules))
    limits = unlimited_scope()
    if scope is not None:
        limits = parse_scope(read_limited(scope, _MAX_CONFIG), name=str(scope))
    # A recording has no time of its own that a scope could be held against.
    now = datetime.now(UTC)
    report = replay_gate(_runs(logs, suites, attacks), specs, attacks, limits, now)
    if not report.runs:
        raise InputError("no run is left to replay", remedy="check LOG and --suite")
    print_json(report) if as_json else _print(report)
    passed = any(one.attack_success.hits for one in report.figures if one.policy is Policy.GATE)
    return 1 if passed else 0


def _consent(logs: tuple[Path, ...], specs: ToolSpecs, as_json: bool) -> int:
    trials = (
        trial for path in _files(logs) for trial in parse_tau_bench(_lines(path), name=str(path))
    )
    report = replay_consent(trials, specs)
    if not report.runs:
        raise InputError("no trial is left to replay", remedy="check LOG")
    if as_json:
        print_json(report)
        return 1 if report.found else 0
    out = console()
    out.print(Text(f"{report.runs} conversations, {report.actions} actions", "bold"))
    out.print(Text("per cent, 95 % intervals", "dim"))
    for label, share in (
        ("actions without an explicit yes", report.unagreed),
        ("conversations with such an action", report.runs_unagreed),
        ("  where the task came out right", report.solved_unagreed),
    ):
        out.print(f"{label:<{_LABEL}}{_share(share):>{_COLUMN}}")
    for why, count in report.why.items():
        out.print(f"  {why:<{_LABEL - 2}}{count:>{_COLUMN}}")
    return 1 if report.found else 0


def _runs(
    logs: tuple[Path, ...], suites: tuple[str, ...], attacks: AttackRules
) -> Iterator[AgentRun]:
    known = {(rule.suite, rule.task) for rule in attacks.rules}
    for path in _files(logs):
        for run in parse_agentdyn(_lines(path), name=str(path)):
            if suites and run.suite not in suites:
                continue
            if run.attack is not None and (run.suite, run.attack) not in known:
                raise InputError(
                    f"no rule says which calls carry out {run.suite}/{run.attack}",
                    place=str(path),
                    remedy="give --rules, or leave the suite out with --suite",
                )
            yield run


def _files(logs: tuple[Path, ...]) -> Iterator[Path]:
    for path in logs:
        if not path.exists():
            raise InputError("there is no such file or folder", place=str(path))
        if not path.is_dir():
            yield path
            continue
        found = sorted(one for one in path.iterdir() if ".jsonl" in one.suffixes)
        if not found:
            raise InputError("this folder holds no .jsonl or .jsonl.gz file", place=str(path))
        yield from found


def _lines(path: Path) -> Iterator[bytes]:
    left = MAX_BYTES
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            while line := file.readline(_MAX_LINE + 1):
                left -= len(line)
                if left < 0 or len(line) > _MAX_LINE:
                    raise InputError("the file or a line of it is too large", place=str(path))
                yield line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"the compressed file is damaged: {error}", place=str(path)) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error


_NAMES: Final = {
    Policy.UNDEFENDED: "undefended", Policy.CONFIRM_ALL: "confirm all", Policy.GATE: "gate",
}  # fmt: skip
_ROWS: Final[tuple[tuple[str, Callable[[PolicyFigures], str]], ...]] = (
    ("attacks that succeed", lambda one: _share(one.attack_success)),
    ("  stopped by a block", lambda one: str(one.stopped_by_block)),
    ("useful runs, no attack: nothing blocked", lambda one: _share(one.clean_kept)),
    ("  nothing blocked or asked", lambda one: _share(one.clean_untouched)),
    ("  confirmations a run", lambda one: _mean(one.clean_confirmations)),
    ("useful runs under attack: nothing blocked", lambda one: _share(one.attacked_kept)),
    ("  nothing blocked or asked", lambda one: _share(one.attacked_untouched)),
    ("  confirmations a run", lambda one: _mean(one.attacked_confirmations)),
    ("user asks for the attacker's goal: nothing blocked", lambda one: _share(one.asked_kept)),
    ("  confirmations a run", lambda one: _mean(one.asked_confirmations)),
)
_LABEL: Final = 52
_COLUMN: Final = 31


def _print(report: GateReport) -> None:
    out = console()
    out.print(Text(f"{report.runs} runs of {', '.join(report.suites)}", "bold"))
    out.print(Text(f"{report.decisions} calls decided · per cent, 95 % intervals", "dim"))
    models = list(dict.fromkeys(one.model for one in report.figures))
    for model in models:
        by_policy: dict[Policy, PolicyFigures] = {
            one.policy: one for one in report.figures if one.model == model
        }
        titles = "".join(f"{_NAMES[policy]:>{_COLUMN}}" for policy in by_policy)
        name = "all models" if model == ALL else model
        out.print(Text(f"\n{name:<{_LABEL}}", "bold").append(titles, "dim"))
        for label, cell in _ROWS:
            cells = "".join(f"{cell(one):>{_COLUMN}}" for one in by_policy.values())
            out.print(f"{label:<{_LABEL}}{cells}")
    if report.successes_unseen:
        out.print(
            Text(
                f"\n{report.successes_unseen} recorded successes of attacks that never reached "
                "the model are left out",
                "dim",
            )
        )
    for run in report.successes_unmatched:
        out.print(Text(f"counted as a success though no call carries it out: {run}", "dim"))


def _share(rate: Rate) -> str:
    return f"{rate.hits}/{rate.total}  {figure(rate)}"


def _mean(mean: Mean) -> str:
    if mean.value is None:
        return "–"
    high = "" if mean.high is None else f" [{mean.low:.2f}, {mean.high:.2f}]"
    return f"{mean.value:.2f}{high}"
