"""Guessing at keys: how often an address may fail.

A key cannot be guessed anyway; this keeps a guesser from costing anything. Addresses that fail are
forgotten after a minute, and no more of them are remembered than fit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from adhere.serve.faults import Refused

MOST: Final = 20
"""Failures of an address in a minute."""
_MINUTE: Final = 60.0
_ADDRESSES: Final = 10_000


class Attempts:
    """Failed attempts by address.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[str, tuple[float, int]] = {}

    def failed(self, address: str) -> None:
        """Count a failure.

        Raises:
            Refused: There were too many.
        """
        now = self._clock()
        began, count = self._failed.pop(address, (now, 0))
        if now - began >= _MINUTE:
            began, count = now, 0
        if len(self._failed) >= _ADDRESSES:
            del self._failed[next(iter(self._failed))]
        self._failed[address] = began, count + 1
        if count >= MOST:
            raise Refused(
                429, "too_many_attempts", "too many requests with keys that are not known",
                retry_after=_MINUTE - (now - began),
            )  # fmt: skip
