"""A recorded request and its answer decided again, by the checks of the gateway themselves. Pure.

What the records must hold for it: ``key_id``, and as content the request's body and the bytes
that the service answered, both as they came. Of an answer that was stopped in its midst the part
that was read is decided.
"""

from __future__ import annotations

from typing import Any

import msgspec

from adhere.audit import DecisionEntry
from adhere.evaluate.replay_log import Again, Ended, NotDecided, check_name
from adhere.serve.answering import Answering, Unreadable
from adhere.serve.chat_answer import ChatAnswer
from adhere.serve.checks import Sheet
from adhere.serve.consent import Consents
from adhere.serve.detectors import Detectors
from adhere.serve.faults import Refused
from adhere.serve.incoming import ItemReader
from adhere.serve.inspection import Inspected, Inspector
from adhere.serve.keys import Principal
from adhere.serve.outgoing import Gate, Outgoing
from adhere.serve.reading import Asked, Interface, read_request
from adhere.serve.responses_answer import ResponsesAnswer
from adhere.serve.rules import Rules
from adhere.serve.sse import EventReader, TooLong


class GatewayAgain:
    """Decides recorded requests under other rules.

    Args:
        rules: The spec and the configuration that decide now.
        secret: The gateway's key: who confirmed what is known by it.
    """

    def __init__(self, rules: Rules, secret: bytes) -> None:
        config = rules.config
        self._rules, self._secret = rules, secret
        self._detectors = Detectors(config.phrases, config.hosts)
        self._inspector = Inspector(ItemReader(), self._detectors)
        self._guards = frozenset(config.guards)
        self._extra = frozenset(config.limits.extra_fields)

    def decide(self, ended: Ended, request: bytes, answer: bytes | None) -> Again | NotDecided:
        """Decide a recorded request, and its answer where it is kept."""
        key = self._rules.config.keys.get(ended.admitted.key_id)
        if key is None:
            return "unknown key"
        interface = _interface(request)
        if interface is None:
            return "unreadable"
        who, sheet = Principal(ended.admitted.key_id, key.developer), Sheet(self._rules.table)
        try:
            asked = read_request(request, interface, self._extra)
            looked = self._inspector.inspect(asked, who, self._rules, sheet)
        except Refused:
            return "unreadable"
        before = sheet.take()
        after = None
        if answer is not None and not sheet.blocked:
            after = self._answer(ended, asked, who, sheet, looked, answer)
        # What a guard model said cannot be asked again: it stands as it was recorded.
        return Again(
            (*before, *self._said(ended.admitted.decisions)),
            after and (*after, *self._said(ended.completed.decisions if ended.completed else ())),
            looked.in_force.digest,
            "blocked before" if sheet.blocked and after is None else "unreadable",
        )

    def _said(self, recorded: tuple[DecisionEntry, ...]) -> list[DecisionEntry]:
        return [one for one in recorded if check_name(one) in self._guards]

    def _answer(
        self,
        ended: Ended,
        asked: Asked,
        who: Principal,
        sheet: Sheet,
        looked: Inspected,
        answer: bytes,
    ) -> tuple[DecisionEntry, ...] | None:
        """Check an answer; None where it cannot be read."""
        first = ended.admitted

        def consents(now: float) -> Consents:
            return Consents(self._secret, who.key_id, first.conversation, now, asked.own.confirmed)

        agent = self._rules.agents[who.developer]
        gate = Gate(agent, looked.conversation, consents, self._rules.table, lambda: first.time)
        detectors = self._detectors.for_answer(looked.items)
        outgoing = Outgoing(sheet, detectors, looked.in_force.most_characters, gate)
        kind = ChatAnswer if asked.interface == "chat" else ResponsesAnswer
        answering = kind(outgoing, first.request)
        try:
            if asked.stream:
                _feed(answering, answer)
            else:
                answering.whole(answer)
        except (Unreadable, TooLong):
            return None
        return sheet.take()


def _feed(answering: Answering, answer: bytes) -> None:
    for event in EventReader().feed(answer):
        answering.feed(event)
        if answering.ended:
            return
    answering.finish()


class _Top(msgspec.Struct):
    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode: Any = msgspec.json.Decoder(_Top).decode


def _interface(request: bytes) -> Interface | None:
    """Which interface a request was sent to; None where it fits none, or both."""
    try:
        top = _decode(request)
    except msgspec.DecodeError:
        return None
    if (top.messages is msgspec.UNSET) == (top.input is msgspec.UNSET):
        return None
    return "responses" if top.messages is msgspec.UNSET else "chat"
