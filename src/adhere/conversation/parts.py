"""Roles, parts of content and calls of tools, in the vocabularies of both OpenAI forms."""

from __future__ import annotations

import re
from typing import Any, Final

from adhere.conversation.fields import Fields
from adhere.conversation.message import ContentPart, Role, ToolCall

_TEXTS: Final = {
    "text": "text",
    "input_text": "text",
    "output_text": "text",
    "summary_text": "text",
    "reasoning_text": "text",
    "refusal": "refusal",
}
"""By the type of a part that speaks: the field that holds its words."""

_OURS: Final = {"untrusted_text": "untrusted", "settings": "settings", "reasoning": "reasoning"}
_FILE_ID: Final = "file-id:"
_AUDIO: Final = re.compile(r"data:audio/([\w.+-]*);base64,(.*)", re.S)


_ROLES: Final = {
    "system": Role.SYSTEM,
    "platform": Role.SYSTEM,  # the Model Spec's word before 2025-09-12
    "developer": Role.DEVELOPER,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}


def role_of(fields: Fields, source: dict[str, Any], place: str) -> Role:
    """Return who speaks."""
    role = _ROLES.get(fields.word(source, "role", place))
    if role is None:
        known = ", ".join(_ROLES)
        raise fields.error("this role is not known", f"{place}.role", f"the roles are {known}")
    return role


def content_of(fields: Fields, value: object, place: str) -> str | tuple[ContentPart, ...]:
    """Return a message's content: a string, or parts."""
    if value is None or isinstance(value, str):
        return fields.text(value, place)
    return tuple(_part(fields, part, where) for where, part in fields.parts(value, place))


def _part(fields: Fields, source: dict[str, Any], place: str) -> ContentPart:
    kind = fields.word(source, "type", place)
    if kind in _TEXTS:
        return ContentPart("text", fields.field(source, _TEXTS[kind], place))
    if kind in _OURS:
        return ContentPart(_OURS[kind], fields.field(source, "text", place))  # type: ignore[arg-type]
    text, name = fields.field(source, "text", place), fields.field(source, "name", place)
    if kind in ("image_url", "input_image"):
        return ContentPart("image", text, name, _image(fields, source, place))
    if kind in ("input_audio", "output_audio"):
        where = f"{place}.input_audio"
        given = fields.mapping(source.get("input_audio", source), where)
        url = fields.field(given, "url", where)
        if not url:
            data = fields.field(given, "data", where)
            url = f"data:audio/{fields.field(given, 'format', where)};base64,{data}"
        return ContentPart("audio", text, name, url)
    if kind in ("file", "input_file"):
        where = f"{place}.file"
        given = fields.mapping(source.get("file", source), where)
        url = _by_id(fields, given, where)
        url = (
            url or fields.field(given, "file_data", where) or fields.field(given, "file_url", where)
        )
        return ContentPart("file", text, fields.field(given, "filename", where), url)
    types = ", ".join([*_TEXTS, "image_url", "input_image", "input_audio", "file", "input_file"])
    raise fields.error(
        "this type of content is not known", f"{place}.type", f"the types are {types}"
    )


def _image(fields: Fields, source: dict[str, Any], place: str) -> str:
    given = source.get("image_url")
    if isinstance(given, dict):
        return fields.field(given, "url", f"{place}.image_url")
    return fields.text(given, f"{place}.image_url") or _by_id(fields, source, place)


def _by_id(fields: Fields, source: dict[str, Any], place: str) -> str:
    id_ = fields.field(source, "file_id", place)
    return _FILE_ID + id_ if id_ else ""


def render_part(part: ContentPart) -> dict[str, Any]:
    """Write a part in chat form; `content_of` reads it back."""
    more = {key: value for key in ("text", "name") if (value := getattr(part, key))}
    match part.type:
        case "text":
            return {"type": "text", "text": part.text}
        case "untrusted":
            return {"type": "untrusted_text", "text": part.text}
        case "settings" | "reasoning":
            return {"type": part.type, "text": part.text}
        case "image":
            return {"type": "image_url", "image_url": {"url": part.url}, **more}
        case "audio":
            match_ = _AUDIO.fullmatch(part.url)
            given = {"data": match_[2], "format": match_[1]} if match_ else {"url": part.url}
            return {"type": "input_audio", "input_audio": given, **more}
        case "file":
            more.pop("name", None)
            key = "file_id" if part.url.startswith(_FILE_ID) else "file_data"
            file = {"filename": part.name, key: part.url.removeprefix(_FILE_ID)}
            return {"type": "file", "file": file, **more}


def call_of(fields: Fields, source: dict[str, Any], place: str, given: str, id_: str) -> ToolCall:
    """Return a call of a tool.

    Args:
        fields: The reader.
        source: An object with ``name`` and the field ``given``.
        place: Where it stands.
        given: The name of the field that holds the arguments, as JSON text or decoded.
        id_: What the tool's answer refers to.
    """
    name = fields.word(source, "name", place)
    written = source.get(given)
    if isinstance(written, dict):
        fields.plain(written, f"{place}.{given}")
        return ToolCall(name, written, id_)
    written = fields.text(written, f"{place}.{given}")
    if not written.strip():
        return ToolCall(name, {}, id_)
    arguments = fields.arguments(written, f"{place}.{given}")
    if arguments is None:
        return ToolCall(name, {}, id_, unparsed=written)
    return ToolCall(name, arguments, id_)
