"""The chain of command: what applies, what may be done, and why. Pure."""

from adhere.resolve.analyse import (
    Analysis,
    AnalysisOfVersions,
    analyse,
)
from adhere.resolve.analyse_change import (
    ChangeOfRule,
    compare_rules,
)
from adhere.resolve.attribute import AttributedSpan, Attribution, Notice, SilentShare, attribute
from adhere.resolve.checker import check_resolution
from adhere.resolve.decision import (
    Decision,
    DecisionOutcome,
    DecisionSpan,
    PublicDecision,
    decision,
    public_view,
)
from adhere.resolve.examples import conversation_of
from adhere.resolve.explain import explain
from adhere.resolve.facts import Condition, Fact, RefusedFact
from adhere.resolve.gate import (
    Confirmation,
    ShownArgument,
    TracedArgument,
    call_digest,
    confirmation,
    decide,
    decide_read,
    traced_arguments,
)
from adhere.resolve.gate_reading import Reading, Standing, Traced, read_conversation
from adhere.resolve.instruction import Candidates, Delegation, Instruction, Origin
from adhere.resolve.obligations import (
    ObligationsFile,
    ProofsFile,
)
from adhere.resolve.prove import (
    Obligation,
    Proof,
    prove,
)
from adhere.resolve.prove_protection import (
    Protection,
    ProtectionProof,
    prove_protection,
)
from adhere.resolve.provenance import Derivation, ValueOrigin
from adhere.resolve.reading import read_candidates
from adhere.resolve.region import Reason
from adhere.resolve.resolver import DEFAULT_BUDGET, resolve
from adhere.resolve.scope import (
    FOREVER,
    Constraint,
    ScopeOfAutonomy,
    effective_scope,
    narrowed_scope,
    parse_scope,
    unlimited_scope,
)
from adhere.resolve.settings import (
    EffectiveSetting,
    Place,
    Profile,
    SettingsResult,
    effective_settings,
)
from adhere.resolve.settings_candidates import (
    settings_candidates,
)
from adhere.resolve.stated import RefusedStatement, StatedFacts, facts_from
from adhere.resolve.tools import (
    ArgumentRole,
    Effect,
    ToolSpec,
    ToolSpecs,
    parse_tool_specs,
    undeclared,
)
from adhere.resolve.trace import Case, Fate, KeyOutcome, Resolution, Row, Step
from adhere.resolve.values import (
    EVERYTHING,
    NOTHING,
    Range,
    Values,
    anything_but,
    between,
    intersect,
    one_of,
)

__all__ = [
    "DEFAULT_BUDGET", "EVERYTHING", "FOREVER", "NOTHING", "Analysis", "AnalysisOfVersions",
    "ArgumentRole", "AttributedSpan", "Attribution", "Candidates", "Case", "ChangeOfRule",
    "Condition", "Confirmation", "Constraint", "Decision", "DecisionOutcome", "DecisionSpan",
    "Delegation", "Derivation", "Effect", "EffectiveSetting", "Fact", "Fate", "Instruction",
    "KeyOutcome", "Notice", "Obligation", "ObligationsFile", "Origin", "Place", "Profile", "Proof",
    "ProofsFile", "Protection", "ProtectionProof", "PublicDecision", "Range", "Reading", "Reason",
    "RefusedFact", "RefusedStatement", "Resolution", "Row", "ScopeOfAutonomy", "SettingsResult",
    "ShownArgument", "SilentShare", "Standing", "StatedFacts", "Step", "ToolSpec", "ToolSpecs",
    "Traced", "TracedArgument", "ValueOrigin", "Values", "analyse", "anything_but", "attribute",
    "between", "call_digest", "check_resolution", "compare_rules", "confirmation",
    "conversation_of", "decide", "decide_read", "decision", "effective_scope", "effective_settings",
    "explain", "facts_from", "intersect", "narrowed_scope", "one_of", "parse_scope",
    "parse_tool_specs", "prove", "prove_protection", "public_view", "read_candidates",
    "read_conversation", "resolve", "settings_candidates", "traced_arguments", "undeclared",
    "unlimited_scope",
]  # fmt: skip
