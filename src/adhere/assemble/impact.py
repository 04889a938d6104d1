"""What a change of a spec is held against: suites, prompts, profiles, proofs, records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from adhere.assemble.evaluation import find_suite
from adhere.assemble.loading import find_document, load_spec
from adhere.assemble.obligations import FILE, load_obligations
from adhere.assemble.prompts import load_prompts
from adhere.assemble.replaying import gateway_rules, replay_log
from adhere.assemble.serve_config import load_config
from adhere.audit import keys_beside
from adhere.compiler import PromptFile
from adhere.compiler.meaning import setting_meaning
from adhere.conversation import Case
from adhere.evaluate.from_spec import cases_from_spec
from adhere.evaluate.replay_log import LogReplay
from adhere.evolve.impact import (
    NO_ANSWER,
    CaseTouched,
    FileTouched,
    Impact,
    ProofMoved,
    Sent,
    SuiteImpact,
    by_marker,
    compare_cases,
    compare_proofs,
    compare_settings_under,
    impact_of,
)
from adhere.extract import CHAIN_SECTIONS
from adhere.judge import grading_messages
from adhere.resolve import (
    Obligation,
    Profile,
    Proof,
    ProtectionProof,
    effective_settings,
    prove,
    prove_protection,
)
from adhere.resolve.proofs.obligations import ObligationsFile
from adhere.serve.prompt import render_prompt
from adhere.spec import Authority, Spec


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a change is held against.

    Attributes:
        suites: Suites of cases, as `find_suite` takes them.
        prompts: A folder of evaluation prompts that markers name.
        profiles: What holds beforehand.
        obligations: A file of obligations; without one, that beside the old spec, if there is one.
        gateway: A gateway's configuration: what it puts before conversations counts as sent.
        log: An audit log whose requests are decided again; goes with ``gateway``.
        keys: The folder of the log's secrets.
    """

    suites: tuple[str, ...] = ()
    prompts: Path | None = None
    profiles: Mapping[Authority, Profile] = {}
    obligations: Path | None = None
    gateway: Path | None = None
    log: Path | None = None
    keys: Path | None = None


def find_impact(old_name: str, new_name: str, wanted: Wanted, *, max_bytes: int) -> Impact:
    """Hold a change against everything that is wanted.

    Raises:
        InputError: Something cannot be used.
        UsageError: Likewise.
        SystemFault: Something cannot be read.
    """
    old = load_spec(old_name, max_bytes=max_bytes)
    new = load_spec(new_name, max_bytes=max_bytes)
    prompts = {} if wanted.prompts is None else load_prompts(wanted.prompts)
    suites, files, cases = _cases(old, new, wanted.suites, prompts, _sent(wanted.gateway))
    replay = None if wanted.log is None else _replay(new_name, wanted)
    return impact_of(
        msgspec.structs.replace(old, name=old_name),
        msgspec.structs.replace(new, name=new_name),
        suites=suites,
        files=files,
        cases=cases,
        settings=compare_settings_under(old, new, wanted.profiles),
        proofs=_proofs(old_name, old, new, wanted.obligations),
        flipped=None if replay is None else replay.flipped,
        decided=0 if replay is None else replay.decisions,
    )


def _sent(gateway: Path | None) -> Sent:
    """Return what judge and model are sent; the model a prompt only behind a gateway."""
    tokens = 0 if gateway is None else load_config(gateway).prompt.tokens
    prompts: dict[str, bytes] = {}

    def sent(spec: Spec, case: Case) -> Mapping[str, bytes]:
        if spec.spec_digest not in prompts:
            rendered = render_prompt(spec, effective_settings(spec, {}), {}, tokens)
            prompts[spec.spec_digest] = rendered.text.encode()
        judged = grading_messages(spec, case, NO_ANSWER, CHAIN_SECTIONS)
        return {"judge": msgspec.json.encode(judged), "model": prompts[spec.spec_digest]}

    return sent


def _cases(
    old: Spec, new: Spec, names: Sequence[str], prompts: Mapping[str, PromptFile], sent: Sent
) -> tuple[list[SuiteImpact], tuple[FileTouched, ...], list[CaseTouched]]:
    suites: list[SuiteImpact] = []
    touched: list[CaseTouched] = []

    def compare(name: str, before: Sequence[Case], after: Sequence[Case]) -> dict[str, str]:
        figures, found, states = compare_cases(old, new, name, before, after, sent)
        suites.append(figures)
        touched.extend(found)
        return dict(states)

    for name in names:
        cases = tuple(find_suite(name).cases)
        compare(name, cases, cases)
    first, second = cases_from_spec(old, prompts), cases_from_spec(new, prompts)
    compare("examples of the spec", first.examples, second.examples)
    if not prompts:
        return suites, (), touched
    _, _, states = compare_cases(old, new, "", first.prompts, second.prompts, sent)
    compare("files of prompts", first.prompts, second.prompts)
    both = {case.id: case for case in (*first.prompts, *second.prompts)}
    return suites, by_marker(both.values(), states), touched


def _proofs(name: str, old: Spec, new: Spec, file: Path | None) -> tuple[ProofMoved, ...]:
    if file is None and not find_document(name).with_name(FILE).is_file():
        return ()
    asked = load_obligations(name, file)
    if _declared(old) == _declared(new):
        return ()  # proofs look at nothing else
    return compare_proofs(_proved(old, asked), _proved(new, asked))


def _declared(spec: Spec) -> object:
    """What proofs look at: the sections with their levels, and the declarations of settings."""
    sections = [(section.id, section.old_ids, section.authority) for section in spec.walk()]
    return sections, [setting_meaning(setting) for setting in spec.settings()]


def _proved(spec: Spec, asked: ObligationsFile) -> list[Proof | ProtectionProof]:
    proofs: list[Proof | ProtectionProof] = [_one(spec, each) for each in asked.obligation]
    return [*proofs, *(prove_protection(spec, each) for each in asked.protection)]


def _one(spec: Spec, asked: Obligation) -> Proof:
    return prove(spec, asked)


def _replay(spec: str, wanted: Wanted) -> LogReplay:
    assert wanted.log is not None
    assert wanted.gateway is not None
    decider, rules = gateway_rules(wanted.gateway, spec)
    return replay_log(wanted.log, wanted.keys or keys_beside(wanted.log), decider, rules)
