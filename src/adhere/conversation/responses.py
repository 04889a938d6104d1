"""The items of the Responses form."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from adhere.conversation.fields import Fields
from adhere.conversation.message import ContentPart, Message, Role, ToolCall
from adhere.conversation.parts import call_of, content_of, role_of

_CALLS: Final = {"function_call": "arguments", "custom_tool_call": "input"}
"""By type: the field with the arguments."""

_RESULTS: Final = ("output", "outputs", "results")
_ABOUT: Final = frozenset({"type", "id", "call_id", "status", *_RESULTS})


def is_item(value: object) -> bool:
    """Whether this is an item of the Responses form and no message of the chat form."""
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def messages_of_items(fields: Fields, value: object, place: str) -> list[Message]:
    """Return the messages that a list of items stands for."""
    found: list[Message] = []
    calling = False
    for where, item in fields.messages(value, place):
        new = _messages(fields, item, where)
        calls_only = len(new) == 1 and bool(new[0].tool_calls)
        if calls_only and calling:
            together = (*found[-1].tool_calls, *new[0].tool_calls)
            found[-1] = msgspec.structs.replace(found[-1], tool_calls=together)
        else:
            found += new
        calling = calls_only
    return found


def _messages(fields: Fields, item: dict[str, Any], place: str) -> list[Message]:
    kind = fields.word({"type": "message", **item}, "type", place)
    if kind == "message":
        role = role_of(fields, item, place)
        return [Message(role, content_of(fields, item.get("content"), f"{place}.content"))]
    if kind in _CALLS:
        fields.count_part(place)
        call = call_of(fields, item, place, _CALLS[kind], fields.field(item, "call_id", place))
        return [Message(Role.ASSISTANT, tool_calls=(call,))]
    if kind == "reasoning":
        return [_reasoning(fields, item, place)]
    if kind.endswith("_call_output"):
        return [
            Message(
                Role.TOOL,
                _output(fields, item.get("output"), f"{place}.output"),
                tool_call_id=fields.field(item, "call_id", place) or None,
            )
        ]
    if kind.endswith("_call"):
        return _service_call(fields, item, kind, place)
    if kind == "item_reference":
        raise fields.error(
            "this item is stored elsewhere and cannot be seen", place, "send the item"
        )
    raise fields.error(
        "this type of item is not known",
        f"{place}.type",
        "the types are message, reasoning, *_call and *_call_output",
    )


def _service_call(fields: Fields, item: dict[str, Any], kind: str, place: str) -> list[Message]:
    """A call that the service ran itself, with its result where the item holds one."""
    fields.count_part(place)
    fields.plain(item, place)
    id_ = fields.field(item, "call_id", place) or fields.field(item, "id", place)
    arguments = {key: value for key, value in item.items() if key not in _ABOUT}
    name = item.get("name")
    call = ToolCall(
        name if isinstance(name, str) and name else kind.removesuffix("_call"), arguments, id_
    )
    found = [Message(Role.ASSISTANT, tool_calls=(call,))]
    for key in _RESULTS:
        if item.get(key) is not None:
            content = _output(fields, item[key], f"{place}.{key}")
            found.append(Message(Role.TOOL, content, name=call.name, tool_call_id=id_ or None))
    return found


def _output(fields: Fields, value: object, place: str) -> str | tuple[ContentPart, ...]:
    """Return what a tool gave: text, parts of content, or any other JSON as text."""
    if value is None or isinstance(value, str):
        return fields.text(value, place)
    if isinstance(value, (list, tuple)) and all(
        isinstance(part, dict) and str(part.get("type")).startswith(("input_", "output_"))
        for part in value
    ):
        return content_of(fields, value, place)
    fields.plain(value, place)
    return json.dumps(value, ensure_ascii=False)


def _reasoning(fields: Fields, item: dict[str, Any], place: str) -> Message:
    parts: list[ContentPart] = []
    for key in ("summary", "content"):
        if item.get(key) is not None:
            content = content_of(fields, item[key], f"{place}.{key}")
            said = (content,) if isinstance(content, str) else [part.text for part in content]
            parts += [ContentPart("reasoning", text) for text in said]
    return Message(Role.ASSISTANT, tuple(parts))
