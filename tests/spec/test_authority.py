"""The order of the levels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adhere.spec import Authority

levels = st.sampled_from(Authority)


def test_the_order() -> None:
    chain = ["root", "system", "developer", "user", "guideline", "none"]
    ranks = [Authority(name).rank for name in chain]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(ranks)
    assert Authority.NONE.rank == 0


def test_platform_ranks_as_root() -> None:
    assert Authority.PLATFORM.rank == Authority.ROOT.rank
    assert Authority.PLATFORM is not Authority.ROOT


@given(levels, levels, levels)
def test_outranks_is_a_strict_order(a: Authority, b: Authority, c: Authority) -> None:
    assert not a.outranks(a)
    assert not (a.outranks(b) and b.outranks(a))
    if a.outranks(b) and b.outranks(c):
        assert a.outranks(c)
    if not a.outranks(b) and not b.outranks(a):  # of one rank: nothing tells them apart
        assert a.outranks(c) == b.outranks(c)
        assert c.outranks(a) == c.outranks(b)
