"""From the records of a run to its figures. Nothing is counted while running."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import compress
from pathlib import Path
from typing import Literal

import msgspec

from adhere.conversation import Answer
from adhere.evaluate.group_figures import GroupFigures, group_figures
from adhere.evaluate.labelled import LabelFigures, label_figures
from adhere.evaluate.model_gaps import ModelGap
from adhere.evaluate.observation import observe
from adhere.evaluate.run import RunManifest, read_cases, read_manifest, read_spec
from adhere.evaluate.stored_cases import StoredCases
from adhere.evaluate.table import CaseIndex, Table
from adhere.evaluate.tally import Row, Tally
from adhere.judge import Verdict
from adhere.models import Spent, spending
from adhere.models.spending import cost

KEPT_FAILURES = 1000
KEPT_BYTES = 8 * 1024 * 1024
"""How many failures of a model, and how much text of them, a report holds; the records hold all."""


class Failure(msgspec.Struct, frozen=True):
    """An answer that does not adhere, or could not be scored."""

    model: str
    case: str
    epoch: int
    answer: Answer
    verdict: Verdict


class Spending(msgspec.Struct, frozen=True):
    """What a run has cost so far, by `adhere.models.spending`.

    Attributes:
        models: Requests and tokens by model, batches apart.
        currency: Of the amounts; None without prices.
        cost: What that is in money, as far as is known; None without a price for every model.
        budget: What may be spent.
    """

    models: tuple[Spent, ...]
    currency: str | None = None
    cost: Decimal | None = None
    budget: Decimal | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found (``adhere/report/1``).

    A case that names several sections counts in each of them, and once in the total.
    """

    schema: Literal["adhere/report/1"]
    manifest: RunManifest
    complete: bool
    scripted: bool
    """Whether any of the models is scripted: then no figure here is about a real model."""
    total: Row
    by_authority: tuple[Row, ...]
    by_section: tuple[Row, ...]
    sections_without_cases: tuple[str, ...]
    failing: int
    """Answers that do not adhere or could not be scored."""
    failures: tuple[Failure, ...]
    """`KEPT_FAILURES` of them a model, fewer where they are long; where there are more, drawn."""
    seed: int = 0
    """What they are drawn with: from what was asked, so that nobody can choose it."""
    groups: tuple[GroupFigures, ...] = ()
    """Pairs, sets of variants and stated confidence, one entry a model."""
    spending: Spending | None = None
    """None where no service was asked."""
    by_focus: tuple[Row, ...] = ()
    """Behaviours that several cases test; the first 200."""
    by_tag: tuple[Row, ...] = ()
    """Tags of the sections."""
    model_gaps: tuple[ModelGap, ...] = ()
    """Every two models, paired by case."""
    labels: LabelFigures | None = None
    """What people's labels say of the judge, and of the rates."""


def report_on(folder: Path) -> Report:
    """Compute the report of the run in ``folder``.

    Raises:
        InputError: The folder holds no run, or a file of it cannot be read.
    """
    manifest, spec, cases = read_manifest(folder), read_spec(folder), read_cases(folder)
    index = CaseIndex(cases.path)
    table = Table(folder, manifest, index)
    tally = Tally(manifest, spec, index)
    tally.count(table)
    by_section = tally.by_section()
    covered = {row.id for row in by_section}
    seed = sample_seed(manifest)
    failing, failures = _failures(manifest, table, cases, seed)
    return Report(
        schema="adhere/report/1",
        manifest=manifest,
        complete=table.judged == manifest.expected,
        scripted=any(name.startswith("scripted:") for name in manifest.models),
        total=tally.total(),
        by_authority=tally.by_authority(),
        by_section=by_section,
        sections_without_cases=tuple(
            section.id
            for section in spec.walk()
            if section.authority is not None
            and section.no_test_reason is None
            and section.id not in covered
        ),
        failing=failing,
        failures=failures,
        seed=seed,
        groups=tuple(_groups(manifest, table, cases, index)),
        spending=_spending(folder, manifest),
        by_focus=tally.by_focus(cases),
        by_tag=tally.by_tag(),
        model_gaps=tally.model_gaps(),
        labels=label_figures(folder, manifest, table, cases),
    )


def sample_seed(manifest: RunManifest) -> int:
    """Return the seed that a run's samples are drawn with: the same for the same cases and spec."""
    text = f"{manifest.suite.digest} {manifest.spec.spec_digest}"
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def _failures(
    manifest: RunManifest, table: Table, cases: StoredCases, seed: int
) -> tuple[int, tuple[Failure, ...]]:
    """Count all failures, and read those of each model that are kept, in the order of the cases."""
    count, found = 0, []
    for model in manifest.models:
        many = sum(1 for _ in table.failing(model))
        count += many
        order = random.Random(seed).sample(range(many), min(many, KEPT_FAILURES))  # noqa: S311
        drawn = bytearray(many)
        for place in order:
            drawn[place] = True
        slots = dict(zip(sorted(order), compress(table.failing(model), drawn), strict=True))
        kept: dict[int, Failure] = {}
        size = 0
        evidence = table.evidence([slots[place][2] for place in order])
        for place, (answer, verdict) in zip(order, evidence, strict=True):
            size += len(answer.content) + sum(len(message.text) for message in answer.said)
            if size > KEPT_BYTES:
                break
            number, epoch, _ = slots[place]
            kept[place] = Failure(model, cases[number].id, epoch, answer, verdict)
        found += [kept[place] for place in sorted(kept)]
    return count, tuple(found)


def _groups(
    manifest: RunManifest, table: Table, cases: StoredCases, index: CaseIndex
) -> Iterator[GroupFigures]:
    """Cases that belong to a group are read, and held, all at once; suites have few of them."""
    grouped = [(number, cases[number]) for number in index.grouped]
    for model in manifest.models:
        wanted = [
            (case, epoch, slot)
            for number, case in grouped
            for epoch in range(manifest.epochs)
            if (slot := table.slot((model, case.id, epoch))) is not None and table.codes[slot]
        ]
        evidence = table.evidence([slot for _, _, slot in wanted])
        seen = (
            observe(case, epoch, answer, verdict)
            for (case, epoch, _), (answer, verdict) in zip(wanted, evidence, strict=True)
        )
        yield group_figures(model, [one for one in seen if one is not None])


def _spending(folder: Path, manifest: RunManifest) -> Spending | None:
    spent = spending(folder / "spend.jsonl")
    if not spent:
        return None
    setup = manifest.setup
    if setup is None or setup.prices is None:
        return Spending(spent)
    return Spending(spent, setup.prices.currency, cost(spent, setup.prices), setup.budget)
