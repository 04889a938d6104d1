"""An answer of the Responses interface on its way to the client.

Its events say everything twice: piece by piece, and whole where an item or the answer ends. Pieces
of text go through channels. Calls wait for their end, because only whole ones can be decided about.
What is whole is checked as a whole, the same way as an answer that does not stream.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from adhere.audit.record import Outcome
from adhere.conversation import ToolCall
from adhere.serve import sse
from adhere.serve.answering import Unreadable
from adhere.serve.calls import read_call
from adhere.serve.outgoing import Channel, Outgoing
from adhere.serve.reading import leaves
from adhere.serve.responses_wire import (
    BEGINNING,
    CALLS,
    DELTAS,
    DONES,
    PARTS,
    TEXT_OF,
    WHOLE,
    decode,
    member,
    message,
    parts_of,
    strip,
)

_MAX_HELD: Final = 16 << 20
"""Bytes of the events of one call that wait for its end."""


class ResponsesAnswer:
    """Checks an answer, whole or in pieces.

    Args:
        outgoing: The checks.
        request: Id of the request.
    """

    end_marker = b""

    def __init__(self, outgoing: Outgoing, request: str) -> None:
        self._outgoing = outgoing
        self._request = request
        self._channels: dict[tuple[str, int, int], Channel] = {}
        self._waiting: dict[int, list[dict[str, Any]]] = {}
        """By output index: the events of a call that is not whole yet."""
        self._left_out: set[int] = set()
        self._begun: dict[str, Any] = {}
        self._number = 0
        self._held = 0
        self._calls = self._refused = False
        self.tokens: tuple[int, int] | None = None
        self.ended = False

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
        response = decode(data)
        self._check_response(response)
        self._outgoing.finish(calls=self._calls)
        self._add_own(response)
        return msgspec.json.encode(response)

    def feed(self, event: sse.Event) -> bytes:
        """Take an event of a stream; return what the client gets.

        Raises:
            Unreadable: It is no event of an answer.
        """
        value = decode(event.data)
        kind = value.get("type")
        if kind in DELTAS:
            out = self._delta(value, DELTAS[kind])
        elif kind in DONES:
            out = self._done(value, *DONES[kind])
        elif kind in PARTS:
            out = self._part(value)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            out = self._item(value, done=kind.endswith("done"))
        elif isinstance(kind, str) and kind.startswith(
            ("response.function_call_arguments.", "response.custom_tool_call_input.")
        ):
            out = self._wait(value)
        elif kind in WHOLE:
            return self._end(value)
        elif kind in BEGINNING:
            self._begun = member(value, "response")
            self._begun["output"] = []
            out = self._send(value)
        elif kind == "error":
            self.ended = True
            self._outgoing.not_run()
            return self._send({"type": "error", "code": "upstream_failed", "param": None,
                               "message": "the model's service failed"})  # fmt: skip
        else:
            out = b""  # what nobody knows, nobody checked
        return self._stop(out) if self._outgoing.stopped else out

    def finish(self) -> bytes:
        """Say that the stream ended.

        Raises:
            Unreadable: It ended before its answer did.
        """
        if not self.ended:
            raise Unreadable("the service's answer broke off")
        return b""

    def fail(self, code: str, message: str) -> bytes:
        """Say that it broke off; return the error frame. What was held back stays."""
        self.ended = True
        self._outgoing.not_run()
        return self._send({"type": "error", "code": code, "message": message, "param": None})

    def _delta(self, value: dict[str, Any], part: str) -> bytes:
        piece = value.get("delta")
        if not isinstance(piece, str):
            raise Unreadable("a piece of text is none")
        self._refused |= part == "refusal" and bool(piece)
        value["delta"] = self._channel(value, part).feed(piece)
        value.pop("logprobs", None)
        if part == "output_text":
            value["logprobs"] = []
        return self._send(value) if value["delta"] else b""

    def _done(self, value: dict[str, Any], part: str, field: str) -> bytes:
        """Let go what was held back of a text, then say it whole."""
        channel = self._channel(value, part)
        rest = channel.finish()
        out = b""
        if rest:
            at: dict[str, Any] = {
                name: value[name]
                for name in ("item_id", "output_index", "content_index", "summary_index")
                if name in value
            }
            kind = next(name for name, of in DELTAS.items() if of == part)
            out = self._send({"type": kind, **at, "delta": rest, "logprobs": []})
        value[field] = "".join(channel.said)
        if part == "output_text":
            value["logprobs"] = []
        return out + self._send(value)

    def _part(self, value: dict[str, Any]) -> bytes:
        """A part begins or ends: its text is what was said of it."""
        part = member(value, "part")
        kind = str(part.get("type"))
        if kind not in TEXT_OF:
            return b""
        channel = self._channel(value, kind)
        value["part"] = {
            "type": kind, TEXT_OF[kind]: "".join(channel.said),
            **({"annotations": [], "logprobs": []} if kind == "output_text" else {}),
        }  # fmt: skip
        return self._send(value)

    def _item(self, value: dict[str, Any], *, done: bool) -> bytes:
        item = member(value, "item")
        index = value.get("output_index")
        if item.get("type") in CALLS:
            return self._call(value, item, index if isinstance(index, int) else -1, done=done)
        if done:
            # Its texts were said already, and are found again in the same way.
            said = self._said(index)
            for kind, part in parts_of(item):
                part[TEXT_OF[kind]] = said.get(kind, "")
                strip(part)
            if not self._scan_rest(item):
                return b""
        elif item.get("type") in ("message", "reasoning"):
            for name in ("content", "summary"):
                if name in item:
                    item[name] = []
        elif not self._scan_rest(item):
            return b""
        return self._send(value)

    def _call(
        self, value: dict[str, Any], item: dict[str, Any], index: int, *, done: bool
    ) -> bytes:
        """Hold a call's events until it is whole; then let them all go, or none."""
        if not done:
            self._waiting[index] = [value]
            return b""
        if not self._admits(item):
            self._left_out.add(index)
            self._waiting.pop(index, None)
            return b""
        waiting = self._waiting.pop(index, [])
        return b"".join(self._send(one) for one in (*waiting, value))

    def _wait(self, value: dict[str, Any]) -> bytes:
        waiting = self._waiting.get(int(value.get("output_index", -1)))
        if waiting is None:
            raise Unreadable("a piece of a call has no call")
        self._held += len(str(value.get("delta", "")))
        if self._held > _MAX_HELD:
            raise Unreadable("the arguments of a call are too long")
        waiting.append(value)
        return b""

    def _end(self, value: dict[str, Any]) -> bytes:
        """The whole answer, at the end: of what was said, and no more."""
        response = member(value, "response")
        self._count(response)
        output = response.get("output")
        kept = []
        for index, item in enumerate(output if isinstance(output, list) else []):
            if index in self._left_out or not isinstance(item, dict) or not self._scan_rest(item):
                continue
            said = self._said(index)
            for kind, part in parts_of(item):
                part[TEXT_OF[kind]] = said.get(kind, "")
                strip(part)
            kept.append(item)
        response["output"] = kept
        if self._left_out:
            kept.append(message(self._outgoing.notice))
        self.ended = True
        self._outgoing.finish(calls=self._calls)
        self._add_own(response)
        return self._send(value)

    def _stop(self, out: bytes) -> bytes:
        """End a stream in which something was found."""
        self.ended = True
        self._outgoing.finish(calls=self._calls)
        said = [
            message("".join(channel.said))
            for (part, _, _), channel in self._channels.items()
            if part == "output_text" and channel.said
        ]
        response = {
            **self._begun, "status": "incomplete",
            "incomplete_details": {"reason": self._reason},
            "output": said if self._outgoing.cut else [*said, message(self._outgoing.notice)],
        }  # fmt: skip
        self._add_own(response)
        return out + self._send({"type": "response.incomplete", "response": response})

    def _check_response(self, response: dict[str, Any]) -> None:
        """Check an answer that came in one piece."""
        self._count(response)
        output = response.get("output")
        if not isinstance(output, list):
            raise Unreadable("the service's answer has no output")
        kept: list[Any] = []
        stopped = False
        for item in output:
            if not isinstance(item, dict):
                raise Unreadable("an item of the answer is no object")
            if item.get("type") in CALLS and not self._admits(item):
                continue
            for kind, part in parts_of(item):
                field = TEXT_OF[kind]
                text = str(part.get(field) or "")
                stopped |= not self._outgoing.scan(text)
                part[field] = self._outgoing.take(text)
                self._refused |= kind == "refusal"
                strip(part)
            if self._scan_rest(item):
                kept.append(item)
        if stopped or self._outgoing.stopped:
            response["status"] = "incomplete"
            response["incomplete_details"] = {"reason": self._reason}
        if (stopped or self._outgoing.stopped) and not self._outgoing.cut:
            kept = [item for item in kept if item.get("type") in CALLS]
        if len(kept) < len(output):
            kept.append(message(self._outgoing.notice))
        response["output"] = kept

    @property
    def _reason(self) -> str:
        return "max_output_tokens" if self._outgoing.cut else "content_filter"

    def _admits(self, item: dict[str, Any]) -> bool:
        self._calls = True
        kind = str(item["type"])
        written = item.get(CALLS[kind])
        name, id_ = str(item.get("name", "")), str(item.get("call_id", ""))
        if not isinstance(written, str):
            raise Unreadable("the arguments of a call are no text")
        call = read_call(name, written, id_)
        if kind == "custom_tool_call":
            call = ToolCall(name, {"input": written}, id_)
        return self._outgoing.gate.admits(call, self._outgoing)

    def _scan_rest(self, item: dict[str, Any]) -> bool:
        """Look at every other string of an item; whether it may go."""
        if item.get("type") in CALLS:
            return True  # the gate looked at it
        rest = {key: value for key, value in item.items() if key not in ("content", "summary")}
        annotations = [part.get("annotations") for _, part in parts_of(item)]
        return self._outgoing.scan("\n".join(leaves([rest, annotations])))

    def _said(self, index: object) -> dict[str, str]:
        """Return by type of part what was said of an item."""
        said: dict[str, str] = {}
        for (part, at, _), channel in self._channels.items():
            if at == index:
                said[part] = said.get(part, "") + "".join(channel.said)
        return said

    def _channel(self, value: dict[str, Any], part: str) -> Channel:
        index = value.get("output_index")
        inner = value.get("content_index", value.get("summary_index"))
        key = (
            part, index if isinstance(index, int) else 0, inner if isinstance(inner, int) else 0,
        )  # fmt: skip
        known = self._channels.get(key)
        if known is None:
            known = self._channels[key] = self._outgoing.channel()
        return known

    def _count(self, response: dict[str, Any]) -> None:
        usage = response.get("usage")
        if isinstance(usage, dict):
            counts = [usage.get(name) for name in ("input_tokens", "output_tokens")]
            given, made = (one if type(one) is int and one > 0 else 0 for one in counts)
            self.tokens = (given, made)

    def _add_own(self, response: dict[str, Any]) -> None:
        decisions, held = self._outgoing.sheet.public, self._outgoing.gate.held
        if decisions or held:
            response["adhere"] = {
                "request": self._request, "decisions": decisions, "held_calls": held,
            }  # fmt: skip

    def _send(self, value: dict[str, Any]) -> bytes:
        """Write an event under the next number: some were left out, some put in."""
        value["sequence_number"] = self._number
        self._number += 1
        return sse.event(msgspec.json.encode(value), str(value["type"]).encode())
