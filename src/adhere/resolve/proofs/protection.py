"""Proofs that nothing of a lower level moves what a section protects.

Some sections are taken as one instruction each: their key is ``kept``, and a lower voice would have
it ``lifted``. Where a fact switches them on, they have it as their condition, and the platform has
set it. Then every message, setting and section of a lower level is tried, in each form that the
chain of command knows, alone and by twos: explicit and implied, as an exception, handing on
authority and being handed it, under conditions, earlier and later. And everything that developer
and user can ask of the setting that is the fact, and everybody who could claim it. `resolve`
decides each of these contexts.

Sections of one level differ in their names only, so one stands for all. What this leaves open is
more than two voices at once: that voices below never move one above, however many, is a law that
the tests of the resolver hold it to, not a part of this proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, Final, Literal

import msgspec

from adhere.errors import InputError
from adhere.resolve.chain.facts import Condition, Fact
from adhere.resolve.chain.instruction import ANY, Candidates, Delegation, Instruction, Origin
from adhere.resolve.chain.resolver import resolve
from adhere.resolve.chain.trace import Fate
from adhere.resolve.chain.values import anything_but, intersect, one_of
from adhere.resolve.settings.candidates import is_fact, settings_candidates
from adhere.resolve.settings.effective import Profile
from adhere.spec import Authority, Setting, Spec

_KEPT: Final = "kept"
_LIFTED: Final = "lifted"
_LEVELS: Final = (
    Authority.SYSTEM, Authority.DEVELOPER, Authority.USER, Authority.GUIDELINE, Authority.NONE,
)  # fmt: skip
_SOURCE: Final = "tool:any"


class Protection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sections that nothing of a lower level shall move.

    Attributes:
        name: In kebab case.
        sections: Their ids; they are of one level.
        fact: The address of a boolean setting that switches them on and only the platform may
            change; empty where they always hold.
        reason: Why it matters, for people.
    """

    name: str
    sections: tuple[str, ...]
    fact: str = ""
    reason: str = ""


class ProtectionProof(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a protection.

    Attributes:
        protection: What was to be proved.
        outcome: As in `Proof`.
        level: The level of the sections.
        contexts: How many were decided.
        why: Why these are all there are.
        counterexample: Where it was refuted: what to resolve in order to see it.
    """

    protection: Protection
    outcome: Literal["proved", "refuted", "undecided"]
    level: Authority
    contexts: int
    why: tuple[str, ...]
    counterexample: Candidates | None = None


def prove_protection(
    spec: Spec, protection: Protection, *, stop: Callable[[], bool] = lambda: False
) -> ProtectionProof:
    """Prove that nothing of a lower level moves some sections, or find what does.

    Args:
        spec: The spec they are in.
        protection: Which, and when.
        stop: Asked now and then; True ends the search without a decision.

    Raises:
        InputError: A section or the fact is not there, or not what it has to be.
    """
    level = _level(spec, protection)
    section = protection.sections[0]
    when = (Condition(protection.fact, one_of(True)),) if protection.fact else ()
    held = Instruction(
        id=f"section:{section}", level=level, origin=Origin("section", section), key=section,
        allowed=one_of(_KEPT), when=when,
    )  # fmt: skip
    vouched, claimed = _facts(spec, protection)
    contexts = 0
    outcome: Literal["proved", "refuted", "undecided"] = "proved"
    found = None
    for sure, facts, others in _contexts(held, vouched, claimed):
        if contexts % 256 == 0 and stop():
            outcome = "undecided"
            break
        contexts += 1
        candidates = Candidates(
            instructions=(held, *others), facts=facts, spec_digest=spec.spec_digest
        )
        if not _stands(candidates, sure):
            outcome, found = "refuted", candidates
            break
    why = [f"{', '.join(protection.sections)}: of one level, so one stands for all"]
    why += ["every lower voice in each of its forms, alone and every two of them"]
    why += [
        "whatever developer and user ask of the setting that is the fact;"
        " where the platform is silent, each voice alone under everybody's claim"
    ]
    return ProtectionProof(
        protection, outcome, level, contexts, tuple(why if protection.fact else why[:2]), found
    )


def _level(spec: Spec, protection: Protection) -> Authority:
    sections = {section.id: section for section in spec.walk()}
    for name in protection.sections:
        if name not in sections:
            raise InputError(f"the spec has no section {name!a}", place=protection.name)
    levels = {sections[name].authority for name in protection.sections}
    level = levels.pop() if len(levels) == 1 else None
    if level is None or level is Authority.NONE:
        raise InputError(
            "its sections are not of one level with authority", place=protection.name,
            remedy="make a protection of each level",
        )  # fmt: skip
    return level


def _facts(
    spec: Spec, protection: Protection
) -> tuple[list[dict[str, Fact]], list[dict[str, Fact]]]:
    """The facts where the platform has set the fact, and where only others claim something."""
    if not protection.fact:
        return [{}], []
    settings = {setting.address: setting for setting in spec.settings()}
    setting = settings.get(protection.fact)
    if setting is None or setting.type != "boolean":
        raise InputError(
            f"the spec has no setting {protection.fact!a} that is true or false",
            place=protection.name,
        )
    if Authority.SYSTEM not in setting.changeable_by:
        raise InputError(f"the platform cannot set {protection.fact}", place=protection.name)
    levels = (Authority.DEVELOPER, Authority.USER)
    asked: list[Any] = [None, False, True, {"default": False}, {"default": True}, 0, {}]
    vouched = []
    for requests in product(asked, repeat=len(levels)):
        profiles = {
            level: _profile(setting, request)
            for level, request in zip(levels, requests, strict=True)
            if request is not None
        }
        for said in (True, {"default": True}):
            profiles[Authority.SYSTEM] = _profile(setting, said)
            facts = {protection.fact: _fact(settings_candidates(spec, profiles), setting)}
            if facts not in vouched:
                vouched.append(facts)
    claimed: list[dict[str, Fact]] = [{}]
    claimed += [
        {protection.fact: Fact(value, level, setting.changeable_by)}
        for level in _LEVELS
        if level is not Authority.SYSTEM
        for value in (True, False, "no")
    ]
    return vouched, claimed


def _profile(setting: Setting, value: Any) -> Profile:
    return Profile("", {setting.section: {setting.id: value}})


def _fact(candidates: Candidates, setting: Setting) -> Fact:
    """What the settings make of the fact; where the spec lets others change it, what they say."""
    if is_fact(setting):
        return candidates.facts[setting.address]
    resolution = resolve(candidates)
    (outcome,) = (one for one in resolution.keys if one.key == setting.address)
    (value,) = outcome.admitted.one_of or (None,)
    return Fact(value, Authority.SYSTEM, setting.changeable_by)


def _contexts(
    held: Instruction, vouched: Iterable[dict[str, Fact]], claimed: Iterable[dict[str, Fact]]
) -> Iterator[tuple[bool, dict[str, Fact], tuple[Instruction, ...]]]:
    """Every context, and whether the protection is switched on for certain in it."""
    alone = [(), *((voice,) for voice in _voices("a", held, fully=True))]
    simple = [list(_voices(name, held, fully=False)) for name in ("a", "b")]
    for sure, states in ((True, vouched), (False, claimed)):
        for facts in states:
            yield from ((sure, facts, others) for others in alone)
            if sure or not facts:
                yield from ((sure, facts, (one, two)) for one, two in product(*simple))


def _voices(name: str, held: Instruction, *, fully: bool) -> Iterator[Instruction]:
    """Everything below that would lift the protection, in each form."""
    lower = [level for level in _LEVELS if held.level.outranks(level)]
    handed = [None] + [Delegation(source, (ANY,), Authority.ROOT) for source in (ANY, _SOURCE)]
    conditions: list[tuple[Condition, ...]] = [()]
    allowed = [one_of(_LIFTED)]
    if fully:
        conditions += [(condition,) for condition in held.when]
        conditions += [(Condition("another", one_of(True)),)]
        allowed += [anything_but(_KEPT), one_of(_LIFTED, _KEPT)]
    for level, origin, mode, excepted, delegates, when, values, key in product(
        lower, _origins(held, fully=fully), ("explicit", "implicit"), ((), (held.id,)), handed,
        conditions, allowed, (held.key, "another"),
    ):  # fmt: skip
        if (level is Authority.NONE and origin.kind != "message") or (
            key != held.key and (delegates is None or excepted)
        ):
            continue  # only messages hold text without authority; another key matters to hand on
        yield Instruction(
            id=name, level=level, origin=origin, key=key, allowed=values, when=when,
            mode="implicit" if mode == "implicit" else "explicit", exception_to=excepted,
            delegates=delegates, source=_SOURCE if level is Authority.NONE else "",
        )  # fmt: skip


def _origins(held: Instruction, *, fully: bool) -> list[Origin]:
    if not fully:
        return [Origin("message", "1", 1)]
    return [
        Origin("section", "another"), Origin("setting", held.key), Origin("message", "0", 0),
        Origin("message", "1", 1),
    ]  # fmt: skip


def _stands(candidates: Candidates, sure: bool) -> bool:
    """Whether the first instruction holds; where its fact is not sure, whether it may hold.

    In both cases nothing but ``kept`` may be left to do.
    """
    resolution = resolve(candidates)
    held = candidates.instructions[0]
    row = resolution.rows[0]
    (outcome,) = (one for one in resolution.keys if one.key == held.key)
    lifted = intersect(outcome.admitted, anything_but(_KEPT))
    if sure or not held.when:
        return row.fate is Fate.APPLIES and lifted.is_empty
    return row.fate is not Fate.OUT_OF_SCOPE and lifted.is_empty
