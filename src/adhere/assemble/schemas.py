"""The JSON Schemas of every file adhere writes, made from the types that read them.

``python -m adhere.assemble.schemas`` writes them into ``src/adhere/schemas/``; a test fails where
a file there is not what the types say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from adhere.assemble.auditing import ProofReport
from adhere.assemble.importing import ImportSummary
from adhere.assemble.monitoring import Monitored
from adhere.assemble.suites import FromSpec, SuiteSummary
from adhere.audit import AuditVerification, LogIdentity, PublicRecord, Record
from adhere.audit.proof import ConsistencyProof
from adhere.audit.witness import Seen
from adhere.compiler import DiagnosticsFile
from adhere.conversation import Case, Judgement, Recording
from adhere.evaluate import (
    AnswerRecord,
    Comparison,
    Report,
    RunManifest,
    SuiteManifest,
    VerdictRecord,
)
from adhere.evaluate.coverage import Coverage
from adhere.evaluate.labels import Label, LabelSample
from adhere.evaluate.replay_log import LogReplay
from adhere.evaluate.run import TurnRecord
from adhere.evaluate.trend import Trend
from adhere.evolve import Impact, SpecDiff, Tailoring
from adhere.evolve.proposals import Proposal, ProposalDecision
from adhere.evolve.releases import Release
from adhere.judge import ReportCards
from adhere.models import PriceList
from adhere.models.batch import Dropped, Handed, Handing
from adhere.models.cache import CachedAnswer
from adhere.models.spending import Paid, Sent
from adhere.publish.site.policy import PolicyMap
from adhere.resolve import (
    Candidates,
    Decision,
    PublicDecision,
    Resolution,
    ScopeOfAutonomy,
    ToolSpecs,
)
from adhere.resolve.analyses.analyse import Analysis, AnalysisOfVersions
from adhere.resolve.proofs.obligations import ObligationsFile, ProofsFile
from adhere.resolve.settings.effective import SettingsResult
from adhere.serve.config import Config
from adhere.serve.explaining import Explanation
from adhere.serve.rollout import RolloutState
from adhere.sources.fetch import Source
from adhere.sources.scores import Scores
from adhere.spec import Spec

FOLDER: Final = Path(__file__).parent.parent / "schemas"

SCHEMAS: Final[dict[str, tuple[Any, str]]] = {
    "spec-1": (Spec, "A compiled behaviour specification"),
    "diagnostics-1": (DiagnosticsFile, "What the compiler and the linter found"),
    "diff-1": (SpecDiff, "What changed between two specs"),
    "source-1": (Source, "The SOURCE.json of a fetched spec"),
    "suite-1": (SuiteManifest, "The manifest of a suite"),
    "suite-summary-1": (SuiteSummary, "What a suite holds"),
    "suite-from-spec-1": (FromSpec, "What `adhere suite from-spec` made"),
    "import-1": (ImportSummary, "What was made of another tool's recording"),
    "coverage-1": (Coverage, "Which rules of a spec are tested"),
    "case-1": (Case, "A line of a suite's cases.jsonl"),
    "recording-1": (Recording, "A line of a suite's recordings.jsonl"),
    "judgement-1": (Judgement, "A line of a judgements.jsonl"),
    "judge-report-1": (ReportCards, "How far judges can be trusted"),
    "run-1": (RunManifest, "The manifest.json of a run"),
    "record-1": (AnswerRecord | VerdictRecord | TurnRecord, "A line of a run's records.jsonl"),
    "spend-1": (Sent | Paid, "A line of a run's spend.jsonl"),
    "batch-1": (Handing | Handed | Dropped, "A line of a run's batches.jsonl"),
    "prices-1": (PriceList, "What models cost"),
    "cached-answer-1": (CachedAnswer, "An answer kept for the next run"),
    "report-1": (Report, "The report.json of a run"),
    "trend-1": (Trend, "How rates went over versions"),
    "label-sample-1": (LabelSample, "Which answers of a run people label"),
    "labels-1": (Label, "A line of what a person said of a run's answers"),
    "scores-1": (Scores, "Scores that others have published"),
    "policy-1": (PolicyMap, "What policymakers ask, and which sections answer"),
    "comparison-1": (Comparison, "What differs between two models"),
    "scope-1": (ScopeOfAutonomy, "A scope of autonomy"),
    "tool-specs-1": (ToolSpecs, "What an agent's tools do"),
    "settings-1": (SettingsResult, "What holds for each setting, and what was refused"),
    "impact-1": (Impact, "What a change of a spec touches"),
    "proposal-1": (Proposal, "A change of a spec that somebody proposes"),
    "proposal-decision-1": (ProposalDecision, "What was decided about a proposal"),
    "release-1": (Release, "A release of a spec"),
    "tailoring-1": (Tailoring, "What an organisation wants otherwise than the spec it extends"),
    "obligations-1": (ObligationsFile, "The obligations.toml of a spec"),
    "proofs-1": (ProofsFile, "What came of obligations"),
    "instructions-1": (Candidates, "Instructions and facts for the chain of command to decide"),
    "resolution-1": (Resolution, "Which instructions apply, and why, with every step"),
    "analysis-1": (Analysis, "What leads nowhere in a spec, who can change what, its prose"),
    "analyses-1": (AnalysisOfVersions, "The analyses of several versions of a spec"),
    "decision-1": (Decision, "A decision, with all its reasons"),
    "public-decision-1": (PublicDecision, "What the person a decision affects may see of it"),
    "serve-1": (Config, "The adhere.toml of a gateway"),
    "monitored-1": (Monitored, "A verdict of `adhere monitor` on an exchange"),
    "rollout-1": (RolloutState, "How far the next spec is rolled out"),
    "explanation-1": (Explanation, "What was decided about a request, with proofs"),
    "audit-1": (Record, "An entry of an audit log"),
    "public-audit-1": (PublicRecord, "What the owner of a request may see of its record"),
    "audit-log-1": (LogIdentity, "The log.json of an audit log"),
    "audit-verification-1": (AuditVerification, "What `adhere audit verify LOG` found"),
    "consistency-proof-1": (ConsistencyProof, "A proof that an audit log only grew"),
    "log-replay-1": (LogReplay, "What `adhere replay LOG --settings` found"),
    "witnessed-1": (Seen, "What a witness remembers of a log"),
    "proof-report-1": (ProofReport, "What `adhere audit verify PROOF` found"),
}
"""By file name without its ending: the type and what the file is."""


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a format.

    Raises:
        KeyError: There is no such format.
    """
    kind, title = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:adhere:{name.replace('-', ':')}",
        "title": title,
    }
    return {**head, **msgspec.json.schema(kind)}


def encode(name: str) -> bytes:
    """Return the schema's file content."""
    return msgspec.json.format(msgspec.json.encode(schema(name)), indent=2) + b"\n"


def main() -> None:
    """Write every schema."""
    for name in SCHEMAS:
        (FOLDER / f"{name}.json").write_bytes(encode(name))


if __name__ == "__main__":
    main()
