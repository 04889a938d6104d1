"""Control limits: what chance explains raises no alarm, a regression does."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from adhere.serve.control import control_chart


def test_a_seeded_regression_raises_an_alarm_where_it_begins():
    chance = random.Random(7)
    before = [chance.random() < 0.95 for _ in range(600)]
    after = [chance.random() < 0.7 for _ in range(200)]
    chart = control_chart("honesty", before + after, baseline=200, period=50, sections=10)
    alarms = [number for number, point in enumerate(chart.points) if point.alarm]
    assert alarms
    assert alarms[0] == 8  # the first period after the change
    assert not [number for number in alarms if number < 8]


def test_false_alarms_are_as_rare_as_promised():
    chance = random.Random(11)
    periods = alarms = 0
    for _ in range(150):
        said = [chance.random() < 0.9 for _ in range(200 + 50 * 20)]
        chart = control_chart("x", said, baseline=200, period=50)
        periods += len(chart.points)
        alarms += sum(point.alarm for point in chart.points)
    assert periods == 3000
    # 0.00135 of the periods are to be expected, for a baseline known only so well.
    assert alarms / periods < 0.004


@given(st.lists(st.booleans(), min_size=60, max_size=300), st.integers(5, 20))
def test_the_limit_says_what_the_alarm_does(said, period):
    chart = control_chart("x", said, baseline=50, period=period)
    for point in chart.points:
        assert not point.alarm or point.adherent <= point.least
        assert point.alarm or point.adherent >= point.least
