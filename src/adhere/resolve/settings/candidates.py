"""Settings as the resolver sees them: facts, and instructions beside those of others.

A setting that only the platform may change is a *fact*. Any other is a *key*, by its address:

- what is allowed to anybody is an instruction of level root, so that no message goes beyond it;
- the value that holds where nobody fixes one, default or suggestion, is one of level guideline;
- a value that a level fixes is one of that level;
- what messages of a level may not choose is ruled out by an instruction of the level above it, as
  early as the spec: that level's own word overrides it, and the status quo is always within it.

What a declaration refuses (a level that may not, a value out of bounds) asks for nothing here
either. Then `resolve` comes to the value that `effective_settings` comes to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from adhere.resolve.chain.facts import Fact
from adhere.resolve.chain.instruction import Candidates, Instruction, Origin
from adhere.resolve.chain.values import Range, Scalar, Values, between, one_of
from adhere.resolve.settings.effective import (
    LEVELS,
    MAX_INTEGER,
    EffectiveSetting,
    Profile,
    Refusal,
    effective_settings,
)
from adhere.resolve.settings.words import canonical
from adhere.spec import Authority, Domain, Setting, SettingValue, Spec

_WIDEST_GAP: Final = 1000
"""Integers between a bound and the value that holds; where there are more, only that is left."""


def settings_candidates(spec: Spec, profiles: Mapping[Authority, Profile]) -> Candidates:
    """Return the settings of a spec under some profiles as facts and instructions.

    Raises:
        ValueError: A profile is of a level that has none.
    """
    result = effective_settings(spec, profiles)
    settings = {setting.address: setting for setting in reversed(list(spec.settings()))}
    facts: dict[str, Fact] = {}
    instructions: list[Instruction] = []
    for found in result.settings:
        setting = settings[found.address]
        if is_fact(setting):
            facts[found.address] = _fact(setting, found)
        else:
            instructions += _instructions(setting, found)
    return Candidates(instructions=tuple(instructions), facts=facts, spec_digest=result.spec_digest)


def with_facts(declared: Mapping[str, Fact], stated: Mapping[str, Fact]) -> dict[str, Fact]:
    """Put what somebody states about a conversation beside what a spec's settings say.

    Args:
        declared: Facts by the address of the setting that declares them.
        stated: Facts by address, or by the setting's id alone where only one has it. Who may set
            them and to what stays as declared.
    """
    facts = dict(declared)
    for name, fact in stated.items():
        same = [address for address in declared if address.rpartition(".")[2] == name]
        address = same[0] if len(same) == 1 and name not in declared else name
        known = declared.get(address, fact)
        facts[address] = msgspec.structs.replace(known, value=fact.value, set_by=fact.set_by)
    return facts


def is_fact(setting: Setting) -> bool:
    """Whether only the platform may change it: it says what is so, not what somebody wants."""
    return setting.changeable_by == (Authority.SYSTEM,)


def scalar(value: SettingValue) -> Scalar:
    """Return a setting's value as the resolver's keys have it; a set becomes its JSON text."""
    return msgspec.json.encode(value).decode() if isinstance(value, tuple) else value


def _fact(setting: Setting, found: EffectiveSetting) -> Fact:
    return Fact(
        value=scalar(found.value),
        set_by=found.level or Authority.ROOT,  # a default is the spec's own word
        changeable_by=setting.changeable_by,
        domain=_allowed(setting),
    )


def _allowed(setting: Setting) -> Values | None:
    """What is allowed to anybody; None where that is not a list or a range."""
    return _values(setting, setting.allowed)


def _values(setting: Setting, domain: Domain) -> Values | None:
    if setting.type == "integer":
        return between(domain.min, domain.max)
    if setting.type in ("boolean", "enum") and domain.values is not None:
        return one_of(*domain.values)
    return None


def _instructions(setting: Setting, found: EffectiveSetting) -> Iterator[Instruction]:
    address, span = setting.address, setting.span
    spoken = Origin("section", setting.section, -1, span.start, span.end)
    allowed = _allowed(setting)
    if allowed is not None:
        yield Instruction(
            id=f"{address}:allowed", level=Authority.ROOT, origin=spoken, key=address,
            allowed=allowed,
        )  # fmt: skip
    yield Instruction(
        id=f"{address}:default", level=Authority.GUIDELINE, origin=spoken, key=address,
        allowed=one_of(scalar(canonical(setting, setting.default))),
    )  # fmt: skip
    yield from _bounds(setting, found, spoken)
    for step in found.steps:
        asked = step.request.asked
        fixes = not isinstance(asked, Mapping)
        if step.outcome == "refused" and not (fixes and step.refusal is Refusal.OVERRIDDEN):
            continue
        if not fixes and (found.fixed_by or step.request.level is not found.level):
            continue  # a suggestion that somebody else decided over
        value = asked if fixes else asked["default"]
        if isinstance(value, list):
            value = canonical(setting, tuple(value))
        yield Instruction(
            id=f"{address}:{step.request.level}",
            level=step.request.level if fixes else Authority.GUIDELINE,
            origin=Origin("setting", address),
            key=address,
            allowed=one_of(scalar(value)),
        )


def _bounds(setting: Setting, found: EffectiveSetting, spoken: Origin) -> Iterator[Instruction]:
    """Yield what holds messages of a level to what that level may choose.

    What stands above a level binds those below it as well, so it admits what these may choose.
    """
    held = scalar(found.value)
    for place, above in enumerate((Authority.ROOT, *LEVELS[:-1])):
        choosing = [level for level in LEVELS[place:] if level in setting.changeable_by]
        limits = [
            _values(setting, setting.bounds.get(level, setting.allowed)) for level in choosing
        ]
        known = [one for one in limits if one is not None]
        within = _joined(known, held)
        if len(known) == len(limits) and within != _values(setting, setting.allowed):
            yield Instruction(
                id=f"{setting.address}:bounds.{LEVELS[place]}", level=above, origin=spoken,
                key=setting.address, allowed=within,
            )  # fmt: skip


def _joined(limits: Sequence[Values], held: Scalar) -> Values:
    """Return what any of the limits admits, and the value that holds now."""
    ranges = [one.range for one in limits if one.range is not None]
    if not ranges or not isinstance(held, int):
        return one_of(*(value for one in limits for value in one.one_of or ()), held)
    ends = sorted(
        (-MAX_INTEGER if one.min is None else one.min, MAX_INTEGER if one.max is None else one.max)
        for one in (*ranges, Range(held, held))
    )
    low, reached = ends[0]
    holes: list[int] = []
    for start, end in ends[1:]:
        if start - reached > _WIDEST_GAP:
            return one_of(held)
        holes += range(reached + 1, start)
        reached = max(reached, end)
    return between(
        None if low == -MAX_INTEGER else low, None if reached == MAX_INTEGER else reached, but=holes
    )
