"""What a decision writes down as it goes: steps, a row an instruction, an outcome a key."""

from __future__ import annotations

from typing import Final, TypeAlias

from adhere.errors import InputError
from adhere.resolve.chain.trace import KeyOutcome, Row, Step
from adhere.resolve.chain.values import Values
from adhere.spec import Authority

Entry: TypeAlias = tuple[int, str, int, Authority, Values, str]
"""An instruction that takes part: order, id, index, the level it counts at, what it allows, and who
delegated to it.

The order is negative, so that entries sort from the top down: standing, then moment. A standing is
the level's rank, a bit for own authority (delegated authority ranks below it), and, for what is
only implied and therefore at level guideline, the rank of whoever implies it.
"""

MOMENT_BITS: Final = 40
LEVEL_SHIFT: Final = 4
OWN: Final = 8
ROOT_STANDING: Final = Authority.ROOT.rank << LEVEL_SHIFT | OWN
MAX_WRITTEN: Final = 4_000_000


class Record:
    """The outcome of deciding.

    Attributes:
        steps: In order.
        rows: By index of the instruction.
        outcomes: By key.
        left: How many values the steps may still list.
    """

    __slots__ = ("left", "outcomes", "rows", "steps")

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.rows: dict[int, Row] = {}
        self.outcomes: list[KeyOutcome] = []
        self.left = MAX_WRITTEN

    def spend(self, values: int) -> None:
        """Count values that a step lists, so that a trace cannot outgrow the machine.

        Raises:
            InputError: There are too many.
        """
        self.left -= values
        if self.left < 0:
            raise InputError(
                "the trace would list too many values: a key has thousands of them, each taken "
                "away by an instruction of its own",
                remedy="use ranges, or fewer values a key",
            )
