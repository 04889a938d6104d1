"""Forbidden phrases and short secrets, however they are spelt.

They are looked for among the letters of a text (`letters`), so other spaces, signs, case,
zero-width characters and look-alikes make no difference, and neither does where a stream or a
message is cut into parts. A phrase begins and ends where words do: "class" does not hold "ass". A
*secret* is looked for inside words too, backwards, turned by ROT13, and under encodings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import re2

from adhere.detect.finding import Finding, ordered
from adhere.detect.letters import letters, rot13
from adhere.detect.view import Hold, Reading, View
from adhere.errors import UsageError

LONGEST = 200
"""Letters (bytes of them) of the longest phrase."""
SHORTEST_SECRET = 4
"""Letters of the shortest secret: shorter ones stand in any long text by chance."""
_SHORTEST_DECODED = 6
"""Letters of a secret that is looked for under encodings, where much is noise."""


class Phrase(msgspec.Struct, frozen=True):
    """What must not be said.

    Attributes:
        id: What findings call it. Never the phrase itself where that is secret.
        text: The phrase.
        secret: Whether it is looked for inside words, backwards and under encodings too.
    """

    id: str
    text: str
    secret: bool = False


class _Form(msgspec.Struct, frozen=True):
    """The letters that are looked for, for one way to write a phrase."""

    id: str
    letters: bytes
    secret: bool
    through: tuple[str, ...] = ()


class Phrases:
    """Finds phrases.

    Args:
        phrases: The phrases.

    Raises:
        UsageError: One has no letters, more than `LONGEST`, or is a secret of fewer than
            `SHORTEST_SECRET`.

    >>> [found.rule for found in Phrases([Phrase("codename", "Project Gale")]).find(
    ...     View("about p\u200br\u200boject-GALE, and about project galea"))]
    ['codename']
    """

    name = "phrase"
    window = 2048

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._forms = tuple(form for phrase in phrases for form in _forms(phrase))
        self._secrets = any(form.secret for form in self._forms)
        self._beginnings = frozenset(
            form.letters[:size] for form in self._forms for size in range(1, len(form.letters) + 1)
        )
        self._inside = frozenset(
            form.letters[:size]
            for form in self._forms if form.secret
            for size in range(1, len(form.letters) + 1)
        )  # fmt: skip
        self._longest = max((len(form.letters) for form in self._forms), default=0)
        said = sorted({form.letters for form in self._forms})
        self._any = re2.compile(b"|".join(said)) if said else None

    def find(self, view: View) -> tuple[Finding, ...]:
        """Return each phrase, in the order of the text."""
        if self._any is None:
            return ()
        read = view.readings if self._secrets else view.texts
        return ordered(found for reading in read for found in self._in(reading))

    def hold(self, view: View) -> Hold:
        """Return what may be the beginning of a phrase."""
        if self._any is None:
            return Hold(len(view.text), len(view.text))
        return view.hold(self._begun, encoded=self._secrets)

    def _begun(self, view: View) -> Hold:
        """Hold the longest end that is the beginning of a phrase; keep a letter before it."""
        said = view.letters
        begin = len(said)
        for at in range(max(len(said) - self._longest, 0), len(said)):
            end = said[at:]
            if end in self._beginnings and (end in self._inside or view.parts_words(at)):
                begin = at
                break
        return Hold(view.place(max(begin - 1, 0)), view.place(begin))

    def _in(self, reading: Reading) -> Iterator[Finding]:
        said = reading.letters
        if self._any is None or not self._any.search(said):
            return
        for form in self._forms:
            if reading.view is None and not (
                form.secret and len(form.letters) >= _SHORTEST_DECODED
            ):
                continue
            at = said.find(form.letters)
            while at >= 0:
                end = at + len(form.letters)
                if form.secret or (
                    reading.view is not None
                    and reading.view.parts_words(at)
                    and reading.view.parts_words(end)
                ):
                    through = (*reading.through, *form.through)
                    yield Finding(
                        "phrase",
                        form.id,
                        "encoded" if through else "secret" if form.secret else "phrase",
                        *reading.span(at, end),
                        reading.held(at, 0),
                        through,
                        len(form.letters),
                    )
                at = said.find(form.letters, at + 1)


def _forms(phrase: Phrase) -> Iterator[_Form]:
    said = letters(phrase.text)
    least = SHORTEST_SECRET if phrase.secret else 1
    if not least <= len(said) <= LONGEST:
        raise UsageError(
            f"the phrase {phrase.id!r} has {len(said)} letters and digits",
            remedy=f"give it {least} to {LONGEST}",
        )
    yield _Form(phrase.id, said, phrase.secret)
    if phrase.secret:
        if said[::-1] != said:
            yield _Form(phrase.id, said[::-1], True, ("reversed",))
        if rot13(said) != said:
            yield _Form(phrase.id, rot13(said), True, ("rot13",))
