"""The nouns of what is said: messages, answers, and the cases that ask for them. Pure."""

from adhere.conversation.answer import Answer, Outcome
from adhere.conversation.case import (
    AllOf,
    AnyOf,
    Case,
    Check,
    Contains,
    Direction,
    Excludes,
    Json,
    Matches,
    Not,
    OutcomeIs,
    Pair,
    Recording,
    ReferenceAnswer,
    ToolCalled,
    ToolNotCalled,
    Words,
)
from adhere.conversation.judgement import Judgement
from adhere.conversation.message import ContentPart, Message, Role, ToolCall

__all__ = [
    "AllOf", "Answer", "AnyOf", "Case", "Check", "Contains", "ContentPart", "Direction",
    "Excludes", "Json", "Judgement",
    "Matches", "Message", "Not", "Outcome", "OutcomeIs", "Pair", "Recording",
    "ReferenceAnswer", "Role", "ToolCall", "ToolCalled", "ToolNotCalled", "Words",
]  # fmt: skip
