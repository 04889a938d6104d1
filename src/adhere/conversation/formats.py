"""Conversations as other programs write them, and as we write them to others.

Three forms are read: chat completions (a list of messages, or an object with ``messages``),
Responses (an object with ``input``, or a list of its items), and our own (an object with
``conversation``, as in a case). Whoever wrote them may mean harm: everything is checked and
counted, and what cannot be read in one way only is refused. Fields that say nothing about what was
said are passed over.

In chat form our own types of parts stand beside those of the interface: ``untrusted_text``,
``settings`` and ``reasoning``. `for_services` puts them into words for services that know none.
"""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from adhere.conversation.fields import DEFAULT_LIMITS, Fields, Limits, strict_json
from adhere.conversation.message import ContentPart, Conversation, Message, Role, ToolCall
from adhere.conversation.parts import call_of, content_of, render_part, role_of
from adhere.conversation.responses import is_item, messages_of_items


def decode_conversation(
    data: bytes, *, name: str = "conversation", limits: Limits = DEFAULT_LIMITS
) -> Conversation:
    """Read a conversation from JSON in any of the three forms.

    Args:
        data: The file or request body.
        name: What to call it in messages of errors.
        limits: How large it may be.

    Raises:
        InputError: It is not JSON, says a thing twice, is too large, or is no conversation; the
            place is ``name`` and the path inside (``messages[2].content[0]``).
    """
    fields = Fields(name, limits)
    try:
        value = strict_json(data)
    except ValueError as error:
        raise fields.error(f"this cannot be read as JSON: {error}") from error
    return parse_conversation(value, name=name, limits=limits)


def parse_conversation(
    value: object, *, name: str = "conversation", limits: Limits = DEFAULT_LIMITS
) -> Conversation:
    """Like `decode_conversation`, for JSON that is decoded already.

    >>> [message.role.value for message in parse_conversation(
    ...     {"instructions": "Be brief.", "input": "Hi"})]
    ['developer', 'user']

    Raises:
        InputError: It is no conversation, or too large.
    """
    if isinstance(value, dict):
        if "conversation" in value and "messages" not in value and "input" not in value:
            return _own(value["conversation"], name, limits)
        if "input" in value and "messages" not in value:
            return parse_responses(value, name=name, limits=limits)
    elif isinstance(value, (list, tuple)) and any(is_item(item) for item in value):
        return parse_responses(value, name=name, limits=limits)
    return parse_chat(value, name=name, limits=limits)


def parse_chat(
    value: object, *, name: str = "conversation", limits: Limits = DEFAULT_LIMITS
) -> Conversation:
    """Read the chat completions form: a list of messages, or an object with ``messages``.

    A call whose arguments are not one JSON object is kept as written (`ToolCall.unparsed`).

    >>> parse_chat([{"role": "user", "content": "Hi"}])[0].text
    'Hi'

    Raises:
        InputError: It is not in this form, or too large.
    """
    fields = Fields(name, limits)
    if isinstance(value, dict):
        if "messages" not in value:
            raise fields.error(
                "there is no conversation in it",
                remedy="give 'messages', 'input' or 'conversation'",
            )
        value = value["messages"]
    return tuple(
        _message(fields, message, place) for place, message in fields.messages(value, "messages")
    )


def parse_responses(
    value: object, *, name: str = "conversation", limits: Limits = DEFAULT_LIMITS
) -> Conversation:
    """Read the Responses form: an object with ``input`` and ``instructions``, or a list of items.

    ``instructions`` become a developer message, since whoever calls the interface writes them.
    Calls that stand in a row are one message. A call that the service answered itself (web search,
    say) has its result, where there is one, as a tool's message after it.

    Raises:
        InputError: It is not in this form, is too large, or refers to what is stored elsewhere
            and cannot be seen (``previous_response_id``, ``item_reference``).
    """
    fields = Fields(name, limits)
    instructions: list[Message] = []
    place = "items"
    if isinstance(value, dict):
        for key in ("previous_response_id", "conversation", "prompt"):
            if value.get(key) is not None:
                raise fields.error(
                    "a part of the conversation is stored elsewhere and cannot be seen",
                    key,
                    "send every item in 'input'",
                )
        said = value.get("instructions")
        if isinstance(said, (list, tuple)):
            instructions += messages_of_items(fields, said, "instructions")
        elif said is not None:
            instructions.append(Message(Role.DEVELOPER, fields.text(said, "instructions")))
        value, place = value.get("input"), "input"
    if isinstance(value, str):
        return (*instructions, Message(Role.USER, fields.text(value, place)))
    return (*instructions, *messages_of_items(fields, value, place))


def render_chat(conversation: Conversation) -> list[dict[str, Any]]:
    """Write a conversation in chat form, so that `parse_chat` gives back the same.

    >>> render_chat(parse_chat([{"role": "function", "name": "f", "content": "1"}]))
    [{'role': 'tool', 'content': '1', 'name': 'f'}]
    """
    rendered = []
    for message in conversation:
        content: object = message.content
        if not isinstance(message.content, str):
            content = [render_part(part) for part in message.content]
        one: dict[str, Any] = {"role": message.role.value, "content": content}
        if message.name is not None:
            one["name"] = message.name
        if message.tool_calls:
            one["tool_calls"] = [_render_call(call) for call in message.tool_calls]
        if message.tool_call_id is not None:
            one["tool_call_id"] = message.tool_call_id
        rendered.append(one)
    return rendered


def for_services(conversation: Conversation) -> Conversation:
    """Put parts that only adhere knows into words, for services that know text, images and files.

    Untrusted text, settings and the text of files get tags around them and are escaped as XML, so
    that no text can close its own tag; reasoning is left out. Nothing untrusted gains authority by
    it; text between two untrusted ones loses its own, as the first could have put it there.
    """
    return tuple(
        message
        if isinstance(message.content, str)
        else msgspec.structs.replace(
            message,
            content=tuple(_in_words(part) for part in message.content if part.type != "reasoning"),
        )
        for message in conversation
    )


def _in_words(part: ContentPart) -> ContentPart:
    if part.type == "untrusted":
        text = f"\n<untrusted_text>\n{escape(part.text)}\n</untrusted_text>\n"
    elif part.type == "settings":
        text = f"\n<settings>\n{escape(part.text)}\n</settings>\n"
    elif part.type == "file" and part.text:
        file = quoteattr(part.name)
        text = f"\n<untrusted_text file={file}>\n{escape(part.text)}\n</untrusted_text>\n"
    else:
        return part
    return ContentPart("text", text)


def _message(fields: Fields, source: dict[str, Any], place: str) -> Message:
    role = role_of(fields, source, place)
    content = content_of(fields, source.get("content"), f"{place}.content")
    if source.get("refusal") is not None and content == "":
        content = fields.field(source, "refusal", place)
    calls = []
    if source.get("tool_calls") is not None:
        calls = [
            _call(fields, call, where)
            for where, call in fields.parts(source["tool_calls"], f"{place}.tool_calls")
        ]
    if source.get("function_call") is not None:
        where = f"{place}.function_call"
        fields.count_part(where)
        call = fields.mapping(source["function_call"], where)
        calls.append(call_of(fields, call, where, "arguments", ""))
    if calls and role is not Role.ASSISTANT:
        raise fields.error("only an assistant's message calls tools", f"{place}.tool_calls")
    return Message(
        role,
        content,
        name=None if source.get("name") is None else fields.field(source, "name", place),
        tool_calls=tuple(calls),
        tool_call_id=None
        if source.get("tool_call_id") is None
        else fields.field(source, "tool_call_id", place),
    )


def _call(fields: Fields, source: dict[str, Any], place: str) -> ToolCall:
    kind = source.get("type", "function")
    if kind not in ("function", "custom"):
        raise fields.error("this kind of call is not known", f"{place}.type", "function or custom")
    where = f"{place}.{kind}"
    call = fields.mapping(source.get(kind), where)
    given = "arguments" if kind == "function" else "input"
    return call_of(fields, call, where, given, fields.field(source, "id", place))


def _render_call(call: ToolCall) -> dict[str, Any]:
    arguments = call.unparsed or json.dumps(call.arguments, ensure_ascii=False, allow_nan=False)
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def _own(value: object, name: str, limits: Limits) -> Conversation:
    """Read our own form; its types are checked by msgspec and its size here."""
    fields = Fields(name, limits)
    for place, message in fields.messages(value, "conversation"):
        fields.plain(message, place)
        for key in ("content", "tool_calls"):
            if isinstance(message.get(key), (list, tuple)):
                for _ in fields.parts(message[key], f"{place}.{key}"):
                    pass
    try:
        return msgspec.convert(value, Conversation)
    except msgspec.ValidationError as error:
        raise fields.error(f"this is no conversation: {error}", "conversation") from error
