"""Groups of opinion, and what they agree on all the same. Pure.

After Polis (Small et al. 2021, "Polis: Scaling deliberation by mapping high dimensional opinion
spaces"): people who vote alike form groups (principal components, k-means, the number of groups by
silhouette); a statement's consensus is the product over the groups of the share that agrees, so
that a majority cannot outvote a minority group. Unlike there, a statement is ranked by the lower
ends of these shares' intervals, and only where every group has voted often enough: two votes are
no consensus.

Consensus informs. It approves nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

LEAST_VOTES: Final = 7
"""Votes for or against that a statement needs in all."""

LEAST_A_GROUP: Final = 3
"""Votes for or against that it needs in each group."""

LEAST_PEOPLE: Final = 10
"""People who have voted on enough for groups to mean anything."""

_LEAST_BALLOTS: Final = 3
"""Votes of a person who takes part in forming groups."""

_MOST_GROUPS: Final = 5
_SHUFFLES: Final = 19
_SAMPLE: Final = 500  # people; the silhouette takes the square of them

_LEVEL: Final = 0.95


class Opinion(msgspec.Struct, frozen=True):
    """How a group stands to a statement.

    Attributes:
        agree: How many agree.
        disagree: How many do not.
        share: Agreement among these, with one vote for and one against added.
        low: Lower end of its 95 % interval (Jeffreys).
        high: Upper end.
    """

    agree: int
    disagree: int
    share: float
    low: float
    high: float


class Statement(msgspec.Struct, frozen=True):
    """A comment and how the groups stand to it.

    Attributes:
        id: The comment.
        votes: Votes for or against.
        groups: One for each group.
        score: Product of the groups' lower ends; None where too few have voted.
    """

    id: str
    votes: int
    groups: tuple[Opinion, ...]
    score: float | None


class Consensus(msgspec.Struct, frozen=True):
    """What people agree on.

    Attributes:
        people: How many have voted.
        groups: How many are in each group; one group where no clear ones show.
        statements: The ranked ones first, the most agreed on first; then the others.
    """

    people: int
    groups: tuple[int, ...]
    statements: tuple[Statement, ...]


def consensus(ballots: Sequence[tuple[int, str, int]]) -> Consensus:
    """Find groups of opinion and what they agree on.

    Args:
        ballots: Person, statement, and 1, 0 or -1; of several by one person the last counts.
    """
    votes = {(person, statement): value for person, statement, value in ballots}
    people = sorted({person for person, _ in votes})
    statements = sorted({statement for _, statement in votes})
    if not people:
        return Consensus(0, (), ())
    matrix = np.full((len(people), len(statements)), np.nan)
    rows = {person: row for row, person in enumerate(people)}
    columns = {statement: column for column, statement in enumerate(statements)}
    for (person, statement), value in votes.items():
        matrix[rows[person], columns[statement]] = value
    with threadpool_limits(1):  # the tables are small: threads would wait for each other
        labels = _groups(matrix)
    found = [_statement(name, matrix[:, column], labels) for name, column in columns.items()]
    found.sort(key=lambda one: (one.score is None, -(one.score or 0.0), one.id))
    sizes = np.bincount(labels)
    return Consensus(len(people), tuple(int(size) for size in sizes), tuple(found))


def _groups(matrix: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the group of each person; those who voted little join the nearest group."""
    everybody = np.zeros(len(matrix), dtype=np.int64)
    cast = np.sum(~np.isnan(matrix), axis=1)
    forming = np.flatnonzero(cast >= _LEAST_BALLOTS)
    if len(forming) < LEAST_PEOPLE or matrix.shape[1] < 2:
        return everybody
    plane, model, clear = _clusters(matrix[forming])
    if model is None or clear <= max(_clarity_by_chance(matrix[forming])):
        return everybody
    return np.asarray(model.predict(_points(plane, matrix)), dtype=np.int64)


def _clusters(votes: NDArray[np.float64]) -> tuple[PCA, KMeans | None, float]:
    """Return the plane people lie in, their clearest groups, and how clear these are (-1 to 1)."""
    plane = PCA(n_components=2, random_state=0).fit(_filled(votes))
    points = _points(plane, votes)
    best: KMeans | None = None
    clearest = -1.0
    apart = len(np.unique(points.round(9), axis=0))
    for count in range(2, min(_MOST_GROUPS, apart - 1) + 1):
        model = KMeans(count, n_init=4, random_state=0).fit(points)
        clear = float(silhouette_score(points, model.labels_, sample_size=_SAMPLE, random_state=0))
        if clear > clearest:
            best, clearest = model, clear
    return plane, best, clearest


def _clarity_by_chance(votes: NDArray[np.float64]) -> Iterator[float]:
    """Yield how clear groups seem where each statement's votes are dealt out anew.

    Any cloud of points falls into groups of a kind. Only groups clearer than all of these are
    groups: by chance that happens once in twenty times.
    """
    rng = np.random.default_rng(0)
    for _ in range(_SHUFFLES):
        shuffled = votes.copy()
        for column in range(votes.shape[1]):
            there = np.flatnonzero(~np.isnan(votes[:, column]))
            shuffled[there, column] = votes[rng.permutation(there), column]
        yield _clusters(shuffled)[2]


def _filled(votes: NDArray[np.float64]) -> NDArray[np.float64]:
    seen = np.sum(~np.isnan(votes), axis=0)
    means = np.nansum(votes, axis=0) / np.maximum(seen, 1)
    return np.where(np.isnan(votes), means, votes)


def _points(plane: PCA, votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where people lie. Who voted on little lies too near the middle: that is stretched."""
    cast = np.sum(~np.isnan(votes), axis=1)
    stretch = np.sqrt(votes.shape[1] / np.maximum(cast, 1))[:, None]
    return np.asarray(plane.transform(_filled(votes)) * stretch)


def _statement(name: str, column: NDArray[np.float64], labels: NDArray[np.int64]) -> Statement:
    groups = tuple(
        _opinion(int(np.sum(own == 1)), int(np.sum(own == -1)))
        for own in (column[labels == group] for group in range(int(labels.max()) + 1))
    )
    counts = [one.agree + one.disagree for one in groups]
    enough = sum(counts) >= LEAST_VOTES and min(counts) >= LEAST_A_GROUP
    score = float(np.prod([one.low for one in groups])) if enough else None
    return Statement(name, sum(counts), groups, score)


def _opinion(agree: int, disagree: int) -> Opinion:
    tail = (1 - _LEVEL) / 2
    low = float(beta.ppf(tail, agree + 0.5, disagree + 0.5)) if agree else 0.0
    high = float(beta.ppf(1 - tail, agree + 0.5, disagree + 0.5)) if disagree else 1.0
    return Opinion(agree, disagree, (agree + 1) / (agree + disagree + 2), low, high)
