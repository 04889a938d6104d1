"""Rates corrected for a judge that errs, from a sample that people labelled too.

Both need a random sample of the judged answers with a trusted label. *Rogan-Gladen* (Am. J.
Epidemiology 1978) uses how often the judge is right on good and on bad answers; it holds as long as
these two rates are the same in the sample and in the whole. *Prediction-powered inference*
(Angelopoulos et al., Science 2023) adds the judge's mean error in the sample to its mean in the
whole; it holds for any judge, and is narrow where the judge is good.

Intervals are linearised: each answer's share in the estimate's error is summed within its cluster
before it is squared (CR1, as in `adhere.evaluate.inference`), so that answers that belong together,
and answers that are both in the whole and in the sample, are not counted as if they were strangers.
The quantile is Student's with one degree of freedom less than the sample has clusters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence

import msgspec

_LEVEL = 0.975


class Judged(msgspec.Struct, frozen=True):
    """What a judge said of all answers, and of a sample with trusted labels.

    Attributes:
        judged: The judge's verdicts on all answers. Those of the sample may be among them, if
            ``clusters`` are given.
        sample_judged: Its verdicts on the sample.
        sample_true: The trusted labels of the sample.
        clusters: The group each of ``judged`` belongs to; None where answers are independent and
            the sample is not among them.
        sample_clusters: The group of each in the sample, by the same names.
    """

    judged: Sequence[bool]
    sample_judged: Sequence[bool]
    sample_true: Sequence[bool]
    clusters: Sequence[Hashable] | None = None
    sample_clusters: Sequence[Hashable] | None = None

    def __post_init__(self) -> None:
        same = len(self.sample_judged) == len(self.sample_true)
        if self.clusters is not None:
            same = same and len(self.clusters) == len(self.judged)
            same = same and len(self.sample_clusters or ()) == len(self.sample_judged)
        if not same or (self.clusters is None) is not (self.sample_clusters is None):
            raise ValueError("verdicts, labels and clusters differ in length")


class Corrected(msgspec.Struct, frozen=True):
    """A corrected share with its 95 % interval, clipped to what it can be.

    ``raw`` is what the judge found on the same answers.
    """

    value: float
    low: float
    high: float
    raw: float


class _Linear(msgspec.Struct):
    """An estimate and each cluster's share in its error."""

    value: float
    raw: float
    errors: dict[Hashable, float]
    freedom: int


def rogan_gladen(found: Judged) -> Corrected:
    """Correct the judge's share of True for its errors in the sample.

    Raises:
        ValueError: The sample lacks good or bad answers, the judge is no better than chance, or
            there are fewer than two clusters.
    """
    return _share(_rogan_gladen(found))


def prediction_powered(found: Judged) -> Corrected:
    """Correct the judge's share of True by its mean error in the sample.

    Raises:
        ValueError: There are no answers, or fewer than two clusters in the sample.
    """
    return _share(_prediction_powered(found))


def rogan_gladen_gap(first: Judged, second: Judged) -> Corrected:
    """Return the first corrected share minus the second; clusters of one name go together.

    Raises:
        ValueError: As for `rogan_gladen`.
    """
    return _gap(_rogan_gladen, first, second)


def prediction_powered_gap(first: Judged, second: Judged) -> Corrected:
    """Return the first corrected share minus the second; clusters of one name go together.

    Raises:
        ValueError: As for `prediction_powered`.
    """
    return _gap(_prediction_powered, first, second)


def _rogan_gladen(found: Judged) -> _Linear:
    pairs = list(zip(found.sample_judged, found.sample_true, strict=True))
    good = [float(said) for said, true in pairs if true]
    bad = [float(said) for said, true in pairs if not true]
    if not found.judged or not good or not bad:
        raise ValueError("answers, and a sample with good and with bad ones, are needed")
    hits, false = math.fsum(good) / len(good), math.fsum(bad) / len(bad)
    power = hits - false
    if power <= 0:
        raise ValueError("the judge says yes to bad answers as often as to good ones")
    raw = sum(found.judged) / len(found.judged)
    value = (raw - false) / power
    whole, sample = _names(found)
    shares = [
        (name, (said - raw) / len(found.judged))
        for name, said in zip(whole, found.judged, strict=True)
    ]
    for name, (said, true) in zip(sample, pairs, strict=True):
        if true:
            shares.append((name, -value * (said - hits) / len(good) * _small(len(good))))
        else:
            shares.append((name, -(1 - value) * (said - false) / len(bad) * _small(len(bad))))
    return _Linear(value, raw, _summed(shares, 1 / power), len(set(sample)) - 1)


def _prediction_powered(found: Judged) -> _Linear:
    wrong = [
        float(true) - said
        for said, true in zip(found.sample_judged, found.sample_true, strict=True)
    ]
    whole, sample = _names(found)
    if not found.judged or len(set(sample)) < 2:
        raise ValueError("answers, and a sample of at least two clusters, are needed")
    raw = sum(found.judged) / len(found.judged)
    shift = math.fsum(wrong) / len(wrong)
    shares = [
        (name, (said - raw) / len(found.judged))
        for name, said in zip(whole, found.judged, strict=True)
    ]
    shares += [
        (name, (error - shift) / len(wrong) * _small(len(wrong)))
        for name, error in zip(sample, wrong, strict=True)
    ]
    return _Linear(raw + shift, raw, _summed(shares), len(set(sample)) - 1)


def _names(found: Judged) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
    if found.clusters is None or found.sample_clusters is None:
        size = len(found.judged)
        return range(size), range(size, size + len(found.sample_judged))
    return found.clusters, found.sample_clusters


def _small(size: int) -> float:
    """The root of Bessel's correction: a mean that was estimated lies too near to its sample."""
    return math.sqrt(size / (size - 1)) if size > 1 else 1.0


def _summed(shares: Iterable[tuple[Hashable, float]], scale: float = 1.0) -> dict[Hashable, float]:
    errors: dict[Hashable, float] = {}
    for name, share in shares:
        errors[name] = errors.get(name, 0.0) + share * scale
    return errors


def _share(found: _Linear) -> Corrected:
    return _interval(found, 0.0)


def _gap(method: Callable[[Judged], _Linear], first: Judged, second: Judged) -> Corrected:
    if first.clusters is None or second.clusters is None:
        raise ValueError("clusters say which answers of the two belong together")
    one, other = method(first), method(second)
    errors = _summed([*one.errors.items(), *((name, -e) for name, e in other.errors.items())])
    freedom = min(one.freedom, other.freedom)
    return _interval(_Linear(one.value - other.value, one.raw - other.raw, errors, freedom), -1.0)


def _interval(found: _Linear, least: float) -> Corrected:
    from scipy.special import stdtrit  # noqa: PLC0415  (0.3 s that most verbs never need)

    groups = len(found.errors)
    if groups < 2 or found.freedom < 1:
        raise ValueError("a sample of at least two clusters is needed")
    variance = groups / (groups - 1) * math.fsum(error**2 for error in found.errors.values())
    half = float(stdtrit(found.freedom, _LEVEL)) * math.sqrt(variance)
    low, value, high = (
        min(1.0, max(least, number))
        for number in (found.value - half, found.value, found.value + half)
    )
    return Corrected(value, low, high, found.raw)
