"""From the words that start a run, or the run itself, to all that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from adhere.assemble.evaluation import find_judge, find_models, find_suite
from adhere.assemble.loading import load_spec
from adhere.assemble.services import batch_api
from adhere.errors import UsageError
from adhere.evaluate import RunManifest, Suite, SuiteManifest, manifest_of
from adhere.evaluate.run import Setup, read_cases, read_manifest, read_spec
from adhere.judge import Judge
from adhere.models import Account, AnswerCache, Model, Sampling
from adhere.models.batch import Batches
from adhere.models.http import HttpModel
from adhere.spec import Spec

JUDGE_TOKENS: Final = 1024
"""The longest answer of a grading model where money is held back: a grade with its reason."""


class Plan(msgspec.Struct):
    """A run that can be started or taken up."""

    spec: Spec
    suite: Suite
    models: list[Model]
    judge: Judge
    services: list[HttpModel]
    manifest: RunManifest

    @property
    def setup(self) -> Setup:
        """How it is to be run."""
        assert self.manifest.setup is not None
        return self.manifest.setup

    @contextmanager
    def served(self, folder: Path) -> Iterator[Account]:
        """Give the services what they need of a run's folder: account, cache, batches.

        Raises:
            UsageError: There is a budget and something has no price.
            SystemFault: The folder cannot be written.
        """
        setup = self.setup
        with ExitStack() as stack:
            path = folder / "spend.jsonl"
            account = stack.enter_context(Account(path, setup.prices, setup.budget))
            for service in self.services:
                service.account = account
                if setup.batch is not None:
                    journal = folder / "batches.jsonl"
                    service.batches = Batches(journal, service, batch_api, setup.batch)
            yield account


def new_plan(spec_name: str, setup: Setup, epochs: int, sampling: Sampling) -> Plan:
    """Plan a run from the words that name its parts.

    Raises:
        UsageError: A word names nothing, or they do not go together.
        InputError: What is named cannot be used.
    """
    return _plan(load_spec(spec_name), find_suite(setup.suite), setup, epochs, sampling)


def resumed_plan(folder: Path, **changes: object) -> Plan:
    """Plan the rest of a run from its folder.

    Args:
        folder: The run.
        changes: Fields of its `Setup` that shall be others now.

    Raises:
        UsageError: The run does not say how it was started.
        InputError: The folder holds no run.
    """
    manifest = read_manifest(folder)
    if manifest.setup is None:
        raise UsageError(
            "this run does not say how it was started", place=str(folder),
            remedy="name spec, suite, model and judge again, with -o",
        )  # fmt: skip
    about = manifest.suite
    suite = Suite(
        SuiteManifest(
            schema="adhere/suite/1", id=about.id, title=about.title, version=about.version,
            licence="",
        ),
        read_cases(folder), about.digest, manifest.setup.suite,
    )  # fmt: skip
    setup = msgspec.structs.replace(manifest.setup, **changes)
    return _plan(read_spec(folder), suite, setup, manifest.epochs, manifest.sampling)


def _plan(spec: Spec, suite: Suite, setup: Setup, epochs: int, sampling: Sampling) -> Plan:
    if setup.budget is not None and setup.prices is None:
        raise UsageError("a budget needs prices", remedy="name a price list with --prices")
    if setup.budget is not None and sampling.max_tokens is None:
        raise UsageError(
            "with a budget the length of answers has to be limited: nobody knows what else one "
            "may cost",
            remedy="add --max-tokens",
        )
    services: list[HttpModel] = []
    models = find_models(
        setup.models, suite, connections=setup.connections, sampling=sampling, opened=services
    )
    judge = find_judge(
        setup.judge, spec, suite=suite, connections=setup.connections, opened=services,
        sampling=None if setup.budget is None else Sampling(max_tokens=JUDGE_TOKENS),
    )  # fmt: skip
    if setup.budget is not None and setup.prices is not None:
        for service in services:
            setup.prices.required(service.name)
    if setup.cache is not None:
        for service in services:
            service.cache = AnswerCache(Path(setup.cache))
    if setup.batch is not None and not services:
        raise UsageError(
            "there is nobody to send batches to", remedy="leave --batch out, or name a service"
        )
    if any(name.startswith("recorded") for name in setup.models):  # it will be needed again
        setup = msgspec.structs.replace(setup, suite=str(Path(suite.folder).resolve()))
    manifest = manifest_of(spec, suite, models, judge, epochs, sampling=sampling, setup=setup)
    return Plan(spec, suite, models, judge, services, manifest)
