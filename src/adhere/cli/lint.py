"""``adhere lint``"""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from adhere import __version__
from adhere.assemble import tested_sections
from adhere.assemble.prompts import lint_context, load_source
from adhere.cli.options import SPEC, console, json_option, max_bytes_option, print_json
from adhere.compiler import (
    CATALOGUE,
    Compilation,
    Diagnostic,
    DiagnosticsFile,
    Severity,
    in_order,
    lint_counted,
    render_counts,
    render_text,
    to_sarif,
)

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


@click.command("lint")
@click.argument("spec", type=SPEC, required=False)
@click.option(
    "--prompts",
    type=click.Path(path_type=Path),
    help="Also check the [^markers] against this folder of evaluation prompts.",
)
@click.option(
    "--suite",
    type=SPEC,
    help="Count sections that this suite's cases name as tested.  "
    "[default: suite/ and suites/* beside SPEC]",
)
@click.option(
    "--since", type=SPEC, metavar="OLD", help="Also check that the ids of this version survive."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@json_option
@click.option("--rules", "list_rules", is_flag=True, help="List what is checked, and stop.")
@max_bytes_option
def command(
    spec: str | None,
    prompts: Path | None,
    suite: str | None,
    since: str | None,
    form: str,
    as_json: bool,
    list_rules: bool,
    max_bytes: int,
) -> int:
    """Check SPEC and print what is wrong, with the place and the way out.

    Exit code 1 where there is an error or a warning; notes alone are fine. --json is short for
    --format json.

    \b
    Examples:
      adhere lint my-spec.md
      adhere lint my-spec.md --prompts examples --since last-release.md
      adhere lint my-spec.md --format sarif > lint.sarif
      adhere lint --rules
    """
    if as_json and form == "sarif":
        raise click.UsageError("--json and --format sarif exclude each other")
    form = "json" if as_json else form
    if list_rules:
        return _rules(form)
    if spec is None:
        raise click.UsageError("Missing argument 'SPEC'.")
    compiled = load_source(spec, max_bytes=max_bytes)
    tested = tested_sections(spec, suite)
    diagnostics, dropped = _check(compiled, prompts, since, tested, max_bytes)
    if form == "json":
        print_json(DiagnosticsFile("adhere/diagnostics/1", diagnostics, dropped))
    elif form == "sarif":
        print_json(to_sarif(diagnostics, __version__))
    else:
        _text(diagnostics, dropped)
    if compiled.spec is None:
        return 2
    return int(any(found.severity is not Severity.NOTE for found in diagnostics))


def _check(
    compiled: Compilation,
    prompts: Path | None,
    since: str | None,
    tested: frozenset[str],
    max_bytes: int,
) -> tuple[tuple[Diagnostic, ...], int]:
    """Return the findings of compiler, prompt files and linter, and how many were dropped."""
    if compiled.spec is None:
        return compiled.diagnostics, 0
    context = lint_context(
        compiled.spec, prompts=prompts, since=since, tested=tested, max_bytes=max_bytes
    )
    found, dropped = lint_counted(context)
    of_prompts = [it for file in (context.prompts or {}).values() for it in file.diagnostics]
    return in_order([*compiled.diagnostics, *of_prompts, *found]), dropped


def _text(diagnostics: tuple[Diagnostic, ...], dropped: int) -> None:
    out = console()
    for found in diagnostics:
        text = Text(render_text([found]))
        text.highlight_words([f" {found.severity}:"], _STYLE[found.severity])
        text.highlight_regex(r"\[[a-z0-9-]+\]$", "dim")
        out.print(text, end="")
    out.print(Text(render_counts(diagnostics, dropped), "bold"))


def _rules(form: str) -> int:
    if form != "text":
        print_json(CATALOGUE)
        return 0
    out = console()
    width = max(len(rule.code) for rule in CATALOGUE)
    for rule in CATALOGUE:
        line = Text(f"{rule.code:<{width}}  ")
        line.append(f"{rule.severity:<7}", _STYLE[rule.severity]).append(f"  {rule.summary}")
        out.print(line)
    return 0
