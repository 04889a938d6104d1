"""Which values stand for all values of a setting, so that trying them is trying everything.

`decide_setting` of the settings looks at a value in two ways only: whether the declaration admits
it, and whether it equals another value that was asked for. An expression adds its own comparisons.
Two values that no such test tells apart can be exchanged everywhere without changing what happens,
so of each class of them it is enough to try as many as can meet in one context: one a level, three.

Integers are classed by where they lie between the limits and literals; strings by the answers of
the patterns. A pattern may admit strings that the search here does not find. They are stood for by
invented values in a copy of the declaration that lists its values: everything that can happen with
the real one can happen with the copy, so a proof holds; a counterexample that needs an invented
value is none, and leaves the question undecided.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, combinations, product
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import msgspec

from adhere.resolve.proofs.binding import compare
from adhere.resolve.proofs.expression import Comparison, Constant, Expression, Name, leaves
from adhere.resolve.settings.effective import LEVELS, MAX_INTEGER
from adhere.resolve.settings.words import canonical
from adhere.spec import Domain, Setting, SettingValue

EACH: Final = len(LEVELS)
"""How many of each class: as many as there are levels."""

MAX_MEMBERS: Final = 12
_NO_VALUE: Final[tuple[Any, ...]] = (0.5, {}, {"default": 0.5})
"""What is of no setting's type, in each way of asking."""

_LETTERS: Final = "aZ0 _-.<>\n/é"


class StringSearch(Protocol):
    """Finds strings that some domains admit and others refuse."""

    def __call__(
        self,
        admitted: Sequence[Domain],
        refused: Sequence[Domain],
        known: Collection[str],
        count: int,
    ) -> tuple[tuple[str, ...], bool]:
        """Return up to ``count`` such strings that are not ``known``.

        The second value says that there are no more than these; False where nobody knows.
        """
        ...


Test: TypeAlias = Callable[[SettingValue], bool]


class TooManyMembers(Exception):
    """A set setting lists more members than its subsets can be told apart in useful time."""


class Classes(NamedTuple):
    """The values that stand for all.

    Attributes:
        setting: The declaration they are tried with: the real one, or for strings its copy.
        values: What a level may ask for, admissible or not.
        invented: Those of them that stand for strings nobody has found.
        why: Why these are enough, in words.
    """

    setting: Setting
    values: tuple[SettingValue, ...]
    invented: frozenset[SettingValue]
    why: str

    def requests(self) -> Iterator[Any]:
        """Everything a level can ask for, as TOML gives it."""
        for value in self.values:
            asked = list(value) if isinstance(value, tuple) else value
            yield asked
            yield {"default": asked}
        yield from _NO_VALUE
        yield 1 if self.setting.type == "boolean" else True
        if self.setting.type == "integer":
            yield from (MAX_INTEGER + 1, {"default": -MAX_INTEGER - 1})


def classes(
    setting: Setting, expression: Expression, search: StringSearch | None = None
) -> Classes:
    """Return the values that stand for all values of ``setting`` in a bound expression.

    Args:
        setting: The setting.
        expression: The expression.
        search: Who looks for strings that a short search does not find.

    Raises:
        TooManyMembers: It is a set of more than `MAX_MEMBERS` members.
    """
    literals = tuple(_literals(setting, expression))
    if setting.type == "string":
        return _strings(setting, literals, search)
    if setting.type == "integer":
        return _integers(setting, [value for value in literals if type(value) is int])
    if setting.type == "set":
        candidates: Iterable[SettingValue] = _subsets(setting)
    else:
        named = _named(setting)
        candidates = named if setting.type == "boolean" else (*named, *_foreign(named))
    chosen, seen = _choose(candidates, _answers(setting, _tests(setting, expression)))
    why = f"{setting.type}: {len(chosen)} values stand for {seen}"
    return Classes(setting, chosen, frozenset(), why)


def _integers(setting: Setting, literals: Iterable[int]) -> Classes:
    cuts = sorted({*_limits(setting), *literals})
    candidates = sorted({cut + step for cut in cuts for step in range(-EACH, EACH + 1)})
    chosen, _ = _choose(candidates, lambda value: (bisect_left(cuts, value), value in cuts))
    why = f"integer: {len(chosen)} values stand for all"
    return Classes(setting, chosen, frozenset(), why)


def _choose(
    candidates: Iterable[Any], signature: Callable[[Any], Any]
) -> tuple[tuple[SettingValue, ...], int]:
    by_class: dict[Any, list[SettingValue]] = {}
    seen = 0
    for value in candidates:
        seen += 1
        found = by_class.setdefault(signature(value), [])
        if len(found) < EACH:
            found.append(value)
    return tuple(chain.from_iterable(by_class.values())), seen


def _literals(setting: Setting, expression: Expression) -> Iterator[SettingValue]:
    """The values the expression compares the setting with, one by one; for sets, its members."""
    for comparison in _comparisons(setting, expression):
        for term in (comparison.left, comparison.right):
            if isinstance(term, Constant):
                one_by_one = isinstance(term.value, tuple)
                yield from term.value if one_by_one else (term.value,)  # type: ignore[misc]


def _comparisons(setting: Setting, expression: Expression) -> Iterator[Comparison]:
    for leaf in leaves(expression):
        if isinstance(leaf, Comparison):
            names = [term for term in (leaf.left, leaf.right) if isinstance(term, Name)]
            if any(name.address == setting.address for name in names):
                yield leaf


def _tests(setting: Setting, expression: Expression) -> list[Test]:
    """The expression's comparisons of the setting with literals."""

    def test(found: Comparison) -> Test:
        left, operator, right = found.left, found.operator, found.right
        if isinstance(left, Constant):
            constant = left.value
            return lambda value: compare(operator, constant, value)
        assert isinstance(right, Constant)
        other = right.value
        return lambda value: compare(operator, value, other)

    return [
        test(found)
        for found in _comparisons(setting, expression)
        if isinstance(found.left, Constant) or isinstance(found.right, Constant)
    ]


def _answers(setting: Setting, tests: Sequence[Test]) -> Callable[[SettingValue], Any]:
    default = canonical(setting, setting.default)
    domains = (setting.allowed, *setting.bounds.values())
    return lambda value: (
        value == default,
        *(domain.admits(value) for domain in domains),
        *(test(value) for test in tests),
    )


def _limits(setting: Setting) -> Iterator[int]:
    for domain in (setting.allowed, *setting.bounds.values()):
        yield from (limit for limit in (domain.min, domain.max) if limit is not None)
    assert isinstance(setting.default, int)
    yield setting.default


def _named(setting: Setting) -> tuple[Any, ...]:
    """The values or members that the declaration names, each once."""
    found: dict[Any, None] = {}
    for domain in (setting.allowed, *setting.bounds.values()):
        found.update(dict.fromkeys(domain.values or ()))
    defaults = setting.default if isinstance(setting.default, tuple) else (setting.default,)
    found.update(dict.fromkeys(defaults))
    return tuple(found)


def _foreign(named: Sequence[Any]) -> tuple[str, ...]:
    """Words that the declaration does not name."""
    words = (f"other-{number}" for number in range(len(named) + EACH))
    return tuple(word for word in words if word not in named)[:EACH]


def _subsets(setting: Setting) -> Iterator[SettingValue]:
    named = _named(setting)
    if len(named) > MAX_MEMBERS:
        raise TooManyMembers
    members = (*named, *_foreign(named))
    for size in range(len(members) + 1):
        for subset in combinations(members, size):
            yield canonical(setting, subset)


def _strings(
    setting: Setting, literals: tuple[SettingValue, ...], search: StringSearch | None
) -> Classes:
    """Class strings by the answers of each domain; make up what is not found."""
    domains = (setting.allowed, *setting.bounds.values())
    # The literals and the default are classes of their own: each is told apart by equality.
    known = tuple(dict.fromkeys(str(value) for value in (setting.default, *literals)))
    by_class: dict[tuple[bool, ...], list[str]] = {
        answers: [] for answers in product((True, False), repeat=len(domains))
    }
    for text in _candidates(domains):
        found = by_class[tuple(domain.admits(text) for domain in domains)]
        if len(found) < EACH and text not in known and text not in found:
            found.append(text)
    invented: list[str] = []
    for answers, found in by_class.items():
        if (
            len(found) < EACH
            and search is not None
            and _fill(domains, answers, found, known, search)
        ):
            continue
        for _ in range(EACH - len(found)):
            # The search looks at no string with this character, so that no two are the same.
            made_up = f"\x00{len(invented)}"
            invented.append(made_up)
            by_class[answers] = [*by_class[answers], made_up]
    admitted = [
        (*(t for t in known if domain.admits(t)),
         *(t for answers, found in by_class.items() if answers[at] for t in found))
        for at, domain in enumerate(domains)
    ]  # fmt: skip
    copy = msgspec.structs.replace(
        setting,
        allowed=Domain(values=admitted[0]),
        bounds={
            level: Domain(values=values)
            for level, values in zip(setting.bounds, admitted[1:], strict=True)
        },
    )
    values = (*known, *chain.from_iterable(by_class.values()))
    made = f", {len(invented)} of them invented" if invented else ""
    why = f"string: {len(values)} stand for all{made}"
    return Classes(copy, values, frozenset(invented), why)


def _fill(
    domains: Sequence[Domain],
    answers: Sequence[bool],
    found: list[str],
    known: Sequence[str],
    search: StringSearch,
) -> bool:
    """Add to ``found`` what a search finds of a class; True where it then has all it needs."""
    more, complete = search(
        [domain for domain, admits in zip(domains, answers, strict=True) if admits],
        [domain for domain, admits in zip(domains, answers, strict=True) if not admits],
        {*known, *found},
        EACH - len(found),
    )
    for text in more:  # whoever searched, the declaration itself has the last word
        if tuple(domain.admits(text) for domain in domains) != tuple(answers):
            return False
    found += more
    return complete or len(found) >= EACH


def _candidates(domains: Sequence[Domain]) -> Iterator[str]:
    """Strings that the domains may admit: words of their patterns, short strings, long ones."""
    patterns = [domain.pattern for domain in domains if domain.pattern is not None]
    for pattern in patterns:
        yield from re.findall(r"\w+", pattern)
    letters = "abcdABCD0123" + _LETTERS
    for size in range(4):
        yield from map("".join, product(letters if size < 3 else "abA1-", repeat=size))
    lengths = {domain.max_length for domain in domains if domain.max_length is not None}
    for length in sorted({size for limit in lengths for size in (limit, limit + 1)}):
        yield from (letter * length for letter in ("a", "A", "0", " ") if length <= 4096)
