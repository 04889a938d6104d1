"""Ids by number, without holding the ids."""

from __future__ import annotations

from array import array


class Numbers:
    """Ids to the numbers in which they came, in about 20 bytes an id instead of about 150.

    Holds a hash of 64 bits of each id and not the id, keyed anew in every process (Python's
    SipHash): no file can be made to collide. An id that was never added is taken for one that was
    with a probability of n/2^64.
    """

    def __init__(self) -> None:
        self._hashes = array("q")
        self._slots = array("I", bytes(4 * 1024))  # number + 1; 0 is free

    def __len__(self) -> int:
        return len(self._hashes)

    def get(self, name: str) -> int | None:
        """Return the number of an id, None where it was not added."""
        number = self._slots[self._place(hash(name))]
        return number - 1 if number else None

    def add(self, name: str) -> int:
        """Return the number of an id, the next one where it is new."""
        key = hash(name)
        place = self._place(key)
        if found := self._slots[place]:
            return found - 1
        number = len(self._hashes)
        self._hashes.append(key)
        self._slots[place] = number + 1
        if 3 * number > 2 * len(self._slots):
            self._grow()
        return number

    def _place(self, key: int) -> int:
        """Return the slot that holds ``key``, or the free one where it belongs."""
        hashes, slots = self._hashes, self._slots
        mask = len(slots) - 1
        place = key & mask
        while (number := slots[place]) and hashes[number - 1] != key:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        self._slots = array("I", bytes(8 * len(self._slots)))
        for number, key in enumerate(self._hashes):
            self._slots[self._place(key)] = number + 1
