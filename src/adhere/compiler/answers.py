"""The conversation of an example as it is read: turns, and answers with their labels."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from adhere.spec import Answer, Turn, Verdict

VERDICTS: Final = {verdict.value.upper(): verdict for verdict in Verdict}

_LABEL = re.compile(
    r"(?P<verdict>GOOD|OK|BAD)"
    r"(?:\[(?P<sections>#[\w-]+(?:\s*,\s*#[\w-]+)*)\])?"
    r"(?:\s*,\s*(?P<condition>[^:]*))?(?:\s*:\s*(?P<reason>.*))?\s*",
    re.S,
)
_SECTION = re.compile(r"#([\w-]+)")


@dataclass(slots=True)
class ParsedExample:
    """The conversation of a fence and its answers."""

    turns: list[Turn] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    references: list[tuple[int, int, str, bool]] = field(default_factory=list)
    """Byte range, target, whether auto-named: links inside comments."""
    well_formed: bool = True
    comparison: int = -1
    """The comparison that was opened last, counted from 0."""

    def add(self, turn: Turn, label: str | None, compared: bool) -> bool:
        """Add a message, and say whether its label could be read.

        Args:
            turn: The message.
            label: The words of the comment it begins with, if it does.
            compared: Whether it stands in a comparison.
        """
        # A comment at the start of any message but an answer is a note for authors.
        if not compared and (label is None or turn.role != "assistant"):
            self.turns.append(turn)
            return True
        if not compared:
            self.comparison += 1  # it is compared with nothing
        after = len(self.turns)
        found = None if label is None else _LABEL.fullmatch(label)
        if found is None:
            self.answers.append(Answer(turn, after, self.comparison))
            return label is None
        verdict, sections, condition, reason = found.groups()
        self.answers.append(
            Answer(
                turn,
                after,
                self.comparison,
                VERDICTS[verdict],
                reason.strip() if reason else "",
                condition.strip() if condition else "",
                tuple(_SECTION.findall(sections)) if sections else (),
            )
        )
        return True


def is_label(words: str) -> bool:
    """Whether a comment would be a label if it stood where an answer begins."""
    return words.startswith(tuple(VERDICTS)) and _LABEL.fullmatch(words) is not None
