"""Every error adhere raises on purpose, grouped by whose fault it is.

::

    AdhereError
    ├── UsageError      the caller asked for something that cannot be done as asked
    ├── InputError      a document or file given to us is not what it has to be
    ├── ServiceError    a service we depend on (a model, a download) failed or lied
    └── SystemFault     this machine could not do its part (disk full, no permission)

Each carries a message for people: what is wrong, where (`place`), and the way out (`remedy`).
The command line turns them into one line each and an exit code, never a traceback.
"""

from __future__ import annotations


class AdhereError(Exception):
    """The root of the tree; raise one of its children.

    Args:
        message: What is wrong, in one sentence without a full stop at the end.
        place: Where: a path, ``path:line:column``, a URL. Empty where there is none.
        remedy: What the reader can do about it. Empty where nothing can be said.
    """

    exit_code = 2

    def __init__(self, message: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{where}{self.message}{remedy}"


class UsageError(AdhereError):
    """The caller asked for something that cannot be done as asked."""


class InputError(AdhereError):
    """A document or file given to us is not what it has to be."""


class ServiceError(AdhereError):
    """A service we depend on failed, or answered what it must not."""

    exit_code = 3


class SystemFault(AdhereError):
    """This machine could not do its part: no space, no permission, no such device."""

    exit_code = 3
