"""How much a spec prescribes: its prose by level of authority, and its words of must and may.

Counted is the prose of sections: paragraphs, lists, quotations and tables, without headings, boxes,
examples, settings, code, comments, addresses of links and names of prompt files. A section counts
for its own level; what stands in a section without one counts for none.

- *Prohibitions*: must, should, may, shall or can with not or never (contracted or in one word as
  well), do or does not, and any other never.
- *Requirements*: must, should and shall that are no prohibition.
- *Permissions*: may and can that are none; the month of May has a capital.

Each word counts once. It is a count of words, not of rules: "can" also says what is possible, and
a rule can be written without any of these words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

import msgspec

from adhere.spec import Authority, Section, Spec
from adhere.spec.section import BlockKind

_PROSE: Final[frozenset[BlockKind]] = frozenset({"paragraph", "list", "quote", "table"})
_NO_WORDS: Final = re.compile(
    r"<!--.*?(?:-->|\Z) | \[\^[^\]\s]*\] | (?<=\])\([^()\s]*\) | `[^`\n]*`", re.DOTALL | re.VERBOSE
)
_MODAL: Final = re.compile(
    r"""
      (?P<prohibition>
          \b(?: must | should | shall | may | can | do | does ) \s+ (?: not | never ) \b
        | \b(?: cannot | (?: must | should | ca | do | does )n['’]t | never ) \b )
    | (?P<requirement> \b(?: must | should | shall ) \b )
    | (?P<permission> \b(?: (?-i:may) | can ) \b )
    """,
    re.VERBOSE | re.IGNORECASE,
)


class LevelOfText(msgspec.Struct, frozen=True):
    """The prose of one level.

    Attributes:
        level: ``none`` for what stands in sections without one.
        sections: How many sections of this level have prose.
        characters: Of their prose.
        words: Of their prose.
        prohibitions, requirements, permissions: As the module counts them.
    """

    level: Authority
    sections: int
    characters: int
    words: int
    prohibitions: int
    requirements: int
    permissions: int


def prose(section: Section) -> str:
    """Return the words of a section that are counted."""
    text = "\n\n".join(block.text for block in section.blocks if block.kind in _PROSE)
    return _NO_WORDS.sub("", text)


def text_by_level(spec: Spec) -> tuple[LevelOfText, ...]:
    """Count the prose of every level that has any, the highest first.

    >>> from adhere.compiler import compile_spec
    >>> source = b"# A {#a authority=user}\\n\\nIt may ask, but must not insist.\\n"
    >>> [(one.level.value, one.words, one.prohibitions, one.permissions)
    ...  for one in text_by_level(compile_spec(source).require())]
    [('user', 7, 1, 1)]
    """
    counts: defaultdict[Authority, list[int]] = defaultdict(lambda: [0] * 6)
    for section in spec.walk():
        text = prose(section)
        if not text.strip():
            continue
        found = [match.lastgroup for match in _MODAL.finditer(text)]
        add = [
            1, len(text), len(text.split()), found.count("prohibition"),
            found.count("requirement"), found.count("permission"),
        ]  # fmt: skip
        level = section.authority or Authority.NONE
        counts[level] = [old + new for old, new in zip(counts[level], add, strict=True)]
    return tuple(LevelOfText(level, *counts[level]) for level in Authority if level in counts)
