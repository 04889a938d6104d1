"""``adhere tailor``"""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from adhere.assemble import load_spec
from adhere.assemble.tailoring import (
    TailoringFolder,
    load_tailoring,
    merge_with_git,
    tailoring_text,
)
from adhere.cli.options import SPEC, console, json_option, print_json, write_file
from adhere.errors import UsageError
from adhere.evolve import Rebased, Tailored, rebase, tailor
from adhere.evolve.diff_summary import summary
from adhere.evolve.tailoring import place_of
from adhere.publish import render_diff

_STYLES = {
    "clean": "green", "adapted": "green", "merged": "cyan", "dropped": "dim",
    "conflict": "bold red",
}  # fmt: skip


@click.command("tailor")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--base", type=SPEC, help="The base, instead of what FILE extends.")
@click.option("--onto", type=SPEC, metavar="NEW", help="Carry FILE over to this new base.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Write the tailored spec to this file; with --onto, the new tailoring to this folder.",
)
@click.option(
    "--html", type=click.Path(path_type=Path), help="Write the difference to the base to this page."
)
@json_option
def command(
    file: Path,
    base: str | None,
    onto: str | None,
    output: Path | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """Make the spec that FILE describes: a published one with changes, within what it allows.

    FILE is TOML (adhere/tailoring/1, docs/tailoring.md). What the base forbids is refused with its
    reason and left out, and the exit code is 1. With --onto the changes are carried over to a new
    release of the base; conflicts stand between marks, as git merge leaves them, and the exit code
    is 1.

    \b
    Examples:
      adhere tailor acme.toml -o acme.md
      adhere tailor acme.toml --html difference.html
      adhere tailor acme.toml --onto openai@2025-12-18 -o acme-2025-12-18
    """
    folder = load_tailoring(file, base=base)
    if onto is not None:
        if html is not None:
            raise UsageError("--html goes without --onto", remedy="tailor the new folder")
        return _carry_over(folder, onto, output, as_json)
    made = tailor(folder.base, folder.tailoring, folder.texts)
    if output is not None:
        write_file(output, made.source)
    if html is not None:
        write_file(html, render_diff(made.diff).encode())
    _report(folder, made, output, as_json)
    return 1 if made.refused else 0


def _report(folder: TailoringFolder, made: Tailored, output: Path | None, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "made": made.made,
                "refused": made.refused,
                "spec_digest": made.spec.spec_digest,
                "source_digest": made.spec.source_digest,
                "diff": made.diff,
            }
        )
        return
    out = console()
    for number in made.made:
        out.print(
            Text("made        ", "green").append(f"{folder.tailoring.change[number - 1]}", "")
        )
    for refused in made.refused:
        word = "forbidden" if refused.forbidden else "impossible"
        out.print(Text(f"{word:<12}", "bold red").append(refused.change, ""))
        for reason in refused.reasons:
            out.print(Text(f"  {reason}", "red"))
        if refused.number:
            where = place_of(folder.text, refused.number - 1, str(folder.path))
            out.print(Text(f"  {where}", "dim"))
    for label, figures in summary(made.diff):
        out.print(Text(f"{label:<10}  {figures}", "dim"))
    if not made.diff.changes_meaning:
        out.print(Text("the same as its base", "dim"))
    if output is not None:
        out.print(f"wrote {output}  {made.spec.spec_digest}")


def _carry_over(folder: TailoringFolder, onto: str, output: Path | None, as_json: bool) -> int:
    new = load_spec(onto)
    carried = rebase(folder.base, new, folder.tailoring, folder.texts, merge_with_git, extends=onto)
    if output is not None:
        if output.resolve() == folder.path.parent.resolve():
            raise UsageError("this would overwrite what it comes from", remedy="name a new folder")
        write_file(output / folder.path.name, tailoring_text(carried.tailoring).encode())
        for name, text in carried.texts.items():
            write_file(output / name, text.encode())
    if as_json:
        print_json(carried)
    else:
        _print_carried(folder, carried, output)
    return 1 if carried.conflicts else 0


def _print_carried(folder: TailoringFolder, carried: Rebased, output: Path | None) -> None:
    out = console()
    for one in carried.carried:
        out.print(Text(f"{one.state:<10}", _STYLES[one.state]).append(one.change, ""))
        if one.note:
            out.print(Text(f"  {one.note}", "dim"))
        file = folder.tailoring.change[one.number - 1].file
        if one.state == "conflict" and file in carried.texts:
            for text in _conflict(carried.texts[file]):
                out.print(Text(f"  {text}", "red" if text[:1] in "<|=>" else ""))
    if output is not None:
        out.print(f"wrote {output}")


def _conflict(text: str) -> list[str]:
    """Return the lines of a text that stand between the marks of conflicts, with the marks."""
    shown, inside = [], False
    for line in text.splitlines():
        inside = inside or line.startswith("<<<<<<< ")
        if inside:
            shown.append(line)
        if line.startswith(">>>>>>> "):
            inside = False
    return shown
