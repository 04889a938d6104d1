"""Figures that need more than one case: pairs, sets of variants, stated confidence."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from adhere.evaluate.calibration import Calibration, calibration
from adhere.evaluate.disparity import Disparity, disparities
from adhere.evaluate.observation import Observation
from adhere.evaluate.pairs import PairFigures, pair_figures


class GroupFigures(msgspec.Struct, frozen=True):
    """What groups of cases show of one model; empty where the suite has no such groups."""

    model: str
    pairs: tuple[PairFigures, ...] = ()
    disparities: tuple[Disparity, ...] = ()
    calibration: Calibration | None = None


def group_figures(model: str, observations: Sequence[Observation]) -> GroupFigures:
    """Compute the figures of one model from its observations, in the order of the cases.

    Args:
        model: Its name.
        observations: Of the cases that belong to a group; see `adhere.evaluate.observation`.
    """
    return GroupFigures(
        model,
        pair_figures(observations),
        disparities(observations),
        calibration(observations),
    )
