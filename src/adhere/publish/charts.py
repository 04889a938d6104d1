"""Charts for pages: SVG that adapts to the width it gets, and the same figures as a table.

Horizontal places are per cent of the width and vertical ones pixels, so that a chart fills a phone
and a desk alike and its words keep their size. Colours are CSS variables (``charts.css``): dark
mode and print come by themselves. Series differ in shape as well as in colour.

A page shows a chart with the macro ``figure`` of ``charts.html.j2`` and names ``charts.css`` among
its styles::

    {% from "charts.html.j2" import figure with context %}
    {{ figure(chart) }}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec
from markupsafe import Markup

from adhere.publish.templating import environment

SHAPES: Final = {
    "circle": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "square": "M-4-4h8v8h-8z",
    "triangle": "M0-5.2 5 4h-10z",
    "diamond": "M0-5.8 5.4 0 0 5.8-5.4 0z",
    "cross": "M-4.6-2.6l2-2L0-2l2.6-2.6 2 2L2 0l2.6 2.6-2 2L0 2l-2.6 2.6-2-2L-2 0z",
    "flag": "M0 5.2-5-4h10z",
}
"""Paths around the origin, in pixels; the first series has the first."""

COLOURS: Final = 6
"""How many colours ``charts.css`` has for series, and seven for shares."""

_LEFT, _RIGHT = 2.0, 98.0
_LABEL, _LANE, _GAP = 20, 15, 9
_LONGEST: Final = 46
"""Characters of a label: what fits a phone. The table has it whole."""


class Point(msgspec.Struct, frozen=True):
    """A value with its interval; ``value`` None where there is none, then ``note`` says why.

    ``note`` stands beside the value in the table, such as ``430 of 450``.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


class Key(msgspec.Struct, frozen=True):
    """An entry of the legend: a series' name, its shape's path (empty: a field), its colour."""

    name: str
    path: str
    colour: str


class Chart(msgspec.Struct, frozen=True):
    """A chart to be shown with the macro ``figure``.

    Attributes:
        svg: The drawing, one element, with title and description inside.
        title: What it shows; the caption.
        keys: The legend; empty where there is one series.
        columns, rows: The same figures as a table; the first cell of a row is its heading.
    """

    svg: Markup
    title: str
    keys: tuple[Key, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class _Line(msgspec.Struct, frozen=True, tag="line"):
    x1: float
    y1: float
    x2: float
    y2: float
    style: str


class _Box(msgspec.Struct, frozen=True, tag="box"):
    x: float
    y: float
    width: float
    height: float
    style: str


class _Mark(msgspec.Struct, frozen=True, tag="mark"):
    x: float
    y: float
    path: str
    style: str


class _Words(msgspec.Struct, frozen=True, tag="words"):
    x: float
    y: float
    text: str
    style: str
    anchor: str = "start"


_Shape: TypeAlias = _Line | _Box | _Mark | _Words


def interval_chart(
    name: str, title: str, series: Sequence[str],
    groups: Sequence[tuple[str, Sequence[Point]]], *, bounds: tuple[float, float] = (0.0, 1.0),
) -> Chart:  # fmt: skip
    """Draw values with their intervals: a lane a series, a block of lanes a group.

    Args:
        name: Unique on the page; letters, digits and hyphens.
        title: What it shows.
        series: Names, such as models.
        groups: A label and a point for each of the series.
        bounds: The ends of the axis. Where they lie on both sides of 0 a line marks 0. Values are
            shares, written in per cent.
    """
    low, high = bounds
    shapes: list[_Shape] = []
    y = float(_LABEL)
    for label, points in groups:
        shapes.append(_Words(0, y, _short(label), "label"))
        y += _LABEL - 9
        for number, point in enumerate(points):
            shapes += _lane(number, point, y, low, high)
            y += _LANE
        y += _LABEL + _GAP - 11
    bottom = y - _LABEL + 2
    axis: list[_Shape] = []
    for step in range(5):
        at = low + (high - low) * step / 4
        x = _place(at, low, high)
        # Below the words and marks; the 0 of a difference is what the eye must find.
        axis.append(_Line(x, 8, x, bottom, "zero" if at == 0 and low < 0 else "grid"))
        anchor = "start" if step == 0 else "end" if step == 4 else "middle"
        edge = {"start": 0.0, "end": 100.0}.get(anchor, x)
        axis.append(_Words(edge, bottom + 15, _percent(at, 0, signed=low < 0), "tick", anchor))
    columns = ("", *series)
    signed = low < 0
    rows = [(label, *(_cell(point, signed) for point in points)) for label, points in groups]
    about = f"{len(groups)} groups, {len(series)} series; the table below has every figure."
    return _chart(name, title, about, bottom + 22, [*axis, *shapes], _keys(series), columns, rows)


def share_chart(
    name: str, title: str, parts: Sequence[str], bars: Sequence[tuple[str, Sequence[int]]]
) -> Chart:
    """Draw how a whole divides into parts: a bar a row.

    Args:
        name: Unique on the page.
        title: What it shows.
        parts: Names of the parts, in their order along the bar.
        bars: A label and the count of each part.
    """
    shapes: list[_Shape] = []
    y = float(_LABEL)
    for label, counts in bars:
        total = sum(counts)
        shapes.append(_Words(0, y, _short(f"{label} ({total:,})"), "label"))
        x = 0.0
        for number, count in enumerate(counts):
            width = 100 * count / total if total else 0.0
            if width:
                shapes.append(_Box(x, y + 7, width, 18, f"p{number % 7 + 1}"))
                if width >= 9:  # narrower ones have their count in the table only
                    text = f"{count:,}"
                    shapes.append(
                        _Words(x + width / 2, y + 20, text, f"in p{number % 7 + 1}", "middle")
                    )
            x += width
        y += 2 * _LABEL + 14
    keys = tuple(Key(part, "", f"p{number % 7 + 1}") for number, part in enumerate(parts))
    rows = [(label, *(f"{count:,}" for count in counts)) for label, counts in bars]
    about = f"{len(bars)} bars of {len(parts)} parts; the table below has every figure."
    return _chart(name, title, about, y - 10, shapes, keys, ("", *parts), rows)


def trend_chart(
    name: str, title: str, steps: Sequence[str], lines: Sequence[tuple[str, Sequence[Point]]],
    *, bounds: tuple[float, float] = (0.0, 1.0),
) -> Chart:  # fmt: skip
    """Draw how values change from step to step; a step without a value leaves a gap.

    Args:
        name: Unique on the page.
        title: What it shows.
        steps: Labels of the steps in order, such as versions.
        lines: A name and a point for each of the steps.
        bounds: The ends of the axis; values are shares, written in per cent.
    """
    low, high = bounds
    top, bottom, left = 12.0, 212.0, 13.0
    shapes: list[_Shape] = []

    def across(step: int) -> float:
        return left + 2 + (_RIGHT - left - 2) * (step / (len(steps) - 1) if len(steps) > 1 else 0.5)

    def down(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    for step in range(5):
        at = low + (high - low) * step / 4
        shapes.append(_Line(left, down(at), 100, down(at), "grid"))
        shapes.append(_Words(left - 1.5, down(at) + 4, _percent(at, 0), "tick", "end"))
    every = -(-len(steps) // 8)  # two rows of at most four
    for number, label in enumerate(steps):
        if number % every == 0:
            anchor = "start" if number == 0 else "end" if number == len(steps) - 1 else "middle"
            row = bottom + 18 + 15 * (number // every % 2)
            shapes.append(_Words(across(number), row, _short(label), "tick", anchor))
    for number, (_, points) in enumerate(lines):
        colour = f"s{number % COLOURS + 1}"
        for step, point in enumerate(points):
            if point.value is None:
                continue
            x, y = across(step), down(point.value)
            if point.low is not None and point.high is not None:
                shapes.append(_Line(x, down(point.low), x, down(point.high), f"spread {colour}"))
            before = points[step - 1].value if step else None
            if before is not None:
                shapes.append(_Line(across(step - 1), down(before), x, y, f"way {colour}"))
            shapes.append(_Mark(x, y, _path(number), colour))
    columns = ("", *(line for line, _ in lines))
    rows = [
        (label, *(_cell(points[step], signed=False) for _, points in lines))
        for step, label in enumerate(steps)
    ]
    about = f"{len(lines)} lines over {len(steps)} steps; the table below has every figure."
    keys = _keys([line for line, _ in lines])
    return _chart(name, title, about, bottom + 40, shapes, keys, columns, rows)


def _lane(number: int, point: Point, y: float, low: float, high: float) -> list[_Shape]:
    colour = f"s{number % COLOURS + 1}"
    if point.value is None:
        return [_Words(_LEFT, y + 4, point.note or "none", "none")]
    shapes: list[_Shape] = []
    if point.low is not None and point.high is not None:
        ends = _place(point.low, low, high), _place(point.high, low, high)
        shapes.append(_Line(ends[0], y, ends[1], y, f"range {colour}"))
    return [*shapes, _Mark(_place(point.value, low, high), y, _path(number), colour)]


def _place(value: float, low: float, high: float) -> float:
    inside = min(max(value, low), high)
    return _LEFT + (_RIGHT - _LEFT) * (inside - low) / (high - low)


def _path(number: int) -> str:
    paths = tuple(SHAPES.values())
    # After six series the shapes move on by one against the colours: 36 that can be told apart.
    return paths[(number + number // COLOURS) % len(paths)]


def _keys(series: Sequence[str]) -> tuple[Key, ...]:
    if len(series) < 2:
        return ()
    return tuple(
        Key(name, _path(number), f"s{number % COLOURS + 1}") for number, name in enumerate(series)
    )


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1].rstrip()}…"


def _percent(value: float, digits: int, *, signed: bool = False) -> str:
    text = f"{100 * value:+.{digits}f}" if signed and value else f"{100 * value:.{digits}f}"
    return f"{text.replace('-', '−')} %"


def _cell(point: Point, signed: bool) -> str:
    if point.value is None:
        return point.note or "–"
    text = _percent(point.value, 1, signed=signed)
    if point.low is not None and point.high is not None:
        ends = (f"{100 * end:.1f}".replace("-", "−") for end in (point.low, point.high))
        text += f" [{', '.join(ends)}]"
    return f"{text}, {point.note}" if point.note else text


def _chart(
    name: str, title: str, about: str, height: float, shapes: Sequence[_Shape],
    keys: tuple[Key, ...], columns: Sequence[str], rows: Sequence[tuple[str, ...]],
) -> Chart:  # fmt: skip
    template = environment().get_template("charts.html.j2")
    drawn = template.make_module().drawing(  # type: ignore[attr-defined]
        name, title, about, round(height), [msgspec.to_builtins(shape) for shape in shapes]
    )
    return Chart(Markup(drawn), title, keys, tuple(columns), tuple(rows))  # noqa: S704  (escaped there)
