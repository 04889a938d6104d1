"""Labelled examples compared: which is which, and what changed in the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from adhere.compiler.meaning import example_meaning
from adhere.evolve.diff_blocks import Item, align_items
from adhere.evolve.diff_fields import compare_fields
from adhere.evolve.diff_match import by_occurrence, displaced, pair_texts
from adhere.evolve.diff_model import Edit, ExampleChange, LineChange, PartChange, Run
from adhere.evolve.diff_words import Effort, mark, whole
from adhere.spec import Answer, Example, Section, Turn

ALIKE: Final = 0.5
"""Two examples under different titles are taken for one from this similarity on."""


class Examples(NamedTuple):
    """All changes of examples.

    Attributes:
        new: By the number of a section of the new document: its own in order, then those that its
            counterpart in the old document had and it has not.
        old: By the number of a section of the old document that has no counterpart.
        searched: Whether every example without a counterpart was compared with every other.
    """

    new: dict[int, tuple[ExampleChange, ...]]
    old: dict[int, tuple[ExampleChange, ...]]
    searched: bool


def compare_examples(
    old: Sequence[Section],
    new: Sequence[Section],
    sections: Sequence[tuple[int, int]],
    effort: Effort,
) -> Examples:
    """Compare the examples of two documents.

    Args:
        old: The sections of the old document.
        new: The sections of the new document.
        sections: Which of them are counterparts, by number.
        effort: What may be spent.
    """
    origin, searched = _origins(old, new, sections, effort)
    went = {before: after for after, before in origin.items()}
    row_of = {column: row for row, column in sections}
    kept = {row for row, _ in sections}
    changes_new, changes_old = {}, {}
    for column, section in enumerate(new):
        row = row_of.get(column)
        changes = _arrivals(section, column, row, old, origin, effort)
        if row is not None:
            changes += _departures(old[row], row, column, new, went)
        changes_new[column] = tuple(changes)
    for row, section in enumerate(old):
        if row not in kept:
            changes_old[row] = tuple(_departures(section, row, None, new, went))
    return Examples(changes_new, changes_old, searched)


Place = tuple[int, int]  # the number of a section, and of an example in it


def _origins(
    old: Sequence[Section],
    new: Sequence[Section],
    sections: Sequence[tuple[int, int]],
    effort: Effort,
) -> tuple[dict[Place, Place], bool]:
    """Return where each example of the new document was in the old: same section first."""
    origin: dict[Place, Place] = {}
    searched = True
    for row, column in sections:
        keys = (_meaning, _body, _slug)
        found, all_seen = _pair(old[row].examples, new[column].examples, keys, effort)
        origin |= {(column, after): (row, before) for before, after in found}
        searched &= all_seen
    taken = set(origin.values())
    left_old = [place for place in _places(old) if place not in taken]
    left_new = [place for place in _places(new) if place not in origin]
    found, all_seen = _pair(
        [old[section].examples[at] for section, at in left_old],
        [new[section].examples[at] for section, at in left_new],
        (_meaning, _body),
        effort,
    )
    origin |= {left_new[after]: left_old[before] for before, after in found}
    return origin, searched and all_seen


def _places(sections: Sequence[Section]) -> list[Place]:
    return [
        (number, at)
        for number, section in enumerate(sections)
        for at in range(len(section.examples))
    ]


def _pair(
    old: Sequence[Example],
    new: Sequence[Example],
    keys: Sequence[Callable[[Example], str]],
    effort: Effort,
) -> tuple[list[tuple[int, int]], bool]:
    """Pair examples by each key in turn, then by how alike their words are."""
    rows, columns = list(range(len(old))), list(range(len(new)))
    pairs: list[tuple[int, int]] = []

    def take(found: Sequence[tuple[int, int]]) -> None:
        nonlocal rows, columns
        pairs.extend((rows[row], columns[column]) for row, column in found)
        before, after = {row for row, _ in pairs}, {column for _, column in pairs}
        rows = [row for row in rows if row not in before]
        columns = [column for column in columns if column not in after]

    for key in keys:
        if rows and columns:
            take(by_occurrence([key(old[row]) for row in rows], [key(new[c]) for c in columns]))
    found, searched = pair_texts(
        [_words(old[row]) for row in rows], [_words(new[c]) for c in columns], ALIKE, effort
    )
    take(found)
    return pairs, searched


def _meaning(example: Example) -> str:
    return msgspec.json.encode(example_meaning(example)).decode()


def _body(example: Example) -> str:
    return msgspec.json.encode({**example_meaning(example), "title": ""}).decode()


def _slug(example: Example) -> str:
    return example.id.rpartition("/")[2]


def _words(example: Example) -> str:
    turns = [*example.turns, *(answer.turn for answer in example.answers)]
    return " ".join([example.title, *(turn.text for turn in turns)])


def _arrivals(
    section: Section,
    column: int,
    row: int | None,
    old: Sequence[Section],
    origin: dict[Place, Place],
    effort: Effort,
) -> list[ExampleChange]:
    """The examples that the section has now."""
    stayed = [
        (place[1], at)
        for at in range(len(section.examples))
        if (place := origin.get((column, at))) and place[0] == row
    ]
    moved = displaced(stayed)
    changes = []
    for at, example in enumerate(section.examples):
        place = origin.get((column, at))
        if place is None:
            title, lines = whole("insert", example.title), _one_sided(example, "added")
            changes.append(ExampleChange("added", example.id, title, lines, new=example.span))
            continue
        before = old[place[0]].examples[place[1]]
        change = ExampleChange(
            "kept" if place[0] == row else "added",
            example.id,
            _title(before, example, effort),
            compare_lines(before, example, effort),
            old_id=before.id if before.id != example.id else None,
            reordered=at in moved,
            other_section=None if place[0] == row else old[place[0]].id,
            old=before.span,
            new=example.span,
        )
        if change.lines or change.reordered or change.other_section or change.retitled:
            changes.append(change)
    return changes


def _departures(
    section: Section,
    row: int,
    counterpart: int | None,
    new: Sequence[Section],
    went: dict[Place, Place],
) -> list[ExampleChange]:
    """The examples that the old section had and its counterpart has not."""
    changes = []
    for at, example in enumerate(section.examples):
        place = went.get((row, at))
        if place is not None and place[0] == counterpart:
            continue
        lines = _one_sided(example, "removed") if place is None else ()
        other = new[place[0]].id if place is not None else None
        title = whole("delete", example.title)
        changes.append(
            ExampleChange(
                "removed", example.id, title, lines, other_section=other, old=example.span
            )
        )
    return changes


def _title(old: Example, new: Example, effort: Effort) -> tuple[Run, ...]:
    return mark(example_meaning(old)["title"], example_meaning(new)["title"], effort).runs


class _Line(NamedTuple):
    """A turn, or an answer with its label."""

    turn: Turn
    answer: Answer | None
    meaning: dict[str, Any]


def compare_lines(old: Example, new: Example, effort: Effort) -> tuple[LineChange, ...]:
    """Return the conversation with its changes marked, or nothing where there are none."""
    if _body(old) == _body(new):
        return ()
    shifted = len(old.turns) != len(new.turns) or len(old.answers) != len(new.answers)
    lines = []
    for step in align_items(_items(old), _items(new), effort):
        before, after = step.old, step.new
        if before is not None and after is not None:
            lines.append(_changed(before.value, after.value, shifted, effort))
        elif after is not None:
            lines.append(_alone(after.value, "added", step.coarse))
        else:
            assert before is not None
            lines.append(_alone(before.value, "removed", step.coarse))
    return tuple(lines)


def _one_sided(example: Example, edit: Edit) -> tuple[LineChange, ...]:
    return tuple(_alone(line, edit, False) for line in _lines(example))


def _lines(example: Example) -> list[_Line]:
    """Turns and answers, each answer where it stands in the conversation."""
    meaning = example_meaning(example)
    turns = [
        _Line(turn, None, fields)
        for turn, fields in zip(example.turns, meaning["turns"], strict=True)
    ]
    answers = [
        _Line(answer.turn, answer, {**fields, **fields["turn"]})
        for answer, fields in zip(example.answers, meaning["answers"], strict=True)
    ]
    lines: list[_Line] = []
    shown = 0
    for line in answers:
        assert line.answer is not None
        lines += turns[shown : line.answer.after]
        shown = max(shown, line.answer.after)
        lines.append(line)
    return lines + turns[shown:]


def _items(example: Example) -> list[Item[_Line]]:
    """Lines by their words: an answer whose label alone changed is the same answer."""
    return [
        Item(
            line,
            msgspec.json.encode([line.answer is not None, line.turn.role, line.meaning["parts"]])
            .decode(),
            f"{line.answer is not None} {line.turn.role}",
            " ".join(part.text for part in line.turn.parts),
        )
        for line in _lines(example)
    ]  # fmt: skip


def _alone(line: _Line, edit: Edit, coarse: bool) -> LineChange:
    op = "insert" if edit == "added" else "delete"
    parts = tuple(PartChange(part.kind, whole(op, part.text)) for part in line.turn.parts)
    label = whole(op, _label(line))
    return LineChange(edit, line.answer is not None, line.turn.role, parts, label, coarse=coarse)


def _changed(old: _Line, new: _Line, shifted: bool, effort: Effort) -> LineChange:
    """Two versions of a line; ``shifted`` where the numbers of comparisons tell nothing."""
    aside = {"turn", "parts", "after"} | ({"comparison"} if shifted else set())
    fields = compare_fields(
        {name: value for name, value in old.meaning.items() if name not in aside},
        {name: value for name, value in new.meaning.items() if name not in aside},
    )
    parts: list[PartChange] = []
    coarse = False
    if [part.kind for part in old.turn.parts] == [part.kind for part in new.turn.parts]:
        for before, after in zip(old.turn.parts, new.turn.parts, strict=True):
            marked = mark(before.text, after.text, effort, exact=True)
            parts.append(PartChange(after.kind, marked.runs))
            coarse |= marked.coarse
    else:
        parts += [PartChange(part.kind, whole("delete", part.text)) for part in old.turn.parts]
        parts += [PartChange(part.kind, whole("insert", part.text)) for part in new.turn.parts]
    label = mark(_label(old), _label(new), effort)
    changed = fields or old.meaning["parts"] != new.meaning["parts"]
    return LineChange(
        "changed" if changed else None,
        new.answer is not None,
        new.turn.role,
        tuple(parts),
        label.runs,
        fields,
        coarse or label.coarse,
    )


def _label(line: _Line) -> str:
    """The label in words: verdict, sections cited, condition, reason."""
    if line.answer is None:
        return ""
    label = str(line.meaning["verdict"] or "")
    if line.meaning["sections"]:
        label += f" [{', '.join(line.meaning['sections'])}]"
    if line.meaning["condition"]:
        label += f", {line.meaning['condition']}"
    reason = line.meaning["reason"]
    return f"{label}: {reason}" if reason else label
