"""The chain of command: what applies, what may be done, and why. Pure."""

from adhere.resolve.decision import (
    Decision,
    DecisionOutcome,
    DecisionSpan,
    PublicDecision,
    decision,
    public_view,
)
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
from adhere.resolve.provenance import Derivation, ValueOrigin
from adhere.resolve.scope import (
    FOREVER,
    Constraint,
    ScopeOfAutonomy,
    effective_scope,
    narrowed_scope,
    parse_scope,
    unlimited_scope,
)
from adhere.resolve.tools import (
    ArgumentRole,
    Effect,
    ToolSpec,
    ToolSpecs,
    parse_tool_specs,
    undeclared,
)

__all__ = [
    "FOREVER", "ArgumentRole", "Confirmation", "Constraint", "Decision", "DecisionOutcome",
    "DecisionSpan", "Derivation", "Effect", "PublicDecision", "Reading", "ScopeOfAutonomy",
    "ShownArgument", "Standing", "ToolSpec", "ToolSpecs", "Traced", "TracedArgument", "ValueOrigin",
    "call_digest", "confirmation", "decide", "decide_read", "decision", "effective_scope",
    "narrowed_scope", "parse_scope", "parse_tool_specs", "public_view", "read_conversation",
    "traced_arguments", "undeclared", "unlimited_scope",
]  # fmt: skip
