"""What happened to each section from version to version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from adhere.evolve import SpecDiff
from adhere.evolve.diff_model import SectionChange
from adhere.evolve.diff_summary import happened, touched
from adhere.spec import Spec


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a section between two versions.

    Attributes:
        old, new: Which versions, by their names in addresses.
        what: What happened, in a few words each.
        kinds: What of it changed: prose, examples and so on.
        anchor: Its place on the page of the difference.
    """

    old: str
    new: str
    what: tuple[str, ...]
    kinds: tuple[str, ...]
    anchor: str


class Gone(msgspec.Struct, frozen=True):
    """An id that the newest version lacks, and what became of it.

    ``now`` is the id of the section that took its place, where there is one; else ``last`` is the
    version that had it last.
    """

    id: str
    title: str
    last: str
    now: str = ""


class History(msgspec.Struct, frozen=True):
    """What is known of the sections of the newest version, newest first, and of ids before."""

    events: Mapping[str, tuple[Event, ...]]
    gone: tuple[Gone, ...]


def history(versions: Sequence[tuple[str, Spec]], diffs: Sequence[SpecDiff]) -> History:
    """Follow the sections of the newest version back through all versions.

    Args:
        versions: Names and specs, oldest first.
        diffs: What changed from each to the next.
    """
    names = [name for name, _ in versions]
    newest = versions[-1][1]
    events: dict[str, list[Event]] = {section.id: [] for section in newest.walk()}
    now = {section.id: section.id for section in newest.walk()}  # id at that time → id of today
    taken = {name: name for s in newest.walk() for name in (s.id, *s.old_ids)}
    gone: dict[str, Gone] = {}
    for number in range(len(diffs) - 1, -1, -1):
        old, new = names[number], names[number + 1]
        before = dict(now)
        for anchor, change in zip(anchors(diffs[number]), diffs[number].sections, strict=True):
            if change.presence == "removed":
                if change.id not in taken:
                    gone.setdefault(change.id, Gone(change.id, change.title, old))
                continue
            today = now.get(change.id)
            if change.rename:
                old_id = change.rename.old_id
                if today is not None:
                    before.pop(change.id, None)
                    before[old_id] = today
                if old_id not in taken:
                    gone.setdefault(old_id, Gone(old_id, change.title, old, today or ""))
            if today is not None and worth_telling(change):
                event = Event(old, new, tuple(happened(change)), tuple(touched(change)), anchor)
                events[today].append(event)
            if change.presence == "added":
                before.pop(change.id, None)
        now = before
    return History({name: tuple(found) for name, found in events.items()}, tuple(gone.values()))


def worth_telling(change: SectionChange) -> bool:
    """Whether more than the way it is written has changed."""
    deep = change.presence != "kept" or change.change == "substance"
    return deep or change.rename is not None or change.move is not None


def anchors(diff: SpecDiff) -> list[str]:
    """Return one name a section to jump to: its id, with a number where two have the same."""
    seen: dict[str, int] = {}
    names = []
    for section in diff.sections:
        number = seen[section.id] = seen.get(section.id, 0) + 1
        names.append(f"s-{section.id}" if number == 1 else f"s-{section.id}~{number}")
    return names
