"""Decide instructions whose scope is known: attribute, set aside, order, admit."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from adhere.resolve.chain.admission import Admission
from adhere.resolve.chain.admission_plain import admit_while_plain
from adhere.resolve.chain.instruction import Instruction
from adhere.resolve.chain.participants import LEVELS, Aside, Participants
from adhere.resolve.chain.trace import KeyOutcome, Row, Step
from adhere.resolve.chain.transcript import LEVEL_SHIFT, MOMENT_BITS, Entry, Record
from adhere.resolve.chain.values import EVERYTHING, Values


class Decided(NamedTuple):
    """A key that is decided already: its steps in order, and what is left of it."""

    steps: tuple[Step, ...]
    outcome: KeyOutcome


class Beforehand(NamedTuple):
    """What has been worked out about instructions that were known earlier.

    Attributes:
        entries: By key, those that take part beside others; the lists are changed.
        decided: Keys that nobody else is about.
        rows: Of all these, by index; those of keys in ``entries`` are written again.
        spent: What these steps list.
    """

    entries: dict[str, list[Entry]]
    decided: Mapping[str, Decided]
    rows: dict[int, Row]
    spent: int


def decide(
    instructions: Sequence[Instruction],
    members: Sequence[int],
    outside: Container[int],
    capabilities: Container[str],
    beforehand: Beforehand | None = None,
) -> Record:
    """Decide some of the instructions: all of some keys, and of every key they can reach.

    Args:
        instructions: All of them.
        members: Indexes of those to decide.
        outside: Indexes of those whose conditions do not hold.
        capabilities: What the assistant is able to do.
        beforehand: What is known of instructions that are no members.
    """
    record = Record()
    participants = Participants(instructions, outside, capabilities)
    decided: Mapping[str, Decided] = {}
    if beforehand is not None:
        participants.entries, decided = beforehand.entries, beforehand.decided
        record.rows = beforehand.rows
        record.spend(beforehand.spent)
    participants.sort(members)
    excepts = _excepts(instructions, members)
    staged = (
        _admit_in_stages(instructions, participants, excepts, record) if participants.texts else {}
    )
    keys = sorted([*decided, *participants.entries])
    special = staged.keys() | excepts.keys()
    place = 0
    entries = participants.entries
    while (place := admit_while_plain(keys, place, special, entries, decided, record)) < len(keys):
        key = keys[place]
        place += 1
        admission = staged.get(key)
        if admission is None:
            waiting = entries[key]
            values = [entry[4] for entry in waiting]
            admission = Admission(key, values, excepts.get(key, {}), record)
            admission.admit(waiting)
        admission.close()
    if participants.aside:
        _write_aside(participants.aside, outside, record)
    return record


def _excepts(
    instructions: Sequence[Instruction], members: Sequence[int]
) -> dict[str, dict[int, list[int]]]:
    """For each key: which instructions are exceptions to which others of the key."""
    exceptions = [index for index in members if instructions[index].exception_to]
    found: dict[str, dict[int, list[int]]] = {}
    if not exceptions:
        return found
    index_of = {instruction.id: index for index, instruction in enumerate(instructions)}
    for index in exceptions:
        key = instructions[index].key
        named = [index_of.get(other) for other in instructions[index].exception_to]
        same = [one for one in named if one is not None and instructions[one].key == key]
        if same:
            found.setdefault(key, {})[index] = same
    return found


def _admit_in_stages(
    instructions: Sequence[Instruction],
    participants: Participants,
    excepts: dict[str, dict[int, list[int]]],
    record: Record,
) -> dict[str, Admission]:
    """Decide the keys where text may be handed authority, level by level.

    Whether it is depends on what applies on the delegator's key, which stands above it.
    """
    mentioned: dict[str, list[Values]] = {}
    for index in participants.texts:
        mentioned.setdefault(instructions[index].key, []).append(instructions[index].allowed)
    own: dict[str, list[Entry]] = {}
    for key in mentioned.keys() | {instructions[index].key for _, index in participants.delegators}:
        own[key] = participants.entries.pop(key, [])
    ledgers = {
        key: Admission(
            key, [*mentioned.get(key, ()), *(entry[4] for entry in entries)],
            excepts.get(key, {}), record,
        )
        for key, entries in own.items()
    }  # fmt: skip
    delegating = {instructions[index].key for _, index in participants.delegators}
    given, participants.entries = participants.entries, {}
    for rank in sorted(LEVELS, reverse=True):
        for key, entries in own.items():
            ledgers[key].admit(
                [one for one in entries if -one[0] >> MOMENT_BITS + LEVEL_SHIFT == rank]
            )
        applied = set[str]().union(*(ledgers[key].applied() for key in delegating))
        participants.grant(rank, applied)
        for key, entries in participants.entries.items():
            ready = [one for one in entries if -one[0] >> MOMENT_BITS + LEVEL_SHIFT == rank]
            ledgers[key].admit(ready)
    participants.bury_texts()
    participants.entries = {**given, **own}
    return ledgers


def _write_aside(aside: list[Aside], outside: Container[int], record: Record) -> None:
    """Add those that took no part, and the keys that nobody else is about."""
    left = {outcome.key: outcome.admitted for outcome in record.outcomes}
    others = set()
    for one in sorted(aside):
        key = one.key
        if key not in left:
            others.add(key)
        values = left.get(key, EVERYTHING)
        inside = one.place not in outside
        record.steps.append(
            Step(one.id, key, 0, one.level, inside, values, values, one.fate, one.by, one.giver)
        )
        record.rows[one.place] = Row(one.id, one.fate, one.by)
    if others:
        record.outcomes += [KeyOutcome(key, EVERYTHING) for key in others]
        record.outcomes.sort(key=lambda outcome: outcome.key)
