"""Recorded judgements: what an instrument said of an item, beside what is taken as true."""

from __future__ import annotations

from typing import Literal

import msgspec


class Judgement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One label that a judge gave to one item (``adhere/judgement/1``).

    Attributes:
        item: What was judged; unique within its group.
        judge: Who judged: a person, a model, a detector.
        label: What it said; None where it broke its format.
        reference: The label taken as true, where there is one.
        group: A part of the items with figures of its own.
        order: ``first`` or ``second``: which way round two answers were shown, where both were
            tried. The label names the answer itself and not its place, so a judge that only
            minds the answers says the same both times.
        repeat: How often the judge had seen this very item before; 0 the first time.
        authors: Whose answers were judged: one, or two in the order of the labels ``1`` and ``2``.
        own: The author that is the judge itself or of its family, where the judge can be one.
        planted: ``positive`` where the item was planted and right, ``decoy`` where it was planted
            and wrong.
    """

    schema: Literal["adhere/judgement/1"]
    item: str
    judge: str
    label: str | None
    reference: str | None = None
    group: str = ""
    order: Literal["first", "second"] | None = None
    repeat: int = 0
    authors: tuple[str, ...] = ()
    own: str = ""
    planted: Literal["positive", "decoy"] | None = None
