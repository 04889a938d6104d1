"""``adhere suite``"""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from adhere.assemble import shipped_suites
from adhere.assemble.suites import FromSpec, coverage_of, outcomes, suite_from_spec, summary_of
from adhere.cli.options import SPEC, console, json_option, print_json
from adhere.errors import UsageError
from adhere.evaluate import write_suite
from adhere.evaluate.coverage import Coverage


@click.group("suite")
def command() -> None:
    """Look into suites of cases, see which rules they cover, and make one from a spec.

    SUITE is a folder, or one of those that ship with adhere: `adhere suite list`. With --json the
    commands print JSON.

    \b
    Examples:
      adhere suite list
      adhere suite show reference/counterfactual
      adhere suite coverage my-spec.md --suite suites/mine
      adhere suite from-spec my-spec.md -o suites/examples
    """


@command.command("list")
@json_option
def list_(as_json: bool) -> int:
    """Name the suites that ship with adhere.

    \b
    Example:
      adhere suite list
    """
    summaries = [summary_of(name) for name in shipped_suites()]
    if as_json:
        print_json(summaries)
        return 0
    for one in summaries:
        click.echo(f"{one.name:<26} {one.cases:>4} cases  {one.title}")
    return 0


@command.command()
@click.argument("suite", type=SPEC, default="reference")
@json_option
def show(suite: str, as_json: bool) -> int:
    """Count what SUITE holds.

    \b
    Examples:
      adhere suite show
      adhere suite show reference/counterfactual --json
    """
    summary = summary_of(suite)
    if as_json:
        print_json(summary)
        return 0
    click.echo(f"{summary.title} {summary.version}\n{summary.digest}")
    for label, value in (
        ("Cases", f"{summary.cases}: {_counts(summary.right)}"),
        ("Sections", str(summary.sections)),
        ("Pairs", _counts(summary.pairs)),
        ("Sets", _counts(summary.sets)),
        ("With tools", str(summary.tools)),
        ("Several turns", str(summary.turns)),
        ("State confidence", str(summary.states_confidence)),
        ("Labelled answers", _counts(summary.answers)),
    ):
        click.echo(f"{label:<17} {value}")
    return 0


@command.command()
@click.argument("spec", type=SPEC, default="reference")
@click.option(
    "--suite",
    "suites",
    type=SPEC,
    multiple=True,
    help="A suite; several times for several.  [default: suite/ and suites/* beside SPEC]",
)
@json_option
def coverage(spec: str, suites: tuple[str, ...], as_json: bool) -> int:
    """Say which rules of SPEC are tested, and by how many cases.

    Exit code 1 where a rule has no case, no labelled example, no prompts, and no comment that says
    why no test is needed.

    \b
    Examples:
      adhere suite coverage
      adhere suite coverage my-spec.md --suite suites/mine --json
    """
    found = coverage_of(spec, suites)
    if as_json:
        print_json(found)
    else:
        _table(found)
    return int(found.standings["untested"] > 0)


@command.command("from-spec")
@click.argument("spec", type=SPEC)
@click.option(
    "--prompts",
    type=click.Path(path_type=Path),
    help="Folder of the [^markers]' evaluation prompts.  [default: examples/ beside SPEC]",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="New folder.")
@json_option
def from_spec(spec: str, prompts: Path | None, output: Path, as_json: bool) -> int:
    """Make a suite from SPEC's labelled examples and its files of evaluation prompts.

    The rubric of a case is what the spec says of its good and bad answers. Which outcome is right
    is left open where the labels do not tell: such cases need a model or a person as judge.

    \b
    Examples:
      adhere suite from-spec reference -o suites/reference-examples
      adhere suite from-spec openai@2025-12-18-rev2 -o suites/openai
    """
    if output.exists() and any(output.iterdir() if output.is_dir() else [output]):
        raise UsageError(
            "it exists and is not an empty folder", place=str(output), remedy="name a new folder"
        )
    manifest, made, files = suite_from_spec(spec, prompts)
    cases = (*made.examples, *made.prompts)
    write_suite(output, manifest, cases)
    result = FromSpec(
        schema="adhere/suite-from-spec/1",
        folder=str(output),
        cases=len(cases),
        examples=len(made.examples),
        prompts=len(made.prompts),
        prompt_files=files,
        right=outcomes(cases),
        left_out=made.left_out,
    )
    if as_json:
        print_json(result)
        return 0
    click.echo(
        f"{len(made.examples)} cases from labelled examples, {len(made.prompts)} from {files} "
        f"files of prompts; right outcome: {_counts(result.right)}"
    )
    for left in made.left_out:
        click.echo(f"left out: {left.what}: {left.why}")
    return 0


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _table(found: Coverage) -> None:
    out = console()
    suites = ", ".join(found.suites) or "no suite"
    out.print(Text(f"{found.spec}: {found.cases} cases of {suites}", "bold"))
    width = max([len("Section"), *(len(row.id) for row in found.sections)])
    titles = ("Level", "Cases", "Also", "Help", "Decline", "Either", "Tools", "Turns", "Examples",
              "Prompts")  # fmt: skip
    out.print(Text(f"{'Section':<{width}}  " + "".join(f"{t:>10}" for t in titles), "dim"))
    for row in found.sections:
        numbers = (row.cases, row.also, row.help, row.decline, row.either, row.tools, row.turns,
                   row.examples, row.prompts)  # fmt: skip
        line = Text(f"{row.id:<{width}}  {row.authority:>10}")
        line.append("".join(f"{number or '·':>10}" for number in numbers))
        if row.standing == "untested":
            line.append("  untested", "red")
        elif row.standing == "no test needed":
            line.append(f"  no test needed: {row.reason}", "dim")
        out.print(line)
    for name, count in found.unknown.items():
        out.print(Text(f"{count} cases name {name}, which the spec lacks", "yellow"))
    standings = ", ".join(f"{count} {name}" for name, count in found.standings.items())
    out.print(Text(f"\n{len(found.sections)} sections with an authority: {standings}"))
    out.print(Text(f"Pairs: {_counts(found.pairs)}. Sets: {_counts(found.sets)}."))
