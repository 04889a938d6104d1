"""The resolver keeps every law of the chain of command."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from resolver_laws import LAWS

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("name", LAWS)
def test_law(name: str) -> None:
    hold(name, 300)


@pytest.mark.soak
@pytest.mark.parametrize("name", LAWS)
def test_law_at_length(name: str) -> None:
    hold(name, 5_000)


def hold(name: str, examples: int) -> None:
    law, cases = LAWS[name]

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=QUIET)
    @given(cases)
    def run(case: tuple[object, ...]) -> None:
        law(*case)

    run()
