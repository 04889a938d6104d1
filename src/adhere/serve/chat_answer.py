"""An answer of the chat completions interface on its way to the client."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET

from adhere.audit.record import Outcome
from adhere.conversation import ToolCall
from adhere.serve import sse
from adhere.serve.answering import Unreadable
from adhere.serve.calls import read_call
from adhere.serve.chat_wire import (
    TEXTS,
    Answer,
    Call,
    Choice,
    Custom,
    Function,
    Said,
    decode,
    encode,
    read_usage,
)
from adhere.serve.faults import error_body
from adhere.serve.outgoing import Channel, Outgoing
from adhere.serve.reading import leaves

MAX_CALLS: Final = 256
MAX_ARGUMENTS: Final = 4 << 20
"""Bytes of the arguments of one call that are collected."""


class ChatAnswer:
    """Checks an answer, whole or in pieces.

    Args:
        outgoing: The checks.
        request: Id of the request.
    """

    def __init__(self, outgoing: Outgoing, request: str) -> None:
        self._outgoing = outgoing
        self._request = request
        self._channels: dict[tuple[int, str], Channel] = {}
        self._calls: dict[int, dict[int, Call]] = {}
        self._open: dict[int, bool] = {}
        """The choices that have begun; whether each is still going on."""
        self._last: Answer | None = None
        self.tokens: tuple[int, int] | None = None
        self.ended = False
        self._refused = False

    end_marker = sse.DONE

    @property
    def outcome(self) -> Outcome:
        """How the answer came out."""
        outcome = self._outgoing.outcome
        return "refused" if self._refused and outcome == "answered" else outcome

    def whole(self, data: bytes) -> bytes:
        """Check a whole answer; return what the client gets.

        Raises:
            Unreadable: It is no answer.
        """
        answer = _decode(data)
        self.tokens = read_usage(answer.usage)
        for choice in answer.choices:
            said = choice.message
            if not isinstance(said, Said):
                raise Unreadable("a choice has no message")
            self._check_whole(choice, said)
        self._outgoing.finish(calls=bool(self._calls))
        answer.adhere = self._own()
        return encode(answer)

    def feed(self, event: sse.Event) -> bytes:
        """Take an event of a stream; return what the client gets.

        Raises:
            Unreadable: It is no piece of an answer.
        """
        if event.data == b"[DONE]":
            return self.finish()
        answer = _decode(event.data)
        self._last = answer
        self.tokens = read_usage(answer.usage) or self.tokens
        kept = [choice for choice in answer.choices if self._check_piece(choice)]
        if self._outgoing.stopped:
            return self._stop(kept)
        had_choices = bool(answer.choices)
        answer.choices = kept
        if not kept and (had_choices or answer.usage is UNSET):
            return b""
        return sse.event(encode(answer))

    def finish(self) -> bytes:
        """Say that the stream ended; return what is left, without the end marker.

        Raises:
            Unreadable: It ended before its answer did.
        """
        if self.ended:
            return b""
        if not self._open or any(self._open.values()):
            raise Unreadable("the service's answer broke off")
        return self._close()

    def fail(self, code: str, message: str) -> bytes:
        """End a stream that broke off: an error frame; what was held back stays."""
        self.ended = True
        self._outgoing.not_run()
        return sse.event(error_body(502, code, message, request=self._request))

    def _check_whole(self, choice: Choice, said: Said) -> None:
        stopped = False
        for name in TEXTS:
            text = getattr(said, name)
            if isinstance(text, str):
                stopped |= not self._outgoing.scan(text)
                setattr(said, name, self._outgoing.take(text))
                self._refused |= name == "refusal" and bool(text)
        if isinstance(said.annotations, list) and not self._scan_values(said.annotations):
            said.annotations = UNSET
        if isinstance(said.tool_calls, list):
            self._calls[choice.index] = dict(enumerate(said.tool_calls))
            said.tool_calls = self._admitted(choice.index) or UNSET
            if said.tool_calls is UNSET:
                choice.finish_reason = "stop"
                said.content = self._with_notice(said.content)
        if self._outgoing.cut and not stopped:
            choice.finish_reason = self._outgoing.finish_reason
            said.tool_calls = UNSET
        elif stopped or self._outgoing.stopped:
            choice.finish_reason = "content_filter"
            said.content = self._outgoing.notice
            said.tool_calls = UNSET
            said.reasoning_content = said.reasoning = UNSET

    def _check_piece(self, choice: Choice) -> bool:
        """Check a piece of a choice; whether anything of it is left to send."""
        said = choice.delta
        if not isinstance(said, Said):
            said = choice.delta = Said()
        self._open.setdefault(choice.index, True)
        for name in TEXTS:
            text = getattr(said, name)
            if isinstance(text, str) and text:
                channel = self._channel(choice.index, name)
                setattr(said, name, channel.feed(text) or UNSET)
                self._refused |= name == "refusal"
        said.annotations = UNSET
        if isinstance(said.tool_calls, list):
            self._collect(choice.index, said.tool_calls)
        said.tool_calls = UNSET
        if choice.finish_reason is not None:
            self._end(choice, said, choice.finish_reason)
            return True
        return any(getattr(said, name) is not UNSET for name in ("role", *TEXTS))

    def _end(self, choice: Choice, said: Said, reason: str) -> None:
        """End a choice: let go what was held back, decide about its calls."""
        self._open[choice.index] = False
        for name in TEXTS:
            channel = self._channels.get((choice.index, name))
            if channel is not None and (text := channel.finish()):
                before = getattr(said, name)
                setattr(said, name, (before if isinstance(before, str) else "") + text)
        choice.finish_reason = reason
        if choice.index in self._calls and not self._outgoing.stopped:
            admitted = self._admitted(choice.index)
            for number, call in enumerate(admitted):
                call.index = number
            if admitted:
                said.tool_calls = admitted
            else:
                choice.finish_reason = "stop"
                said.content = self._with_notice(said.content)

    def _admitted(self, index: int) -> list[Call]:
        """Return the calls of a choice that may go to the client."""
        calls = self._calls[index].values()
        return [one for one in calls if self._outgoing.gate.admits(_call(one), self._outgoing)]

    def _collect(self, index: int, pieces: list[Call]) -> None:
        known = self._calls.setdefault(index, {})
        for piece in pieces:
            place = piece.index if isinstance(piece.index, int) else len(known)
            call = known.setdefault(place, Call(id="", type="function"))
            if len(known) > MAX_CALLS:
                raise Unreadable("the answer has too many calls")
            call.id = _text(piece.id) or call.id
            call.type = _text(piece.type) or call.type
            if isinstance(piece.function, Function):
                whole = call.function = call.function or Function("", "")
                whole.name = _text(whole.name) + _text(piece.function.name)
                whole.arguments = _text(whole.arguments) + _text(piece.function.arguments)
                if len(whole.arguments) > MAX_ARGUMENTS:
                    raise Unreadable("the arguments of a call are too long")
            if isinstance(piece.custom, Custom):
                given = call.custom = call.custom or Custom("", "")
                given.name = _text(given.name) + _text(piece.custom.name)
                given.input = _text(given.input) + _text(piece.custom.input)
                if len(given.input) > MAX_ARGUMENTS:
                    raise Unreadable("the input of a call is too long")

    def _stop(self, choices: list[Choice]) -> bytes:
        """End a stream in which something was found: what may leave, the notice, the end."""
        for choice in choices:
            choice.finish_reason = None
            if isinstance(choice.delta, Said):
                choice.delta.tool_calls = UNSET
        going = list(self._open)
        outgoing = self._outgoing
        notice = Said() if outgoing.cut else Said(content=f"\n\n{outgoing.notice}")
        last = [
            Choice(index, delta=notice, finish_reason=outgoing.finish_reason) for index in going
        ]
        return self._piece(choices) + self._piece(last) + self._close()

    def _close(self) -> bytes:
        self.ended = True
        self._outgoing.finish(calls=bool(self._calls))
        own = self._own()
        if own is UNSET:
            return b""
        return self._piece([], own)

    def _piece(self, choices: list[Choice], own: Any = UNSET) -> bytes:
        if not choices and own is UNSET:
            return b""
        like = self._last
        return sse.event(
            encode(
                Answer(
                    choices, like.id if like else "", "chat.completion.chunk",
                    like.created if like else 0, like.model if like else "", adhere=own,
                )
            )
        )  # fmt: skip

    def _own(self) -> Any:
        """What the gateway adds: what was stopped, and what a person is to be asked."""
        decisions, held = self._outgoing.sheet.public, self._outgoing.gate.held
        if not decisions and not held:
            return UNSET
        return {"request": self._request, "decisions": decisions, "held_calls": held}

    def _with_notice(self, content: object) -> str:
        before = content if isinstance(content, str) and content else ""
        return f"{before}\n\n{self._outgoing.notice}" if before else self._outgoing.notice

    def _scan_values(self, values: list[Any]) -> bool:
        return self._outgoing.scan("\n".join(leaves(values)))

    def _channel(self, index: int, name: str) -> Channel:
        known = self._channels.get((index, name))
        if known is None:
            known = self._channels[index, name] = self._outgoing.channel()
        return known


def _decode(data: bytes) -> Answer:
    try:
        return decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"the service's answer cannot be read: {error}") from error


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _call(call: Call) -> ToolCall:
    """Return a call as the gate knows it."""
    if isinstance(call.custom, Custom):
        return ToolCall(
            _text(call.custom.name), {"input": _text(call.custom.input)}, _text(call.id)
        )
    function = call.function if isinstance(call.function, Function) else Function("", "")
    written = _text(function.arguments)
    return read_call(_text(function.name), written, _text(call.id))
