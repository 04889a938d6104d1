"""The chain of command: what applies, what may be done, and why. Pure."""

from adhere.resolve.decision import (
    Decision,
    DecisionOutcome,
    DecisionSpan,
    PublicDecision,
    decision,
    public_view,
)

__all__ = [
    "Decision", "DecisionOutcome", "DecisionSpan", "PublicDecision", "decision", "public_view",
]  # fmt: skip
