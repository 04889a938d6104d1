"""What principals asked for: which tools, of whom, and whose requests they took up.

Words, not understanding: a tool is asked for where the words of its spec stand together in one
sentence of a principal. What this misses costs a confirmation; what it takes too widely is still
held to the sources of the arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from adhere.detect import fold
from adhere.resolve.gate.tools import ToolSpec, ToolSpecs, name_words

_SENTENCE_END: Final = re.compile(r"(?<=[.!?;])\s+|\n+")
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|,")
_NAME: Final = re.compile(r"\b[A-Z][a-z]{2,}\b")
_NEGATIONS: Final = frozenset(
    {"not", "never", "no", "without", "don't", "dont", "doesn't", "cannot", "can't"}
)
_NEGATION_REACH: Final = 3

_SYNONYMS: Final = {
    "send": "send|forward|reply|tell|write",
    "delete": "delete|remove|erase",
    "remove": "remove|delete|take",
    "create": "create|make|new|set|add",
    "add": "add|put|include",
    "update": "update|change|edit|modify|set",
    "change": "change|update|edit|modify|set",
    "buy": "buy|purchase|order",
    "book": "book|reserve",
    "cancel": "cancel",
    "invite": "invite|share|add",
    "transfer": "transfer|send|pay|move",
    "download": "download|save|get|fetch",
    "upload": "upload|push|sync|put",
    "post": "post|publish|write",
    "refund": "refund|return",
}  # fmt: skip
"""Other words for the verbs that tools' names begin with."""

_SYNONYM_WORDS: Final = frozenset(
    word for words in _SYNONYMS.values() for word in words.split("|")
) | frozenset(_SYNONYMS)

_DELEGATED_NOUN: Final = frozenset(
    {"instruction", "request", "task", "need", "ask", "issue", "todo", "step", "order", "want",
     "suggestion", "comment"}
)  # fmt: skip
_DELEGATING_VERB: Final = frozenset(
    {"follow", "fulfill", "fulfil", "achieve", "complete", "address", "handle", "carry", "resolve",
     "finish", "execute", "perform", "implement", "satisfy", "accomplish"}
)  # fmt: skip

STOPWORDS: Final = frozenset(
    {
        "a", "about", "above", "account", "after", "again", "all", "also", "am", "an", "and", "any",
        "are", "as", "at", "available", "be", "because", "been", "before", "but", "by", "can",
        "cheap", "cheapest", "check", "could", "current", "did", "do", "does", "email", "exact",
        "file", "find", "first", "for", "from", "get", "give", "had", "has", "have", "he", "help",
        "her", "his", "how", "i", "if", "in", "inbox", "info", "information", "into", "is", "it",
        "item", "items", "its", "just", "last", "like", "list", "look", "low", "make", "me",
        "month", "more", "most", "much", "my", "name", "need", "new", "not", "of", "old", "on",
        "one", "only", "or", "order", "other", "our", "out", "own", "password", "please", "price",
        "product", "quantity", "rating", "save", "see", "send", "set", "she", "should", "so",
        "some", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
        "to", "today", "tool", "total", "type", "up", "use", "user", "using", "value", "want",
        "was", "we", "were", "what", "when", "which", "who", "will", "with", "would", "year",
        "yesterday", "you", "your",
    }
)  # fmt: skip
"""Words that say nothing about which of several things is meant."""


def stem(word: str) -> str:
    """Return a word without the endings that do not matter; a past tense is another word.

    "The shoes I purchased" is no request to purchase, so ``-ed`` stays.

    >>> stem("updating"), stem("repositories"), stem("keys"), stem("purchased")
    ('updat', 'repository', 'key', 'purchased')
    """
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("ing") and len(word) > 5:
        return word[:-3].removesuffix("e")
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    return word


def _same(wanted: str, said: frozenset[str]) -> bool:
    return wanted in said or wanted.removesuffix("e") in said


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the stems of each sentence, without those that are negated."""
    found = []
    for sentence in _SENTENCE_END.split(text):
        stems: list[str] = []
        negated = 0
        for word in _WORD.findall(fold(sentence)):
            if word == ",":  # "if not, refund it"
                negated = 0
                continue
            if word in _NEGATIONS:
                negated = _NEGATION_REACH
                continue
            if not negated:
                stems.append(stem(word))
            negated = max(0, negated - 1)
        if stems:
            found.append(tuple(stems))
    return tuple(found)


@lru_cache(maxsize=1024)
def _phrase(words: str) -> tuple[tuple[str, ...], ...]:
    choices = words.casefold().split()
    return tuple(tuple(stem(word) for word in choice.split("|")) for choice in choices)


def _default_phrase(spec: ToolSpec) -> str:
    verb, *rest = name_words(spec.name) or [spec.name.casefold()]
    nouns = [word for word in rest if len(word) > 2 and word not in ("the", "through", "and")]
    parts = [_SYNONYMS.get(verb, verb)]
    if nouns:
        parts.append("|".join(nouns))
    return " ".join(parts)


def asks_for(spec: ToolSpec, specs: ToolSpecs, text: Iterable[str]) -> bool:
    """Whether a text asks for a tool, or for one that this tool is a step of.

    Args:
        spec: The tool.
        specs: All tools.
        text: What somebody said.
    """
    wanted = [
        _phrase(words)
        for one in (spec, *specs.asked_through(spec))
        for words in (one.asked_by or (_default_phrase(one),))
    ]
    for piece in text:
        for sentence in sentences(piece):
            said = frozenset(sentence)
            for phrase in wanted:
                if all(any(_same(word, said) for word in choice) for choice in phrase):
                    return True
    return False


def delegates(text: Iterable[str]) -> bool:
    """Whether a principal takes up what somebody else asks ("follow his instructions")."""
    for piece in text:
        said = frozenset(word for sentence in sentences(piece) for word in sentence)
        if said & _DELEGATED_NOUN and any(_same(verb, said) for verb in _DELEGATING_VERB):
            return True
    return False


def people(text: Iterable[str], specs: ToolSpecs) -> frozenset[str]:
    """Return the capitalised words that can be names of people, folded.

    Words that tools are asked for with are none: they begin sentences ("Transfer …").
    """
    verbs = {stem(word) for word in (*specs.vocabulary, *_SYNONYM_WORDS)}
    return frozenset(
        word.casefold()
        for piece in text
        for word in _NAME.findall(piece)
        if word.casefold() not in STOPWORDS and stem(word.casefold()) not in verbs
    )


@lru_cache(maxsize=4096)
def content_stems(text: str) -> frozenset[str]:
    """Return the stems of a text that say what is meant."""
    return frozenset(
        stemmed
        for word in _WORD.findall(fold(text.replace("_", " ")))
        if len(word) > 2 and not word.isdigit() and word not in STOPWORDS
        and (stemmed := stem(word)) not in STOPWORDS
    )  # fmt: skip


@lru_cache(maxsize=8192)
def names_person(value: str, known: frozenset[str]) -> str:
    """Return the person among ``known`` whose name an address bears, or nothing.

    >>> names_person("alice.miller@example.com", frozenset({"alice", "bob"}))
    'alice'
    """
    local = value.partition("@")[0].casefold()
    return next((part for part in re.split(r"[^a-z]+", local) if part in known), "")
