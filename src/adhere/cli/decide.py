"""``adhere decide``"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from adhere.assemble.feedback import load_feedback
from adhere.assemble.proposing import decide_proposal, moderator
from adhere.cli.options import json_option, print_json
from adhere.errors import UsageError
from adhere.evolve.proposals import Outcome


@click.command("decide")
@click.argument("proposal", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("outcome", type=click.Choice(get_args(Outcome)))
@click.option("--by", required=True, help="Who decides.")
@click.option("--reason", required=True, help="Why.")
@click.option("--database", metavar="DB", help="Tell those whose comments it answers.")
@click.option("--as", "email", metavar="EMAIL", help="The moderator who tells them.")
@json_option
def command(
    proposal: Path,
    outcome: Outcome,
    by: str,
    reason: str,
    database: str | None,
    email: str | None,
    as_json: bool,
) -> int:
    """Write down what was decided about PROPOSAL, once.

    The decision names the proposal's digest: what is changed in it afterwards is not what was
    decided. With --database, the comments that it answers get that outcome in the public log.

    \b
    Examples:
      adhere decide proposals/0001-shorter-answers adopted --by 'the board' --reason 'Agreed.'
    """
    if (database is None) != (email is None):
        raise UsageError("--database and --as go together")
    feedback = load_feedback(database) if database else None
    person = moderator(feedback, email) if feedback and email else None
    decision = decide_proposal(
        proposal, outcome, by=by, reason=reason, feedback=feedback, person=person
    )
    if as_json:
        print_json(decision)
    else:
        click.echo(f"{decision.proposal}: {outcome.replace('_', ' ')}, {decision.date}, by {by}")
    return 0
