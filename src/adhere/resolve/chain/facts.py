"""Facts about a conversation, who may set them, and conditions on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from adhere.resolve.chain.values import Admissible, Scalar, Values
from adhere.spec import Authority


class Condition(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Holds where the fact has one of the values; unknown where the fact is unknown."""

    fact: Annotated[str, Meta(min_length=1)]
    values: Admissible


class Fact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Something known, or at least declared, about the conversation.

    Attributes:
        value: None where it is unknown.
        set_by: Whose word it is.
        changeable_by: The levels that may set it, where a setting of the spec declares it; the
            spec itself always may. None where nothing declares it.
        domain: The values it can have at all; None for any.

    Raises:
        ValueError: The domain is empty.
    """

    value: Scalar | None = None
    set_by: Authority = Authority.NONE
    changeable_by: tuple[Authority, ...] | None = None
    domain: Admissible | None = None

    def __post_init__(self) -> None:
        if self.domain is not None and self.domain.is_empty:
            raise ValueError("the domain of a fact is empty")


class RefusedFact(msgspec.Struct, frozen=True, gc=False):
    """A fact that was not believed, and why."""

    fact: str
    reason: str


class FactBook:
    """The facts that may be believed, and for which instructions.

    An instruction of level root reads a fact only if the system, or the spec itself, has set it:
    otherwise a message could switch a principle off by claiming a fact.

    Attributes:
        known: The values that are believed.
        unvouched: Of these, the facts that instructions of level root do not believe.
        refused: Facts that nobody believes, with the reason.
        domains: The values facts can have, where that is declared.
    """

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.known: dict[str, Scalar] = {}
        self.unvouched: set[str] = set()
        self.refused: dict[str, str] = {}
        self.domains: dict[str, Values] = {}
        for name, fact in facts.items():
            if fact.domain is not None:
                self.domains[name] = fact.domain
            if fact.value is None:
                continue
            reason = refusal(fact)
            if reason:
                self.refused[name] = reason
                continue
            self.known[name] = fact.value
            if fact.set_by.rank < Authority.SYSTEM.rank:
                self.unvouched.add(name)


def refusal(fact: Fact) -> str:
    """Why the value of a fact is not believed; empty where it is."""
    if fact.set_by is Authority.NONE:
        return "text without authority sets no facts"
    if (
        fact.changeable_by is not None
        and fact.set_by not in fact.changeable_by
        and fact.set_by is not Authority.ROOT
    ):
        levels = ", ".join(fact.changeable_by) or "nobody"
        return f"set by {fact.set_by}, but changeable by {levels}"
    if fact.domain is not None and fact.value is not None and not fact.domain.admits(fact.value):
        return "its value is not one it can have"
    return ""
