"""What a rule is given, what it gives back, and the few ways in which rules look at words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import re2

from adhere.extract.extracted import Kind, Polarity
from adhere.extract.sentences import Clause
from adhere.resolve import Values, anything_but, between, one_of


class Reading(NamedTuple):
    """A sentence, the clauses of it that ask for something, and whether an operator speaks."""

    text: str
    clauses: tuple[Clause, ...]
    operator: bool


class Hit(NamedTuple):
    """What a rule found; positions are the sentence's."""

    kind: Kind
    key: str
    allowed: Values
    start: int
    end: int
    polarity: Polarity = "require"
    mode: Literal["explicit", "implicit"] = "explicit"


Rule: TypeAlias = Callable[[Reading], Iterator[Hit]]

_SMALL: Final = {
    word: number
    for number, word in enumerate(
        """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty
    """.split()  # noqa: SIM905
    )
}
_NUMBERS: Final = {
    **_SMALL, "a": 1, "an": 1, "single": 1, "once": 1, "twice": 2, "thrice": 3, "thirty": 30,
    "forty": 40, "fifty": 50, "hundred": 100, "a hundred": 100, "one hundred": 100, "a dozen": 12,
    "two hundred": 200, "three hundred": 300, "five hundred": 500, "thousand": 1000,
    "a thousand": 1000, "a couple of": 2, "both": 2,
}  # fmt: skip
NUMBER: Final = (
    r"(?:\d{1,3}(?:,\d{3})+|\d{1,6}|(?:one|two|three|five|a) hundred|a dozen|a thousand|"
    + "|".join(_SMALL)
    + r"|thirty|forty|fifty|single)"
)

_NEGATED: Final = re2.compile(
    r"(?i)(?:\b(?:not|never|no|without|avoid(?:ing)?|refrain(?:ing)? from|free of|nor|neither|"
    r"cannot|instead of|rather than)|n't)\s+(?:\S+\s+){0,3}$"
)


def compiled(pattern: str) -> Any:
    """Compile a rule's pattern; case makes no difference."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    return re2.compile(pattern, options)


def number_of(words: str) -> int:
    """Return the number that digits or words stand for.

    >>> number_of("1,200"), number_of("Twenty"), number_of("twice")
    (1200, 20, 2)
    """
    words = words.casefold().strip()
    return _NUMBERS[words] if words in _NUMBERS else int(words.replace(",", ""))


def matches(reading: Reading, pattern: Any) -> Iterator[tuple[Clause, Any, int, int]]:
    """Yield each match inside a clause that asks, with its place in the sentence."""
    for clause in reading.clauses:
        words = reading.text[clause.start : clause.end]
        for match in pattern.finditer(words):
            yield clause, match, clause.start + match.start(), clause.start + match.end()


def is_negated(reading: Reading, clause: Clause, at: int) -> bool:
    """Whether what stands at ``at`` is asked not to be: by its clause, or by words before it."""
    before = reading.text[max(clause.head, at - 60) : at]
    return clause.negated != bool(_NEGATED.search(before))


def polarity_of(reading: Reading, clause: Clause, at: int) -> Polarity:
    """Return whether a request's subject is required, forbidden or allowed."""
    if is_negated(reading, clause, at):
        return "forbid"
    return "allow" if is_leave(reading, clause) else "require"


_LEAVE: Final = compiled(
    r"^(?:\S+\s+){0,2}?(?:you (?:may|can|are (?:allowed|permitted|free|authori[sz]ed) to)|"
    r"feel free|"
    r".{0,80}\bcan be\b)"
)


def is_leave(reading: Reading, clause: Clause) -> bool:
    """Whether the clause gives leave and demands nothing."""
    return bool(_LEAVE.match(reading.text[clause.start : clause.end]))


def slug(words: str, *, most: int = 6) -> str:
    """Return the first words as a name in a key.

    >>> slug("the user's Password,")
    'users-password'
    """
    kept = [
        "".join(char for char in word.casefold() if char.isalnum() or char in "@._-")
        for word in words.split()
    ]
    bare = [word.strip("._-") for word in kept if word.strip("._-")]
    while bare and bare[0] in ("the", "a", "an", "any", "some", "all", "your", "of"):
        bare.pop(0)
    return "-".join(bare[:most])


def wished(value: str | bool, polarity: Polarity) -> Values:
    """Return the values for something that is asked for, or asked not to be."""
    return anything_but(value) if polarity == "forbid" else one_of(value)


def switch(polarity: Polarity) -> Values:
    """Return the value of a key that is either so or not so."""
    return one_of(polarity != "forbid")


_RELATIONS: Final[tuple[tuple[str, int | None, int | None], ...]] = (
    (r"exceed|limit|maximum|max\b|no more|not more|no longer|not longer|at most|up to|within|"
     r"or (?:less|fewer|under|below|shorter)|not over", None, 0),
    (r"no less|no fewer|not less|not fewer|at least|minimum|min\b|"
     r"or (?:more|above|longer)|\+", 0, None),
    (r"less than|fewer than|under|below|shorter than", None, -1),
    (r"more than|over|above|longer than", 1, None),
)  # fmt: skip
"""Words around a number, and what they add to it as the lowest and the highest value."""

_COMPILED: Final = [(compiled(words), low, high) for words, low, high in _RELATIONS]
_ABOUT: Final = compiled(r"about|around|approximately|roughly|circa|~")


def bounds(relation: str, number: int, after: str = "", *, negated: bool = False) -> Values:
    """Return the range that a number and the words around it stand for.

    >>> bounds("at least", 3).range.min, bounds("less than", 3).range.max
    (3, 2)
    >>> bounds("more than", 3, negated=True).range.max
    3
    """
    said = f"{relation} {after}"
    for words, low, high in _COMPILED:
        if not words.search(said):
            continue
        flips = negated and "exceed" not in said.casefold()
        if low is not None:
            return between(None, number + low - 1) if flips else between(number + low, None)
        assert high is not None
        return between(number + high + 1, None) if flips else between(None, number + high)
    if _ABOUT.search(said):
        return between(number - number // 10, number + number // 10)
    return between(number, number)


def mark_of(words: str) -> str:
    """Return a mark: the signs among words, where there are any, else the words.

    >>> mark_of("six asterisks (******)."), mark_of("SECTION X.")
    ('******', 'SECTION X')
    """
    for word in words.split():
        signs = word.strip("().,")
        if len(signs) > 1 and not any(map(str.isalnum, signs)):
            return signs
    return " ".join(words.split()).strip("\"'().,:;")
