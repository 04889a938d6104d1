"""Scores that others have published about models and this spec, where the answers are not public.

A run of ours holds every answer; this holds only what came out, so nothing in it can be checked
again and it is never mixed with runs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from adhere.errors import InputError


class Score(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model's score in a section; in all where ``section`` is empty.

    Attributes:
        section: Id of the section.
        model: Which model.
        value: Share of answers that comply, 0 to 1.
        cases: How many prompts it is the mean of.
        low: Lower end of the 95 % interval; None where none is known.
        high: Its upper end.
    """

    section: str
    model: str
    value: float
    cases: int
    low: float | None = None
    high: float | None = None


class PublishedGap(msgspec.Struct, frozen=True):
    """How much higher one model scored than another, as somebody computed it case by case.

    Attributes:
        first, second: The models.
        value: The first minus the second, over all cases.
        half_width: Half of the 95 % interval.
        p: Its probability under no difference.
        cases: How many cases.
    """

    first: str
    second: str
    value: float
    half_width: float
    p: float
    cases: int


class Scores(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Published scores (``adhere/scores/1``).

    Attributes:
        title: What they are.
        source: Where they come from, for people.
        note: What their intervals mean, and what is known against them.
        models: In the order they came out.
        scores: The scores themselves.
        gaps: Paired comparisons that were published with them.
    """

    schema: Literal["adhere/scores/1"]
    title: str
    source: str
    note: str
    models: tuple[str, ...]
    scores: tuple[Score, ...]
    gaps: tuple[PublishedGap, ...] = ()


class PromptRates(msgspec.Struct, frozen=True):
    """Two models' rates on one prompt."""

    section: str
    focus: str
    rates: dict[str, float]


_COLUMNS: Final = ("5 Thinking", "5.4", "5.5", "5.6 Sol", "6 Astra")
_NAMES: Final = {
    "5 Thinking": "GPT-5 Thinking", "5.4": "GPT-5.4 Thinking", "5.5": "GPT-5.5 Thinking",
    "5.6 Sol": "GPT-5.6 Sol", "6 Astra": "GPT-6 Astra",
}  # fmt: skip
MODELS: Final = tuple(_NAMES.values())
_ROW = re.compile(r"(?P<section>\w+)\s+(?P<cases>\d+)(?P<values>(?:\s+\d+\.\d+%)+)\s*")


def parse_section_table(text: str, *, name: str = "section_scores.txt") -> tuple[Score, ...]:
    """Read the replication's table of five models by chapter, the one "as published".

    Raises:
        InputError: There is no such table, or it has other columns.
    """
    begun, columns = False, False
    found: list[Score] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("==="):
            if begun:
                break
            begun = "as published" in line
        elif begun and line.startswith("section"):
            heads = re.split(r"\s{2,}", line.strip())
            if tuple(heads[2:]) != _COLUMNS:
                raise InputError("the table has other columns", place=f"{name}:{number}")
            columns = True
        elif begun and columns and (row := _ROW.fullmatch(line)):
            values = row["values"].split()
            if len(values) != len(MODELS):
                raise InputError("a row has another length", place=f"{name}:{number}")
            found += [
                Score(row["section"], model, float(value.rstrip("%")) / 100, int(row["cases"]))
                for model, value in zip(MODELS, values, strict=True)
            ]
    if not found:
        raise InputError("there is no table of section scores", place=name)
    return tuple(found)


def parse_summary(lines: Iterable[str], *, name: str = "summary.csv") -> tuple[Score, ...]:
    """Read the replication's totals with their half-widths; diagnostic runs are left out.

    Raises:
        InputError: A column is missing, or a number is none.
    """
    found = []
    for row in _rows(lines, name, ("model", "overall_compliance", "ci95_halfwidth")):
        if row["model"] in MODELS:
            value, half = (
                _share(row["overall_compliance"], name),
                _share(row["ci95_halfwidth"], name),
            )
            cases = int(_share(row["prompts_scored"], name))
            found.append(
                Score("", row["model"], value, cases, value - half, min(1.0, value + half))
            )
    return tuple(found)


def parse_prompts(lines: Iterable[str], *, name: str = "by_prompt.csv") -> tuple[PromptRates, ...]:
    """Read the replication's rates by prompt, of the two models it published them for.

    Raises:
        InputError: A column is missing, or a number is none.
    """
    columns = ("section_id", "focus_id", "sol_rate", "gpt5_thinking_rate")
    return tuple(
        PromptRates(
            row["section_id"],
            row["focus_id"],
            {
                "GPT-5 Thinking": _share(row["gpt5_thinking_rate"], name),
                "GPT-5.6 Sol": _share(row["sol_rate"], name),
            },
        )
        for row in _rows(lines, name, columns)
    )


def _rows(lines: Iterable[str], name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    reader = csv.DictReader(lines, strict=True)
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise InputError(f"these columns are missing: {', '.join(missing)}", place=name)
    try:
        return list(reader)
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", place=f"{name}:{reader.line_num}") from error


def _share(text: str | None, name: str) -> float:
    try:
        return float(text or "")
    except ValueError as error:
        raise InputError(f'"{text}" is not a number', place=name) from error


_GAP_HEAD = re.compile(r"=== PAIRED GAPS: (?P<model>.+?) minus other")
_GAP = re.compile(
    r"\s+vs (?P<model>.+?)\s+as published: (?P<value>[+-]\d+\.\d+) ±(?P<half>\d+\.\d+) "
    r"p=(?P<p>\S+) n=(?P<cases>\d+)"
)


def parse_gaps(text: str, models: Sequence[str] = MODELS) -> tuple[PublishedGap, ...]:
    """Return the paired gaps of the replication's analysis, each pair of models once.

    Args:
        text: The analysis.
        models: The names the models go by here; the analysis shortens them.
    """
    short = {name.removesuffix(" Thinking"): name for name in models}
    short.update((name, name) for name in models)
    found: dict[frozenset[str], PublishedGap] = {}
    first = ""
    for line in text.splitlines():
        if head := _GAP_HEAD.match(line):
            first = short.get(head["model"], "")
        elif (row := _GAP.match(line)) and first and (second := short.get(row["model"], "")):
            gap = PublishedGap(
                first, second, float(row["value"]) / 100, float(row["half"]) / 100,
                float(row["p"]), int(row["cases"]),
            )  # fmt: skip
            found.setdefault(frozenset((first, second)), gap)
    return tuple(found.values())
