"""Check the steps of one case: at what level everybody counts, who takes part, what is left.

Part of the checker: it shares no algorithm with the resolver, and imports only its nouns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from adhere.resolve.chain.instruction import ANY, Candidates, Instruction
from adhere.resolve.chain.trace import Fate, Step
from adhere.resolve.chain.values import Values
from adhere.resolve.checker.check_key import Player, Problem, Walk
from adhere.resolve.checker.points import Samples
from adhere.spec import Authority

_BY_RANK: Final = {
    one.rank: one
    for one in (Authority.SYSTEM, Authority.DEVELOPER, Authority.USER, Authority.GUIDELINE)
}


class Count(NamedTuple):
    """How an instruction counts.

    Attributes:
        level: Its level.
        standing: The level's rank, 1 for own authority, and the rank of whoever only implies it.
        giver: Who delegated to it.
        dead: Who would have, if he applied.
    """

    level: Authority
    standing: tuple[int, int, int]
    giver: str = ""
    dead: str = ""


class KeyReplay(NamedTuple):
    """What the steps of a key came to, and what they say is left in the end."""

    walk: Walk
    final: Values


def replay(
    candidates: Candidates, steps: Sequence[Step], in_scope: Mapping[str, bool]
) -> dict[str, KeyReplay]:
    """Check steps that must be the complete ones of all keys they are about.

    Args:
        candidates: The instructions.
        steps: The steps of a case.
        in_scope: For each instruction the steps must be about, whether its conditions hold.

    Raises:
        Problem: They are wrong; says where and how.
    """
    instructions = {one.id: one for one in candidates.instructions if one.id in in_scope}
    claims = {step.id: step for step in steps}
    if len(claims) != len(steps) or claims.keys() != instructions.keys():
        raise Problem("the steps are not one for each instruction of their keys")
    counts = {}
    for step in steps:
        instruction = instructions[step.id]
        counts[step.id] = _count(candidates, instruction, claims)
        _check_part(candidates, step, instruction, counts[step.id], in_scope[step.id])
    played = [step for step in steps if step.rank]
    aside = [step for step in steps if not step.rank]
    if list(steps) != [
        *sorted(played, key=lambda step: (step.key, step.rank)),
        *sorted(aside, key=lambda step: (step.key, step.id)),
    ]:
        raise Problem("the steps are out of order")
    by_key: dict[str, list[Step]] = {}
    for step in steps:
        by_key.setdefault(step.key, []).append(step)
    return {key: _replay_key(found, instructions, counts) for key, found in by_key.items()}


def _check_part(
    candidates: Candidates,
    step: Step,
    instruction: Instruction,
    count: Count,
    in_scope: bool,
) -> None:
    """Check key, level, delegation and scope, and whether it takes part at all."""
    if (step.key, step.in_scope) != (instruction.key, in_scope):
        raise Problem(f"{step.id}: wrong key or scope")
    if (step.level, step.delegated_by) != (count.level, count.giver):
        raise Problem(
            f"{step.id}: counts at level {count.level}, handed on by {count.giver or '-'}"
        )
    needed = instruction.needs_capability
    fate = None
    if count.level is Authority.NONE:
        fate = Fate.DELEGATION_DEAD if count.dead else Fate.NO_AUTHORITY
    elif not in_scope:
        fate = Fate.OUT_OF_SCOPE
    elif instruction.suspected_mistake:
        fate = Fate.SUSPECTED_MISTAKE
    elif needed is not None and needed not in candidates.capabilities:
        fate = Fate.BEYOND_CAPABILITY
    if fate is None:
        if step.rank < 1:
            raise Problem(f"{step.id}: takes part, but has no rank")
    elif (step.fate, step.rank, step.by) != (fate, 0, (count.dead,) if count.dead else ()):
        raise Problem(f"{step.id}: takes no part: {fate}")


def _replay_key(
    steps: Sequence[Step], instructions: Mapping[str, Instruction], counts: Mapping[str, Count]
) -> KeyReplay:
    mentioned = [instructions[step.id].allowed for step in steps]
    mentioned += [values for step in steps for values in (step.before, step.after)]
    samples = Samples(mentioned)
    players = []
    for step in steps:
        if step.rank:
            one = instructions[step.id]
            points = samples.of(one.allowed)
            players.append(
                Player(step, one.exception_to, counts[step.id].standing, _moment(one), points)
            )
    walk = Walk(players, samples.everything)
    admissions = walk.admissions + [
        (step, walk.admitted, walk.admitted) for step in steps if not step.rank
    ]
    for step, before, after in admissions:
        if (samples.of(step.before), samples.of(step.after)) != (before, after):
            raise Problem(f"{step.id}: wrong about what is admitted before or after it")
    return KeyReplay(walk, steps[-1].after)


def _moment(instruction: Instruction) -> int:
    return -2 if instruction.origin.kind == "section" else instruction.origin.position


def _count(candidates: Candidates, instruction: Instruction, claims: Mapping[str, Step]) -> Count:
    if instruction.level is not Authority.NONE:
        return _own(instruction)
    would = [one for one in candidates.instructions if _would_delegate(one, instruction)]
    # The highest first, and equals by name.
    would.sort(key=lambda one: one.id)
    would.sort(key=lambda one: (_own(one).standing, _moment(one)), reverse=True)
    for one in would:
        if one.id not in claims:
            raise Problem(f"{instruction.id}: {one.id} may delegate to it, but is not in its case")
    alive = [one for one in would if claims[one.id].fate is Fate.APPLIES]
    if not alive:
        return Count(Authority.NONE, (0, 0, 0), dead=would[0].id if would else "")
    giver = max(alive, key=_hands_on)  # of equals the first
    rank = _hands_on(giver)
    if instruction.mode == "implicit" and rank > Authority.GUIDELINE.rank:
        return Count(Authority.GUIDELINE, (Authority.GUIDELINE.rank, 0, rank), giver.id)
    return Count(_BY_RANK[rank], (rank, 0, 0), giver.id)


def _own(instruction: Instruction) -> Count:
    level = instruction.level
    if level is Authority.PLATFORM and instruction.origin.kind != "section":
        level = Authority.SYSTEM
    if instruction.mode == "implicit" and level.outranks(Authority.GUIDELINE):
        return Count(Authority.GUIDELINE, (Authority.GUIDELINE.rank, 1, level.rank))
    return Count(level, (level.rank, 1, 0))


def _would_delegate(one: Instruction, text: Instruction) -> bool:
    return (
        one.delegates is not None
        and one.level is not Authority.NONE
        and one.delegates.selector in (ANY, text.source)
        and not {ANY, text.key}.isdisjoint(one.delegates.keys)
    )


def _hands_on(one: Instruction) -> int:
    assert one.delegates is not None
    return min(_own(one).level.rank, one.delegates.max_level.rank, Authority.SYSTEM.rank)
