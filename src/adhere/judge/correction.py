"""Rates corrected for a judge that errs, from a sample that people labelled too.

Both need a random sample of the judged answers with a trusted label. *Rogan-Gladen* (Am. J.
Epidemiology 1978) uses how often the judge is right on good and on bad answers; it holds as long as
these two rates are the same in the sample and in the whole. *Prediction-powered inference*
(Angelopoulos et al., Science 2023) adds the judge's mean error in the sample to its mean in the
whole; it holds for any judge, and is narrow where the judge is good.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import msgspec

_QUANTILE = NormalDist().inv_cdf(0.975)


class Corrected(msgspec.Struct, frozen=True):
    """A corrected share with its 95 % interval, clipped to what a share can be.

    ``raw`` is the share the judge found, for the same answers.
    """

    value: float
    low: float
    high: float
    raw: float


def rogan_gladen(
    judged: Sequence[bool], sample_judged: Sequence[bool], sample_true: Sequence[bool]
) -> Corrected:
    """Correct the share of True among ``judged`` for the judge's errors in a labelled sample.

    The interval is of the delta method, with the sampling error of all three shares.

    Args:
        judged: The judge's verdicts on all answers without a trusted label.
        sample_judged: The judge's verdicts on the sample.
        sample_true: The trusted labels of the sample.

    Raises:
        ValueError: The sample lacks good or bad answers, or the judge is no better than chance.
    """
    good = [said for said, true in zip(sample_judged, sample_true, strict=True) if true]
    bad = [said for said, true in zip(sample_judged, sample_true, strict=True) if not true]
    if not judged or not good or not bad:
        raise ValueError("answers, and a sample with good and with bad ones, are needed")
    hits, false = sum(good) / len(good), sum(bad) / len(bad)
    power = hits - false
    if power <= 0:
        raise ValueError("the judge says yes to bad answers as often as to good ones")
    raw = sum(judged) / len(judged)
    value = (raw - false) / power
    variance = (
        raw * (1 - raw) / len(judged)
        + value**2 * hits * (1 - hits) / len(good)
        + (1 - value) ** 2 * false * (1 - false) / len(bad)
    ) / power**2
    return _clipped(value, math.sqrt(variance), raw)


def prediction_powered(
    judged: Sequence[bool], sample_judged: Sequence[bool], sample_true: Sequence[bool]
) -> Corrected:
    """Correct the share of True among ``judged`` by the judge's mean error in a labelled sample.

    Args:
        judged: The judge's verdicts on all answers without a trusted label.
        sample_judged: The judge's verdicts on the sample.
        sample_true: The trusted labels of the sample.

    Raises:
        ValueError: There are no answers, or fewer than two in the sample.
    """
    errors = [float(true) - said for said, true in zip(sample_judged, sample_true, strict=True)]
    if not judged or len(errors) < 2:
        raise ValueError("answers, and a sample of at least two, are needed")
    raw = sum(judged) / len(judged)
    shift = math.fsum(errors) / len(errors)
    spread = math.fsum((error - shift) ** 2 for error in errors) / (len(errors) - 1)
    variance = raw * (1 - raw) / len(judged) + spread / len(errors)
    return _clipped(raw + shift, math.sqrt(variance), raw)


def _clipped(value: float, error: float, raw: float) -> Corrected:
    low, high = value - _QUANTILE * error, value + _QUANTILE * error
    return Corrected(
        min(1.0, max(0.0, value)), min(1.0, max(0.0, low)), min(1.0, max(0.0, high)), raw
    )
