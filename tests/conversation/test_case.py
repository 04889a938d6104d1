"""Cases as data: what is accepted, what is refused, and that nothing is lost on the way."""

from __future__ import annotations

import json

import msgspec
import pytest

from adhere.conversation import AnyOf, Case, Contains, Not, OutcomeIs, Recording

MINIMAL = {
    "schema": "adhere/case/1",
    "id": "a",
    "sections": ["style"],
    "conversation": [{"role": "user", "content": "Hi"}],
    "right": "help",
}


def decode(**changes: object) -> Case:
    return msgspec.json.decode(json.dumps({**MINIMAL, **changes}), type=Case)


def test_nested_checks_survive_a_round_trip() -> None:
    case = decode(
        checks=[
            {
                "kind": "any",
                "of": [
                    {"kind": "contains", "any": ["x"], "fails": "too_permissive"},
                    {"kind": "not", "of": {"kind": "outcome", "is": ["refused"]}},
                ],
            }
        ]
    )
    assert case.checks == (
        AnyOf(
            of=(Contains(any=("x",), fails="too_permissive"), Not(of=OutcomeIs(is_=("refused",))))
        ),
    )
    assert msgspec.json.decode(msgspec.json.encode(case), type=Case) == case


@pytest.mark.parametrize(
    "check",
    [
        {"kind": "contains"},
        {"kind": "excludes", "any": []},
        {"kind": "matches", "pattern": ""},
        {"kind": "matches", "pattern": "(?=look-ahead)"},
        {"kind": "words"},
        {"kind": "outcome", "is": []},
        {"kind": "any", "of": []},
        {"kind": "all", "of": []},
        {"kind": "not"},
        {"kind": "no_such_check"},
    ],
)
def test_a_check_that_could_never_fail_or_run_is_refused(check: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(checks=[check])


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "adhere/case/2"},
        {"right": "maybe"},
        {"conversation": [{"role": "root"}]},
        {"id": 1},
    ],
)
def test_what_is_not_a_case_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(**changes)


@pytest.mark.parametrize("kind", [Case, Recording])
def test_every_line_written_names_its_schema(kind: type[msgspec.Struct]) -> None:
    with pytest.raises(TypeError, match="schema"):
        kind()
