"""How long a resolution with its full trace takes, beside an authorisation by Cedar.

    python benchmarks/resolve.py

Cedar (PyPI `cedarpy`, a binding of the Rust engine) is the yardstick for "fast enough to stand in
the way of every request". It authorises one request under 61 policies; we resolve 120 instructions
and write every step down: once with nothing known before, and once as a gateway does it, with the
80 of spec and settings prepared as Cedar's policies are, and 40 of the conversation new. All run in
this process, in turns, so that all meet the same noise. Figures are medians.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable

from msgspec import structs

from adhere.resolve import (
    Candidates,
    Condition,
    Delegation,
    Fact,
    Instruction,
    Origin,
    Prepared,
    Values,
    anything_but,
    between,
    one_of,
    resolve,
)
from adhere.spec import Authority

ROUNDS = 2000
# Half the instructions are sections, in the proportions of the published Model Spec (2025-12-18: 59
# sections with a level); a sixth are settings somebody made; the rest comes from a conversation.
SECTIONS = (
    (Authority.ROOT, 22), (Authority.SYSTEM, 3), (Authority.DEVELOPER, 1), (Authority.USER, 15),
    (Authority.GUIDELINE, 18),
)  # fmt: skip
SETTERS = ((Authority.SYSTEM, 1), (Authority.DEVELOPER, 3), (Authority.USER, 1))
SPEAKERS = (
    (Authority.SYSTEM, 1), (Authority.DEVELOPER, 5), (Authority.USER, 8), (Authority.NONE, 2),
)  # fmt: skip
WORDS = ("en", "fr", "de", "short", "long", "formal", "plain", "never", "ask")


def candidates(count: int, seed: int = 1) -> Candidates:
    """A spec, settings and a conversation with so many instructions between them.

    Each section is about a key of its own; settings and messages are about a third of these keys,
    now and then about a new one, and every third of them asks for something else than is there.
    """
    chance = random.Random(seed)
    sections = count // 2
    instructions = []
    for number in range(count):
        if number < sections:
            key, kind, levels = number, "section", SECTIONS
        else:
            key = chance.randrange(sections // 3 + 1) * 3 if chance.random() < 0.9 else number
            kind, levels = ("setting", SETTERS) if number % 3 == 0 else ("message", SPEAKERS)
        level = chance.choices(*zip(*levels, strict=True))[0]
        delegates = None
        if kind == "message" and chance.random() < 0.05:
            delegates = Delegation(f"tool:{chance.randrange(3)}", (f"key_{key}",), Authority.USER)
        instructions.append(
            Instruction(
                id=f"i{number}",
                level=level,
                origin=Origin(
                    kind, f"ref_{number}", number - sections if kind == "message" else -1,
                    number, number + 40,
                ),
                key=f"key_{key}",
                allowed=_allowed(chance, key),
                when=(Condition("locale", one_of("eu", "us")),) if chance.random() < 0.1 else (),
                mode="implicit" if kind == "message" and chance.random() < 0.1 else "explicit",
                delegates=delegates if level is not Authority.NONE else None,
                source=f"tool:{chance.randrange(3)}" if level is Authority.NONE else "",
                text="words of the instruction",
            )
        )  # fmt: skip
    return Candidates(
        instructions=tuple(instructions), facts={"locale": Fact("eu", Authority.SYSTEM)}
    )


def _allowed(chance: random.Random, key: int) -> Values:
    if key % 20 == 0:  # such as a number of words
        low = chance.randrange(200)
        return between(low, low + 200 + chance.randrange(200))
    domain = [WORDS[(key + step) % len(WORDS)] for step in range(4)]
    if chance.random() < 0.2:
        return anything_but(chance.choice(domain))
    usual = () if chance.random() < 1 / 3 else domain[:1]
    return one_of(*usual, *chance.sample(domain, chance.choice((1, 1, 2))))


def cedar() -> Callable[[], object]:
    """One authorisation under 61 policies, everything that can be parsed beforehand parsed."""
    import cedarpy  # noqa: PLC0415  (a peer to measure against, in the development group only)

    actions = ("view", "edit", "delete", "share", "export", "run")
    policies = [
        f'{"forbid" if number % 7 == 0 else "permit"}(principal in Role::"role{number % 5}", '
        f'action == Action::"{actions[number % 6]}", resource in Folder::"folder{number % 8}") '
        f"when {{ context.level >= {number % 4} && "
        f"context.mfa == {str(number % 2 == 1).lower()} }};"
        for number in range(60)
    ]
    policies.append(
        "forbid(principal, action, resource) unless { context.tenant == resource.tenant };"
    )
    entities = [_entity("Role", f"role{number}") for number in range(5)]
    entities += [_entity("Folder", f"folder{number}") for number in range(8)]
    entities.append(_entity("User", "ada", parents=[("Role", "role1"), ("Role", "role2")]))
    entities.append(_entity("Doc", "plan", {"tenant": "t"}, [("Folder", "folder1")]))
    request = {
        "principal": 'User::"ada"',
        "action": 'Action::"edit"',
        "resource": 'Doc::"plan"',
        "context": {"level": 3, "mfa": True, "tenant": "t"},
    }
    parsed = cedarpy.PolicySet.from_str("\n".join(policies))
    known = cedarpy.Entities.from_json_str(json.dumps(entities))
    if not cedarpy.is_authorized(request, parsed, known).allowed:
        raise SystemExit("the yardstick does not do its work")
    return lambda: cedarpy.is_authorized(request, parsed, known)


def _entity(
    kind: str, name: str, attrs: dict[str, str] | None = None,
    parents: list[tuple[str, str]] | None = None,
) -> dict[str, object]:  # fmt: skip
    return {
        "uid": {"type": kind, "id": name},
        "attrs": attrs or {},
        "parents": [{"type": of, "id": parent} for of, parent in parents or []],
    }


def microseconds(*tasks: Callable[[], object], rounds: int) -> list[float]:
    """The median time of each task, run in turns."""
    times: list[list[int]] = [[] for _ in tasks]
    for _ in range(rounds):
        for task, taken in zip(tasks, times, strict=True):
            start = time.perf_counter_ns()
            task()
            taken.append(time.perf_counter_ns() - start)
    return [statistics.median(taken) / 1000 for taken in times]


def main() -> None:
    given = candidates(120)
    resolution = resolve(given)
    fates = [row.fate for row in resolution.rows]
    assert sum(len(case.steps) for case in resolution.trace) == 120, "the trace is not complete"
    print(
        "120 instructions:",
        ", ".join(f"{fates.count(fate)} {fate}" for fate in sorted({str(fate) for fate in fates})),
    )
    said = tuple(one for one in given.instructions if one.origin.kind == "message")
    before = tuple(one for one in given.instructions if one.origin.kind != "message")
    prepared = Prepared(structs.replace(given, instructions=before))
    assert prepared.resolve(said) == resolve(prepared.candidates(said)), "not the same resolution"
    ours = [lambda: resolve(given), lambda: prepared.resolve(said)]
    try:
        whole, new, theirs = microseconds(*ours, cedar(), rounds=ROUNDS)
    except ImportError:
        print("cedarpy is not installed: no ratio (pip install cedarpy)")
        whole, new = microseconds(*ours, rounds=ROUNDS)
        theirs = float("nan")
    print(f"resolve, 120 instructions, full trace      {whole:7.1f} us (median of {ROUNDS})")
    print(f"  {len(before)} of them prepared, {len(said)} new              {new:7.1f} us")
    print(f"cedarpy, 61 policies, pre-parsed           {theirs:7.1f} us")
    print(
        f"ratios                                     {whole / theirs:7.2f} and {new / theirs:.2f}"
    )
    print("growth")
    first = 0.0
    for count in (100, 1_000, 10_000):
        many = candidates(count)
        (taken,) = microseconds(lambda many=many: resolve(many), rounds=max(5, 50_000 // count))
        first = first or taken / count
        print(f"  {count:6} instructions {taken / 1000:9.2f} ms, {taken / count / first:.2f}x each")


if __name__ == "__main__":
    main()
