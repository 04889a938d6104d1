"""An answer on its way to the client, whichever interface it is of."""

from __future__ import annotations

from typing import Protocol

from adhere.audit.record import Outcome
from adhere.serve.sse import Event


class Unreadable(Exception):
    """A service answered something that is not an answer."""


class Answering(Protocol):
    """Checks an answer, whole or in pieces."""

    end_marker: bytes
    """What ends a stream."""

    @property
    def ended(self) -> bool:
        """Whether a stream has come to its end, or was stopped."""
        ...

    @property
    def outcome(self) -> Outcome:
        """How the answer came out."""
        ...

    @property
    def tokens(self) -> tuple[int, int] | None:
        """Tokens of request and answer, where the service says so."""
        ...

    def whole(self, data: bytes) -> bytes:
        """Check a whole answer; return what the client gets.

        Raises:
            Unreadable: It is no answer.
        """
        ...

    def feed(self, event: Event) -> bytes:
        """Take an event of a stream; return what the client gets.

        Raises:
            Unreadable: It is no piece of an answer.
        """
        ...

    def finish(self) -> bytes:
        """Say that the stream ended; return what is left, without the end marker.

        Raises:
            Unreadable: It ended before its answer did.
        """
        ...

    def fail(self, code: str, message: str) -> bytes:
        """Say that it broke off; return the error frame. What was held back stays."""
        ...
