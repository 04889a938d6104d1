"""``adhere feedback``"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from adhere.assemble.feedback import load_feedback
from adhere.cli.options import json_option, print_json
from adhere.evolve.feedback import Comment, Feedback, check_actions, web_annotation

_database: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--database", required=True, metavar="DATABASE",
    help="A file (SQLite), or postgresql+psycopg://USER@HOST/NAME.",
)  # fmt: skip


@click.group("feedback")
def command() -> None:
    """Look after what people say of a spec; they say it on `adhere site --feedback DATABASE`.

    \b
    Examples:
      adhere feedback appoint ann@example.org moderator --database feedback.db
      adhere feedback list --database feedback.db
      adhere feedback export --database feedback.db > annotations.jsonl
      adhere feedback check-log --database feedback.db
    """


@command.command("appoint")
@click.argument("email")
@click.argument("role", type=click.Choice(["moderator", "reader"]))
@_database
@json_option
def appoint(email: str, role: str, database: str, as_json: bool) -> int:
    """Make an address a moderator's, or a reader's again; it need not have signed in yet."""
    load_feedback(database).people.appoint(email, role)
    if as_json:
        print_json({"email": email.strip().lower(), "role": role})
    else:
        click.echo(f"{email.strip().lower()}: {role}")
    return 0


@command.command("list")
@_database
@json_option
def list_comments(database: str, as_json: bool) -> int:
    """List all comments, the latest first, as everybody may see them."""
    found = _all(load_feedback(database))
    if as_json:
        print_json(list(found))
        return 0
    for one in found:
        words = "(hidden)" if one.hidden else " ".join(one.body.split())
        click.echo(
            f"{_day(one)}  {one.id}  {one.anchor.target}  {one.stance}  {one.state}  "
            f"+{one.agree} -{one.disagree}  {_plain(one.author)}: {_plain(words[:80])}"
        )
    return 0


@command.command("export")
@_database
@click.option("--source", default="", help="Address of the page that shows the spec.")
@json_option
def export(database: str, source: str, as_json: bool) -> int:
    """Write all comments as W3C Web Annotations, one a line; with --json as one list."""
    found = [_annotation(one, source) for one in _all(load_feedback(database))]
    if as_json:
        print_json(found)
        return 0
    for one in found:
        click.echo(msgspec.json.encode(one).decode())
    return 0


@command.command("check-log")
@_database
@json_option
def check_log(database: str, as_json: bool) -> int:
    """Check that the log of moderation is whole; exit code 1 where it is not."""
    actions = list(load_feedback(database).actions())
    fault = check_actions(actions)
    head = actions[-1].digest if actions else ""
    if as_json:
        print_json({"entries": len(actions), "head": head, "fault": fault})
    else:
        click.echo(fault or f"whole: {len(actions)} entries{f', latest {head}' if head else ''}")
    return 1 if fault else 0


def _all(feedback: Feedback) -> Iterator[Comment]:
    page = 0
    while part := feedback.latest(page):
        yield from part
        page += 1


def _annotation(one: Comment, source: str) -> dict[str, Any]:
    body = {
        "type": "TextualBody", "value": one.body, "format": "text/plain",
        "purpose": "commenting", "adhere:stance": one.stance.value,
    }  # fmt: skip
    return web_annotation(one.anchor, body, source) | {
        "id": f"urn:adhere:comment:{one.id}",
        "creator": {"type": "Person", "nickname": one.author},
        "created": datetime.fromtimestamp(one.at, UTC).isoformat(),
        "adhere:state": one.state.value,
    }


def _day(one: Comment) -> str:
    return datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d")


def _plain(words: str) -> str:
    """Nothing that somebody wrote moves the cursor."""
    return "".join(c if c.isprintable() else " " for c in words)
