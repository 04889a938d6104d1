"""Text made fit to be looked at: what a reader could not see is spelt out.

A difference can hide in characters that print as nothing or turn the order of others around
(CVE-2021-42574), and a terminal obeys control characters. Joiners stay, since some scripts and
emoji need them; a word that gains or loses one is marked whole.
"""

from __future__ import annotations

import re

from adhere.evolve.diff_model import Run

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]|\r(?!\n)"
)

_ODD_SPACE = re.compile(r"[^\S \t\r\n]")


def visible(text: str) -> str:
    r"""Return the text with hidden characters as their code points.

    >>> visible("a\u202eb\x1b[2J")
    'a⟨U+202E⟩b⟨U+001B⟩[2J'
    """
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def visible_run(run: Run) -> tuple[str, str]:
    """Return a run's text, likewise: the space before its first word, and the rest.

    That space need not be marked, unless it is all there is; then line ends are spelt out too,
    as unusual spaces are in every edit.
    """
    text = visible(run.text)
    if run.op == "equal":
        return "", text
    text = _ODD_SPACE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
    rest = text.lstrip()
    if not rest:
        return "", text.replace("\n", "↵\n")
    return text[: len(text) - len(rest)], rest
