"""A diff in a few words: the rows of its summary, and what happened to one section."""

from __future__ import annotations

from typing import Final

from adhere.evolve.diff_model import ExampleChange, FieldChange, SectionChange, SpecDiff

LABEL: Final = ("verdict", "reason", "condition", "sections")
"""Fields of an answer that its label tells already, words marked."""


def summary(diff: SpecDiff) -> list[tuple[str, str]]:
    """Return the rows of the summary that have something to say: what, and how much of it."""
    counts = diff.counts
    inferred = sum(bool(s.rename and not s.rename.declared) for s in diff.sections)
    renamed = f"renamed ({inferred} inferred)" if inferred else "renamed"
    rows = [
        (
            "Sections",
            _list(
                (counts.sections_added, "added"),
                (counts.sections_removed, "removed"),
                (counts.changed_in_substance, "changed in substance"),
                (counts.changed_in_notation, "in notation only"),
                (counts.changed_in_white_space, "in white space only"),
                (counts.sections_renamed, renamed),
                (counts.sections_moved, "moved"),
                (counts.sections_retitled, "retitled"),
            ),
        ),
        (
            "Authority",
            ", ".join(
                f"{number} {shift.replace('->', '→')}"
                for shift, number in counts.authority_changed.items()
            ),
        ),
        (
            "Prose",
            _list(
                (counts.prose_blocks, "blocks of rules"),
                (counts.commentary_boxes, "boxes of commentary"),
            ),
        ),
        (
            "Examples",
            _list(
                (counts.examples_added, "added"),
                (counts.examples_removed, "removed"),
                (counts.examples_changed, "changed"),
                (counts.examples_moved, "moved to another section"),
                (counts.verdicts_changed, "verdicts changed"),
            ),
        ),
        (
            "Settings",
            _list(
                (counts.settings_added, "added"),
                (counts.settings_removed, "removed"),
                (counts.settings_changed, "changed"),
            ),
        ),
        ("Before the first heading", _head(diff)),
    ]
    return [(what, words) for what, words in rows if words]


def verdict(diff: SpecDiff) -> str:
    """Return the diff in one sentence."""
    if diff.changes_meaning:
        return "The meaning changed."
    if diff.is_empty:
        return "There is no difference."
    changes = {diff.head.change, *(section.change for section in diff.sections)}
    what = "notation and white space" if "notation" in changes else "white space"
    return f"The meaning is the same: only {what} differ{'s' if what == 'white space' else ''}."


def happened(section: SectionChange) -> list[str]:
    """Return what happened to a section, in a word or a few each, the weightiest first."""
    if section.presence != "kept":
        return [section.presence]
    words = []
    if section.change != "same":
        words.append({"substance": "changed"}.get(section.change, f"{_depth(section)} only"))
    if section.rename:
        how = "" if section.rename.declared else f", inferred ({section.rename.similarity:.0%})"
        words.append(f"renamed from {section.rename.old_id}{how}")
    if section.move:
        words.append(_moved(section))
    return words


def touched(section: SectionChange) -> list[str]:
    """Return what changed in a section that both documents have, by kind."""
    if section.presence != "kept":
        return []
    kinds = [field.name for field in section.fields]
    if any(not block.commentary for block in section.blocks):
        kinds.append("prose")
    if any(block.commentary for block in section.blocks):
        kinds.append("commentary")
    if section.settings:
        kinds.append("settings")
    if section.examples:
        kinds.append("examples")
    return kinds


def _depth(section: SectionChange) -> str:
    return section.change.replace("_", " ")


def _moved(section: SectionChange) -> str:
    move = section.move
    assert move is not None
    if "parent" in move.why:
        return f"moved from {move.old_parent or 'the top'} to {move.new_parent or 'the top'}"
    if "order" in move.why:
        return "moved among its siblings"
    return "moved to another level"


def example_happened(example: ExampleChange) -> str:
    """Return what happened to an example, in a few words."""
    if example.other_section is not None:
        way = "from" if example.presence == "added" else "to"
        changed = " and changed" if example.lines or example.retitled else ""
        return f"moved {way} {example.other_section}{changed}"
    if example.presence != "kept":
        return example.presence
    parts = []
    if example.lines:
        parts.append("changed")
    if example.retitled:
        parts.append("retitled")
    if example.reordered:
        parts.append("reordered")
    return ", ".join(parts)


def value_words(value: object) -> str:
    """Return a field's value in words; ``unset`` for none."""
    if value is None or value in ([], ""):
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(value_words(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {value_words(item)}" for name, item in value.items())
    return str(value)


def field_words(field: FieldChange) -> str:
    """Return a changed field in words."""
    return f"{field.name}: {value_words(field.old)} → {value_words(field.new)}"


def _list(*figures: tuple[int, str]) -> str:
    return ", ".join(f"{number} {what}" for number, what in figures if number)


def _head(diff: SpecDiff) -> str:
    head = diff.head
    if head.change == "substance":
        words = [field_words(field) for field in head.fields]
        if head.blocks:
            words.append(f"{len(head.blocks)} blocks changed")
        return "; ".join(words)
    return "" if head.change == "same" else f"{head.change.replace('_', ' ')} only"
