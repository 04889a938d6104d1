"""Privileged text told in other words, as far as the words overlap.

`Leak` wants runs of letters. Here the order and the little words make no difference: a sentence of
the privileged text is told where so many of its words of substance stand close together in an
answer. Words count by their beginnings, so that "refunds" and "refunded" are the same; words that
the reader may see do not count. What is said in wholly other words is not seen, and two texts about
the same thing share words: this is a hint for a judge, and no ground to stop a stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from adhere.detect.finding import Finding
from adhere.detect.letters import letters
from adhere.detect.privileged import PrivilegedText, sentences

LEAST_WORDS: Final = 6
"""Different words of substance of the shortest sentence that is looked for."""
SHARE: Final = 0.6
"""Which part of them has to be there."""
_STEM: Final = 5
_SHORTEST: Final = 4
_SPREAD: Final = 3
"""How many words of an answer may stand around each word that is looked for."""
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_EVERYWHERE: Final = frozenset(
    letters(word)[:_STEM]
    for word in [
        "about",
        "above",
        "after",
        "again",
        "also",
        "always",
        "another",
        "any",
        "anything",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "could",
        "does",
        "doing",
        "down",
        "during",
        "each",
        "else",
        "ever",
        "every",
        "everything",
        "from",
        "further",
        "have",
        "having",
        "help",
        "here",
        "hers",
        "himself",
        "however",
        "into",
        "itself",
        "just",
        "like",
        "make",
        "many",
        "might",
        "more",
        "most",
        "much",
        "must",
        "need",
        "never",
        "nothing",
        "once",
        "only",
        "other",
        "ours",
        "over",
        "please",
        "same",
        "shall",
        "should",
        "some",
        "something",
        "such",
        "than",
        "that",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "under",
        "until",
        "upon",
        "very",
        "want",
        "well",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "whom",
        "will",
        "with",
        "without",
        "would",
        "your",
        "yours",
        "yourself",
    ]
)


class Paraphrase:
    """Finds sentences of privileged texts told with the same words of substance.

    Args:
        texts: The texts.
        public: Texts that the reader may see; their words do not count.

    >>> rules = "Refunds above 200 euros need the written approval of a regional supervisor."
    >>> found = Paraphrase([PrivilegedText("rules", rules)]).find(
    ...     "A regional supervisor has to approve refunds above 200 euros, and in written form.")
    >>> [(one.rule, one.kind, one.size) for one in found]
    [('rules', 'paraphrase', 7)]
    """

    name = "leak"

    def __init__(self, texts: Iterable[PrivilegedText], public: Iterable[str] = ()) -> None:
        self._public_texts = tuple(public)
        self._rules: list[tuple[str, frozenset[bytes]]] = []
        self._of_word: dict[bytes, list[int]] = {}
        for text in texts:
            for start, end in sentences(text.text):
                words = frozenset(word for word, _, _ in _words(text.text[start:end]))
                if len(words) < LEAST_WORDS:
                    continue
                for word in words:
                    self._of_word.setdefault(word, []).append(len(self._rules))
                self._rules.append((text.id, words))

    @cached_property
    def _public(self) -> frozenset[bytes]:
        return frozenset(word for text in self._public_texts for word, _, _ in _words(text))

    def find(self, text: str) -> tuple[Finding, ...]:
        """Return where sentences are told, one finding for each sentence; the best place of it."""
        best: dict[int, Finding] = {}
        last: dict[int, dict[bytes, tuple[int, int]]] = {}
        for number, (word, start, end) in enumerate(_words(text)):
            if word not in self._of_word or word in self._public:
                continue
            for rule in self._of_word[word]:
                name, words = self._rules[rule]
                seen = last.setdefault(rule, {})
                seen[word] = (number, start)
                oldest = number - _SPREAD * len(words)
                near = [at for one, at in seen.values() if one > oldest]
                known = best.get(rule)
                if len(near) >= max(SHARE * len(words), LEAST_WORDS - 1) and (
                    known is None or len(near) > known.size
                ):
                    place = min(near)
                    best[rule] = Finding(
                        self.name, name, "paraphrase", place, end, place, (), len(near)
                    )
        return tuple(sorted(best.values(), key=lambda one: (one.start, one.end)))


def _words(text: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield the beginnings of the words of substance, and where the words stand."""
    for match in _WORD.finditer(text):
        word = letters(match[0])
        if (len(word) >= _SHORTEST or word.isdigit()) and word[:_STEM] not in _EVERYWHERE:
            yield word[:_STEM], *match.span()
