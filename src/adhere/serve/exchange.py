"""One request, from its bytes to the record that it ended.

The order is what matters: nothing is asked of a service before every check of the request has
passed; no byte of an answer leaves before the record that the request was admitted is durable; and
the end of an answer leaves after the record that it was completed.
"""

from __future__ import annotations

import asyncio
import string
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

import msgspec

from adhere.audit import DecisionEntry
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
from adhere.serve.recording import Recorder, Subject
from adhere.serve.responses_answer import ResponsesAnswer
from adhere.serve.rules import Rules
from adhere.serve.sending import bodies_to_send
from adhere.serve.upstream import Begun, Upstream, UpstreamFault

_BYTES_A_TOKEN: Final = 4
"""Where a service does not say how many tokens there were."""
_ANSWER_TOKENS: Final = 1024
"""Tokens that are reserved for an answer whose request sets no limit."""
_SHOWN: Final = 20
"""Refused settings that a header names."""
_TOKEN: Final = frozenset(string.ascii_letters + string.digits + "_.;=-")
_LIMITS: Final = ("max_completion_tokens", "max_output_tokens", "max_tokens")


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


class Exchange:
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

    async def run(self, body: bytes, client: Client) -> None:
        """Answer a request.

        Raises:
            Refused: It gets no answer; the client is to be told.
            ClientGone: The client hung up. This is recorded.
        """
        gateway = self._gateway
        self._received = len(body)
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
        model, turn = route
        bodies = bodies_to_send(asked, looked, model, (one.choice.developer_role for one in turn))
        recorder = Recorder(
            gateway.log,
            Subject(
                request=self._request, conversation=conversation, key_id=self._who.key_id,
                spec_digest=rules.spec.spec_digest, settings_digest=looked.in_force.digest,
                sections=looked.in_force.prompt.sections, upstream=asked.model,
            ),
            keep_content=rules.config.audit.content,
        )  # fmt: skip
        if sheet.blocked:
            await self._blocked(recorder, sheet, body)
        ticket = gateway.budgets.reserve(self._who.developer, _reserved(asked))
        answer = self._answering(asked, looked, rules, sheet, conversation)
        try:
            await self._answer(asked, looked, bodies, turn, recorder, answer, sheet, client)
        finally:
            if ticket is not None:
                gateway.budgets.settle(ticket, sum(self._tokens(answer)))

    async def _blocked(self, recorder: Recorder, sheet: Sheet, body: bytes) -> None:
        """Record a request that a check stopped, and refuse it."""
        decisions = sheet.public
        entries = sheet.take()
        await recorder.admitted(entries, body)
        await recorder.completed("blocked", (), upstream="", tokens=(0, 0), answer=b"")
        self._gateway.metrics.ended(
            self._interface, "blocked", time.monotonic() - self._began, None, entries
        )
        first = decisions[0]
        raise Refused(403, "blocked", first.reason, decisions=decisions)

    async def _answer(
        self,
        asked: Asked,
        looked: Inspected,
        bodies: dict[str, bytes],
        turn: Sequence[Upstream],
        recorder: Recorder,
        answer: Answering,
        sheet: Sheet,
        client: Client,
    ) -> None:
        """Ask a service while the record is made durable, then pass its answer on."""
        before = sheet.take()
        admitted = asyncio.ensure_future(recorder.admitted(before, asked.body))
        headers = self._headers(looked)
        begun: Begun | None = None
        streaming = False
        failure: Refused | None = None
        end = _End(recorder, before, admitted, answer, sheet)
        try:
            begun = await self._gateway.upstreams.begin(turn, self._interface, bodies)
            await admitted
            if asked.stream:
                await client.begin(headers)
                streaming = True
                self._first = time.monotonic() - self._began
                out = await self._pass_stream(begun, answer, client)
            else:
                most = self._gateway.config.limits.answer_bytes
                out = answer.whole(await begun.read_all(most))
            outcome = answer.outcome
        except (UpstreamFault, Unreadable) as error:
            outcome, failure = "upstream_failed", _refusal(error)
            out = answer.fail(failure.code, failure.message)
        except (ClientGone, asyncio.CancelledError):
            answer.fail("disconnected", "the client hung up")
            await asyncio.shield(self._end(end, "disconnected", begun, b""))
            raise
        except BaseException:  # a fault of ours has its record too
            answer.fail("failed", "the gateway failed")
            await asyncio.shield(self._end(end, "failed", begun, b""))
            raise
        finally:
            if begun is not None:
                begun.close()
        await asyncio.shield(self._end(end, outcome, begun, out))
        if failure is not None and not streaming:
            raise failure
        if asked.stream:
            await client.send(out + answer.end_marker)
            await client.end()
        else:
            await client.whole(out, headers)

    async def _pass_stream(self, begun: Begun, answer: Answering, client: Client) -> bytes:
        """Pass a stream on; return its end, which leaves after the record."""
        if not begun.stream:
            raise Unreadable("the service's answer is no stream")
        reader = sse.EventReader()
        while chunk := await begun.read():
            out = b"".join([answer.feed(event) for event in reader.feed(chunk)])
            if answer.ended:
                return out
            if out:
                self._sent += len(out)
                await client.send(out)
        if reader.unfinished:
            raise Unreadable("the service's answer broke off")
        return answer.finish()

    async def _end(self, end: _End, outcome: Outcome, begun: Begun | None, out: bytes) -> None:
        """Record that the request ended, however it did."""
        await end.admitted
        after = end.sheet.take()
        upstream = begun.upstream if begun is not None else ""
        self._sent += len(out)
        await end.recorder.completed(
            outcome, after, upstream=upstream, tokens=self._tokens(end.answer), answer=out
        )
        self._gateway.metrics.ended(
            self._interface, outcome, time.monotonic() - self._began, self._first,
            (*end.before, *after),
        )  # fmt: skip

    def _answering(
        self, asked: Asked, looked: Inspected, rules: Rules, sheet: Sheet, conversation: str
    ) -> Answering:
        """Prepare the checks on the answer."""
        gateway = self._gateway
        now = datetime.now(UTC)
        consents = Consents(
            gateway.secret, self._who.key_id, conversation, now.timestamp(), asked.own.confirmed
        )
        gate = Gate(
            rules.agents[self._who.developer], looked.conversation, consents, now,
            rules.spec.spec_digest,
        )  # fmt: skip
        detectors = gateway.detectors.for_answer(looked.items)
        outgoing = Outgoing(sheet, detectors, looked.in_force.most_characters, gate)
        kind = ChatAnswer if self._interface == "chat" else ResponsesAnswer
        return kind(outgoing, self._request)

    def _headers(self, looked: Inspected) -> dict[str, str]:
        refused = looked.in_force.settings.refused
        headers = {"x-request-id": self._request}
        if refused:
            shown = [f"{one.address};reason={one.refusal}" for one in refused[:_SHOWN]]
            headers["x-adhere-settings-refused"] = ", ".join(
                "".join(char if char in _TOKEN else "?" for char in one[:100]) for one in shown
            )
        return headers

    def _tokens(self, answer: Answering) -> tuple[int, int]:
        """Tokens of request and answer, estimated where nobody says."""
        return answer.tokens or (
            self._received // _BYTES_A_TOKEN, self._sent // _BYTES_A_TOKEN
        )  # fmt: skip


class _End(msgspec.Struct, frozen=True):
    """What the end of a request needs."""

    recorder: Recorder
    before: tuple[DecisionEntry, ...]
    admitted: asyncio.Future[int]
    answer: Answering
    sheet: Sheet


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
