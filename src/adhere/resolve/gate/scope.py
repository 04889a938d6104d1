"""The scope of autonomy: what an agent may do, until when, and at what cost."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

import msgspec
import re2

from adhere.conversation import ToolCall
from adhere.errors import InputError


class Constraint(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an argument of a tool may be; everything that is set must hold.

    A constraint on an argument that the call lacks is not met: what cannot be checked is not
    inside the scope.

    Attributes:
        one_of: The value is one of these.
        max: The value is a number, and not larger.
        pattern: RE2, matched against the whole of a string, or of each string in a list.
    """

    one_of: tuple[str | int | float | bool, ...] | None = None
    max: int | float | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        if self.one_of is None and self.max is None and self.pattern is None:
            raise ValueError("a constraint needs 'one_of', 'max' or 'pattern'")
        if self.pattern is not None:
            _compiled(self.pattern)

    def admits(self, value: object) -> bool:
        """Whether ``value`` keeps the constraint (for a list: every member does)."""
        if isinstance(value, (list, tuple)):
            return all(self.admits(member) for member in value)
        if self.one_of is not None and not any(
            isinstance(value, bool) is isinstance(one, bool) and value == one for one in self.one_of
        ):
            return False
        if self.max is not None:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not value <= self.max:  # type: ignore[operator]  # NaN fails too
                return False
        return self.pattern is None or (
            isinstance(value, str) and _compiled(self.pattern).fullmatch(value) is not None
        )


def _compiled(pattern: str) -> re2._Regexp[str]:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"not an RE2 pattern: {pattern!r}") from error


class ScopeOfAutonomy(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What an agent may do without asking anyone (``adhere/scope/1``).

    Attributes:
        shutdown_time: When the agent must have stopped. There is no scope without one, and it has
            a time zone: an agent that nobody watches ends by itself.
        allowed_tools: Names, or patterns with ``*``; a tool that none matches is out of scope.
        latest_time: No side effects after this, where they have to end before the shutdown.
        max_cost: Most that the calls of the whole task may cost together, in the caller's unit.
        tool_constraints: Per tool (name or pattern) and argument.
        additional_details: For people; decides nothing.
        stopped: Work was stopped. Nobody below can start it again.
    """

    schema: Literal["adhere/scope/1"]
    shutdown_time: datetime
    allowed_tools: tuple[str, ...]
    latest_time: datetime | None = None
    max_cost: int | float | None = None
    tool_constraints: dict[str, dict[str, tuple[Constraint, ...]]] = {}
    additional_details: str = ""
    stopped: bool = False

    def __post_init__(self) -> None:
        for moment in (self.shutdown_time, self.latest_time):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a time needs its zone, such as 2030-01-01T12:00:00Z")
        if self.max_cost is not None and not self.max_cost >= 0:
            raise ValueError("'max_cost' is not negative")

    def violation(
        self, call: ToolCall, *, now: datetime, cost: float = 0, spent: float = 0
    ) -> str | None:
        """Say how ``call`` leaves the scope, or None where it stays inside.

        Args:
            call: What the agent wants to do.
            now: The time of the decision, with its zone.
            cost: What the call costs.
            spent: What the task has cost so far.
        """
        if self.stopped:
            return "work was stopped"
        if now >= self.shutdown_time:
            return "the shutdown time has passed"
        if self.latest_time is not None and now > self.latest_time:
            return "the latest time for acting has passed"
        if not any(fnmatchcase(call.name, pattern) for pattern in self.allowed_tools):
            return "the tool is not among the allowed ones"
        if self.max_cost is not None and not cost + spent <= self.max_cost:
            return "the call would cost more than is left"
        for pattern, arguments in self.tool_constraints.items():
            if not fnmatchcase(call.name, pattern):
                continue
            for name, constraints in arguments.items():
                if name not in call.arguments or not all(
                    constraint.admits(call.arguments[name]) for constraint in constraints
                ):
                    return f"a constraint on the argument {name!r} is not kept"
        return None


def narrowed_scope(parent: ScopeOfAutonomy, child: ScopeOfAutonomy) -> ScopeOfAutonomy:
    """Return the scope of a sub-agent: what both its parent's and its own scope allow.

    It never admits a call that one of them does not, and admits every call that both do where
    tools are named in full or by a pattern that ends in ``*``. Who is above stops who is below.
    """
    constraints = {tool: dict(by_name) for tool, by_name in parent.tool_constraints.items()}
    for tool, by_name in child.tool_constraints.items():
        mine = constraints.setdefault(tool, {})
        for name, more in by_name.items():
            together = (*mine.get(name, ()), *more)
            # Told apart by how they are written: True and 1 are equal and not the same.
            mine[name] = tuple({msgspec.json.encode(one): one for one in together}.values())
    limits = [cost for cost in (parent.max_cost, child.max_cost) if cost is not None]
    times = [moment for moment in (parent.latest_time, child.latest_time) if moment is not None]
    details = dict.fromkeys((parent.additional_details, child.additional_details))
    return ScopeOfAutonomy(
        schema="adhere/scope/1",
        shutdown_time=min(parent.shutdown_time, child.shutdown_time),
        allowed_tools=_both(parent.allowed_tools, child.allowed_tools),
        latest_time=min(times, default=None),
        max_cost=min(limits, default=None),
        tool_constraints=constraints,
        additional_details="\n".join(part for part in details if part),
        stopped=parent.stopped or child.stopped,
    )


def effective_scope(chain: Sequence[ScopeOfAutonomy]) -> ScopeOfAutonomy:
    """Return the scope at the end of a chain of agents, the first of which has no parent.

    Stopping any agent of the chain stops all that follow.

    Raises:
        ValueError: The chain is empty.
    """
    if not chain:
        raise ValueError("a chain of agents has at least one")
    scope = chain[0]
    for child in chain[1:]:
        scope = narrowed_scope(scope, child)
    return scope


def _both(mine: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    """Return patterns that match what both lists match.

    Two different patterns with wildcards intersect only where one covers the other; what cannot
    be written as a pattern is left out, so that a sub-agent never gets more.
    """
    found = [left for left in mine if any(_covers(right, left) for right in theirs)]
    found += [right for right in theirs if any(_covers(left, right) for left in mine)]
    return tuple(sorted(set(found)))


def _covers(wide: str, narrow: str) -> bool:
    if "[" in wide + narrow or "?" in wide + narrow or "*" in narrow.rstrip("*"):
        return wide == narrow
    if narrow.endswith("*"):
        return wide == narrow or (
            wide.endswith("*") and "*" not in wide[:-1] and narrow.startswith(wide[:-1])
        )
    return fnmatchcase(narrow, wide)


def parse_scope(data: bytes, *, name: str) -> ScopeOfAutonomy:
    """Read a scope from TOML or, where ``name`` ends in ``.json``, from JSON.

    Raises:
        InputError: It is not a scope of autonomy.
    """
    try:
        return msgspec.convert(read_table(data, name), ScopeOfAutonomy)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise InputError(
            f"this is not a scope of autonomy: {error}", place=name, remedy="see docs/gate.md"
        ) from error


def read_table(data: bytes, name: str) -> Any:
    """Decode TOML or, where ``name`` ends in ``.json``, JSON.

    Raises:
        ValueError: It cannot be decoded.
    """
    if name.endswith(".json"):
        return msgspec.json.decode(data)
    return tomllib.loads(data.decode("utf-8"))


FOREVER: Final = datetime.max.replace(tzinfo=UTC)


def unlimited_scope(until: datetime = FOREVER) -> ScopeOfAutonomy:
    """Return a scope that leaves every decision to the other rules of the gate."""
    return ScopeOfAutonomy(schema="adhere/scope/1", shutdown_time=until, allowed_tools=("*",))
