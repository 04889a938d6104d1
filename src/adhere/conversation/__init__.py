"""The nouns of what is said: messages, answers, and the cases that ask for them. Pure."""

from adhere.conversation.answer import Answer, Outcome, Usage
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
    ToolDefinition,
    ToolFunction,
    ToolNotCalled,
    Variant,
    Words,
)
from adhere.conversation.fields import DEFAULT_LIMITS, Limits
from adhere.conversation.formats import (
    decode_conversation,
    for_services,
    parse_chat,
    parse_conversation,
    parse_responses,
    render_chat,
)
from adhere.conversation.judgement import Judgement
from adhere.conversation.message import ContentPart, Conversation, Message, Role, ToolCall

__all__ = [
    "DEFAULT_LIMITS", "AllOf", "Answer", "AnyOf", "Case", "Check", "Contains", "ContentPart",
    "Conversation", "Direction", "Excludes", "Json", "Judgement", "Limits", "Matches", "Message",
    "Not", "Outcome", "OutcomeIs", "Pair", "Recording", "ReferenceAnswer", "Role", "ToolCall",
    "ToolCalled", "ToolDefinition", "ToolFunction", "ToolNotCalled", "Usage", "Variant", "Words",
    "decode_conversation", "for_services", "parse_chat", "parse_conversation", "parse_responses",
    "render_chat",
]  # fmt: skip
