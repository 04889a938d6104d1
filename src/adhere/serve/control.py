"""Adherence over time, with limits: when is a worse period more than chance? Pure.

A section's first exchanges are its baseline. Each later period of equal length is held against what
the baseline lets one expect of it: the beta-binomial distribution, which knows that a baseline of
few exchanges says little. A period is below its limit where so few adherent answers, or fewer, had
a probability of at most `ALPHA` shared among the sections (Bonferroni).

A fixed baseline and a limit by probability are those of Shewhart's chart for proportions; the
predictive distribution in place of three sigma follows Menzefricke, "On the evaluation of control
chart limits based on predictive distributions" (Communications in Statistics 31(8), 2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from scipy.stats import betabinom

ALPHA: Final = 0.00135
"""The chance of a false alarm in a period: that of three sigma on one side."""


class ControlPoint(msgspec.Struct, frozen=True):
    """A period of a section.

    Attributes:
        judged: Exchanges in it.
        adherent: Those that adhere.
        least: The fewest that chance explains.
        alarm: Whether there are fewer.
    """

    judged: int
    adherent: int
    least: int
    alarm: bool


class ControlChart(msgspec.Struct, frozen=True, kw_only=True):
    """A section over time.

    Attributes:
        section: The section.
        baseline_judged: Exchanges of the baseline.
        baseline_adherent: Those that adhere.
        points: The periods after it, in order.
    """

    section: str
    baseline_judged: int
    baseline_adherent: int
    points: tuple[ControlPoint, ...]

    @property
    def alarm(self) -> bool:
        """Whether any period is below its limit."""
        return any(point.alarm for point in self.points)


def control_chart(
    section: str, adherent: Sequence[bool], *, baseline: int, period: int, sections: int = 1
) -> ControlChart:
    """Return the chart of a section.

    Args:
        section: The section.
        adherent: Whether each exchange adheres, in order of time.
        baseline: Exchanges of the baseline.
        period: Exchanges of a period; what is left over at the end is no period yet.
        sections: How many sections are watched together.
    """
    first = adherent[:baseline]
    good = sum(first)
    points = []
    for start in range(baseline, len(adherent) - period + 1, period):
        found = sum(adherent[start : start + period])
        # Jeffreys' prior: half an exchange of each kind.
        expected = betabinom(period, good + 0.5, len(first) - good + 0.5)
        least = int(expected.ppf(ALPHA / sections))
        alarm = bool(expected.cdf(found) <= ALPHA / sections)
        points.append(ControlPoint(period, found, least, alarm))
    return ControlChart(
        section=section, baseline_judged=len(first), baseline_adherent=good, points=tuple(points)
    )
