"""What a document means, as plain data: the part that the spec digest covers.

Left out are positions, the name of the file, and white space that a reader does not see. In prose
a run of it counts as one space. Inside a list, a quote or a box a line that begins an item, a row,
a fence or a paragraph stays a line with its indentation, since that is what nests it. In examples
and in code every character counts: a model would be sent it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from adhere.spec import Example, Section, Setting, Spec
from adhere.spec.digest import digest_parts, encode_plain


def spec_digest(spec: Spec) -> str:
    """Return the digest of the meaning of ``spec`` (whatever its own field says)."""
    return digest_parts(_canonical(spec))


def _canonical(spec: Spec) -> Iterator[bytes]:
    """Yield the canonical JSON of `meaning` chapter by chapter, so that it is never held whole."""
    yield b'{"metadata":' + encode_plain(spec.metadata)
    yield b',"preamble":' + encode_plain([_fold(block.text) for block in spec.preamble])
    yield b',"sections":['
    for number, section in enumerate(spec.sections):
        yield (b"," if number else b"") + encode_plain(section_meaning(section))
    yield b"]}"


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
            [block.kind, _BODY.get(block.kind, _fold)(block.text)]
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


_SPACE = re.compile(r"[ \t\r\n\v\f]+")
_RARE = re.compile(r"[\r\v\f]")
_STRUCTURE = re.compile(r"(?:[-+*>|#=]|\d{1,9}[.)]|!!!|~~~|```|<)")
_FENCE = re.compile(r"[ >]*(~{3,}|`{3,})")


def _fold(text: str) -> str:
    text = text.strip(" \t\r\n\v\f")
    # Most text has nothing to fold, and looking is quicker than replacing.
    if "\n" in text or "  " in text or "\t" in text or _RARE.search(text):
        return _SPACE.sub(" ", text)
    return text


def _exact(text: str) -> str:
    return text.replace("\r\n", "\n")


def _rows(text: str) -> str:
    return "\n".join(_fold(line) for line in text.split("\n"))


def _nested(text: str) -> str:
    """Fold the lines of a block that has blocks inside it, and keep what nests them."""
    out: list[str] = []
    fence, new = "", True
    for line in _exact(text).split("\n"):
        mark = _FENCE.match(line)
        if fence:
            out += "\n", line
            if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence, new = "", True
            continue
        words = _fold(line)
        if not words:
            new = True
        elif new or mark or _STRUCTURE.match(words):
            indent = line.expandtabs(4)
            out += "\n", " " * (len(indent) - len(indent.lstrip())), words
            fence, new = mark[1] if mark else "", False
        else:
            out += " ", words
    return "".join(out[1:])


_BODY = {
    "code": _exact, "html": _rows, "table": _rows,
    "list": _nested, "quote": _nested, "box": _nested, "footnote": _nested,
}  # fmt: skip
