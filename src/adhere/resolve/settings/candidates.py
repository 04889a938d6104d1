"""Settings as the resolver sees them: facts, and instructions beside those of others.

A setting that only the platform may change is a *fact*. Any other is a *key*, by its address:

- what is allowed to anybody is an instruction of level root, so that no message goes beyond it;
- the value that holds where nobody fixes one, default or suggestion, is one of level guideline;
- a value that a level fixes is one of that level.

What a declaration refuses (a level that may not, a value out of bounds) asks for nothing here
either. Then `resolve` comes to the value that `effective_settings` comes to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from adhere.resolve.chain.facts import Fact
from adhere.resolve.chain.instruction import Candidates, Instruction, Origin
from adhere.resolve.chain.values import Scalar, Values, between, one_of
from adhere.resolve.settings.effective import EffectiveSetting, Profile, Refusal, effective_settings
from adhere.resolve.settings.words import canonical
from adhere.spec import Authority, Setting, SettingValue, Spec


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
    domain = setting.allowed
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
