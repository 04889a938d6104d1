"""``adhere audit``: what keeps a log going (``sequence``, ``record``, ``witness``)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import click

from adhere.assemble.auditing import cosign, read_key
from adhere.assemble.sequencing import keeping
from adhere.assemble.sequencing import sequence as sequence_log
from adhere.audit.keys import keys_beside
from adhere.audit.record import SCHEMA, Action
from adhere.audit.witness import Fork, create_witness
from adhere.cli.options import write_file

_F = TypeVar("_F", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)
_keys: Callable[[_F], _F] = click.option(
    "--keys", type=_PATH, metavar="DIR", help="Folder of the log's secrets.  [default: LOG.keys]"
)


@click.command("sequence")
@click.argument("log", type=_PATH)
@_keys
@click.option("--socket", "path", type=_PATH, metavar="FILE",
              help="Where to listen.  [default: sequencer.sock in the folder of keys]")  # fmt: skip
def sequence(log: Path, keys: Path | None, path: Path | None) -> int:
    """Own LOG and take the records of many workers, so that it cannot fork.

    Workers connect to a Unix socket that only this user may use. Ends at SIGTERM or Ctrl-C, when
    what was handed in is durable; exit code 3 where the disk failed.
    """

    def ready(where: Path) -> None:
        click.echo(f"listening at {where}")
        sys.stdout.flush()

    sequence_log(log, keys or keys_beside(log), path, ready)
    return 0


@click.command("record")
@click.argument("log", type=_PATH)
@click.argument("what", type=click.Choice(["configuration", "rollout", "rollback", "key"]))
@click.argument("subject")
@click.option("--actor", required=True, help="Who did it: the id of a key or of a person.")
@click.option("--before", default="", metavar="DIGEST", help="What it was.")
@click.option("--after", default="", metavar="DIGEST", help="What it became.")
@_keys
def record(
    log: Path, what: Literal["configuration", "rollout", "rollback", "key"], subject: str,
    actor: str, before: str, after: str, keys: Path | None,
) -> int:  # fmt: skip
    """Record in LOG that somebody changed how the gateway works.

    SUBJECT is what was changed: the address of a setting, a release, the id of a key.
    """
    action = Action(
        schema=SCHEMA, time=datetime.now(UTC), what=what, actor=actor, subject=subject,
        before=before, after=after,
    )  # fmt: skip
    with keeping(log, keys or keys_beside(log)) as keeper:
        number = keeper.append(action)
    click.echo(f"recorded as {number}")
    return 0


@click.group("witness")
def witness() -> None:
    """Keep what a log was where its keeper cannot get at it, and sign for it.

    \b
    Examples:
      adhere audit witness init mine --name witness.example.org
      adhere audit witness cosign mine gateway-log --key log.pub -o checkpoint.cosigned
      adhere audit verify gateway-log --witness checkpoint.cosigned --witness-key mine.pub
    """


@witness.command("init")
@click.argument("folder", type=_PATH)
@click.option("--name", required=True, help="The witness's name, such as witness.example.org.")
def witness_init(folder: Path, name: str) -> int:
    """Make a witness in FOLDER, and print its public key."""
    click.echo(str(create_witness(folder, name)))
    return 0


@witness.command("cosign")
@click.argument("folder", type=_PATH)
@click.argument("target", type=_PATH)
@click.option("--key", metavar="KEY", help="The log's public key; needed the first time.")
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="Write to FILE.")
def witness_cosign(folder: Path, target: Path, key: str | None, output: Path | None) -> int:
    """Cosign the checkpoint of a log that only grew since this witness saw it last.

    TARGET is the folder of the log, or a file that `adhere audit prove --since` wrote. Exit code 1,
    and no signature, where the log is shorter than it was or has another past.
    """
    try:
        note = cosign(folder, target, read_key(key) if key else None)
    except Fork as error:
        click.echo(f"adhere: {target}: {error.message}", err=True)
        return 1
    write_file(output, note.encode()) if output else click.echo(note, nl=False)
    return 0


COMMANDS: Final = (record, sequence, witness)
