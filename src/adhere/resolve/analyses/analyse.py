"""Questions about a spec as a whole: what leads nowhere, who can change what, how much is must."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from adhere.resolve.analyses.change import ChangeOfRule
from adhere.resolve.analyses.instructions import instructions_findings
from adhere.resolve.analyses.settings import (
    Finding,
    SettingRights,
    rights_matrix,
    settings_findings,
)
from adhere.resolve.analyses.text import LevelOfText, text_by_level
from adhere.resolve.chain.instruction import Candidates
from adhere.resolve.settings.candidates import settings_candidates
from adhere.spec import Spec


class Analysis(msgspec.Struct, frozen=True, omit_defaults=True):
    """A spec as a whole (``adhere/analysis/1``).

    Attributes:
        schema: The file format.
        name: What the spec was called.
        spec_digest: The spec.
        findings: What leads nowhere.
        rights: Who can change what.
        text: Its prose by level.
        change: What it decides otherwise than an older version.
    """

    schema: Literal["adhere/analysis/1"]
    name: str
    spec_digest: str
    findings: tuple[Finding, ...]
    rights: tuple[SettingRights, ...]
    text: tuple[LevelOfText, ...]
    change: ChangeOfRule | None = None


class AnalysisOfVersions(msgspec.Struct, frozen=True):
    """Several versions of a spec, each compared with the one before (``adhere/analyses/1``)."""

    schema: Literal["adhere/analyses/1"]
    versions: tuple[Analysis, ...]


def analyse(
    spec: Spec,
    *,
    name: str = "",
    instructions: Candidates | None = None,
    change: ChangeOfRule | None = None,
) -> Analysis:
    """Analyse a spec.

    Args:
        spec: The spec.
        name: What to call it; its own name where this is empty.
        instructions: Instructions to look at together with its settings.
        change: Where it was compared with an older version.

    Raises:
        InputError: There are more instructions than can be traced.
    """
    return Analysis(
        "adhere/analysis/1", name or spec.name, spec.spec_digest,
        (*settings_findings(spec), *_together(spec, instructions)),
        rights_matrix(spec), text_by_level(spec), change,
    )  # fmt: skip


def _together(spec: Spec, instructions: Candidates | None) -> tuple[Finding, ...]:
    """Find what leads nowhere among instructions, once beside the settings and their defaults."""
    settings = settings_candidates(spec, {})
    if instructions is None:
        return instructions_findings(settings)
    facts: Mapping[str, object] = {**settings.facts, **instructions.facts}
    both = msgspec.structs.replace(
        instructions,
        instructions=(*settings.instructions, *instructions.instructions),
        facts=facts,
    )
    return instructions_findings(both)
