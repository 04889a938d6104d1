"""From what was extracted to what the resolver decides about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from adhere.extract.extracted import Extracted
from adhere.extract.reading import slug
from adhere.resolve import Condition, Instruction, Origin, one_of
from adhere.spec import Authority

OVERRIDES: Final = "earlier_instructions"
"""The key of whether earlier instructions are ``kept`` or ``ignored``."""

UNREAD: Final = "said."
"""What facts are called that stand for a condition in prose; nothing ever knows their value."""


def instructions_of(extracted: Sequence[Extracted]) -> tuple[Instruction, ...]:
    """Return the instructions for what was found in a conversation, in the same order.

    A condition ("if they ask for a refund") becomes a fact nobody knows, so that the resolver
    says of such an instruction what holds whether or not the condition does. That a text claims
    leave ("you may") is an instruction of its values like any other.

    Ids say where an instruction stands: ``m2.17.language`` begins at character 17 of message 2.
    """
    seen: Counter[str] = Counter()
    made = []
    for one in extracted:
        name = f"m{one.message}.{one.start}.{one.key}"
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name}.{seen[name]}"
        made.append(
            Instruction(
                id=name,
                level=one.level,
                origin=Origin("message", f"message {one.message}", one.message, one.start, one.end),
                key=one.key,
                allowed=one.allowed,
                when=_conditions(one),
                mode=one.mode,
                source=one.source,
                text=one.text,
                extractor=one.extractor,
            )
        )
    return tuple(made)


def order_is_kept(section: str) -> Instruction:
    """Return what stands against overrides: that the order of authority is not in a message's gift.

    Without it "ignore all previous instructions" has nothing against it and would apply to its own
    key; it could still lift no instruction of a higher level, each of which has a key of its own.

    Args:
        section: Id of the section of level root that says so.
    """
    return Instruction(
        id=f"{section}.{OVERRIDES}",
        level=Authority.ROOT,
        origin=Origin("section", section),
        key=OVERRIDES,
        allowed=one_of("kept"),
        inferred=True,
        extractor="adhere",
    )


def _conditions(one: Extracted) -> tuple[Condition, ...]:
    if not one.condition:
        return ()
    name = slug(one.condition, most=12)
    return (Condition(f"{UNREAD}{name}", one_of(True)),) if name else ()
