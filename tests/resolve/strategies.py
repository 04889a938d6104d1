"""Candidates for the chain of command: few keys and few values, so that everything meets.

An instruction is made from one number, digit by digit, so that Hypothesis draws (and shrinks) a
number an instruction and not two dozen choices: the laws are tried on thousands of cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st
from msgspec.structs import replace

from adhere.resolve import (
    Candidates,
    Condition,
    Delegation,
    Fact,
    Instruction,
    Origin,
    Values,
    anything_but,
    between,
    one_of,
)
from adhere.spec import Authority

T = TypeVar("T")

WORDS = ("x", "y", True, 1)  # True and 1 are equal in Python, and must not be here
KEYS = ("a", "a", "a", "b", "n")  # "n" takes numbers
SOURCES = ("tool:t", "file:f", "")
FACTS = ("adult", "place")
FACT_VALUES = (True, False, "eu", "us")
SPEAKERS = (Authority.USER, Authority.DEVELOPER, Authority.SYSTEM, Authority.PLATFORM)
SECTIONS = (
    Authority.ROOT, Authority.ROOT, Authority.PLATFORM, Authority.SYSTEM, Authority.DEVELOPER,
    Authority.USER, Authority.GUIDELINE,
)  # fmt: skip
LEVELS = (*SPEAKERS, Authority.GUIDELINE, Authority.ROOT)

numbers = st.integers(0, 2**96 - 1)


def spread(number: int, place: int) -> int:
    """Hypothesis likes small numbers, whose digits are all 0: mix them, each place differently."""
    mixed = (number + 0xD1B54A32D192ED03 * (place + 1)) * 0x9E3779B97F4A7C15F39CC061
    return (mixed ^ mixed >> 48) % 2**96


class Digits:
    """Takes choices off a number, one after the other."""

    def __init__(self, number: int) -> None:
        self._number = number

    def pick(self, options: Sequence[T]) -> T:
        self._number, place = divmod(self._number, len(options))
        return options[place]

    def once_in(self, count: int) -> bool:
        self._number, place = divmod(self._number, count)
        return place == count - 1

    def some(self, options: Sequence[T], most: int) -> list[T]:
        found: list[T] = []
        for _ in range(self.pick(range(1, most + 1))):
            one = self.pick(options)
            if not any(one is other for other in found):
                found.append(one)
        return found


def word_values(digits: Digits) -> Values:
    words = digits.some(WORDS, 2)
    return anything_but(*words) if digits.once_in(3) else one_of(*words)


def number_values(digits: Digits) -> Values:
    form = digits.pick(("one", "range", "but"))
    if form == "one":
        return one_of(*digits.some((1, 2, 3, 4, True), 2))
    if form == "but":
        return anything_but(*digits.some((1, 2, 3, 4, 5), 3))
    low, high = digits.pick((None, 0, 1, 2, 3)), digits.pick((None, 3, 4, 5, 6))
    holes = digits.some((1, 4), 2) if digits.once_in(3) else []
    return between(low, high, but=holes)


def condition(digits: Digits) -> Condition:
    values = digits.some(FACT_VALUES, 2)
    return Condition(
        digits.pick(FACTS), anything_but(*values) if digits.once_in(2) else one_of(*values)
    )


def delegation(digits: Digits) -> Delegation:
    keys = tuple(dict.fromkeys(digits.some((*KEYS, "*"), 2)))
    return Delegation(digits.pick(("*", "tool:t", "file:f")), keys, digits.pick(LEVELS))


def instruction(
    number: int, name: str, others: Sequence[str] = (), level: Authority | None = None
) -> Instruction:
    """The instruction of a number; it may be an exception to any of ``others``."""
    digits = Digits(spread(number, len(name) + ord(name[-1])))
    kind = digits.pick(("message", "message", "section", "section", "setting"))
    if level is None and digits.once_in(6):
        level = Authority.NONE
    if level is Authority.NONE:
        kind = "message"
    elif level is None:
        level = digits.pick(SECTIONS if kind == "section" else SPEAKERS)
    positions = {"message": (0, 1, 2, 3), "section": (-1,), "setting": (-1, 0)}
    position = digits.pick(positions[kind])
    key = digits.pick(KEYS)
    root = kind == "section" and level.rank == Authority.ROOT.rank
    return Instruction(
        id=name,
        level=level,
        origin=Origin(kind, f"{kind} {position}", position, 3, 9),  # type: ignore[arg-type]
        key=key,
        allowed=number_values(digits) if key == "n" else word_values(digits),
        when=tuple(condition(digits) for _ in range(digits.pick((0, 0, 0, 0, 0, 0, 0, 1, 2)))),
        mode="implicit" if digits.once_in(4) and not root else "explicit",
        exception_to=tuple(digits.some(others, 2)) if others and digits.once_in(2) else (),
        delegates=delegation(digits) if digits.once_in(3) else None,
        suspected_mistake=digits.once_in(24),
        needs_capability=digits.pick((None,) * 14 + ("see", "fly")),
        source=digits.pick(SOURCES) if level is Authority.NONE else "",
        text=f"the words of {name}",
    )


def fact(number: int) -> Fact:
    """A fact that may be unknown, not to be believed, or only for some."""
    digits = Digits(number)
    domain = digits.pick((None, one_of(*FACT_VALUES), one_of(True, False)))
    if digits.once_in(2):
        return Fact(domain=domain)
    return Fact(
        digits.pick(FACT_VALUES),
        digits.pick((Authority.SYSTEM, Authority.USER, Authority.NONE, Authority.ROOT)),
        digits.pick((None, (Authority.SYSTEM, Authority.DEVELOPER))),
        domain,
    )


@st.composite
def candidates(draw: st.DrawFn, *, most: int = 7, known: bool = False) -> Candidates:
    """Candidates; with ``known`` the system has set every fact."""
    drawn = draw(st.lists(numbers, min_size=1, max_size=most))
    names = [f"i{number}" for number in range(len(drawn))]
    found = {
        name: fact(number)
        for name, number in zip(FACTS, draw(st.tuples(numbers, numbers)), strict=True)
    }
    if known:
        found = {
            name: Fact(one.value if one.value is not None else True, Authority.SYSTEM)
            for name, one in found.items()
        }
    return Candidates(
        instructions=tuple(
            instruction(number, name, names) for number, name in zip(drawn, names, strict=True)
        ),
        facts=found,
        capabilities=("see",),
    )


def with_instructions(given: Candidates, instructions: Sequence[Instruction]) -> Candidates:
    """The same question about other instructions; exceptions to absent ones are dropped."""
    there = {one.id for one in instructions}
    kept = tuple(
        replace(one, exception_to=tuple(name for name in one.exception_to if name in there))
        for one in instructions
    )
    return replace(given, instructions=kept)
