"""One request, from its bytes to the record that it ended.

The order is what matters: nothing is asked of a service before every check of the request has
passed; no byte of an answer leaves before the record that the request was admitted is durable; and
the end of an answer leaves after the record that it was completed.
"""

from __future__ import annotations

import asyncio
import string
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from adhere.audit import SCHEMA, Admitted, Exchange
from adhere.audit.record import Outcome
from adhere.serve import sse
from adhere.serve.answering import Answering, Unreadable
from adhere.serve.chat_answer import ChatAnswer
from adhere.serve.checks import Sheet
from adhere.serve.consent import Consents
from adhere.serve.conversations import conversation_of
from adhere.serve.faults import Refused
from adhere.serve.gateway import Gateway
from adhere.serve.inspection import Inspected
from adhere.serve.keys import Principal
from adhere.serve.outgoing import Gate, Outgoing
from adhere.serve.reading import Asked, Interface, read_request
from adhere.serve.responses_answer import ResponsesAnswer
from adhere.serve.rules import Rules
from adhere.serve.sending import bodies_to_send
from adhere.serve.upstream import Begun, Upstream, UpstreamFault

_BYTES_A_TOKEN: Final = 4
"""Where a service does not say how many tokens there were."""
_ANSWER_TOKENS: Final = 1024
"""Tokens that are reserved for an answer whose request sets no limit."""
_LIMITS: Final = ("max_completion_tokens", "max_output_tokens", "max_tokens")
_SHOWN: Final = 20
"""Refused settings that a header names."""
_TOKEN: Final = frozenset(string.ascii_letters + string.digits + "_.;=-")


class ClientGone(Exception):
    """The client hung up."""


class Client(Protocol):
    """Who gets the answer. Each call may raise `ClientGone`."""

    async def whole(self, body: bytes, headers: dict[str, str]) -> None:
        """Send an answer in one piece."""
        ...

    async def begin(self, headers: dict[str, str]) -> None:
        """Send the head of a stream."""
        ...

    async def send(self, data: bytes) -> None:
        """Send a piece of it."""
        ...

    async def end(self) -> None:
        """End it."""
        ...


class _Way(msgspec.Struct, frozen=True):
    """What was made ready for a request before anything is asked of a service."""

    asked: Asked
    rules: Rules
    sheet: Sheet
    looked: Inspected
    turn: Sequence[Upstream]
    bodies: Mapping[str, bytes]
    admitted: Admitted
    conversation: str


class Passage:
    """One request and its answer.

    Args:
        gateway: What all requests share.
        who: Whose request it is.
        interface: Where it was sent.
        request: Its id.
    """

    def __init__(
        self, gateway: Gateway, who: Principal, interface: Interface, request: str
    ) -> None:
        self._gateway = gateway
        self._who = who
        self._interface = interface
        self._request = request
        self._began = time.monotonic()
        self._first: float | None = None
        self._received = self._sent = 0
        self._span: Any = None
        self._answer: list[bytes] = []
        self._answer_bytes = 0

    async def run(self, body: bytes, client: Client) -> None:
        """Answer a request.

        Raises:
            Refused: It gets no answer; the client is to be told.
            ClientGone: The client hung up. This is recorded.
            SystemFault: The log cannot be written.
        """
        self._received = len(body)
        way = self._prepare(body)
        content = body if way.rules.config.audit.content else None
        if way.sheet.blocked:
            async with Exchange(self._gateway.log, way.admitted, content) as record:
                await self._complete(record, way, "blocked", (0, 0), "")
            decisions = way.sheet.public
            raise Refused(403, "blocked", decisions[0].reason, decisions=decisions)
        answer = self._answering(way)
        ticket = self._gateway.budgets.reserve(self._who.developer, _reserved(way.asked))
        begin = asyncio.ensure_future(
            self._gateway.upstreams.begin(way.turn, self._interface, way.bodies)
        )
        try:
            async with Exchange(self._gateway.log, way.admitted, content) as record:
                out, failure = await self._obtain(record, way, begin, answer, client)
            if failure is not None and self._first is None:
                raise failure
            await self._deliver(way, answer, out, client)
        finally:
            _end(begin)
            if ticket is not None:
                self._gateway.budgets.settle(ticket, sum(self._tokens(answer)))

    def _prepare(self, body: bytes) -> _Way:
        """Read a request and make every check of it."""
        gateway = self._gateway
        asked = read_request(body, self._interface, gateway.extra)
        route = gateway.upstreams.route(asked.model)
        if route is None:
            raise Refused(
                404, "model_not_found", f"there is no model {asked.model[:100]!r} here",
                param="model",
            )  # fmt: skip
        conversation = conversation_of(asked, self._who, gateway.secret)
        rules = gateway.release.rules_for(conversation)
        sheet = Sheet(rules.table)
        looked = gateway.inspector.inspect(asked, self._who, rules, sheet)
        self._span = gateway.tracing.begin(self._interface, asked.model, self._request)
        model, turn = route
        bodies = bodies_to_send(asked, looked, model, [one.choice.developer_role for one in turn])
        admitted = Admitted(
            schema=SCHEMA, time=datetime.now(UTC), request=self._request,
            conversation=conversation, key_id=self._who.key_id,
            spec_digest=rules.spec.spec_digest, settings_digest=looked.in_force.digest,
            decisions=sheet.take(), sections=looked.in_force.prompt.sections, upstream=asked.model,
        )  # fmt: skip
        return _Way(asked, rules, sheet, looked, turn, bodies, admitted, conversation)

    async def _obtain(
        self,
        record: Exchange,
        way: _Way,
        begin: asyncio.Future[Begun],
        answer: Answering,
        client: Client,
    ) -> tuple[bytes, Refused | None]:
        """Get the answer, pass on all of it but its end, and record how it came out."""
        failure: Refused | None = None
        upstream = ""
        guards = way.rules.guards
        asked = guards.begin(way.looked.conversation()) if guards else []
        try:
            begun = await begin
            upstream = begun.upstream
            if asked and not await guards.end(asked, way.sheet):
                decisions = way.sheet.public
                failure = Refused(403, "blocked", decisions[0].reason, decisions=decisions)
                out = b""
                answer.fail("blocked", failure.message)
            elif way.asked.stream:
                await client.begin(self._headers(way))
                self._first = time.monotonic() - self._began
                out = await self._pass_stream(way, begun, answer, client)
            else:
                most = self._gateway.config.limits.answer_bytes
                whole = await begun.read_all(most)
                self._keep(way, whole)
                out = answer.whole(whole)
            outcome = answer.outcome
        except (UpstreamFault, Unreadable) as error:
            guards.drop(asked, way.sheet)
            outcome, failure = "upstream_failed", _refusal(error)
            out = answer.fail(failure.code, failure.message)
        except (ClientGone, asyncio.CancelledError):
            guards.drop(asked, way.sheet)
            answer.fail("disconnected", "the client hung up")
            await self._complete(record, way, "disconnected", self._tokens(answer), upstream)
            raise
        self._sent += len(out)
        await self._complete(record, way, outcome, self._tokens(answer), upstream)
        return out, failure

    def _keep(self, way: _Way, piece: bytes) -> None:
        """Keep what the service said, so that the answer can be decided again."""
        if way.rules.config.audit.content:
            self._answer_bytes += len(piece)
            if self._answer_bytes <= self._gateway.config.limits.answer_bytes:
                self._answer.append(piece)
            else:
                self._answer.clear()

    async def _pass_stream(
        self, way: _Way, begun: Begun, answer: Answering, client: Client
    ) -> bytes:
        """Pass a stream on; return its end, which leaves after the record."""
        if not begun.stream:
            raise Unreadable("the service's answer is no stream")
        reader = sse.EventReader()
        while chunk := await begun.read():
            self._keep(way, chunk)
            out = b""
            for event in reader.feed(chunk):
                piece = answer.feed(event)
                if answer.ended:
                    if out:
                        await client.send(out)
                    return piece
                out += piece
            if out:
                self._sent += len(out)
                await client.send(out)
        if reader.unfinished:
            raise Unreadable("the service's answer broke off")
        return answer.finish()

    async def _deliver(self, way: _Way, answer: Answering, out: bytes, client: Client) -> None:
        if way.asked.stream:
            await client.send(out + answer.end_marker)
            await client.end()
        else:
            await client.whole(out, self._headers(way))

    async def _complete(
        self,
        record: Exchange,
        way: _Way,
        outcome: Outcome,
        tokens: tuple[int, int],
        upstream: str,
    ) -> None:
        """Record that the request ended, however it did."""
        after = way.sheet.take()
        await record.complete(
            outcome, decisions=after, tokens_in=tokens[0], tokens_out=tokens[1],
            upstream=upstream, content=b"".join(self._answer) or None,
        )  # fmt: skip
        self._gateway.tracing.end(self._span, outcome, tokens, upstream)
        self._gateway.metrics.ended(
            self._interface, outcome, time.monotonic() - self._began, self._first,
            (*way.admitted.decisions, *after),
        )  # fmt: skip

    def _answering(self, way: _Way) -> Answering:
        """Prepare the checks on the answer."""
        gateway, rules = self._gateway, way.rules

        def consents(now: float) -> Consents:
            return Consents(
                gateway.secret, self._who.key_id, way.conversation, now, way.asked.own.confirmed
            )

        agent = rules.agents[self._who.developer]
        gate = Gate(agent, way.looked.conversation, consents, rules.table)
        detectors = gateway.detectors.for_answer(way.looked.items)
        outgoing = Outgoing(way.sheet, detectors, way.looked.in_force.most_characters, gate)
        kind = ChatAnswer if self._interface == "chat" else ResponsesAnswer
        return kind(outgoing, self._request)

    def _headers(self, way: _Way) -> dict[str, str]:
        refused = way.looked.in_force.refused
        headers = {"x-request-id": self._request}
        if refused:
            shown = [f"{one.address};reason={one.refusal}"[:100] for one in refused[:_SHOWN]]
            headers["x-adhere-settings-refused"] = ", ".join(
                "".join(char if char in _TOKEN else "?" for char in one) for one in shown
            )
        return headers

    def _tokens(self, answer: Answering) -> tuple[int, int]:
        """Tokens of request and answer, estimated where nobody says."""
        estimate = (self._received // _BYTES_A_TOKEN, self._sent // _BYTES_A_TOKEN)
        return answer.tokens or estimate


def _end(begin: asyncio.Future[Begun]) -> None:
    """End what was asked of a service, however far it has come."""
    if not begin.done():
        begin.cancel()
    elif not begin.cancelled() and begin.exception() is None:
        begin.result().close()


def _refusal(error: UpstreamFault | Unreadable) -> Refused:
    if isinstance(error, UpstreamFault):
        return Refused(error.status, error.code, str(error), retry_after=error.retry_after)
    return Refused(502, "upstream_failed", str(error))


def _reserved(asked: Asked) -> int:
    """Tokens that a request may need: its own, estimated, and those of its longest answer."""
    limits = [asked.fields.get(name) for name in _LIMITS]
    most = [one for one in limits if type(one) is int and one > 0]
    choices = asked.fields.get("n") or 1
    return len(asked.body) // _BYTES_A_TOKEN + min(most, default=_ANSWER_TOKENS) * choices
