"""The scope of autonomy: nothing outside it, and a sub-agent never gets more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.conversation import ToolCall
from adhere.errors import InputError
from adhere.resolve import (
    Constraint,
    ScopeOfAutonomy,
    effective_scope,
    narrowed_scope,
    parse_scope,
    unlimited_scope,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TOOLS = ("send_email", "send_money", "search", "search_all")
PATTERNS = (*TOOLS, "*", "send_*", "search*", "s*", "x*y", "[s]earch", "sear?h")


def scope(**fields: object) -> ScopeOfAutonomy:
    given = {"allowed_tools": ("*",), "shutdown_time": NOON + timedelta(hours=1), **fields}
    return ScopeOfAutonomy(schema="adhere/scope/1", **given)  # type: ignore[arg-type]


constraints = st.one_of(
    st.builds(Constraint, one_of=st.sampled_from([(1,), (True,), ("a", "b"), ("b",)])),
    st.builds(Constraint, max=st.integers(0, 5)),
    st.builds(Constraint, pattern=st.sampled_from(["a|b", "[0-9]+", "b.*"])),
)
scopes = st.builds(
    scope,
    allowed_tools=st.lists(st.sampled_from(PATTERNS), max_size=3).map(tuple),
    shutdown_time=st.integers(-1, 2).map(lambda hours: NOON + timedelta(hours=hours)),
    latest_time=st.none() | st.just(NOON) | st.just(NOON - timedelta(minutes=1)),
    max_cost=st.none() | st.integers(0, 3),
    tool_constraints=st.dictionaries(
        st.sampled_from(PATTERNS),
        st.dictionaries(st.just("x"), st.lists(constraints, min_size=1, max_size=2).map(tuple)),
        max_size=2,
    ),
    stopped=st.sampled_from([False, False, False, True]),
)
calls = st.builds(
    ToolCall,
    st.sampled_from(TOOLS),
    st.dictionaries(st.just("x"), st.sampled_from([1, True, 4, "a", "b", "7", ["a", "b"], None])),
)
costs = st.integers(0, 4)


def admits(scope: ScopeOfAutonomy, call: ToolCall, cost: float) -> bool:
    return scope.violation(call, now=NOON, cost=cost) is None


@given(scopes, scopes, calls, costs)
def test_a_sub_agent_never_gets_more_than_either(
    parent: ScopeOfAutonomy, child: ScopeOfAutonomy, call: ToolCall, cost: int
) -> None:
    if admits(narrowed_scope(parent, child), call, cost):
        assert admits(parent, call, cost)
        assert admits(child, call, cost)


plain = scopes.filter(
    lambda scope: all(
        "?" not in name and "[" not in name and "*" not in name[:-1] for name in scope.allowed_tools
    )
)


@given(plain, plain, calls, costs)
def test_what_both_admit_stays_admitted(
    parent: ScopeOfAutonomy, child: ScopeOfAutonomy, call: ToolCall, cost: int
) -> None:
    both = admits(parent, call, cost) and admits(child, call, cost)
    assert admits(narrowed_scope(parent, child), call, cost) == both


@given(scopes, calls, costs)
def test_narrowing_by_itself_changes_nothing(
    scope: ScopeOfAutonomy, call: ToolCall, cost: int
) -> None:
    once = narrowed_scope(scope, scope)
    assert admits(once, call, cost) == admits(scope, call, cost)
    assert narrowed_scope(once, once) == once


def test_stopping_one_stops_all_below() -> None:
    free, stopped = unlimited_scope(), scope(stopped=True)
    call = ToolCall("anything")
    assert effective_scope([free, stopped, free, free]).violation(call, now=NOON) == (
        "work was stopped"
    )
    assert effective_scope([free, free]).violation(call, now=NOON) is None
    with pytest.raises(ValueError, match="at least one"):
        effective_scope([])


@pytest.mark.parametrize(
    ("fields", "arguments", "why"),
    [
        ({"allowed_tools": ("search",)}, {}, "not among the allowed"),
        ({"allowed_tools": ()}, {}, "not among the allowed"),
        ({"shutdown_time": NOON}, {}, "shutdown time"),
        ({"latest_time": NOON - timedelta(seconds=1)}, {}, "latest time"),
        ({"max_cost": 1}, {}, "cost more"),
        ({"stopped": True}, {}, "stopped"),
        ({"tool_constraints": {"send*": {"to": (Constraint(pattern="a@b"),)}}}, {}, "'to'"),
        ({"tool_constraints": {"*": {"to": (Constraint(pattern="a@b"),)}}}, {"to": ["a@b", "c"]},
         "'to'"),
        ({"tool_constraints": {"*": {"n": (Constraint(max=3),)}}}, {"n": float("nan")}, "'n'"),
        ({"tool_constraints": {"*": {"n": (Constraint(max=3),)}}}, {"n": "1"}, "'n'"),
    ],
)  # fmt: skip
def test_each_limit_holds(
    fields: dict[str, object], arguments: dict[str, object], why: str
) -> None:
    call = ToolCall("send_email", arguments)
    found = scope(**fields).violation(call, now=NOON, cost=1, spent=1)
    assert found is not None
    assert why in found
    assert unlimited_scope().violation(call, now=NOON, cost=1, spent=1) is None


TEXT = b"""
schema = "adhere/scope/1"
shutdown_time = 2030-01-01T13:00:00Z
allowed_tools = ["search*"]
max_cost = 5
[tool_constraints.search]
query = [{ pattern = "[a-z ]+" }]
"""


def test_toml_and_json_read_the_same() -> None:
    from_toml = parse_scope(TEXT, name="scope.toml")
    data = (
        b'{"schema":"adhere/scope/1","shutdown_time":"2030-01-01T13:00:00Z","allowed_tools":'
        b'["search*"],"max_cost":5,"tool_constraints":{"search":{"query":[{"pattern":"[a-z ]+"}]}}}'
    )
    assert parse_scope(data, name="scope.json") == from_toml
    assert from_toml.violation(ToolCall("search", {"query": "shoes"}), now=NOON) is None
    assert from_toml.violation(ToolCall("search", {"query": "SHOES"}), now=NOON) is not None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"shutdown_time = 2030-01-01T13:00:00Z", b"", "shutdown_time"),
        (b"T13:00:00Z", b"T13:00:00", "zone"),
        (b"adhere/scope/1", b"adhere/scope/2", "adhere/scope/2"),
        (b"max_cost = 5", b"max_cost = -1", "negative"),
        (b"max_cost", b"maximum", "maximum"),
        (b"[a-z ]+", b"[a-z", "RE2"),
        (b'pattern = "[a-z ]+"', b"", "needs"),
        (b"=", b"==", "not a scope"),
    ],
)
def test_what_is_no_scope_is_refused_in_one_line(old: bytes, new: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        parse_scope(TEXT.replace(old, new), name="scope.toml")
    assert caught.value.place == "scope.toml"


@given(st.binary(max_size=60), st.sampled_from(["a.toml", "a.json"]))
def test_any_bytes_are_a_scope_or_an_input_error(data: bytes, name: str) -> None:
    with pytest.raises(InputError):
        parse_scope(data, name=name)
