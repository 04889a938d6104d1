"""What a change of a spec touches: sections, cases, settings, proofs (``adhere/impact/1``). Pure.

A case is *clean* only if everything that the judge and, behind a gateway, the model would be sent
is the same under both specs, byte for byte; its result then still stands. Any other is *suspect*
and has to be run again. Cases that only one of the two has are *new* or *gone*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from adhere.compiler import Diagnostic, Severity
from adhere.conversation import Answer, Case
from adhere.evolve.diff import diff_specs
from adhere.evolve.diff_model import Counts, SectionChange, Side, SpecDiff
from adhere.evolve.diff_summary import happened
from adhere.resolve import (
    ChangeOfRule,
    Obligation,
    Profile,
    Proof,
    Protection,
    ProtectionProof,
    compare_rules,
    effective_settings,
)
from adhere.spec import Authority, SettingValue, Spec

State: TypeAlias = Literal["clean", "suspect", "new", "gone"]

Sent: TypeAlias = Callable[[Spec, Case], Mapping[str, bytes]]
"""What is sent for a case under a spec, by who gets it: ``judge``, ``model``."""


class SectionTouched(msgspec.Struct, frozen=True):
    """A section with something to tell.

    Attributes:
        id: In the new version; in the old where it was removed.
        title: Likewise.
        authority: Likewise.
        what: What happened, in words.
        substance: Whether the meaning changed.
        cases: Ids of suspect and new cases that name it.
    """

    id: str
    title: str
    authority: Authority | None
    what: str
    substance: bool
    cases: tuple[str, ...] = ()


class CaseTouched(msgspec.Struct, frozen=True):
    """A case that has to be run again, or is there no more.

    Attributes:
        id: Its id.
        suite: Where it stands.
        state: ``suspect``, ``new`` or ``gone``.
        sections: The sections it is about.
        differs: Who would be sent something else: ``judge``, ``model``; ``case`` where the case
            itself is another.
    """

    id: str
    suite: str
    state: State
    sections: tuple[str, ...]
    differs: tuple[str, ...] = ()


class SuiteImpact(msgspec.Struct, frozen=True):
    """How many cases of a suite are in which state."""

    name: str
    clean: int
    suspect: int
    new: int
    gone: int


class FileTouched(msgspec.Struct, frozen=True):
    """A file of evaluation prompts: its cases in each state; ``run`` says whether any must run."""

    marker: str
    clean: int
    suspect: int
    new: int
    gone: int

    @property
    def run(self) -> bool:
        """Whether any of its cases has to be run again."""
        return bool(self.suspect or self.new)


class SettingMoved(msgspec.Struct, frozen=True):
    """A setting that comes out otherwise under the same profiles.

    Attributes:
        address: The setting.
        old: What held; None where there was no such setting.
        new: What holds; None where there is none any more.
        refused: Why a profile's request no longer counts; empty where that is not it.
    """

    address: str
    old: SettingValue | None
    new: SettingValue | None
    refused: str = ""


class ProofMoved(msgspec.Struct, frozen=True):
    """An obligation or protection whose proof came out otherwise."""

    name: str
    old: str
    new: str


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What a change touches.

    Attributes:
        old: The version before.
        new: The version after.
        counts: The figures of the difference.
        sections: Sections with something to tell, in reading order.
        suites: One for each suite.
        files: Files of prompts with a case that is not clean, and those without.
        cases: Every case that is not clean.
        rules: Settings and levels declared otherwise, each with a witness.
        settings: What comes out otherwise under the profiles that were named.
        proofs: Proofs that came out otherwise.
        flipped: Recorded decisions that come out otherwise; None where no log was named.
        decided: Recorded decisions that were decided again.
    """

    schema: Literal["adhere/impact/1"] = "adhere/impact/1"
    old: Side
    new: Side
    counts: Counts
    sections: tuple[SectionTouched, ...]
    suites: tuple[SuiteImpact, ...] = ()
    files: tuple[FileTouched, ...] = ()
    cases: tuple[CaseTouched, ...] = ()
    rules: ChangeOfRule
    settings: tuple[SettingMoved, ...] = ()
    proofs: tuple[ProofMoved, ...] = ()
    flipped: int | None = None
    decided: int = 0

    @property
    def breaks(self) -> bool:
        """Whether something that held holds no more: a proof, or a profile's request."""
        broken = any(one.old == "proved" != one.new for one in self.proofs)
        return broken or any(one.refused for one in self.settings)


def compare_cases(
    old: Spec, new: Spec, suite: str, before: Iterable[Case], after: Iterable[Case], sent: Sent
) -> tuple[SuiteImpact, tuple[CaseTouched, ...], dict[str, State]]:
    """Say which cases of a suite have to be run again.

    Args:
        old: The version before.
        new: The version after.
        suite: What the suite is called.
        before: Its cases under the old version.
        after: Its cases under the new one.
        sent: What is sent for a case.

    Returns:
        The counts, every case that is not clean, and the state of each case by its id.
    """
    known = {case.id: case for case in before}
    states: dict[str, State] = {}
    touched: list[CaseTouched] = []
    for case in after:
        was = known.pop(case.id, None)
        differs: tuple[str, ...] = ()
        if was is None:
            state: State = "new"
        else:
            first, second = _everything(old, was, sent), _everything(new, case, sent)
            differs = tuple(name for name in second if first.get(name) != second[name])
            state = "suspect" if differs else "clean"
        states[case.id] = state
        if state != "clean":
            touched.append(CaseTouched(case.id, suite, state, case.sections, differs))
    for case in known.values():
        states[case.id] = "gone"
        touched.append(CaseTouched(case.id, suite, "gone", case.sections))
    counts = list(states.values())
    figures = SuiteImpact(
        suite, counts.count("clean"), counts.count("suspect"), counts.count("new"),
        counts.count("gone"),
    )  # fmt: skip
    return figures, tuple(touched), states


def _everything(spec: Spec, case: Case, sent: Sent) -> dict[str, bytes]:
    """Return what is sent for a case, and the case but for where it comes from."""
    own = msgspec.structs.replace(case, provenance={}, answers=())
    return {"case": msgspec.json.encode(own), **sent(spec, case)}


NO_ANSWER: Final = Answer()
"""Stands for the answer in what the judge is sent; the same under both versions."""


def by_marker(cases: Iterable[Case], states: Mapping[str, State]) -> tuple[FileTouched, ...]:
    """Count the states of cases from files of prompts, by the marker that names the file."""
    files: dict[str, list[State]] = {}
    for case in cases:
        if case.id in states:
            files.setdefault(case.focus or "", []).append(states[case.id])
    return tuple(
        FileTouched(
            marker, found.count("clean"), found.count("suspect"), found.count("new"),
            found.count("gone"),
        )
        for marker, found in sorted(files.items())
    )  # fmt: skip


def compare_settings_under(
    old: Spec, new: Spec, profiles: Mapping[Authority, Profile]
) -> tuple[SettingMoved, ...]:
    """Say which settings come out otherwise under some profiles."""
    before, after = effective_settings(old, profiles), effective_settings(new, profiles)
    first, second = before.values(), after.values()
    refused_before = {(step.request.level, step.address) for step in before.refused}
    refused = {
        step.address: step.message
        for step in after.refused
        if (step.request.level, step.address) not in refused_before
    }
    return tuple(
        SettingMoved(address, first.get(address), second.get(address), refused.get(address, ""))
        for address in {**first, **second, **refused}
        if address in refused or first.get(address) != second.get(address)
    )


def compare_proofs(
    before: Sequence[Proof | ProtectionProof], after: Sequence[Proof | ProtectionProof]
) -> tuple[ProofMoved, ...]:
    """Say which proofs came out otherwise."""
    old = {_name(one): one.outcome for one in before}
    new = {_name(one): one.outcome for one in after}
    return tuple(
        ProofMoved(name, old.get(name, "not asked"), new.get(name, "not asked"))
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    )


def _name(proof: Proof | ProtectionProof) -> str:
    asked: Obligation | Protection = (
        proof.obligation if isinstance(proof, Proof) else proof.protection
    )
    return asked.name


def impact_of(
    old: Spec,
    new: Spec,
    *,
    suites: Sequence[SuiteImpact] = (),
    files: Sequence[FileTouched] = (),
    cases: Sequence[CaseTouched] = (),
    settings: Sequence[SettingMoved] = (),
    proofs: Sequence[ProofMoved] = (),
    flipped: int | None = None,
    decided: int = 0,
) -> Impact:
    """Put together what a change touches."""
    diff = diff_specs(old, new)
    return Impact(
        old=diff.old,
        new=diff.new,
        counts=diff.counts,
        sections=tuple(_section(one, cases) for one in diff.sections),
        suites=tuple(suites),
        files=tuple(files),
        cases=tuple(cases),
        rules=compare_rules(old, new),
        settings=tuple(settings),
        proofs=tuple(proofs),
        flipped=flipped,
        decided=decided,
    )


def _section(change: SectionChange, cases: Sequence[CaseTouched]) -> SectionTouched:
    names = {change.id, change.rename.old_id if change.rename else change.id}
    own = tuple(
        one.id for one in cases if one.state != "gone" and not names.isdisjoint(one.sections)
    )
    substance = change.change == "substance" or bool(change.rename or change.move)
    return SectionTouched(
        change.id, change.title, change.authority, ", ".join(happened(change)), substance, own
    )


def findings(impact: Impact, diff: SpecDiff, file: str) -> list[Diagnostic]:
    """Return the impact as findings about the new document, for a change request.

    Args:
        impact: The impact.
        diff: The difference it was made from, for places.
        file: What the new document is called.
    """
    found = []
    touched = {one.id: one for one in impact.sections}
    for change in diff.sections:
        one = touched[change.id]
        if change.new is None or not one.substance:
            continue
        run = f"; {len(one.cases)} cases have to be run again" if one.cases else ""
        found.append(
            Diagnostic(
                "section-changed", Severity.NOTE, f"{one.id}: {one.what}{run}",
                "run them, and look at what they say", change.new, file, one.id,
            )
        )  # fmt: skip
    start = diff.sections[0].new if diff.sections and diff.sections[0].new else None
    if start is not None:
        for proof in impact.proofs:
            broken = proof.old == "proved"
            found.append(
                Diagnostic(
                    "proof-changed", Severity.ERROR if broken else Severity.NOTE,
                    f'"{proof.name}" was {proof.old} and is {proof.new}',
                    "see `adhere prove`", start, file,
                )
            )  # fmt: skip
        for setting in impact.settings:
            if setting.refused:
                found.append(
                    Diagnostic(
                        "profile-refused", Severity.WARNING,
                        f"{setting.address}: a profile's request no longer counts: "
                        f"{setting.refused}",
                        "tell whoever set it", start, file,
                    )
                )  # fmt: skip
    return found
