"""The chain of command: what applies, what may be done, and why. Pure."""

from adhere.resolve.analyses.analyse import (
    Analysis,
    AnalysisOfVersions,
    analyse,
)
from adhere.resolve.analyses.change import (
    ChangeOfRule,
    compare_rules,
)
from adhere.resolve.attribution.attribute import (
    AttributedSpan,
    Attribution,
    Markup,
    Notice,
    SilentShare,
    attribute,
)
from adhere.resolve.attribution.examples import conversation_of
from adhere.resolve.attribution.region import Reason
from adhere.resolve.attribution.stated import RefusedStatement, StatedFacts, facts_from
from adhere.resolve.chain.explain import explain
from adhere.resolve.chain.facts import Condition, Fact, RefusedFact
from adhere.resolve.chain.instruction import ANY, Candidates, Delegation, Instruction, Origin
from adhere.resolve.chain.prepared import Prepared
from adhere.resolve.chain.reading import read_candidates
from adhere.resolve.chain.resolver import DEFAULT_BUDGET, resolve
from adhere.resolve.chain.trace import Case, Fate, KeyOutcome, Resolution, Row, Step
from adhere.resolve.chain.values import (
    EVERYTHING,
    NOTHING,
    Range,
    Values,
    anything_but,
    between,
    intersect,
    one_of,
)
from adhere.resolve.checker.check import check_resolution
from adhere.resolve.gate.decide import (
    Confirmation,
    ShownArgument,
    TracedArgument,
    call_digest,
    confirmation,
    decide,
    decide_read,
    traced_arguments,
)
from adhere.resolve.gate.decision import (
    Decision,
    DecisionOutcome,
    DecisionSpan,
    PublicDecision,
    decision,
    public_view,
)
from adhere.resolve.gate.grounds import Ground, Grounds, grounds
from adhere.resolve.gate.provenance import Derivation, ValueOrigin
from adhere.resolve.gate.reading import Reading, Standing, Traced, read_conversation
from adhere.resolve.gate.scope import (
    FOREVER,
    Constraint,
    ScopeOfAutonomy,
    effective_scope,
    narrowed_scope,
    parse_scope,
    unlimited_scope,
)
from adhere.resolve.gate.tools import (
    ArgumentRole,
    Effect,
    ToolSpec,
    ToolSpecs,
    parse_tool_specs,
    undeclared,
)
from adhere.resolve.proofs.classes import StringSearch
from adhere.resolve.proofs.obligations import (
    ObligationsFile,
    ProofsFile,
)
from adhere.resolve.proofs.protection import (
    Protection,
    ProtectionProof,
    prove_protection,
)
from adhere.resolve.proofs.prove import (
    Obligation,
    Proof,
    prove,
)
from adhere.resolve.settings.candidates import (
    settings_candidates,
    with_facts,
)
from adhere.resolve.settings.effective import (
    EffectiveSetting,
    Place,
    Profile,
    SettingsResult,
    effective_settings,
)

__all__ = [
    "ANY", "DEFAULT_BUDGET", "EVERYTHING", "FOREVER", "NOTHING", "Analysis", "AnalysisOfVersions",
    "ArgumentRole", "AttributedSpan", "Attribution", "Candidates", "Case", "ChangeOfRule",
    "Condition", "Confirmation", "Constraint", "Decision", "DecisionOutcome", "DecisionSpan",
    "Delegation", "Derivation", "Effect", "EffectiveSetting", "Fact", "Fate", "Ground", "Grounds",
    "Instruction", "KeyOutcome", "Markup", "Notice", "Obligation", "ObligationsFile", "Origin",
    "Place", "Prepared", "Profile", "Proof", "ProofsFile", "Protection", "ProtectionProof",
    "PublicDecision", "Range", "Reading", "Reason", "RefusedFact", "RefusedStatement", "Resolution",
    "Row", "ScopeOfAutonomy", "SettingsResult", "ShownArgument", "SilentShare", "Standing",
    "StatedFacts", "Step", "StringSearch", "ToolSpec", "ToolSpecs", "Traced", "TracedArgument",
    "ValueOrigin", "Values", "analyse", "anything_but", "attribute", "between", "call_digest",
    "check_resolution", "compare_rules", "confirmation", "conversation_of", "decide", "decide_read",
    "decision", "effective_scope", "effective_settings", "explain", "facts_from", "grounds",
    "intersect", "narrowed_scope", "one_of", "parse_scope", "parse_tool_specs", "prove",
    "prove_protection", "public_view", "read_candidates", "read_conversation", "resolve",
    "settings_candidates", "traced_arguments", "undeclared", "unlimited_scope", "with_facts",
]  # fmt: skip
