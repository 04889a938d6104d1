"""From the words a person types to suites, and to the cases a spec brings along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import msgspec

from adhere.assemble.evaluation import find_suite, suites_beside
from adhere.assemble.loading import find_document, load_spec
from adhere.assemble.prompts import load_prompts
from adhere.conversation import Case
from adhere.evaluate import SuiteManifest
from adhere.evaluate.coverage import Coverage, coverage
from adhere.evaluate.from_spec import CasesFromSpec, LeftOut, cases_from_spec


class SuiteSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a suite holds (``adhere/suite-summary/1``)."""

    schema: Literal["adhere/suite-summary/1"]
    name: str
    id: str
    title: str
    version: str
    digest: str
    cases: int
    right: dict[str, int]
    sections: int
    pairs: dict[str, int]
    sets: dict[str, int]
    tools: int
    turns: int
    states_confidence: int
    answers: dict[str, int]


class FromSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What `adhere suite from-spec` made (``adhere/suite-from-spec/1``)."""

    schema: Literal["adhere/suite-from-spec/1"]
    folder: str
    cases: int
    examples: int
    prompts: int
    prompt_files: int
    right: dict[str, int]
    left_out: tuple[LeftOut, ...]


def summary_of(name: str) -> SuiteSummary:
    """Count what the suite that ``name`` stands for holds.

    Raises:
        InputError: It cannot be used.
        SystemFault: It cannot be read.
    """
    suite = find_suite(name)

    def count(of: Callable[[Case], bool]) -> int:
        return sum(of(case) for case in suite.cases)

    pairs = {(case.pair.kind, case.pair.id) for case in suite.cases if case.pair}
    sets = {(case.variant.attribute, case.variant.set) for case in suite.cases if case.variant}
    return SuiteSummary(
        schema="adhere/suite-summary/1",
        name=name,
        id=suite.manifest.id,
        title=suite.manifest.title,
        version=suite.manifest.version,
        digest=suite.digest,
        cases=len(suite.cases),
        right=outcomes(suite.cases),
        sections=len({name for case in suite.cases for name in case.sections}),
        pairs=dict(Counter(kind for kind, _ in sorted(pairs))),
        sets=dict(Counter(attribute for attribute, _ in sorted(sets))),
        tools=count(lambda case: bool(case.tools)),
        turns=count(lambda case: case.several_turns),
        states_confidence=count(lambda case: case.states_confidence),
        answers=dict(Counter(known.label for case in suite.cases for known in case.answers)),
    )


def outcomes(cases: Iterable[Case]) -> dict[str, int]:
    """Return how many cases have each outcome as right."""
    counts = Counter(case.right for case in cases)
    return {right: counts[right] for right in ("help", "decline", "either")}


def coverage_of(spec: str, suites: tuple[str, ...]) -> Coverage:
    """Return which sections of a spec the suites test.

    Args:
        spec: What names the spec, as `adhere.assemble.load_spec` takes it.
        suites: What names each suite; empty for those beside the spec, ``suite/`` and ``suites/*``.

    Raises:
        InputError: The spec or a suite cannot be used.
        SystemFault: It cannot be read.
    """
    return coverage(load_spec(spec), [find_suite(name) for name in suites or suites_beside(spec)])


def suite_from_spec(spec: str, prompts: Path | None) -> tuple[SuiteManifest, CasesFromSpec, int]:
    """Make the cases that a spec brings along, and a manifest for them.

    Args:
        spec: What names the spec, as `adhere.assemble.load_spec` takes it.
        prompts: The folder of its files of evaluation prompts; None for ``examples/`` beside it,
            if there is one.

    Returns:
        The manifest, the cases, and how many files of prompts were read.

    Raises:
        InputError: The spec or the folder cannot be used.
        SystemFault: It cannot be read.
    """
    loaded = load_spec(spec)
    if prompts is None and (beside := find_document(spec).parent / "examples").is_dir():
        prompts = beside
    files = {} if prompts is None else load_prompts(prompts)
    about, digest = loaded.metadata, loaded.source_digest.removeprefix("sha256:")
    title = about.title or loaded.name
    manifest = SuiteManifest(
        schema="adhere/suite/1",
        id=f"from-spec-{digest[:12]}",
        title=f"Examples and prompts of {title}",
        version=about.version or digest[:12],
        licence=about.licence or "that of the spec",
        description="Cases made from the labelled examples and the evaluation prompts of a spec.",
        language=about.language,
        canary=f"adhere-from-spec-canary-{digest[:32]}",
    )
    return manifest, cases_from_spec(loaded, files), len(files)
