"""Privileged text in an answer: word for word, nearly so, backwards, or encoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from adhere.detect.finding import Finding, ordered
from adhere.detect.letters import letters, rot13
from adhere.detect.privileged import PrivilegedIndex
from adhere.detect.view import Hold, Reading, View


class Leak:
    """Finds privileged text in answers.

    Args:
        index: The privileged texts.
        public: Texts that the reader may see: what he wrote himself, published text. What stands
            there is no leak.

    >>> from adhere.detect.privileged import PrivilegedText
    >>> rules = "Never offer more than 15 % discount, and only to customers who threaten to leave."
    >>> leak = Leak(PrivilegedIndex([PrivilegedText("rules", rules)]))
    >>> [found] = leak.find(View("I may: n-e-v-e-r offer MORE than 15% discount & only to "
    ...     "customers who threaten to leave"))
    >>> found.rule, found.kind, found.start
    ('rules', 'near', 7)
    """

    name = "leak"
    window = 1024

    def __init__(self, index: PrivilegedIndex, public: Iterable[str] = ()) -> None:
        self._index = index
        self._public_texts = tuple(public)

    @cached_property
    def _public(self) -> bytes:
        return b"\n".join(letters(text) for text in self._public_texts)

    def find(self, view: View) -> tuple[Finding, ...]:
        """Return each stretch that gives privileged text away."""
        if not self._index:
            return ()
        return ordered(found for reading in view.readings for found in self._in(reading))

    def hold(self, view: View) -> Hold:
        """Return what may be the beginning of a leak."""
        if not self._index:
            return Hold(len(view.text), len(view.text))
        return view.hold(self._begun, encoded=True)

    def _begun(self, view: View) -> Hold:
        said = view.letters
        first = min(self._index.live(said), self._index.live(rot13(said)))
        free = self._index.run - 1
        keep = min(first, max(len(said) - free, 0))
        return Hold(view.place(keep), view.place(first + free))

    def _in(self, reading: Reading) -> Iterator[Finding]:
        for said, turned in ((reading.letters, ()), (rot13(reading.letters), ("rot13",))):
            for match in self._index.matches(said, lambda: self._public):
                backwards = ("reversed",) if match.backwards else ()
                through = (*reading.through, *turned, *backwards)
                yield Finding(
                    "leak",
                    match.id,
                    "encoded" if through else "verbatim" if match.whole else "near",
                    *reading.span(match.start, match.end),
                    reading.held(match.start, self._index.run - 1),
                    through,
                    match.size,
                )
