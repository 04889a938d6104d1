"""From a gateway's log to how well its answers keep a spec, over time.

Only exchanges of developers who consented are looked at, only where their content was kept, and of
those only a sample: which ones is settled by the request's id. What was judged is written down, so
each is judged once, and the report is made from all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from adhere.assemble.auditing import content_of
from adhere.audit import Admitted, Completed, LogFolder, decode_record, keys_beside
from adhere.conversation import Answer, Case, Conversation, decode_conversation, parse_conversation
from adhere.errors import InputError, SystemFault
from adhere.judge import Judge
from adhere.serve.config import Config
from adhere.serve.control import ControlChart, control_chart

_AT_ONCE: Final = 8
_WHOLE: Final = ("answered", "refused")
"""Outcomes of exchanges in which the client got what the service said, and all of it."""


class Monitored(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on an exchange (``adhere/monitored/1``): facts, and none of its words.

    Attributes:
        request: Id of the request.
        time: When it ended.
        spec_digest: The spec it was decided under.
        section: The section it was held against.
        adherent: Whether it adheres; None where it could not be judged.
        judge: Who judged.
    """

    schema: Literal["adhere/monitored/1"]
    request: str
    time: str
    spec_digest: str
    section: str
    adherent: bool | None
    judge: str


class Exchanged(msgspec.Struct, frozen=True):
    """A request with its answer, from the log."""

    completed: Completed
    conversation: Conversation
    answer: Answer


def exchanges(config: Config, base: Path, share: float, known: set[str]) -> Iterator[Exchanged]:
    """Yield the sampled exchanges of who consented, the oldest first.

    Args:
        config: The gateway's configuration.
        base: The folder that its paths start from.
        share: Share of the exchanges that are sampled.
        known: Ids of requests that are left out.

    Raises:
        InputError: The log is damaged.
    """
    log = LogFolder(base / config.audit.log)
    keys = base / config.audit.keys if config.audit.keys else keys_beside(log.path)
    consents = {
        name
        for name, key in config.keys.items()
        if key.developer and config.developers[key.developer].consent
    }
    open_: dict[str, Admitted] = {}
    for number, entry in log.entries(0, log.checkpoint().checkpoint.size):
        record = decode_record(entry, f"record {number}")
        if not isinstance(record, Admitted | Completed) or record.key_id not in consents:
            continue
        if isinstance(record, Admitted):
            open_[record.request] = record
            continue
        admitted = open_.pop(record.request, None)
        if admitted is None or record.request in known or record.outcome not in _WHOLE:
            continue
        if int(sha256(record.request.encode()).hexdigest()[:8], 16) / 16**8 >= share:
            continue
        asked, said = content_of(log, keys, admitted), content_of(log, keys, record)
        if asked and said:
            answer = Answer(read_answer(said))
            yield Exchanged(record, decode_conversation(asked, name=record.request), answer)


def read_answer(body: bytes) -> str:
    """Return what an answer said, whichever interface it is of, streamed or not."""
    if not body.lstrip().startswith(b"{"):
        lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: {")]
        return "".join(_piece(msgspec.json.decode(line)) for line in lines)
    whole = msgspec.json.decode(body)
    if "choices" in whole:
        return "".join(one["message"].get("content") or "" for one in whole["choices"][:1])
    return "".join(message.text for message in parse_conversation(whole.get("output", [])))


def _piece(event: dict[str, Any]) -> str:
    """Return what an event of a stream adds to what was said."""
    if event.get("type") == "response.output_text.delta":
        return str(event["delta"])
    return "".join(
        one.get("delta", {}).get("content") or "" for one in event.get("choices", [])[:1]
    )


async def judge_exchanges(
    found: Sequence[Exchanged], judge: Judge, sections: Sequence[str]
) -> list[Monitored]:
    """Hold each exchange against each section."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(exchange: Exchanged, section: str) -> Monitored:
        case = Case(
            schema="adhere/case/1", id=exchange.completed.request, sections=(section,),
            focus="live", right="either", conversation=exchange.conversation,
        )  # fmt: skip
        async with turn:
            verdict = await judge.verdict(case, exchange.answer)
        return Monitored(
            schema="adhere/monitored/1", request=exchange.completed.request,
            time=exchange.completed.time.isoformat(), section=section,
            spec_digest=exchange.completed.spec_digest, adherent=verdict.adherent,
            judge=verdict.judge,
        )  # fmt: skip

    return list(
        await asyncio.gather(*(one(each, section) for each in found for section in sections))
    )


def read_monitored(path: Path) -> list[Monitored]:
    """Return what was judged before; nothing where there is no file.

    Raises:
        InputError: It is not such a file.
        SystemFault: It cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [msgspec.json.decode(line, type=Monitored) for line in lines]
    except msgspec.DecodeError as error:
        raise InputError(f"a line is no verdict: {error}", place=str(path)) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error


def write_monitored(path: Path, found: Sequence[Monitored]) -> None:
    """Add verdicts to the file.

    Raises:
        SystemFault: It cannot be written.
    """
    try:
        with path.open("ab") as file:
            file.writelines(msgspec.json.encode(one) + b"\n" for one in found)
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(path)) from error


def charts(
    found: Sequence[Monitored], sections: Sequence[str], *, baseline: int, period: int
) -> tuple[ControlChart, ...]:
    """Return each section over time; what could not be judged is left out."""
    ordered = sorted(found, key=lambda one: (one.time, one.request))
    return tuple(
        control_chart(
            section,
            [
                one.adherent
                for one in ordered
                if one.section == section and one.adherent is not None
            ],
            baseline=baseline, period=period, sections=len(sections),
        )
        for section in sections
    )  # fmt: skip
