"""``adhere propose``"""

from __future__ import annotations

from pathlib import Path

import click

from adhere.assemble.feedback import load_feedback
from adhere.assemble.impact import Wanted
from adhere.assemble.proposing import propose
from adhere.cli.options import SPEC, json_option, print_json

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("propose")
@click.argument("old", type=SPEC)
@click.argument("new", type=SPEC)
@click.option("--title", required=True, help="In one line.")
@click.option("--reason", required=True, help="Why, for people.")
@click.option("--author", required=True, help="Who proposes it.")
@click.option("--answers", multiple=True, metavar="COMMENT", help="A comment it answers.")
@click.option("--database", metavar="DB", help="Where the comments are; checks that they are.")
@click.option("--suite", "suites", multiple=True, metavar="SUITE", help="Cases for the impact.")
@click.option("--prompts", type=_FOLDER, metavar="DIR", help="Files of prompts for the impact.")
@click.option(
    "-o", "--output", type=_FOLDER, default="proposals", show_default=True, metavar="DIR",
    help="Folder of proposals.",
)  # fmt: skip
@json_option
def command(
    old: str,
    new: str,
    title: str,
    reason: str,
    author: str,
    answers: tuple[str, ...],
    database: str | None,
    suites: tuple[str, ...],
    prompts: Path | None,
    output: Path,
    as_json: bool,
) -> int:
    """Propose the change from OLD to NEW: a patch, its impact, and the comments it answers.

    Writes a folder that belongs into the repository of the spec; `adhere decide` writes down what
    became of it.

    \b
    Examples:
      adhere propose spec.md changed.md --title 'Shorter answers' --author Ann \\
        --reason 'Three people found them too long.' --answers 5kXy… --database feedback.db
    """
    feedback = load_feedback(database) if database else None
    place, proposal, impact = propose(
        old,
        new,
        output,
        title=title,
        reason=reason,
        author=author,
        answers=answers,
        feedback=feedback,
        wanted=Wanted(suites=suites, prompts=prompts),
    )
    if as_json:
        print_json({"folder": str(place), "proposal": proposal, "impact": impact})
    else:
        click.echo(f"wrote {place}")
        due = sum(suite.suspect + suite.new for suite in impact.suites)
        click.echo(f"{due} cases have to be run again: see impact.md")
    return 1 if impact.breaks else 0
