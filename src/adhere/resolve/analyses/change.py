"""What a new version of a spec decides otherwise: settings and levels, each with a witness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any, Literal

import msgspec

from adhere.resolve.chain.instruction import Candidates, Instruction, Origin
from adhere.resolve.chain.resolver import resolve
from adhere.resolve.chain.trace import Fate
from adhere.resolve.chain.values import one_of
from adhere.resolve.proofs.classes import TooManyMembers, classes
from adhere.resolve.proofs.expression import Every
from adhere.resolve.proofs.views import declared
from adhere.resolve.settings.effective import LEVELS, Request, decide_setting
from adhere.spec import Authority, Section, Setting, SettingValue, Spec

_FIELDS = ("type", "default", "allowed", "changeable_by", "bounds")
_VOICES = (
    Authority.SYSTEM, Authority.DEVELOPER, Authority.USER, Authority.GUIDELINE,
)  # fmt: skip


class SettingWitness(msgspec.Struct, frozen=True):
    """Requests under which a setting comes out otherwise.

    Attributes:
        asked: Level to what it asks for, as a profile has it; empty where the default changed.
        old: What held.
        new: What holds.
    """

    asked: dict[Authority, Any]
    old: SettingValue
    new: SettingValue


class SettingChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A setting whose declaration changed.

    Attributes:
        address: Its address in the new version; in the old one where it was removed.
        change: What happened to it.
        fields: The parts of the declaration that changed.
        contexts: How many contexts were compared: silence, and requests of one or two levels.
        different: In how many of these another value holds.
        exhaustive: Whether the contexts stand for all. Not so where a set has very many members, or
            where the values of a pattern could not be found.
        witness: The first that differs, with the fewest requests.
    """

    address: str
    change: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()
    contexts: int = 0
    different: int = 0
    exhaustive: bool = True
    witness: SettingWitness | None = None


class Flip(msgspec.Struct, frozen=True):
    """Somebody who speaks against a section, and what became and becomes of it.

    Attributes:
        voice: The level of an explicit message; ``guideline`` for what is only implied.
        old: Its fate under the old version.
        new: Its fate under the new one.
    """

    voice: Authority
    old: Fate
    new: Fate


class LevelChange(msgspec.Struct, frozen=True):
    """A section whose level changed.

    Attributes:
        section: Its id in the new version.
        old: The level it had; None where it only grouped.
        new: The level it has.
        flips: Who is decided otherwise against it. Empty where the level has another name only.
    """

    section: str
    old: Authority | None
    new: Authority | None
    flips: tuple[Flip, ...]


class ChangeOfRule(msgspec.Struct, frozen=True):
    """What two versions decide otherwise.

    Attributes:
        old: Digest of the old spec.
        new: Digest of the new one.
        settings: Settings that were added, removed or changed.
        levels: Sections in both whose level changed.
    """

    old: str
    new: str
    settings: tuple[SettingChange, ...]
    levels: tuple[LevelChange, ...]


def compare_rules(old: Spec, new: Spec) -> ChangeOfRule:
    """Say what a new version decides otherwise, with a witness for each.

    Sections and settings are matched by their ids, old ids included.
    """
    return ChangeOfRule(
        old.spec_digest, new.spec_digest, tuple(_settings(old, new)), tuple(_levels(old, new))
    )


def _settings(old: Spec, new: Spec) -> Iterator[SettingChange]:
    before = {setting.address: setting for setting in old.settings()}
    after = declared(new)
    matched = {after[address].address: one for address, one in before.items() if address in after}
    for address in dict.fromkeys(setting.address for setting in after.values()):
        if address not in matched:
            yield SettingChange(address, "added")
            continue
        one, other = matched[address], after[address]
        fields = tuple(name for name in _FIELDS if getattr(one, name) != getattr(other, name))
        if fields:
            yield _compare(one, other, fields)
    for address in before:
        if address not in after:
            yield SettingChange(address, "removed")


def _compare(old: Setting, new: Setting, fields: tuple[str, ...]) -> SettingChange:
    asked: dict[str, Any] = {}
    exhaustive = True
    for setting in (old, new):
        try:
            found = classes(setting, Every(()))
        except TooManyMembers:
            exhaustive = False
            continue
        exhaustive = exhaustive and not found.invented
        for one in found.requests():
            value = one.get("default") if isinstance(one, dict) else one
            if not (isinstance(value, str) and value in found.invented):
                asked.setdefault(repr(one), one)
    contexts = different = 0
    witness = None
    for requests in _contexts(list(asked.values())):
        contexts += 1
        was, is_ = (decide_setting(setting, requests).value for setting in (old, new))
        if was != is_ or type(was) is not type(is_):
            different += 1
            if witness is None:
                witness = SettingWitness({one.level: one.asked for one in requests}, was, is_)
    return SettingChange(new.address, "changed", fields, contexts, different, exhaustive, witness)


def _contexts(asked: list[Any]) -> Iterator[list[Request]]:
    """Silence, each level alone, every two together.

    Enough to see any difference in what a level may choose: what one declaration admits and the
    other refuses shows against the suggestion of another level.
    """
    yield []
    for level in LEVELS:
        yield from ([Request(level, one)] for one in asked)
    for high, low in combinations(LEVELS, 2):
        yield from ([Request(high, one), Request(low, two)] for one, two in product(asked, asked))


def _levels(old: Spec, new: Spec) -> Iterator[LevelChange]:
    before = {section.id: section for section in old.walk()}
    for section in new.walk():
        names = (section.id, *section.old_ids)
        was = next((before[name] for name in names if name in before), None)
        if was is not None and was.authority is not section.authority:
            yield LevelChange(section.id, was.authority, section.authority, _flips(was, section))


def _flips(old: Section, new: Section) -> tuple[Flip, ...]:
    found = []
    for voice in _VOICES:
        was, is_ = (_fate(section.authority, voice) for section in (old, new))
        if was is not is_:
            found.append(Flip(voice, was, is_))
    return tuple(found)


def _fate(level: Authority | None, voice: Authority) -> Fate:
    """What becomes of a voice that would lift what a section of a level protects."""
    held = Instruction(
        id="section", level=level or Authority.NONE, origin=Origin("section", "it"), key="it",
        allowed=one_of("kept"),
    )  # fmt: skip
    implied = voice is Authority.GUIDELINE
    against = Instruction(
        id="voice", level=Authority.USER if implied else voice, origin=Origin("message", "0", 0),
        key="it", allowed=one_of("lifted"), mode="implicit" if implied else "explicit",
    )  # fmt: skip
    fate = resolve(Candidates(instructions=(held, against))).rows[1].fate
    assert fate is not None  # there is nothing unknown about it
    return fate
