"""Words that take back what a rule says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import Authority, Block

# A hedge counts where it weakens an obligation: beside its verb ("should generally"), as a
# condition that leaves the decision open ("where appropriate"), or as an effort in place of a
# result ("should try to"). The same word elsewhere describes the world ("is generally public").
_VAGUE = re.compile(
    rb"""\b(?:
      (?P<hedge>
          (?:must|shall|should)\s+(?:not\s+)?(?:generally|typically|usually|normally)
        | (?:generally|typically|usually|normally)\s+(?:must|shall|should)
        | (?:may|might)\s+want\s+to
      )
    | (?P<condition>
          as\s+appropriate
        | (?:if|when|whenever|where|wherever)\s+
            (?:appropriate|possible|feasible|practical|practicable|reasonable|suitable)
        | (?:as\s+(?:much|far)\s+as|to\s+the\s+extent|insofar\s+as)\s+
            (?:is\s+)?(?:possible|feasible|practical|practicable|reasonable)
      )
    | (?P<effort>
          (?:must|shall|should)\s+(?:\w+ly\s+)?(?:try|aim|strive|seek|attempt|endeavou?r)\s+to
        | (?:best|reasonable)\s+efforts?
      )
    )\b""",
    re.I | re.X,
)
_MESSAGES = {
    "hedge": "leaves open when this {} rule holds",
    "condition": "leaves it to the reader when this {} rule holds",
    "effort": "asks for an effort, where a {} rule has to ask for a result",
}
_SENTENCE_END = re.compile(rb"[.!?][\"')\]*_]*\s+|\n[ \t]*(?:\n|[-*+]\s|\d+[.)]\s)|\Z")
_DUTY = re.compile(rb"\b(?:must|shall|should|never|do not|don't)\b", re.I)
_PERMISSION = re.compile(rb"\b(?:may|can|might|could)\b", re.I)
# Code, comments, links' targets and quoted words are mentioned, not used.
_NOT_OURS = re.compile(
    rb"""(?P<fence>^[ \t>]*(?:```|~~~).*?(?:^[ \t>]*(?:```|~~~)|\Z))
    | `+[^`\n]{0,300}`+ | <!--.*?(?:-->|\Z) | \]\([^)\s]{0,300}\)
    | "[^"\n]{0,200}" | \xe2\x80\x9c[^\n]{0,200}?\xe2\x80\x9d""",
    re.X | re.M | re.S,
)
_LEVELS = frozenset({Authority.ROOT, Authority.SYSTEM, Authority.PLATFORM})
_PROSE = frozenset({"paragraph", "list", "quote", "table"})


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        if section.authority not in _LEVELS:
            continue
        for block in section.blocks:
            if block.kind not in _PROSE:
                continue
            for kind, start, end in _phrases(block):
                words = " ".join(context.source.text(start, end).split())
                yield Finding(
                    context.source.span(start, end),
                    f'"{words}" {_MESSAGES[kind].format(section.authority)}',
                    "say when it holds and when it does not, or lower the level of the section",
                    section.id,
                )


def _phrases(block: Block) -> Iterator[tuple[str, int, int]]:
    """Yield vague phrases of a block: their kind and their byte range in the document."""
    data = block.text.encode()
    plain = _NOT_OURS.sub(lambda found: b"\0" * len(found[0]), data)
    start = 0
    for stop in _SENTENCE_END.finditer(plain):
        phrases = list(_VAGUE.finditer(plain, start, stop.start()))
        permits = bool(phrases) and _permits(plain[start : stop.start()])
        for found in phrases:
            kind = found.lastgroup or ""
            if not (permits and kind == "condition"):
                yield kind, block.span.start + found.start(), block.span.start + found.end()
        start = stop.end()


def _permits(sentence: bytes) -> bool:
    """Whether a sentence only allows something: "where appropriate, it may" takes nothing back."""
    return _PERMISSION.search(sentence) is not None and _DUTY.search(sentence) is None


RULE = Rule(
    "vague-wording",
    Severity.WARNING,
    "a root or system rule is hedged: should generally, as appropriate, should try to",
    "Nobody below these levels can change the rule, and nobody can tell when it applies: it can "
    "be neither tested nor relied on.",
    _find,
)
