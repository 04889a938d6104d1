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
    """

    schema: Literal["adhere/judgement/1"]
    item: str
    judge: str
    label: str | None
    reference: str | None = None
    group: str = ""
    order: Literal["first", "second"] | None = None
