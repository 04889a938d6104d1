"""The levels of authority of the chain of command."""

from __future__ import annotations

from enum import StrEnum


class Authority(StrEnum):
    """A level of the chain of command, compared by rank and never by spelling.

    ``platform`` is the word of the published Model Spec before 2025-09-12, when what is now root
    and system was one level; it ranks as root.

    >>> Authority.ROOT.outranks(Authority.USER)
    True
    >>> Authority.PLATFORM.outranks(Authority.ROOT), Authority.ROOT.outranks(Authority.PLATFORM)
    (False, False)
    """

    ROOT = "root"
    PLATFORM = "platform"
    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    GUIDELINE = "guideline"
    NONE = "none"

    @property
    def rank(self) -> int:
        """Higher is stronger; ``none`` is 0."""
        return _RANK[self]

    def outranks(self, other: Authority) -> bool:
        """Whether an instruction of this level beats one of ``other`` whatever their order."""
        return self.rank > other.rank


_RANK = {
    Authority.ROOT: 5,
    Authority.PLATFORM: 5,
    Authority.SYSTEM: 4,
    Authority.DEVELOPER: 3,
    Authority.USER: 2,
    Authority.GUIDELINE: 1,
    Authority.NONE: 0,
}
