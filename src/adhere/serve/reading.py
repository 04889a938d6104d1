"""A request's bytes, taken apart so that one reading of them is possible and no part is unseen.

The conversation's items and the tools stay bytes: what was seen before is known by its digest, and
what nobody changed is sent on as it came. Everything else is decoded here. What two programs could
read in two ways (a key that stands twice) is refused.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec

from adhere.conversation.fields import DEFAULT_LIMITS, Fields, strict_json
from adhere.errors import InputError
from adhere.serve.faults import Refused

Interface: TypeAlias = Literal["chat", "responses"]
INTERFACES: Final[tuple[Interface, ...]] = ("chat", "responses")

CHAT_FIELDS: Final = frozenset(
    {
        "adhere", "frequency_penalty", "logit_bias", "max_completion_tokens", "max_tokens",
        "messages", "metadata", "model", "n", "parallel_tool_calls", "prediction",
        "presence_penalty", "prompt_cache_key", "reasoning_effort", "response_format",
        "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options",
        "temperature", "tool_choice", "tools", "top_p", "user", "verbosity",
    }
)  # fmt: skip
RESPONSES_FIELDS: Final = frozenset(
    {
        "adhere", "include", "input", "instructions", "max_output_tokens", "max_tool_calls",
        "metadata", "model", "parallel_tool_calls", "prompt_cache_key", "reasoning",
        "safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature",
        "text", "tool_choice", "tools", "top_p", "truncation", "user",
    }
)  # fmt: skip
_WHY_NOT: Final = {
    "logprobs": "tokens of an answer cannot be held back while it is checked",
    "top_logprobs": "tokens of an answer cannot be held back while it is checked",
    "functions": "send 'tools' instead",
    "function_call": "send 'tool_choice' instead",
    "previous_response_id": "what is stored elsewhere cannot be checked; send every item",
    "conversation": "what is stored elsewhere cannot be checked; send every item",
    "prompt": "what is stored elsewhere cannot be checked; send every item",
    "background": "an answer that is fetched later cannot be checked here",
    "audio": "spoken answers cannot be checked",
    "modalities": "spoken answers cannot be checked",
}
_MAX_CHOICES: Final = 16


class Own(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client tells the gateway, under ``adhere``; never sent on.

    Attributes:
        settings: What the end user asks of the spec's settings: section, then setting.
        facts: What is known of the conversation; from the platform only.
        confirmed: Tokens of held calls that a person has confirmed.
        conversation: The client's name for the conversation.
    """

    settings: dict[str, dict[str, Any]] = {}
    facts: dict[str, bool | int | str] = {}
    confirmed: tuple[str, ...] = ()
    conversation: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request.

    Attributes:
        interface: Which of the two it speaks.
        body: As it came.
        fields: Everything but the conversation, the tools and what is the gateway's.
        items: The conversation, an item each.
        tools: The definitions of tools; empty: none.
        own: What the client tells the gateway.
        tells: Whether it tells it anything, so that the body cannot be sent on as it is.
    """

    interface: Interface
    body: bytes
    fields: dict[str, Any]
    items: tuple[bytes, ...]
    tools: bytes
    own: Own
    tells: bool

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.fields["model"])

    @property
    def stream(self) -> bool:
        """Whether the answer is to come in pieces."""
        return self.fields.get("stream") is True

    @property
    def end_user(self) -> str:
        """The id of the end user, as the developer knows it."""
        return str(self.fields.get("safety_identifier") or self.fields.get("user") or "")


class _Chat(msgspec.Struct):
    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    tools: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Responses(msgspec.Struct):
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    tools: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_chat: Final = msgspec.json.Decoder(_Chat)
_responses: Final = msgspec.json.Decoder(_Responses)
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])
_NOTHING: Final = Own()


def read_request(body: bytes, interface: Interface, extra: frozenset[str]) -> Asked:
    """Take a request apart.

    Args:
        body: Its bytes.
        interface: Where it was sent.
        extra: Fields that are passed on though the interface has none such.

    Raises:
        Refused: It is not a request that can be checked.
    """
    try:
        top: _Chat | _Responses = (_chat if interface == "chat" else _responses).decode(body)
        said = top.messages if isinstance(top, _Chat) else top.input
        name = "messages" if interface == "chat" else "input"
        if said is msgspec.UNSET:
            raise Refused(400, "missing_required_parameter", f"there is no '{name}'", param=name)
        written = bytes(said)
        tools = b"" if top.tools is msgspec.UNSET else bytes(top.tools)
        # What is left once both are cut out is small; a key that stands twice is found in it.
        rest = body.replace(written, b"0", 1)
        if tools:
            rest = rest.replace(tools, b"0", 1)
        fields = strict_json(rest)
        if fields.get(name) != 0 or (tools and fields.get("tools") != 0):
            fields = strict_json(body)  # the same bytes stood elsewhere too
        items = _read_items(written, interface)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Refused(400, "invalid_json", f"the request cannot be read: {error}") from error
    del fields[name]
    fields.pop("tools", None)
    own = _own(fields)
    _check_fields(fields, interface, extra)
    return Asked(
        interface=interface, body=body, fields=fields, items=items,
        tools=b"" if tools in (b"null", b"[]") else tools,
        own=own or _NOTHING, tells=own is not None,
    )  # fmt: skip


def _read_items(written: bytes, interface: Interface) -> tuple[bytes, ...]:
    if interface == "responses" and written.startswith(b'"'):
        return (b'{"role":"user","content":' + written + b"}",)
    items = tuple(bytes(item) for item in _items.decode(written))
    if len(items) > DEFAULT_LIMITS.messages:
        raise ValueError(f"there are more than {DEFAULT_LIMITS.messages:,} messages")
    if not items:
        raise ValueError("there is no message")
    return items


def _own(fields: dict[str, Any]) -> Own | None:
    if "adhere" not in fields:
        return None
    given = fields.pop("adhere")
    try:
        return msgspec.convert(given, Own)
    except msgspec.ValidationError as error:
        raise Refused(
            400, "invalid_value", f"'adhere' cannot be read: {error}", param="adhere"
        ) from error


def _check_fields(fields: dict[str, Any], interface: Interface, extra: frozenset[str]) -> None:
    known = CHAT_FIELDS if interface == "chat" else RESPONSES_FIELDS
    for name, value in fields.items():
        if name not in known and name not in extra:
            if name in _WHY_NOT and value in (None, False, ["text"]):
                continue
            why = _WHY_NOT.get(name, "the gateway does not know it, so it is not passed on")
            raise Refused(
                400, "unsupported_parameter", f"'{name[:64]}' is not supported: {why}",
                param=name[:64],
            )  # fmt: skip
    for name in ("safety_identifier", "user"):
        if not isinstance(fields.get(name, ""), str | None):
            raise Refused(400, "invalid_value", f"'{name}' is a string", param=name)
    if not isinstance(fields.get("model"), str):
        raise Refused(400, "missing_required_parameter", "there is no 'model'", param="model")
    if not isinstance(fields.get("stream", False), bool | None):
        raise Refused(400, "invalid_value", "'stream' is true or false", param="stream")
    choices = fields.get("n")
    if choices is not None and (type(choices) is not int or not 1 <= choices <= _MAX_CHOICES):
        raise Refused(400, "invalid_value", f"'n' is from 1 to {_MAX_CHOICES}", param="n")
    try:
        Fields("body", DEFAULT_LIMITS).plain(fields, "")
    except InputError as error:
        raise Refused(400, "invalid_value", error.message) from error


def leaves(value: object) -> list[str]:
    """Return every string in decoded JSON, keys included, in order."""
    found: list[str] = []
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            for key, member in reversed(one.items()):
                pending += (member, key)
        elif isinstance(one, list):
            pending.extend(reversed(one))
    return found
