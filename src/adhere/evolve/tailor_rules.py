"""What a tailored spec may differ in from its base.

The difference by meaning is held against the level whose wishes it follows, whatever the changes
said they would do: a file of additions that smuggles in a section of level root is found here, and
so is a replaced section that swallows its neighbour.

1. Sections of a level above are as they were: text, examples, heading, place.
2. Other sections may be changed or taken out, and added; none gets a level above.
3. No section gets an id that another one has: what is held to the rules is found by its id.
4. Of a setting its default may be another that the level may choose, and bounds of levels below
   may be narrower. Who may change it and what is allowed stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from adhere.evolve.diff_model import SectionChange, SettingChange, SpecDiff
from adhere.spec import Authority, Domain, Section, Setting, Spec

_LABELS = {"title": "title", "tags": "tags", "owner": "owner", "oldids": "old ids"}


def violations(base: Spec, tailored: Spec, diff: SpecDiff, level: Authority) -> Iterator[str]:
    """Yield what ``tailored`` may not differ in from ``base``, in words."""
    many = Counter(section.id for section in tailored.walk())
    for name in many - (Counter(section.id for section in base.walk()) | Counter(set(many))):
        yield f"there would be two sections with the id {name}"
    before = {section.id: section for section in base.walk()}
    for change in diff.sections:
        old = before.get(change.rename.old_id if change.rename else change.id)
        if change.presence == "added" or old is None:
            yield from _added(change, tailored, level)
        elif change.presence == "removed":
            highest = base.effective_authority(old.id)
            if highest.outranks(level):
                yield f"{old.id} is of level {highest}: {level} cannot take it out"
        else:
            yield from _kept(change, old, tailored.section(change.id), base, level)
    if diff.head.blocks:
        yield "what stands before the first heading belongs to the base"


def _added(change: SectionChange, tailored: Spec, level: Authority) -> Iterator[str]:
    added = tailored.section(change.id)
    own = added.authority
    if own is not None and own.outranks(level):
        yield f"{change.id} would be of level {own}: {level} cannot speak with that authority"
    for setting in added.settings:
        for one in setting.changeable_by:
            if one.outranks(level):
                yield f"{setting.address}: {level} cannot make it changeable by {one}"


def _kept(
    change: SectionChange, old: Section, new: Section, base: Spec, level: Authority
) -> Iterator[str]:
    highest = base.effective_authority(old.id)
    if (
        new.authority is not None
        and new.authority.outranks(level)
        and new.authority != old.authority
    ):
        yield f"{old.id} would be of level {new.authority}, which {level} cannot speak with"
    elif highest.outranks(level):
        for what in _touched(change):
            yield f"{old.id} is of level {highest}: {level} cannot change its {what}"
    settings = {setting.id: setting for setting in old.settings}
    for touched in change.settings:
        known = settings.get(touched.id)
        if known is not None:
            now = next((one for one in new.settings if one.id == touched.id), None)
            yield from _setting(touched, known, now, level)
        elif highest.outranks(level):
            yield f"{old.id} is of level {highest}: {level} cannot add a setting to it"


def _touched(change: SectionChange) -> Iterator[str]:
    for field in change.fields:
        yield _LABELS.get(field.name, field.name)
    if any(not block.commentary for block in change.blocks):
        yield "text"
    if any(block.commentary for block in change.blocks):
        yield "commentary"
    if change.examples:
        yield "examples"
    if change.rename:
        yield "id"
    if change.move and "order" not in change.move.why:
        yield "place"


def _setting(
    touched: SettingChange, old: Setting, new: Setting | None, level: Authority
) -> Iterator[str]:
    if new is None:
        yield f"{old.address} belongs to the base: {level} cannot take it out"
        return
    for field in touched.fields:
        if field.name == "default":
            if not old.admits(new.default, level):
                yield f"{old.address}: {level} may not choose {field.new!r}"
        elif field.name == "bounds":
            yield from _bounds(old, new, level)
        else:
            yield f"{old.address}: its {field.name} belongs to the base"


def _bounds(old: Setting, new: Setting, level: Authority) -> Iterator[str]:
    for one in {**old.bounds, **new.bounds}:
        was, now = old.bounds.get(one, old.allowed), new.bounds.get(one, new.allowed)
        if was == now:
            continue
        if not level.outranks(one):
            yield f"{old.address}: what {one} may choose is not for {level} to say"
        elif not _within(now, was):
            yield f"{old.address}: the base lets {one} choose less than that"


def _within(inner: Domain, outer: Domain) -> bool:
    """Whether every value of ``inner`` is one of ``outer``, as far as it is plain to see."""
    if inner.values is not None and outer.values is not None:
        return set(inner.values) <= set(outer.values)
    if inner.pattern != outer.pattern and outer.pattern is not None:
        return False
    for small, large in ((inner.max, outer.max), (inner.max_length, outer.max_length)):
        if large is not None and (small is None or small > large):
            return False
    return outer.min is None or (inner.min is not None and inner.min >= outer.min)
