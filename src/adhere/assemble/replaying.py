"""Deciding the requests of an audit log again, from its files and the folder of its keys."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from adhere.assemble.auditing import records_of
from adhere.assemble.loading import REFERENCE, find_document
from adhere.assemble.serve_config import load_config
from adhere.assemble.serving import load_release
from adhere.audit import LogFolder
from adhere.audit.content import ContentReader
from adhere.audit.disk import Disk, read_or_none
from adhere.audit.keys import open_key_store
from adhere.errors import SystemFault, UsageError
from adhere.evaluate.replay_log import Ended, EndedRequests, LogReplay, Redecider, Tally
from adhere.serve.again import GatewayAgain
from adhere.serve.config import SpecChoice
from adhere.spec import digest_json

_SAVE_EVERY: Final = 5.0
"""Seconds between two drafts of a report."""


def gateway_rules(settings: Path, spec: str | None) -> tuple[Redecider, tuple[str, str]]:
    """Return what decides as a gateway would, its digest, and its spec's.

    Args:
        settings: The gateway's configuration (``adhere.toml``).
        spec: Another spec than the configuration's.

    Raises:
        InputError: A file is not what it has to be.
    """
    config = load_config(settings)
    if spec is not None:
        path = spec if spec == REFERENCE else str(find_document(spec).absolute())
        config = msgspec.structs.replace(config, spec=SpecChoice(path=path))
    rules = load_release(config, settings.parent).current
    digest = digest_json([msgspec.to_builtins(config), rules.spec.spec_digest])
    secret = settings.parent / config.state / "secret"
    known = secret.read_bytes() if secret.is_file() else b""
    return GatewayAgain(rules, known), (digest, rules.spec.spec_digest)


class Progress(msgspec.Struct, frozen=True):
    """How far a replay is: records of the log, and requests decided again."""

    record: int
    records: int
    decided: int


def replay_log(
    log: Path,
    keys: Path,
    decider: Redecider,
    rules: tuple[str, str],
    *,
    output: Path | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> LogReplay:
    """Decide every request of a log again.

    Memory does not grow with the log. Where ``output`` holds the report of the same replay that
    was cut off, it goes on from there; it is written every few seconds, and at Ctrl-C.

    Args:
        log: The log's folder.
        keys: The folder of its secrets.
        decider: Decides.
        rules: Digest of what decides, and of its spec.
        output: Where the report goes.
        progress: Told now and then.

    Returns:
        The report; not ``complete`` where it was interrupted.

    Raises:
        InputError: The log is damaged.
        UsageError: ``output`` holds something else.
        SystemFault: A file cannot be read or written.
    """
    folder = LogFolder(log)
    size = folder.checkpoint().checkpoint.size
    tally, start, oldest = _go_on(output, folder.identity.origin, *rules)
    store = open_key_store(keys)
    began = saved = time.monotonic()
    ends = EndedRequests(records_of(folder.entries(oldest, size)), start)
    ends.oldest = oldest

    def report(*, complete: bool) -> LogReplay:
        seconds = time.monotonic() - began
        made = tally.report(
            complete=complete, start=ends.start, oldest=ends.oldest, seconds=seconds
        )
        if output is not None:
            _save(output, made)
        return made

    reader = ContentReader(log, store)
    with closing(store), _until_interrupted() as told:
        for ended in ends:
            _decide(ended, reader, decider, tally)
            if told:
                return report(complete=False)
            now = time.monotonic()
            if now - saved >= _SAVE_EVERY:
                saved = now
                progress(Progress(ends.start, size, report(complete=False).decided))
    return report(complete=True)


@contextmanager
def _until_interrupted() -> Iterator[list[int]]:
    """Give a list that is empty until Ctrl-C; the second Ctrl-C interrupts as ever.

    A request is counted whole or not at all, so it must not be interrupted in its midst.
    """
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, _frame: object) -> None:
        told.append(number)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield told
    finally:
        signal.signal(signal.SIGINT, before)


def _decide(ended: Ended, reader: ContentReader, decider: Redecider, tally: Tally) -> None:
    kept = ended.admitted.content
    if kept is None:
        tally.leave_out("not kept")
        return
    request = reader.read(kept)
    if request is None:
        tally.leave_out("erased")
        return
    answer, why = None, "not kept"
    if ended.completed is None:
        why = "interrupted"
    elif ended.completed.content is not None:
        answer = reader.read(ended.completed.content)
        why = "erased" if answer is None else ""
    elif ended.completed.outcome in ("blocked", "upstream_failed"):
        why = "no answer"
    again = decider.decide(ended, request, answer)
    if isinstance(again, str):
        tally.leave_out(again)
    else:
        tally.add(ended, again, why)


def _go_on(
    output: Path | None, origin: str, rules: str, spec_digest: str
) -> tuple[Tally, int, int]:
    """Where to begin: at the start, or where the same replay was cut off."""
    fresh = Tally(origin, rules, spec_digest), 0, 0
    if output is None:
        return fresh
    try:
        data = read_or_none(output)
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(output)) from error
    if data is None:
        return fresh
    try:
        found = msgspec.json.decode(data, type=LogReplay)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            "the file holds something else", place=str(output), remedy="name another file"
        ) from error
    if found.complete or (found.origin, found.rules) != (origin, rules):
        return fresh
    return Tally.of(found), found.start, found.oldest


def _save(output: Path, report: LogReplay) -> None:
    data = msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    try:
        Disk().put_file(output.absolute(), data)
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(output)) from error
