"""Credentials in a text: keys, tokens, private keys, passwords in addresses.

The patterns and their sources are in `credential_patterns`. They are looked for in the text as the
eye reads it (`View.shown`), with and without its escapes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Final

import re2

from adhere.detect.credential_patterns import PATTERNS, Pattern
from adhere.detect.finding import Finding, ordered
from adhere.detect.view import Hold, View

_PLACEHOLDER: Final = re2.compile(
    r"(?i)example|placeholder|sample|dummy|redacted|changeme|your|my[-_]?(?:key|token|secret|pass)"
    r"|insert|replace|x{6}|\*{4}|\.{4}|0{8}|1234567|abcdefg|\$\{|<[a-z]|\{\{|fake|todo|passw|(?:foo|bar){2}"
)
_ANNOUNCED: Final = 96
"""Characters of what may stand before a secret and announce it: a prefix, a header, a name."""
_COMPILED: Final = tuple((one, re2.compile(one.regex)) for one in PATTERNS)
_WHICH: Final = re2.Set.SearchSet()
for _one in PATTERNS:
    _WHICH.Add(_one.begun)
_WHICH.Compile()
_ANY: Final = re2.compile("|".join(f"(?:{one.begun})" for one in PATTERNS))
_BEGUN: Final = re2.compile(
    f"(?:{_ANY.pattern})" + r"((?:[A-Za-z-]{4,16}: [^\n]{0,80})?[^\s\"'`<>()\[\]{},;]*)\z"
)


class Credentials:
    r"""Finds credentials.

    >>> [found.rule for found in Credentials().find(View("key: AKIAQYLPMN5HFIQR7XYA. Bye"))]
    ['aws-access-key-id']
    >>> Credentials().find(View("key: AKIAIOSFODNN7EXAMPLE. Bye"))
    ()
    """

    name = "credential"
    window = 512

    def find(self, view: View) -> tuple[Finding, ...]:
        """Return each credential, in the order of the text."""
        found = list(_in(view))
        if view.plain is not None:
            inner, derived = view.plain
            for one in _in(inner):
                if derived.differs(one.start, one.end):
                    start, end = derived.span(one.start, one.end)
                    held = derived.span(one.held, one.end)[0]
                    through = ("escapes", *one.through)
                    found.append(
                        Finding("credential", one.rule, "encoded", start, end, held, through)
                    )
        return ordered(found)

    def hold(self, view: View) -> Hold:
        """Return what may be the beginning of a credential."""
        return view.hold(_begun)


def _begun(view: View) -> Hold:
    shown = view.shown
    size = len(view.text)
    begun = _BEGUN.search(shown.text) if view.shows(_ANY) else None
    announced = max(size - _ANNOUNCED, 0)
    if begun is None:
        return Hold(announced, size)
    rest = begun.start(1)
    end = len(shown.text)
    keep = shown.span(begun.start(), end)[0]
    return Hold(min(keep, announced), shown.span(rest, end)[0] if rest < end else size)


def _in(view: View) -> Iterator[Finding]:
    shown = view.shown
    if not view.shows(_ANY):
        return
    for number in _WHICH.Match(shown.text):
        pattern, regex = _COMPILED[number]
        for match in regex.finditer(shown.text):
            end = match.end(1)
            after = shown.text[end : end + 1]
            if pattern.fixed and (after.isalnum() or (not after and not view.final)):
                continue
            if _is_secret(pattern, match[1]):
                first, last = shown.span(*match.span())
                held = shown.span(match.start(1), end)[0]
                through = () if view.text[first:last] == match[0] else ("invisible",)
                yield Finding("credential", pattern.id, "credential", first, last, held, through)


def _is_secret(pattern: Pattern, secret: str) -> bool:
    decided = secret[: pattern.least]
    if pattern.check is not None and not pattern.check(secret):
        return False
    return _entropy(decided) >= pattern.entropy and not _PLACEHOLDER.search(decided)


def _entropy(text: str) -> float:
    """Shannon entropy of the characters, bits each."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
