"""Charts: every figure is in the table, places are right, labels stay text, colours can be seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import BAD, Seen, contrast, tokens

from adhere.publish.charts import Chart, Point, interval_chart, share_chart, trend_chart

SHARES = st.floats(0, 1)


def places(chart: Chart, kind: str) -> list[float]:
    found = re.findall(rf'<svg class="mark" {kind}="([-\d.]+)%"', chart.svg)
    return [float(place) for place in found]


@given(st.lists(st.tuples(SHARES, SHARES, SHARES).map(sorted), min_size=1, max_size=8))
def test_marks_stand_in_the_order_of_their_values(points: list[list[float]]) -> None:
    rows = [(str(n), [Point(value, low, high)]) for n, (low, value, high) in enumerate(points)]
    chart = interval_chart("c", "Title", ["one"], rows)
    marks = places(chart, "x")
    assert len(marks) == len(points)
    for (_, first, _), at in zip(points, marks, strict=True):
        assert at == pytest.approx(2 + 96 * first, abs=0.006)


def test_every_figure_is_in_the_table() -> None:
    groups = [("A", [Point(0.5, 0.25, 0.75, "5 of 10"), Point(None, note="not run")])]
    chart = interval_chart("c", "Title", ["one", "two"], groups)
    assert chart.columns == ("", "one", "two")
    assert chart.rows == (("A", "50.0 % [25.0, 75.0], 5 of 10", "not run"),)
    assert [key.name for key in chart.keys] == ["one", "two"]


def test_parts_of_a_whole_fill_it() -> None:
    chart = share_chart("c", "Title", ["a", "b", "c"], [("x", [1, 2, 1]), ("none", [0, 0, 0])])
    widths = [float(found) for found in re.findall(r'<rect[^>]* width="([\d.]+)%"', chart.svg)]
    assert sum(widths) == pytest.approx(100, abs=0.05)
    assert chart.rows[0] == ("x", "1", "2", "1")


def test_a_step_without_a_value_leaves_a_gap() -> None:
    def ways(points: list[Point]) -> int:
        chart = trend_chart("c", "Title", ["1", "2", "3"], [("line", points)])
        return chart.svg.count('class="way')

    assert ways([Point(0.1), Point(0.2), Point(0.3)]) == 2
    assert ways([Point(0.1), Point(None), Point(0.3)]) == 0


def test_labels_stay_text() -> None:
    for chart in (
        interval_chart("c", BAD, [BAD, BAD], [(BAD, [Point(0.5), Point(None, note=BAD)])]),
        trend_chart("c", BAD, [BAD, BAD], [(BAD, [Point(0.5), Point(0.6)])]),
        share_chart("c", BAD, [BAD], [(BAD, [3])]),
    ):
        seen = Seen(chart.svg.encode())
        assert not {"script", "img", "style"} & set(seen.elements)
        assert not [name for _, name, _ in seen.attributes if name.startswith("on")]


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_of_series_can_be_seen_on_each_ground(scheme: int) -> None:
    folder = Path(__file__).parents[2] / "src/adhere/publish/templates"
    colours = tokens((folder / "charts.css").read_text())[scheme]
    grounds = tokens((folder / "base.css").read_text())[scheme]
    for name in (f"s{n}" for n in range(1, 7)):
        for ground in ("ground", "raised"):
            assert contrast(colours[name], grounds[ground]) >= 3, (name, ground)


@pytest.mark.parametrize("scheme", [0, 1])
def test_levels_of_authority_can_be_read_on_their_grounds(scheme: int) -> None:
    folder = Path(__file__).parents[2] / "src/adhere/publish/templates"
    colours = tokens((folder / "site/site.css").read_text())[scheme]
    levels = [name for name in colours if name.startswith("l-") and not name.endswith("ground")]
    assert len(levels) == 5
    for name in levels:
        assert contrast(colours[name], colours[f"{name}-ground"]) >= 4.5, name
    assert contrast(colours["button"], colours["on-button"]) >= 4.5
