"""The figures of a diff's summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from adhere.evolve.diff_model import Counts, SectionChange


def count(sections: Sequence[SectionChange]) -> Counts:
    """Count what a diff tells."""
    kept = [section for section in sections if section.presence == "kept"]
    blocks = [block for section in sections for block in section.blocks]
    examples = [example for section in sections for example in section.examples]
    settings = [setting for section in sections for setting in section.settings]
    arrived = [e for e in examples if e.presence == "added" and e.other_section is not None]
    depths = Counter(section.change for section in kept)
    shifts = Counter(
        f"{field.old or 'unset'} -> {field.new or 'unset'}"
        for section in kept
        for field in section.fields
        if field.name == "authority"
    )
    return Counts(
        sections_added=sum(section.presence == "added" for section in sections),
        sections_removed=sum(section.presence == "removed" for section in sections),
        sections_renamed=sum(section.rename is not None for section in kept),
        sections_moved=sum(section.move is not None for section in kept),
        sections_retitled=sum(
            field.name == "title" for section in kept for field in section.fields
        ),
        changed_in_substance=depths["substance"],
        changed_in_notation=depths["notation"],
        changed_in_white_space=depths["white_space"],
        prose_blocks=sum(not block.commentary for block in blocks),
        commentary_boxes=sum(block.commentary for block in blocks),
        authority_changed=dict(sorted(shifts.items())),
        examples_added=sum(e.presence == "added" and e.other_section is None for e in examples),
        examples_removed=sum(e.presence == "removed" and e.other_section is None for e in examples),
        examples_changed=sum(
            e.old is not None and e.new is not None and (e.retitled or bool(e.lines))
            for e in examples
        ),
        examples_moved=len(arrived),
        verdicts_changed=sum(
            field.name == "verdict"
            for example in examples
            for line in example.lines
            for field in line.fields
        ),
        settings_added=sum(setting.presence == "added" for setting in settings),
        settings_removed=sum(setting.presence == "removed" for setting in settings),
        settings_changed=sum(setting.presence == "kept" for setting in settings),
    )
