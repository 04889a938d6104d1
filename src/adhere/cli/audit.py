"""``adhere audit``"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
import msgspec

from adhere.assemble.auditing import (
    content_of,
    find_records,
    read_key,
    read_note,
    records_of,
    verify_proof,
)
from adhere.assemble.sequencing import keeping
from adhere.audit.checkpoint import peek_checkpoint
from adhere.audit.folder import LogFolder
from adhere.audit.index import AuditQuery
from adhere.audit.keys import create_log, keys_beside
from adhere.audit.proof import write_consistency, write_inclusion
from adhere.audit.record import Record, public_record
from adhere.audit.retention import expired_conversations
from adhere.audit.verification import AuditVerification
from adhere.audit.verify import verify_log
from adhere.cli.audit_keeping import COMMANDS
from adhere.cli.options import json_option, print_json, write_file
from adhere.errors import InputError, UsageError

_F = TypeVar("_F", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)
_log: Callable[[_F], _F] = click.argument("log", type=_PATH)
_keys: Callable[[_F], _F] = click.option(
    "--keys", type=_PATH, metavar="DIR", help="Folder of the log's secrets.  [default: LOG.keys]"
)
_output: Callable[[_F], _F] = click.option(
    "-o", "--output", type=_PATH, metavar="FILE", help="Write to FILE."
)
_key: Callable[[_F], _F] = click.option(
    "--key", metavar="KEY", help="The log's public key, as text or as a file."
)
_public: Callable[[_F], _F] = click.option(
    "--public", metavar="KEY_ID", default="", help="Only what this developer may see of its own."
)
_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group("audit")
def command() -> None:
    """A record of every decision that anyone can check and nobody can quietly change.

    LOG is the folder of a log. Reading, proving and verifying need no secrets, and no network.

    \b
    Examples:
      adhere audit init gateway-log --name audit.example.com/gateway
      adhere audit verify gateway-log --key log.pub --witness last-week --json
      adhere audit prove gateway-log 1234 -o 1234.tlog-proof
      adhere audit verify 1234.tlog-proof --key log.pub
    """


@command.command("init")
@_log
@click.option("--name", required=True, help="The log's name, such as audit.example.com/gateway.")
@_keys
@click.option("--retention-days", type=click.IntRange(min=0), default=0, metavar="DAYS",
              help="How long content is kept; 0: until it is erased.")  # fmt: skip
@click.option("--buffered", is_flag=True,
              help="Weaker: acknowledge before the disk does. The log says so.")  # fmt: skip
def init(log: Path, name: str, keys: Path | None, retention_days: int, buffered: bool) -> int:
    """Make a new LOG, and print its public key: give it to whoever is to verify."""
    key = create_log(
        log, keys or keys_beside(log), name,
        mode="buffered" if buffered else "durable", retention_days=retention_days,
    )  # fmt: skip
    click.echo(str(key))
    return 0


@command.command("verify")
@click.argument("target", type=_PATH)
@_key
@click.option("--witness", "witnesses", multiple=True, type=_PATH, metavar="FILE",
              help="A checkpoint of the log kept elsewhere; may be given again.")  # fmt: skip
@click.option("--witness-key", "witness_keys", multiple=True, metavar="KEY",
              help="Public key of a witness; may be given again.")  # fmt: skip
@json_option
def verify(
    target: Path, key: str | None, witnesses: tuple[Path, ...], witness_keys: tuple[str, ...],
    as_json: bool,
) -> int:  # fmt: skip
    """Check a log, or a proof, from its files alone; exit code 1 where anything was changed.

    TARGET is the folder of a log, or a file that `adhere audit prove` wrote.
    """
    known = read_key(key) if key else None
    others = [read_key(each) for each in witness_keys]
    if target.is_file():
        if known is None:
            raise UsageError("a proof needs the log's public key", remedy="--key KEY")
        try:
            report = verify_proof(target, known, others)
        except InputError as error:
            click.echo(f"adhere: {target}: {error.message}", err=True)
            return 1
        print_json(report) if as_json else click.echo(report.text)
        return 0
    notes = [(str(path), read_note(path)) for path in witnesses]
    found = verify_log(LogFolder(target), key=known, witnesses=notes, witness_keys=others)
    print_json(found) if as_json else _report(found)
    return 1 if found.findings else 0


@command.command("prove")
@_log
@click.argument("number", type=click.IntRange(min=0), required=False)
@click.option("--since", type=_PATH, metavar="FILE",
              help="Prove instead that the log only grew since this checkpoint.")  # fmt: skip
@_output
def prove(log: Path, number: int | None, since: Path | None, output: Path | None) -> int:
    """Write a proof that stands alone: that record NUMBER is in LOG, or that LOG only grew."""
    folder = LogFolder(log)
    if (number is None) == (since is None):
        raise UsageError("name a record, or --since a checkpoint")
    signed = folder.checkpoint()
    size = signed.checkpoint.size
    nodes = folder.nodes(size)
    if number is not None:
        entry = folder.entry(number, size)
        data = write_inclusion(number, entry, signed.note, size, nodes).encode()
    else:
        assert since is not None
        old = read_note(since)
        data = _consistency(folder, old, signed.note, size)
    write_file(output, data) if output else sys.stdout.buffer.write(data)
    return 0


def _consistency(folder: LogFolder, old: str, new: str, size: int) -> bytes:
    """Return the file that shows that the log only grew."""
    before = peek_checkpoint(old).size
    if before > size:
        raise InputError(
            f"the checkpoint is of {before} records and the log has {size}: its end is missing"
        )
    proof = write_consistency(old, new, (before, size), folder.nodes(size))
    return msgspec.json.format(msgspec.json.encode(proof), indent=2) + b"\n"


@command.command("show")
@_log
@click.argument("number", type=click.IntRange(min=0))
@click.option("--content", is_flag=True, help="Decrypt and print what people wrote, too.")
@_public
@_keys
def show(log: Path, number: int, content: bool, public: str, keys: Path | None) -> int:
    """Print record NUMBER of LOG as JSON."""
    folder = LogFolder(log)
    entry = folder.entry(number, folder.checkpoint().checkpoint.size)
    record = next(iter(records_of([(number, entry)])))[1]
    print_json(_view(number, record, public))
    if content:
        text = content_of(folder, keys or keys_beside(log), record)
        click.echo("no content is kept" if text is None else text.decode("utf-8", "replace"))
    return 0


@command.command("find")
@_log
@click.option("--section", default="", help="Id of a section of the spec.")
@click.option("--developer", default="", metavar="KEY_ID", help="Id of a developer's key.")
@click.option("--request", default="", help="Id of a request.")
@click.option("--conversation", default="", help="Pseudonym of a conversation.")
@click.option("--outcome", default="", help="How the request ended: answered, refused, …")
@click.option("--decision", default="", help="What a decision came to: allow, block, …")
@click.option("--since", type=_TIME, help="Not before this time (UTC).")
@click.option("--until", type=_TIME, help="Before this time (UTC).")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="At most so many; 0: all.")
@click.option("--index", "database", default="", metavar="DATABASE",
              help="SQLite file or postgresql://… of the index.  [default: in LOG]")  # fmt: skip
@click.option("--rebuild", is_flag=True, help="Make the index anew first.")
def find(log: Path, limit: int, database: str, rebuild: bool, **asked: Any) -> int:
    """Print the records of LOG that meet all conditions, a line of JSON each."""
    for name in ("since", "until"):
        asked[name] = asked[name] and asked[name].replace(tzinfo=UTC)
    found = find_records(LogFolder(log), AuditQuery(**asked), database, limit, rebuild=rebuild)
    _write_lines(sys.stdout.buffer, found, "")
    return 0


@command.command("export")
@_log
@_public
@_output
def export(log: Path, public: str, output: Path | None) -> int:
    """Write all records of LOG, a line of JSON each."""
    folder = LogFolder(log)
    records = records_of(folder.entries(0, folder.checkpoint().checkpoint.size))
    if output is None:
        _write_lines(sys.stdout.buffer, records, public)
        return 0
    draft = output.with_name(f".{output.name}.part")
    with draft.open("wb") as file:
        _write_lines(file, records, public)
    draft.replace(output)
    return 0


@command.command("erase")
@_log
@click.argument("conversation", required=False)
@click.option("--expired", is_flag=True, help="What is older than the log's policy keeps it.")
@click.option("--actor", required=True, help="Who asks for it; it is recorded.")
@_keys
def erase(log: Path, conversation: str | None, expired: bool, actor: str, keys: Path | None) -> int:
    """Erase what was written in CONVERSATION: its key is destroyed, every proof stays valid.

    Needs the log to itself, or its sequencer: then that one erases.
    """
    if expired == (conversation is not None):
        raise UsageError("name a conversation, or --expired")
    folder = LogFolder(log)
    with keeping(log, keys or keys_beside(log)) as keeper:
        if conversation is not None:
            number = keeper.erase(conversation, actor)
            click.echo(f"erased; record {number} says so")
            return 0
        now = datetime.fromtimestamp(time.time(), UTC)
        found = expired_conversations(folder, now)
        for each in found:
            keeper.erase(each, actor, "retention")
    click.echo(f"{len(found)} conversation{'s' if len(found) != 1 else ''} erased")
    return 0


for _command in COMMANDS:
    command.add_command(_command)


def _view(number: int, record: Record, public: str) -> object:
    if public:
        return public_record(number, record, public)
    return {"number": number, "record": record}


def _write_lines(file: BinaryIO, records: Iterator[tuple[int, Record]], public: str) -> None:
    for number, record in records:
        if public and getattr(record, "key_id", "") != public:
            continue
        file.write(msgspec.json.encode(_view(number, record, public)) + b"\n")
    file.flush()


def _report(found: AuditVerification) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.records.items())
    click.echo(f"{found.origin}: {found.size} records ({kinds or 'none'})")
    click.echo(f"  key      {found.key}")
    click.echo(f"  root     {found.root}")
    click.echo(f"  content  {found.content} pieces as recorded, {found.erased} erased")
    if found.open:
        click.echo(f"  open     {found.open} requests are admitted and not completed")
    for witness in found.witnessed:
        by = f", cosigned by {', '.join(witness.cosigned)}" if witness.cosigned else ""
        click.echo(f"  witness  agrees on the first {witness.size} records{by}")
    for note in found.notes:
        click.echo(f"  note     {note}")
    for finding in found.findings:
        where = f" (record {finding.index})" if finding.index is not None else ""
        click.echo(f"{finding.place}{where}: {finding.message} [{finding.rule}]")
    if found.more:
        click.echo(f"… and {found.more} more")
    click.echo("CHANGED" if found.findings else "whole")
    sys.stdout.flush()
