"""What a document means, as plain data: the part that the spec digest covers.

Left out are positions, the name of the file, and white space that a reader does not see: runs of
it in prose count as one space. In examples every character counts, since a model would be sent it.
"""

from __future__ import annotations

from typing import Any

from adhere.spec import Example, Section, Setting, Spec, digest_plain


def spec_digest(spec: Spec) -> str:
    """Return the digest of the meaning of ``spec`` (whatever its own field says)."""
    return digest_plain(meaning(spec))


def meaning(spec: Spec) -> dict[str, Any]:
    """Return the meaning of a document as JSON-like data."""
    return {
        "metadata": spec.metadata,
        "preamble": [_fold(block.text) for block in spec.preamble],
        "sections": [section_meaning(section) for section in spec.sections],
    }


def section_meaning(section: Section) -> dict[str, Any]:
    """Return the meaning of a section with its subsections."""
    return {
        "id": section.id,
        "old_ids": section.old_ids,
        "title": _fold(section.title),
        "depth": section.depth,
        "authority": section.authority,
        "tags": sorted(section.tags),
        "owner": section.owner,
        "body": [
            [block.kind, block.text if block.kind == "code" else _fold(block.text)]
            for block in section.blocks
            if block.kind not in ("example", "setting")
        ],
        "settings": [setting_meaning(setting) for setting in section.settings],
        "examples": [example_meaning(example) for example in section.examples],
        "children": [section_meaning(child) for child in section.children],
    }


def setting_meaning(setting: Setting) -> dict[str, Any]:
    """Return the meaning of a setting: every field but its place."""
    fields = (
        "id",
        "type",
        "default",
        "allowed",
        "changeable_by",
        "bounds",
        "summary",
    )
    return {name: getattr(setting, name) for name in fields}


def example_meaning(example: Example) -> dict[str, Any]:
    """Return the meaning of an example: what is said, by whom, and how it is labelled."""
    return {
        "title": _fold(example.title),
        "turns": [_turn(turn) for turn in example.turns],
        "answers": [
            {
                "turn": _turn(answer.turn), "after": answer.after,
                "comparison": answer.comparison, "verdict": answer.verdict,
                "reason": _fold(answer.reason), "condition": _fold(answer.condition),
                "sections": answer.sections,
            }
            for answer in example.answers
        ],
    }  # fmt: skip


def _turn(turn: Any) -> dict[str, Any]:
    return {
        "role": turn.role, "recipient": turn.recipient, "name": turn.name,
        "comment": turn.comment, "end_turn": turn.end_turn,
        "parts": [[part.kind, part.text] for part in turn.parts],
    }  # fmt: skip


def _fold(text: str) -> str:
    return " ".join(text.split())
