"""A text in the forms that detectors search, each made once and only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final, Protocol

import msgspec

from adhere.detect.letters import letters, places
from adhere.detect.skeleton import Derived, skeleton
from adhere.detect.unwrapped import half_escape, unescaped, unfinished, unwrapped

FREE: Final = 7
"""Letters that any text has in common with any other; a stream may let them go."""
_CONTROLS: Final = bytes(octet for octet in (*range(32), 127) if octet not in b"\n\t")
_NEAR_END: Final = 128
"""Letters from the end within which a place is counted from there."""


class _Searched(Protocol):
    def search(self, text: str, /) -> object: ...


class Hold(msgspec.Struct, frozen=True, gc=False):
    """The end of a text that is not complete: what has to stay.

    Attributes:
        keep: The first character that has to be seen again with what comes next.
        release: The first character that must not leave yet.
    """

    keep: int
    release: int


class View:
    """A text and the forms of it that are searched.

    Args:
        text: The text.
        final: Whether nothing follows it.
    """

    def __init__(self, text: str, *, final: bool = True) -> None:
        self.text = text
        self.final = final
        self._shows: dict[int, bool] = {}
        # Asked for with every piece of a stream: by hand, since Python 3.11 locks cached_property.
        self._letters: bytes | None = None
        self._octets: bytes | None = None

    @property
    def letters(self) -> bytes:
        """Its letters; see `letters.letters`."""
        if self._letters is None:
            self._letters = letters(self.text)
        return self._letters

    @property
    def octets(self) -> bytes:
        """The text in UTF-8."""
        if self._octets is None:
            self._octets = self.text.encode("utf-8", "replace")
        return self._octets

    @cached_property
    def shown(self) -> Derived:
        """The text as the eye reads it: look-alikes in ASCII, nothing that does not show."""
        if self.text.isascii() and len(self.octets.translate(None, _CONTROLS)) == len(self.text):
            return Derived(self.text, list)
        return skeleton(self.text)

    @cached_property
    def plain(self) -> tuple[View, Derived] | None:
        """The text without escapes, and the way back, if it has any."""
        derived = unescaped(self.text)
        return None if derived is None else (View(derived.text, final=self.final), derived)

    @cached_property
    def texts(self) -> tuple[Reading, ...]:
        """What the text says as it is, and without escapes."""
        read = [Reading(self.letters, self.stretch, (), self)]
        if self.plain is not None:
            view, derived = self.plain
            read.append(
                Reading(
                    view.letters,
                    lambda start, end: derived.span(*view.stretch(start, end)),
                    ("escapes",),
                    view,
                )
            )
        return tuple(read)

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Everything the text says: `texts`, and what stands in it under each encoding."""
        read = list(self.texts)
        for one in unwrapped(self.octets):
            whole = self._octet_span(one.start, one.end)
            read.append(Reading(one.letters, _always(whole), one.through, None))
        return tuple(read)

    @cached_property
    def _places(self) -> list[int]:
        return list(places(self.text))

    def place(self, at: int) -> int:
        """Return the character that a byte of `letters` came from; the end for one past it."""
        left = len(self.letters) - at
        if left <= 0:
            return len(self.text)
        if left > _NEAR_END or "_places" in self.__dict__:
            return self._places[at]
        number = len(self.text)
        while left > 0:
            number -= 1
            char = self.text[number]
            left -= char.isalnum() if char.isascii() else len(letters(char))
        return number

    def stretch(self, start: int, end: int) -> tuple[int, int]:
        """Turn a stretch of `letters`, not empty, into one of the text."""
        return self._places[start], self._places[end - 1] + 1

    def parts_words(self, at: int) -> bool | None:
        """Whether a word ends before a byte of `letters`; None where that is not known yet."""
        if at == 0:
            return True
        before = self.text[self.place(at - 1) + 1 : self.place(at)]
        parted = bool(before and (before.isascii() or skeleton(before).text))
        if at == len(self.letters):
            return parted or (True if self.final else None)
        return parted

    def hold(self, begun: Callable[[View], Hold], *, encoded: bool = False) -> Hold:
        """Return what has to stay at the end of the text, with and without its escapes.

        Args:
            begun: Returns what has to stay of a text as it is.
            encoded: Whether what is looked for may stand under encodings too.
        """
        if not self.text:
            return Hold(0, 0)
        hold = begun(self)
        whole, plain = self._unescaped
        keep, release = min(hold.keep, whole), min(hold.release, whole)
        if plain is not None:
            view, derived = plain
            end = len(view.text)
            hold = begun(view)
            keep = min(keep, derived.span(hold.keep, end)[0] if hold.keep < end else whole)
            held = hold.release
            release = min(release, derived.span(held, end)[0] if held < end else whole)
        if encoded:
            keep, release = min(keep, self._unfinished), min(release, self._unfinished + FREE)
        return Hold(keep, release)

    @cached_property
    def _unescaped(self) -> tuple[int, tuple[View, Derived] | None]:
        """Where an escape begins that is cut off, and the text before it without escapes."""
        whole = half_escape(self.text)
        return whole, (self if whole == len(self.text) else View(self.text[:whole])).plain

    @cached_property
    def _unfinished(self) -> int:
        return self._octet_span(unfinished(self.octets), len(self.octets))[0]

    def shows(self, pattern: _Searched) -> bool:
        """Whether a pattern is found in what the eye reads; searched for once."""
        known = self._shows.get(id(pattern))
        if known is None:
            known = self._shows[id(pattern)] = pattern.search(self.shown.text) is not None
        return known

    def _octet_span(self, start: int, end: int) -> tuple[int, int]:
        """Turn a stretch of `octets`, both ends between characters, into one of the text."""
        if self.text.isascii():
            return start, end
        first = len(self.octets[:start].decode())
        return first, first + len(self.octets[start:end].decode())


def _always(span: tuple[int, int]) -> Callable[[int, int], tuple[int, int]]:
    return lambda _start, _end: span


class Reading:
    """Letters that a text says in one way.

    Attributes:
        letters: The letters.
        span: Turns a stretch of them, not empty, into one of the text.
        through: What was taken off: escapes, encodings.
        view: The text with these letters; None where a stretch as a whole stands for them.
    """

    def __init__(
        self, said: bytes, span: Callable[[int, int], tuple[int, int]], through: tuple[str, ...],
        view: View | None,
    ) -> None:  # fmt: skip
        self.letters = said
        self.span = span
        self.through = through
        self.view = view

    def held(self, at: int, free: int) -> int:
        """Return the character that a stream holds from, for a match that begins at a letter.

        Args:
            at: The letter.
            free: How many letters of it may leave; of an encoded stretch, `FREE` characters.
        """
        if self.view is None:
            start, end = self.span(at, at + 1)
            return min(start + FREE, end)
        return self.span(at + free, at + free + 1)[0]
