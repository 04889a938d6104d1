"""Groups of opinion on synthetic people of known groups, and what ranks first."""

from __future__ import annotations

import random

import numpy as np
import pytest

from adhere.evolve.feedback.consensus import LEAST_VOTES, consensus

Ballots = list[tuple[int, str, int]]


def people(
    groups: list[int], leanings: dict[str, list[float]], *, seed: int = 1, seen: float = 0.8
) -> tuple[Ballots, list[int]]:
    """Ballots of people of known groups: each agrees with a statement by their group's leaning."""
    chance = random.Random(seed)
    truth = [group for group, size in enumerate(groups) for _ in range(size)]
    ballots = [
        (person, statement, 1 if chance.random() < shares[group] else -1)
        for person, group in enumerate(truth)
        for statement, shares in leanings.items()
        if chance.random() < seen
    ]
    return ballots, truth


APART = {f"left-{n}": [0.95, 0.05] for n in range(6)} | {
    f"right-{n}": [0.05, 0.95] for n in range(6)
}
BOTH = {"both": [0.9, 0.9]}


@pytest.mark.parametrize("seed", range(5))
def test_groups_of_known_people_are_found(seed: int) -> None:
    ballots, truth = people([30, 20], APART | BOTH, seed=seed)
    found = consensus(ballots)
    assert sorted(found.groups) == [20, 30]
    assert found.people == len(truth)
    # Who is in which group, by who agrees with what.
    left = next(one for one in found.statements if one.id == "left-0")
    assert max(one.share for one in left.groups) > 0.8 > 0.3 > min(one.share for one in left.groups)


def test_three_groups() -> None:
    leanings = {
        f"{group}-{n}": [0.95 if one == group else 0.05 for one in range(3)]
        for group in range(3)
        for n in range(5)
    }
    ballots, _ = people([25, 25, 25], leanings)
    assert sorted(consensus(ballots).groups) == [25, 25, 25]


def test_without_groups_there_is_one() -> None:
    """By chance groups show in one of twenty; of these ten in at most three (p < 0.02)."""
    seeming = 0
    for seed in range(10):
        chance = random.Random(seed)
        ballots = [(one, f"s{n}", chance.choice((1, -1))) for one in range(40) for n in range(12)]
        seeming += consensus(ballots).groups != (40,)
    assert seeming <= 3


def test_what_both_groups_want_beats_what_the_larger_wants() -> None:
    ballots, _ = people([45, 10], APART | BOTH)
    found = consensus(ballots)
    assert found.statements[0].id == "both"
    scores = {one.id: one.score for one in found.statements}
    assert scores["both"] is not None
    assert all((scores[name] or 0) < scores["both"] / 2 for name in APART)


def test_two_votes_never_rank_first() -> None:
    ballots, _ = people([30, 20], APART | BOTH)
    ballots += [(0, "new", 1), (49, "new", 1)]
    found = consensus(ballots)
    new = next(one for one in found.statements if one.id == "new")
    assert (new.votes, new.score) == (2, None)
    assert found.statements.index(new) == len(found.statements) - 1


def test_a_group_that_has_not_voted_has_no_part_in_a_consensus() -> None:
    ballots, _ = people([30, 20], APART)
    ballots += [(person, "ours", 1) for person in range(20)]
    ours = next(one for one in consensus(ballots).statements if one.id == "ours")
    assert ours.votes == 20
    assert ours.score is None


def test_the_more_votes_the_surer() -> None:
    few = [(n, "a", 1) for n in range(LEAST_VOTES)]
    many = [(n, "a", 1) for n in range(60)]
    (one,), (other,) = consensus(few).statements, consensus(many).statements
    assert one.score is not None
    assert other.score is not None
    assert one.score < other.score < 1


def test_the_last_vote_counts_and_order_does_not_matter() -> None:
    ballots, _ = people([30, 20], APART | BOTH)
    again = [(0, "both", 1), *ballots, (0, "both", -1)]
    shuffled = [one for one in ballots if one[:2] != (0, "both")] + [(0, "both", -1)]
    random.Random(3).shuffle(shuffled)
    assert consensus(again) == consensus(shuffled)


def test_nobody() -> None:
    assert consensus([]).statements == ()
    assert consensus([(1, "a", 0)]).statements[0].votes == 0


def test_intervals_cover() -> None:
    """The 95 % interval of a group's share holds the truth in about 95 of 100 (Jeffreys)."""
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        votes = rng.random(25) < 0.7
        (one,) = consensus([(n, "a", 1 if vote else -1) for n, vote in enumerate(votes)]).statements
        covered += one.groups[0].low <= 0.7 <= one.groups[0].high
    assert 0.92 <= covered / 400 <= 0.98


def test_people_who_voted_little_join_a_group() -> None:
    ballots, truth = people([30, 20], APART)
    ballots += [(99, "left-0", 1), (99, "right-0", -1)]
    found = consensus(ballots)
    assert sum(found.groups) == len(truth) + 1
