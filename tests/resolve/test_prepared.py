"""What is worked out beforehand changes nothing in what comes out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import candidates, with_instructions

from adhere.resolve import Candidates, Fact, Instruction, Origin, Prepared, one_of, resolve
from adhere.spec import Authority


@settings(max_examples=2000, deadline=None)
@given(candidates(most=9), st.integers(0, 2**9 - 1))
def test_it_comes_to_the_same(together: Candidates, pick: int) -> None:
    early = [one for place, one in enumerate(together.instructions) if pick >> place & 1]
    base = with_instructions(together, early)
    names = {one.id for one in early}
    late = [one for one in together.instructions if one.id not in names]
    prepared = Prepared(base)
    everybody = prepared.candidates(late)
    assert everybody.instructions == (*base.instructions, *late)
    for _ in range(2):  # deciding leaves no trace in what is known beforehand
        assert prepared.resolve(late) == resolve(everybody)


def instruction(name: str, value: str, *, position: int = -1, **more: object) -> Instruction:
    kind = "section" if position < 0 else "message"
    level = Authority.ROOT if position < 0 else Authority.USER
    return Instruction(
        id=name, level=level, origin=Origin(kind, name, position), key="k",
        allowed=one_of(value), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_facts_of_the_conversation_take_the_place_of_those_before() -> None:
    base = Candidates(instructions=(instruction("s", "x"),), facts={"f": Fact(1, Authority.SYSTEM)})
    prepared = Prepared(base)
    facts = {"f": Fact(2, Authority.SYSTEM)}
    assert prepared.candidates((), facts).facts == facts
    assert prepared.resolve((), facts) == resolve(Candidates(
        instructions=base.instructions, facts=facts
    ))  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        [instruction("s", "y", position=0)],
        [instruction("a", "y", position=0), instruction("a", "y", position=1)],
        [instruction("a", "y", position=0, exception_to=("nobody",))],
    ],
)
def test_what_cannot_stand_together_is_refused(said: list[Instruction]) -> None:
    prepared = Prepared(Candidates(instructions=(instruction("s", "x"),)))
    with pytest.raises(ValueError, match=r"two instructions|exception to"):
        prepared.resolve(said)
