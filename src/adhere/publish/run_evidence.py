"""The failures that the report of a run shows, each with its whole conversation."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

import msgspec
from markupsafe import escape

from adhere.conversation import Case, Message, ToolCall
from adhere.evaluate import Failure, Report
from adhere.judge import Verdict

MOST_SHOWN: Final = 300
"""Failures of one model that the page shows; the records hold all."""

MOST_BYTES: Final = 6 * 1024 * 1024
"""What all evidence may take on the page, shared evenly among the models."""

MOST_TEXT: Final = 12_000
"""Characters of one message; what is longer is cut, and says so."""

MOST_TURNS: Final = 200
"""Messages of one conversation."""

UNSCORED: Final = "not_scored"
_FRAME: Final = 1_500
"""Bytes that an entry takes beside its texts, about."""


class Piece(msgspec.Struct, frozen=True):
    """A stretch of a message: what it is where it is not plain words, its text, what is cut."""

    what: str
    text: str
    cut: int = 0


class Turn(msgspec.Struct, frozen=True):
    """A message as the page shows it."""

    who: str
    name: str
    pieces: tuple[Piece, ...]


class Entry(msgspec.Struct, frozen=True):
    """One failure.

    Attributes:
        anchor: Its place on the page; the same whenever the report is made again.
        case, epoch, sections: What was asked.
        direction: ``too_restrictive``, ``too_permissive``, ``quality`` or ``not_scored``.
        turns: What was said, the answer last.
        left_out: Messages in the middle that are not shown.
        verdict: What the judge said.
        findings: Its evidence, cut where it is long.
        rubric: What a right answer does.
    """

    anchor: str
    case: str
    epoch: int
    sections: tuple[str, ...]
    direction: str
    turns: tuple[Turn, ...]
    left_out: int
    verdict: Verdict
    findings: tuple[tuple[bool, str, Piece], ...]
    rubric: Piece


class ModelEvidence(msgspec.Struct, frozen=True):
    """The failures of one model: those shown, and how many there are."""

    model: str
    shown: tuple[Entry, ...]
    total: int


def evidence(report: Report, cases: Mapping[str, Case]) -> tuple[ModelEvidence, ...]:
    """Return what the page shows, drawn with the report's seed where there is more.

    Args:
        report: The failures it holds are drawn already where there are very many.
        cases: The cases of these failures, by id.
    """
    found = []
    room = MOST_BYTES // max(len(report.manifest.models), 1)
    for model, cell in zip(report.manifest.models, report.total.cells, strict=True):
        held = [f for f in report.failures if f.model == model and f.case in cases]
        shown: dict[int, Entry] = {}
        size = 0
        places = range(len(held))
        for place in random.Random(report.seed).sample(places, min(len(held), MOST_SHOWN)):  # noqa: S311
            made = _entry(cases[held[place].case], held[place])
            size += _size(made)
            if size > room:
                break
            shown[place] = made
        total = cell.asked - cell.missing - cell.rate.hits
        found.append(ModelEvidence(model, tuple(shown[place] for place in sorted(shown)), total))
    return tuple(found)


def _entry(case: Case, failure: Failure) -> Entry:
    answer, verdict = failure.answer, failure.verdict
    turns = [_turn(message) for message in (*case.conversation, *answer.said)]
    before = tuple(chain.from_iterable(message.tool_calls for message in answer.said))
    calls = answer.tool_calls
    if before and calls[: len(before)] == before:  # those of earlier turns stand where they fell
        calls = calls[len(before) :]
    words = answer.content or answer.detail
    pieces: tuple[Piece, ...] = ()
    if words or not calls:
        pieces = (_piece("" if answer.content or not words else "problem", words or "(empty)"),)
    turns.append(Turn("answer", "", (*pieces, *map(_call, calls[:MOST_TURNS]))))
    half = MOST_TURNS // 2
    left_out = max(0, len(turns) - 2 * half)
    if left_out:
        turns = [*turns[:half], *turns[-half:]]
    key = msgspec.json.encode([failure.model, failure.case, failure.epoch])
    return Entry(
        anchor=f"e{hashlib.sha256(key).hexdigest()[:12]}",
        case=_piece("", case.id).text,
        epoch=failure.epoch,
        sections=case.sections[:20],
        direction=verdict.failure or UNSCORED,
        turns=tuple(turns),
        left_out=left_out,
        verdict=verdict,
        findings=tuple(
            (one.passed, one.check, _piece("", one.detail)) for one in verdict.evidence[:50]
        ),
        rubric=_piece("", case.rubric),
    )


def _turn(message: Message) -> Turn:
    return Turn(message.role, message.name or "", tuple(_pieces(message)))


def _pieces(message: Message) -> Iterator[Piece]:
    if isinstance(message.content, str):
        if message.content or not message.tool_calls:
            yield _piece("", message.content or "(empty)")
    else:
        for part in message.content[:MOST_TURNS]:
            what = "" if part.speaks else " ".join(filter(None, (part.type, part.name)))
            yield _piece(what, part.text or "(no text)")
    yield from map(_call, message.tool_calls[:MOST_TURNS])


def _call(call: ToolCall) -> Piece:
    given = call.unparsed or msgspec.json.encode(call.arguments).decode()
    return _piece(f"tool call {call.name}"[:200], given)


def _piece(what: str, text: str) -> Piece:
    return Piece(what, text[:MOST_TEXT], max(0, len(text) - MOST_TEXT))


def _size(entry: Entry) -> int:
    pieces: Sequence[Piece] = [
        *(piece for turn in entry.turns for piece in turn.pieces),
        *(piece for _, _, piece in entry.findings), entry.rubric,
    ]  # fmt: skip
    words = chain((p.text for p in pieces), (p.what for p in pieces), entry.sections)
    return _FRAME + 60 * len(pieces) + sum(len(escape(text).encode()) for text in words)
