"""Which rules of a spec are tested, by which cases, and which are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias, get_args

import msgspec

from adhere.conversation import Case
from adhere.evaluate.suite import Suite
from adhere.spec import Authority, Section, Spec

Standing: TypeAlias = Literal["cases", "spec", "no test needed", "untested"]
"""By cases; only by the spec's own examples or prompts; excused with a reason; not at all."""


class SectionCoverage(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One rule and its cases.

    Attributes:
        id, title, authority: The section.
        standing: How it is tested.
        cases: Cases that name it first.
        also: Cases that name it beside another.
        help, decline, either: How many of ``cases`` have each outcome as right.
        tools: How many of ``cases`` have tools.
        turns: How many of ``cases`` have more than one message of a user.
        examples: Labelled examples in the section.
        prompts: Markers in it that name files of evaluation prompts.
        reason: Why no test is needed, in the spec's words.
    """

    id: str
    title: str
    authority: Authority
    standing: Standing
    cases: int = 0
    also: int = 0
    help: int = 0
    decline: int = 0
    either: int = 0
    tools: int = 0
    turns: int = 0
    examples: int = 0
    prompts: int = 0
    reason: str = ""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Sections against cases (``adhere/coverage/1``).

    Attributes:
        spec: Its name.
        suites: Ids of the suites.
        cases: How many they hold.
        standings: How many sections have each standing.
        pairs: How many pairs of each kind.
        sets: How many sets vary each attribute of who asks.
        sections: Every section with an authority of its own, in the order of the spec.
        unknown: Section ids that cases name and the spec lacks, with how many cases name each.
    """

    schema: Literal["adhere/coverage/1"]
    spec: str
    suites: tuple[str, ...]
    cases: int
    standings: dict[Standing, int]
    pairs: dict[str, int]
    sets: dict[str, int]
    sections: tuple[SectionCoverage, ...]
    unknown: dict[str, int]


def coverage(spec: Spec, suites: Sequence[Suite]) -> Coverage:
    """Count the cases of each section that has an authority of its own.

    A case counts under the section that has the id now, also where it names an older one.
    """
    ids = {name: section.id for section in spec.walk() for name in (*section.old_ids, section.id)}
    by_section: dict[str, Counter[str]] = {}
    pairs: set[tuple[str, str]] = set()
    sets: set[tuple[str, str]] = set()
    total = 0
    unknown: Counter[str] = Counter()
    for case in (case for suite in suites for case in suite.cases):
        total += 1
        named = list(dict.fromkeys(ids.get(name, name) for name in case.sections))
        unknown.update(name for name in named if name not in ids)
        for place, name in enumerate(named):
            by_section.setdefault(name, Counter()).update(_kinds(case) if place == 0 else ["also"])
        if case.pair is not None:
            pairs.add((case.pair.kind, case.pair.id))
        if case.variant is not None:
            sets.add((case.variant.attribute, case.variant.set))
    rows = tuple(
        _row(section, section.authority, by_section.get(section.id, Counter()))
        for section in spec.walk()
        if section.authority is not None
    )
    standings = Counter(row.standing for row in rows)
    return Coverage(
        schema="adhere/coverage/1",
        spec=spec.metadata.title or spec.name,
        suites=tuple(suite.manifest.id for suite in suites),
        cases=total,
        standings={standing: standings[standing] for standing in get_args(Standing)},
        pairs=dict(Counter(kind for kind, _ in sorted(pairs))),
        sets=dict(Counter(attribute for attribute, _ in sorted(sets))),
        sections=rows,
        unknown=dict(sorted(unknown.items())),
    )


def _kinds(case: Case) -> Iterable[str]:
    yield "cases"
    yield case.right
    if case.tools:
        yield "tools"
    if case.several_turns:
        yield "turns"


def _row(section: Section, authority: Authority, counts: Counter[str]) -> SectionCoverage:
    examples = sum(any(a.verdict for a in example.answers) for example in section.examples)
    standing: Standing = "untested"
    if counts["cases"] or counts["also"]:
        standing = "cases"
    elif examples or section.markers:
        standing = "spec"
    elif section.no_test_reason:
        standing = "no test needed"
    return SectionCoverage(
        id=section.id,
        title=section.title,
        authority=authority,
        standing=standing,
        examples=examples,
        prompts=len(section.markers),
        reason=section.no_test_reason or "",
        **counts,
    )
