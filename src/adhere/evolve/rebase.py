"""A tailoring carried over to a new release of its base, with conflicts shown like a merge.

Each change is looked at by what became of its section or setting in the new base:

- as it was: the change is carried over as it stands;
- under another id: the id is rewritten;
- changed: a replaced text is merged from three sides; a conflict stands between marks in the file;
- gone: there is nothing left to change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec

from adhere.compiler import write_spec
from adhere.evolve.diff import diff_specs
from adhere.evolve.diff_model import SectionChange
from adhere.evolve.tailoring import Change, Tailoring
from adhere.spec import Section, Spec

Merge: TypeAlias = Callable[[str, str, str], tuple[str, bool]]
"""Merges ours, base and theirs; the second value says whether conflicts are left in the text."""

State: TypeAlias = Literal["clean", "adapted", "merged", "dropped", "conflict"]


class Carried(msgspec.Struct, frozen=True):
    """What became of one change.

    Attributes:
        number: Which, from 1.
        change: What it wants, in words.
        state: ``clean``: as it was; ``adapted``: under another id; ``merged``: with what the base
            changed; ``dropped``: the base has done it, or there is nothing left to change;
            ``conflict``: a person has to look.
        note: What happened, for people; empty where nothing did.
    """

    number: int
    change: str
    state: State
    note: str = ""


class Rebased(msgspec.Struct, frozen=True):
    """A tailoring on a new base.

    Attributes:
        tailoring: With the new base's digest, and without what was dropped.
        texts: The files it names, merged where the base changed.
        carried: One for each change.
    """

    tailoring: Tailoring
    texts: dict[str, str]
    carried: tuple[Carried, ...]

    @property
    def conflicts(self) -> tuple[Carried, ...]:
        """What a person has to look at."""
        return tuple(one for one in self.carried if one.state == "conflict")


def rebase(
    old: Spec,
    new: Spec,
    tailoring: Tailoring,
    texts: Mapping[str, str],
    merge: Merge,
    *,
    extends: str,
) -> Rebased:
    """Carry a tailoring over.

    Args:
        old: The base it was made for.
        new: The base it is carried to.
        tailoring: The changes.
        texts: The files they name.
        merge: Merges three texts.
        extends: What names the new base.
    """
    mover = _Mover(old, new, texts, merge)
    kept, carried = [], []
    for number, change in enumerate(tailoring.change, start=1):
        moved, state, note = mover.move(change)
        carried.append(Carried(number, str(change), state, note))
        if state != "dropped":
            kept.append(moved)
    rebased = msgspec.structs.replace(
        tailoring, extends=extends, digest=new.spec_digest, change=tuple(kept)
    )
    return Rebased(rebased, {**texts, **mover.merged}, tuple(carried))


class _Mover:
    """Knows what became of each section."""

    def __init__(self, old: Spec, new: Spec, texts: Mapping[str, str], merge: Merge) -> None:
        self._old, self._new, self._texts, self._merge = old, new, texts, merge
        self._sources = write_spec(old), write_spec(new)
        self._by_old_id: dict[str, SectionChange] = {}
        for change in diff_specs(old, new).sections:
            if change.presence != "added":
                self._by_old_id[change.rename.old_id if change.rename else change.id] = change
        self.merged: dict[str, str] = {}

    def move(self, change: Change) -> tuple[Change, State, str]:
        """Return a change for the new base, and what happened to it."""
        if not change.target:
            return change, "clean", ""
        try:
            section = self._old.section(change.section)
        except KeyError:
            return change, "conflict", f"the old base had no section {change.section}"
        touched = self._by_old_id.get(section.id)
        if touched is None:
            return change, "clean", ""
        if touched.presence == "removed":
            return self._gone(change, section)
        renamed = change if touched.id == section.id else _renamed(change, touched.id)
        note = f"{section.id} is now {touched.id}" if renamed is not change else ""
        state: State = "adapted" if note else "clean"
        if touched.change in ("same", "white_space", "notation"):
            return renamed, state, note
        return self._changed(renamed, section, touched, state, note)

    def _gone(self, change: Change, section: Section) -> tuple[Change, State, str]:
        if change.kind == "remove":
            return change, "dropped", f"the new base has no {section.id} any more"
        if change.kind == "add":
            note = f"{section.id}, which it came after, is gone: say where it belongs"
        else:
            note = f"{section.id} is gone: there is nothing left to change"
        return change, "conflict", note

    def _changed(
        self, change: Change, section: Section, touched: SectionChange, state: State, note: str
    ) -> tuple[Change, State, str]:
        notes = [note] if note else []
        match change.kind:
            case "remove":
                notes.append(
                    f"the new base says something else in {touched.id}: still take it out?"
                )
                return change, "conflict", "; ".join(notes)
            case "replace":
                now = self._new.section(touched.id)
                base, theirs = self._text(section, 0), self._text(now, 1)
                ours = self._texts[change.text or ""]
                if change.replace != section.id:
                    ours = ours.replace(f"#{section.id}", f"#{change.replace}", 1)
                merged, conflicts = self._merge(ours, base, theirs)
                self.merged[change.text or ""] = merged
                if conflicts:
                    notes.append(f"both changed {touched.id}: see {change.text}")
                    return change, "conflict", "; ".join(notes)
                notes.append(f"what the base changed in {touched.id} is in {change.text} now")
                return change, "merged", "; ".join(notes)
            case "authority" if any(field.name == "authority" for field in touched.fields):
                level = self._new.section(touched.id).authority
                if str(level) == change.to:
                    return change, "dropped", f"{touched.id} is of level {level} in the new base"
                notes.append(f"{touched.id} is of level {level} now")
                return change, "conflict", "; ".join(notes)
            case "default" | "bounds" if any(
                one.id == change.target.rpartition(".")[2] for one in touched.settings
            ):
                notes.append(f"the new base declares {change.target} otherwise")
                return change, "conflict", "; ".join(notes)
            case _:
                return change, state, "; ".join(notes)

    def _text(self, section: Section, side: int) -> str:
        """Return a section without its subsections, as written."""
        end = min((child.span.start for child in section.children), default=section.span.end)
        return self._sources[side][section.span.start : end].decode().strip("\n") + "\n"


def _renamed(change: Change, section: str) -> Change:
    kind = change.kind
    if kind == "add":
        return msgspec.structs.replace(change, after=section)
    target = section
    if kind in ("default", "bounds"):
        target = f"{section}.{change.target.rpartition('.')[2]}"
    return msgspec.structs.replace(change, **{kind: target})
