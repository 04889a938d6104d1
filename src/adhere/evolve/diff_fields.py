"""Fields compared: of the document, of a section, of its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from adhere.compiler.meaning import section_meaning, setting_meaning
from adhere.evolve.diff_match import by_occurrence, displaced
from adhere.evolve.diff_model import FieldChange, Rename, SettingChange
from adhere.spec import Section, Setting


def compare_fields(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> tuple[FieldChange, ...]:
    """Return the fields that differ, as plain data; a missing side has None everywhere."""
    before, after = msgspec.to_builtins((old or {}, new or {}))
    return tuple(
        FieldChange(name, before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
        or type(before.get(name)) is not type(after.get(name))
    )


def section_fields(
    old: Section | None, new: Section | None, rename: Rename | None
) -> tuple[FieldChange, ...]:
    """Return what changed in a heading, but an old id that only records the rename."""
    changes = compare_fields(_heading(old), _heading(new))
    if rename and rename.declared and old and new:
        recorded = set(old.old_ids) ^ set(new.old_ids)
        if recorded <= {old.id, new.id}:
            changes = tuple(change for change in changes if change.name != "oldids")
    return changes


def _heading(section: Section | None) -> dict[str, Any]:
    if section is None:
        return {}
    own = section_meaning(replace(section, blocks=(), examples=(), settings=(), children=()))
    own["oldids"] = own["old_ids"]  # as the heading spells it
    fields = ("title", "authority", "tags", "owner", "oldids")
    return {name: own[name] for name in fields if own[name]}


def compare_settings(old: Sequence[Setting], new: Sequence[Setting]) -> tuple[SettingChange, ...]:
    """Return what changed among the settings of a section: the new order, then removed ones."""
    pairs = by_occurrence([setting.id for setting in old], [setting.id for setting in new])
    moved = displaced(pairs)
    before = {column: row for row, column in pairs}
    changes = []
    for column, setting in enumerate(new):
        row = before.get(column)
        if row is None:
            fields = compare_fields(None, setting_meaning(setting))
            changes.append(SettingChange("added", setting.id, fields, new=setting.span))
            continue
        fields = compare_fields(setting_meaning(old[row]), setting_meaning(setting))
        if fields or column in moved:
            changes.append(
                SettingChange(
                    "kept", setting.id, fields, column in moved, old[row].span, setting.span
                )
            )
    kept = {row for row, _ in pairs}
    for row, setting in enumerate(old):
        if row not in kept:
            fields = compare_fields(setting_meaning(setting), None)
            changes.append(SettingChange("removed", setting.id, fields, old=setting.span))
    return tuple(changes)
