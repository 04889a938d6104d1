"""Strings that some patterns admit and others refuse, found by z3 (the extra ``proofs``).

z3 decides whether there are any, so that a proof about settings with patterns needs no invented
values. A pattern is translated as RE2 reads it, as far as the two agree; one that holds anything
else (flags, Unicode classes, word boundaries, anchors within) is left to the search without z3.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Sequence
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from adhere.errors import UsageError
from adhere.resolve import StringSearch
from adhere.spec import Domain

TIMEOUT_MS: Final = 5_000
"""For one question; without an answer in time the class counts as not searched."""

_FOREIGN: Final = re.compile(r"\(\?(?!:)|\{,|\\[^wWdDsSntrfv.\\+*?()|\[\]{}^$\-/_ ]|\[\[:|\[:")
"""What RE2 and Python's parser may read differently."""

_LAST: Final = 0x2FFFF  # the last character z3's strings have
_SURROGATES: Final = (0xD800, 0xDFFF)
_MOST_REPEATS: Final = 1_000
_CLASSES: Final = {
    kinds.CATEGORY_DIGIT: ((48, 57),),
    kinds.CATEGORY_WORD: ((48, 57), (65, 90), (95, 95), (97, 122)),
    kinds.CATEGORY_SPACE: ((9, 10), (12, 13), (32, 32)),
}
_OUTSIDE: Final = {
    kinds.CATEGORY_NOT_DIGIT: kinds.CATEGORY_DIGIT,
    kinds.CATEGORY_NOT_WORD: kinds.CATEGORY_WORD,
    kinds.CATEGORY_NOT_SPACE: kinds.CATEGORY_SPACE,
}


class _Untranslatable(Exception):
    """The pattern holds something that is not translated."""


def string_search() -> StringSearch:
    """Return the search by z3.

    Raises:
        UsageError: z3 is not installed.
    """
    try:
        import z3  # noqa: PLC0415  (an optional extra of 60 MB)
    except ImportError:
        raise UsageError(
            "z3 is not installed", remedy="install adhere with its extra: adhere[proofs]"
        ) from None
    return _Search(z3)


class _Search:
    """Asks z3 for strings, one at a time."""

    def __init__(self, z3: Any) -> None:
        self._z3 = z3

    def __call__(
        self,
        admitted: Sequence[Domain],
        refused: Sequence[Domain],
        known: Collection[str],
        count: int,
    ) -> tuple[tuple[str, ...], bool]:
        z3 = self._z3
        text = z3.String("text")
        solver = z3.Solver()
        solver.set("timeout", TIMEOUT_MS)
        solver.set("random_seed", 0)
        solver.add(z3.InRe(text, z3.Star(self._outside([_SURROGATES]))))
        try:
            solver.add(*(self._admits(text, domain) for domain in admitted))
            solver.add(*(z3.Not(self._admits(text, domain)) for domain in refused))
        except _Untranslatable:
            return (), False
        solver.add(*(text != z3.StringVal(_escaped(one)) for one in known))
        found: list[str] = []
        while len(found) < count:
            answer = solver.check()
            if answer != z3.sat:
                return tuple(found), bool(answer == z3.unsat)
            value = solver.model().eval(text, model_completion=True)
            found.append(_unescaped(value.as_string()))
            solver.add(text != value)
        return tuple(found), False

    def _admits(self, text: Any, domain: Domain) -> Any:
        z3 = self._z3
        parts = []
        if domain.max_length is not None:
            parts.append(z3.Length(text) <= domain.max_length)
        if domain.pattern is not None:
            parts.append(z3.InRe(text, self.translate(domain.pattern)))
        if domain.values is not None:
            parts.append(
                z3.Or(*(text == z3.StringVal(_escaped(str(one))) for one in domain.values))
            )
        return z3.And(*parts)

    def translate(self, pattern: str) -> Any:
        """Return a pattern that the whole text has to match as z3 has it."""
        if _FOREIGN.search(pattern) or not pattern.isascii():
            raise _Untranslatable(pattern)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", FutureWarning)  # "&&", "[[": Python may read it anew
                tree = list(parser.parse(pattern))
        except (re.error, OverflowError, RecursionError, FutureWarning) as error:
            raise _Untranslatable(pattern) from error
        if tree and tree[0] == (kinds.AT, kinds.AT_BEGINNING):
            tree = tree[1:]
        if tree and tree[-1] == (kinds.AT, kinds.AT_END):
            tree = tree[:-1]
        return self._sequence(tree)

    def _sequence(self, tree: Sequence[Any]) -> Any:
        parts = [self._one(kind, what) for kind, what in tree]
        if not parts:
            return self._z3.Re("")
        return parts[0] if len(parts) == 1 else self._z3.Concat(*parts)

    def _one(self, kind: Any, what: Any) -> Any:
        z3 = self._z3
        if kind is kinds.LITERAL:
            return self._range(what, what)
        if kind is kinds.NOT_LITERAL:
            return self._outside([(what, what)])
        if kind is kinds.ANY:
            return self._outside([(10, 10)])
        if kind is kinds.IN:
            return self._class(what)
        if kind is kinds.SUBPATTERN:
            return self._sequence(what[3])
        if kind is kinds.BRANCH:
            return z3.Union(*(self._sequence(branch) for branch in what[1]))
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            return self._repeat(what[0], what[1], self._sequence(what[2]))
        raise _Untranslatable(str(kind))

    def _repeat(self, low: int, high: Any, inner: Any) -> Any:
        z3 = self._z3
        if low > _MOST_REPEATS or (high is not kinds.MAXREPEAT and high > _MOST_REPEATS):
            raise _Untranslatable("repeat")
        if high is kinds.MAXREPEAT:
            rest = z3.Star(inner)
            return z3.Concat(z3.Loop(inner, low, low), rest) if low else rest
        return z3.Loop(inner, low, high) if high else z3.Re("")

    def _class(self, members: Sequence[Any]) -> Any:
        ranges: list[tuple[int, int]] = []
        negated = False
        for kind, what in members:
            if kind is kinds.NEGATE:
                negated = True
            elif kind is kinds.LITERAL:
                ranges.append((what, what))
            elif kind is kinds.RANGE:
                ranges.append(what)
            elif what in _CLASSES:
                ranges += _CLASSES[what]
            elif what in _OUTSIDE:
                ranges += _complement(_CLASSES[_OUTSIDE[what]])
            else:
                raise _Untranslatable(str(what))
        return self._outside(ranges) if negated else self._any(ranges)

    def _range(self, low: int, high: int) -> Any:
        z3 = self._z3
        first, last = z3.Unit(z3.CharVal(low)), z3.Unit(z3.CharVal(high))
        return z3.Range(first, last)

    def _any(self, ranges: Sequence[tuple[int, int]]) -> Any:
        if not ranges:
            return self._z3.Empty(self._z3.ReSort(self._z3.StringSort()))
        parts = [self._range(low, high) for low, high in ranges]
        return parts[0] if len(parts) == 1 else self._z3.Union(*parts)

    def _outside(self, ranges: Sequence[tuple[int, int]]) -> Any:
        return self._any(_complement(ranges))


def _complement(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return [*found, (start, _LAST)] if start <= _LAST else found


def _unescaped(text: str) -> str:
    r"""Return a string as z3 means it: it writes what is not printable as ``\u{…}``."""
    return re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda match: chr(int(match[1], 16)), text)


def _escaped(text: str) -> str:
    return "".join(
        char if " " <= char <= "~" and char != "\\" else f"\\u{{{ord(char):x}}}" for char in text
    )
