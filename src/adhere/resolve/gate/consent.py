"""Whether a user has said yes to an action before it was taken.

Some policies want every action listed and explicitly agreed to. The rule here is literal: the
assistant's last words before the user's last turn put an action to the user, that turn says yes,
what was put is this tool's kind of action, and nothing has changed since. A choice among options,
an instruction, or the details that were asked for are no yes to an action that was listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from adhere.conversation import Message, Role, ToolCall
from adhere.detect import fold
from adhere.resolve.gate.intent import asks_for
from adhere.resolve.gate.tools import ArgumentRole, Effect, ToolSpec, ToolSpecs

_YES: Final = re.compile(
    r"\b(yes|yep|yeah|sure|certainly|absolutely|of course|i confirm|confirmed|go ahead|proceed"
    r"|sounds good|looks good|that is correct|that's correct|everything is correct|please do"
    r"|i agree|okay|ok)\b"
)
_NO: Final = re.compile(
    r"\b(no,|(?:do not|don't) (?:want to )?proceed|not yet|wait|hold on|before you|before we|stop)"
    r"(?:\b|(?<=,))"
)
_PROPOSAL: Final = re.compile(
    r"\b(?:please confirm(?: with| by| if| that| this| these| to|[.,!])|confirm if|confirm that you"
    r"|once you confirm,|would you like (?:me )?to|would you like this|would like me to"
    r"|(?:do you )?want me to|like to proceed|shall i\b|should i (?:go ahead|proceed)"
    r"|may i proceed|is (?:that|this|everything) (?:correct|right|okay)|if everything is correct"
    r"|reply ['\"]?yes|say ['\"]?yes|do you confirm|are you sure)"
)
_WINDOW: Final = 2
"""Turns of each side in which the kind of action has to be named."""


class Consent(msgspec.Struct, frozen=True, gc=False):
    """Whether a call was agreed to.

    Attributes:
        given: An explicit yes to this kind of action, and nothing changed since.
        why: The first condition that fails, or ``explicit yes``.
        message: The user's turn it was looked for in, or -1.
    """

    given: bool
    why: str
    message: int


def consent_to(call: ToolCall, earlier: Sequence[Message], specs: ToolSpecs) -> Consent:
    """Say whether the user agreed to ``call``.

    Args:
        call: An action.
        earlier: Everything before it.
        specs: What the tools do.
    """
    turns = [number for number, one in enumerate(earlier) if one.role is Role.USER]
    if not turns:
        return Consent(False, "no user has spoken", -1)
    last = turns[-1]
    said = fold(earlier[last].text)
    if not _YES.search(said) or _NO.search(said):
        return Consent(False, "the user's last turn says no yes", last)
    spoken = [one.text for one in earlier[:last] if one.role is Role.ASSISTANT and one.text.strip()]
    if not spoken or not _PROPOSAL.search(fold(spoken[-1])):
        return Consent(False, "nothing was put to the user", last)
    window = (*spoken[-_WINDOW:], *(earlier[number].text for number in turns[-_WINDOW:]))
    spec = specs.get(call.name)
    if not asks_for(spec, specs, window):
        return Consent(False, "another kind of action was put to the user", last)
    for message in earlier[last + 1 :]:
        if any(_is_changed(call, other, spec) for other in message.tool_calls):
            return Consent(False, "what was agreed to was tried, then changed", last)
    return Consent(True, "explicit yes", last)


def _is_changed(call: ToolCall, other: ToolCall, spec: ToolSpec) -> bool:
    """Whether both do the same to the same thing, in another way.

    The same thing: equal in every argument that says what is acted upon.
    """
    if call.name != other.name or call.arguments == other.arguments:
        return False
    acted_on = [name for name, role in spec.arguments.items() if role is ArgumentRole.IDENTIFIER]
    return all(call.arguments.get(name) == other.arguments.get(name) for name in acted_on)


def unagreed_actions(
    conversation: Sequence[Message], specs: ToolSpecs
) -> tuple[tuple[int, ToolCall, Consent], ...]:
    """Return every call with side effects that the user had not agreed to, with its message."""
    return tuple(
        (number, call, consent)
        for number, message in enumerate(conversation)
        for call in message.tool_calls
        if specs.get(call.name).effect is not Effect.READ
        and not (consent := consent_to(call, conversation[:number], specs)).given
    )
