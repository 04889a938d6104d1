"""The nouns of what is said: messages, answers, and the cases that ask for them. Pure."""

from adhere.conversation.answer import Answer, Outcome, Usage
from adhere.conversation.case import (
    Case,
    Pair,
    Recording,
    ReferenceAnswer,
    ToolDefinition,
    ToolFunction,
    Variant,
)
from adhere.conversation.check import (
    AllOf,
    AnyOf,
    Check,
    Contains,
    Count,
    Direction,
    Excludes,
    Format,
    Ifeval,
    Json,
    JsonSchema,
    Language,
    LetterCase,
    Matches,
    NoCredentials,
    NoExfiltration,
    NoLeak,
    Not,
    OutcomeIs,
    Quotes,
    Style,
    ToolCalled,
    ToolCount,
    ToolNotCalled,
    ToolOrder,
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
    "Conversation", "Count", "Direction", "Excludes", "Format", "Ifeval", "Json", "JsonSchema",
    "Judgement", "Language", "LetterCase", "Limits", "Matches", "Message", "NoCredentials",
    "NoExfiltration", "NoLeak", "Not", "Outcome", "OutcomeIs", "Pair", "Quotes", "Recording",
    "ReferenceAnswer", "Role", "Style", "ToolCall", "ToolCalled", "ToolCount", "ToolDefinition",
    "ToolFunction", "ToolNotCalled", "ToolOrder", "Usage", "Variant", "Words",
    "decode_conversation", "for_services", "parse_chat", "parse_conversation", "parse_responses",
    "render_chat",
]  # fmt: skip
