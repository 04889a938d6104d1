"""What in a collection of instructions leads nowhere, whatever the facts are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from adhere.resolve.analyses.settings import Finding, FindingKind
from adhere.resolve.chain.facts import Condition, Fact
from adhere.resolve.chain.instruction import Candidates
from adhere.resolve.chain.resolver import resolve
from adhere.resolve.chain.trace import BLOCKED, Case, Fate, Resolution, Row

_CLASHES = {
    Fate.INACTION: (FindingKind.NO_VALUE, "instructions of level root contradict each other"),
    Fate.AMBIGUOUS: (FindingKind.CONFLICT, "instructions of one level contradict each other"),
}


def instructions_findings(candidates: Candidates) -> tuple[Finding, ...]:
    """Find keys without a value, conflicts within a level, and instructions that never apply.

    Args:
        candidates: The instructions. What their facts are is left open, so that a finding holds in
            some context, or in every one where it names no facts.

    Raises:
        InputError: There are more of them than can be traced.
    """
    facts = {
        name: msgspec.structs.replace(fact, value=None) for name, fact in candidates.facts.items()
    }
    resolution = resolve(msgspec.structs.replace(candidates, facts=facts))
    return (*_clashes(resolution), *_dead(resolution), *_undecided(resolution, facts))


def _clashes(resolution: Resolution) -> Iterator[Finding]:
    seen: dict[tuple[str, tuple[str, ...]], Finding] = {}
    for case in resolution.trace:
        for step in case.steps:
            if step.fate not in _CLASHES:
                continue
            kind, message = _CLASHES[step.fate]
            between = tuple(sorted({step.id, *step.by}))
            found = Finding(kind, step.key, message, by=between, when=_when(case))
            # The first case is the simplest: each of the others assumes something.
            seen.setdefault((step.key, between), found)
    yield from seen.values()


def _dead(resolution: Resolution) -> Iterator[Finding]:
    for row in resolution.rows:
        if BLOCKED.issuperset(_possible(row)):
            yield Finding(
                FindingKind.DEAD_INSTRUCTION,
                row.id,
                f"in every context {' or '.join(_possible(row))}",
                by=row.by,
            )


def _undecided(resolution: Resolution, facts: Mapping[str, Fact]) -> Iterator[Finding]:
    for key in resolution.approximated:
        yield Finding(
            FindingKind.UNDECIDED, key, f"{len(facts)} facts can be in too many ways to try them"
        )


def _possible(row: Row) -> tuple[Fate, ...]:
    return row.possible if row.fate is None else (row.fate,)


def _when(case: Case) -> tuple[str, ...]:
    return tuple(_words(condition) for condition in case.assuming)


def _words(condition: Condition) -> str:
    values = msgspec.json.encode(condition.values).decode()
    if condition.values.one_of is not None and len(condition.values.one_of) == 1:
        values = msgspec.json.encode(condition.values.one_of[0]).decode()
    return f"{condition.fact} is {values}"
