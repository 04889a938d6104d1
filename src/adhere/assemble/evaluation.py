"""From the words a person types for suite, model and judge to the objects of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from adhere.assemble.loading import REFERENCE, find_document, reference_dir
from adhere.assemble.services import is_service, open_service
from adhere.errors import InputError, UsageError
from adhere.evaluate import Suite, load_suite
from adhere.extract import CHAIN_SECTIONS
from adhere.judge import ChecksJudge, Judge, LabelJudge, RubricJudge, asks_for_language
from adhere.judge.checks import no_language
from adhere.models import Model, Sampling, Script, ScriptedModel, recorded_models
from adhere.models.http import HttpModel
from adhere.spec import Spec

SCRIPTED: Final[dict[str, str | None]] = {
    "keeps-chain-of-command": None,
    "obeys-last-speaker": "obeys_last_speaker",
    "refuses-too-much": "refuses_too_much",
    "flatters": "flatters",
    "treats-some-worse": "treats_some_worse",
    "sure-of-everything": "sure_of_everything",
}
"""Scripted assistants by name, with the one fault each has."""


def find_suite(where: str) -> Suite:
    """Load the suite in the folder ``where``, or one of the reference spec's.

    ``reference`` is its own, ``reference/NAME`` a further one beside it.

    Raises:
        InputError: There is no such suite, or it cannot be used.
        SystemFault: It cannot be read.
    """
    path = Path(where)
    if not path.exists() and where in (shipped := shipped_suites()):
        path = shipped[where]
    if not path.is_dir():
        raise InputError(
            "there is no such folder",
            place=where,
            remedy="name a folder with manifest.toml and cases.jsonl, or one of "
            + ", ".join(shipped_suites()),
        )
    return load_suite(path)


def shipped_suites() -> dict[str, Path]:
    """Return the folders of the suites that ship with adhere, by the name to load them by."""
    beside = sorted((reference_dir() / "suites").glob("*/manifest.toml"))
    further = {f"{REFERENCE}/{manifest.parent.name}": manifest.parent for manifest in beside}
    return {REFERENCE: reference_dir() / "suite", **further}


def suites_beside(spec: str) -> tuple[str, ...]:
    """Return the folders of the suites beside a spec: ``suite/``, then ``suites/*``.

    Raises:
        InputError: There is no such spec.
    """
    folder = find_document(spec).parent
    further = sorted((folder / "suites").glob("*/manifest.toml"))
    found = (folder / "suite" / "manifest.toml", *further)
    return tuple(str(manifest.parent) for manifest in found if manifest.is_file())


def tested_sections(spec: str, suite: str | None) -> frozenset[str]:
    """Return the ids of sections that a case names.

    Args:
        spec: What names the spec, as `adhere.assemble.load_spec` takes it.
        suite: What names the suite; None for those beside the spec (`suites_beside`).

    Raises:
        InputError: A suite cannot be used.
        SystemFault: It cannot be read.
    """
    suites = suites_beside(spec) if suite is None else (suite,)
    return frozenset(
        name for where in suites for case in find_suite(where).cases for name in case.sections
    )


def find_models(
    names: Iterable[str], suite: Suite, *, connections: int = 32,
    sampling: Sampling | None = None, opened: list[HttpModel] | None = None,
) -> list[Model]:  # fmt: skip
    """Return the models that ``names`` stand for.

    ``scripted:NAME`` is one of `SCRIPTED`; ``recorded`` is every model whose answers lie in the
    suite's ``recordings.jsonl``, ``recorded:NAME`` one of them; an address is a model behind HTTP
    (`adhere.assemble.services.open_service`), and ``opened`` gets each of these.

    Raises:
        UsageError: A name stands for nothing.
        InputError: The suite has no recordings, or they cannot be read.
    """
    models: list[Model] = []
    for name in names:
        kind, _, which = name.partition(":")
        if is_service(name):
            service = open_service(name, connections=connections, sampling=sampling)
            models.append(service)
            if opened is not None:
                opened.append(service)
        elif kind == "scripted":
            models.append(_scripted(which, suite))
        elif kind == "recorded":
            models.extend(_recorded(which, suite))
        else:
            raise UsageError(
                f'"{name}" is not a model',
                remedy="use scripted:NAME, recorded, recorded:NAME, or https://HOST/v1#MODEL",
            )
    if len({model.name for model in models}) != len(models):
        raise UsageError("a model is named twice", remedy="name each model once")
    return models


def find_judge(
    name: str, spec: Spec | None = None, *, suite: Suite | None = None, connections: int = 32,
    sampling: Sampling | None = None, opened: list[HttpModel] | None = None,
) -> Judge:  # fmt: skip
    """Return the judge.

    ``checks`` runs a case's checks, ``label:WHO`` takes labels that came with the answers, and an
    address (`adhere.assemble.services.open_service`) is a model that grades by the sections of
    ``spec``; ``opened`` gets it too. With ``suite`` it is made sure that its checks can run here.

    Raises:
        UsageError: There is no such judge, a grading model has no spec to grade by, or a check
            needs a library that is not installed.
    """
    if is_service(name):
        if spec is None:
            raise UsageError("a model grades by a spec", remedy="name the spec")
        known = {section.id for section in spec.walk()}
        always = [section for section in CHAIN_SECTIONS if section in known]  # with every case
        grader = open_service(name, connections=connections, sampling=sampling)
        if opened is not None:
            opened.append(grader)
        return RubricJudge(grader, spec, always=always)
    kind, _, who = name.partition(":")
    if name == "checks":
        identify = identify_language()
        checks = (check for case in (suite.cases if suite else ()) for check in case.checks)
        if identify is no_language and any(map(asks_for_language, checks)):
            no_language("")
        return ChecksJudge(identify)
    if kind == "label" and who:
        return LabelJudge(who)
    raise UsageError(
        f'"{name}" is not a judge', remedy="use checks, label:WHO, or https://HOST/v1#MODEL"
    )


def identify_language() -> Callable[[str], str]:
    """Return what tells the language of a text: py3langid where it is installed.

    Without it the function returned raises `UsageError` on its first text.
    """
    if find_spec("py3langid") is None:
        return no_language

    def identify(text: str) -> str:
        from py3langid.langid import classify  # noqa: PLC0415  (half a second, and NumPy)

        return str(classify(text)[0])

    return identify


def _scripted(which: str, suite: Suite) -> ScriptedModel:
    if which not in SCRIPTED:
        raise UsageError(
            f'there is no scripted assistant "{which}"', remedy=f"use one of {', '.join(SCRIPTED)}"
        )
    scripts = {}
    for case in suite.cases:
        good = next((known.answer for known in case.answers if known.label == "good"), None)
        if good is not None:
            faults = {known.fault: known.answer for known in case.answers if known.fault}
            scripts[case.id] = Script(good, faults)
    return ScriptedModel(which, scripts, SCRIPTED[which])


def _recorded(which: str, suite: Suite) -> list[Model]:
    path = Path(suite.folder) / "recordings.jsonl"
    if not path.exists():
        raise InputError(
            "this suite has no recorded answers",
            place=suite.folder,
            remedy="make a suite with recordings by `adhere import`, or name another model",
        )
    found = recorded_models(path)
    if not which:
        return list(found.values())
    if which not in found:
        raise UsageError(
            f'there are no recorded answers of "{which}"',
            place=str(path),
            remedy=f"there are of {', '.join(found)}",
        )
    return [found[which]]
