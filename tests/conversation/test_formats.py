"""Conversations from outside: what is read, what is refused, and that nothing is lost."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.conversation import (
    ContentPart,
    Conversation,
    Limits,
    Message,
    Role,
    ToolCall,
    decode_conversation,
    for_services,
    parse_chat,
    parse_conversation,
    parse_responses,
    render_chat,
)
from adhere.errors import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def not_an_object(written: str) -> bool:
    try:
        return bool(written.strip()) and not isinstance(json.loads(written), dict)
    except ValueError:
        return True


@st.composite
def parts(draw: st.DrawFn) -> ContentPart:
    kind = draw(
        st.sampled_from(["text", "untrusted", "settings", "reasoning", "file", "image", "audio"])
    )
    if kind in ("file", "image", "audio"):
        url = draw(st.sampled_from(["data:audio/wav;base64,AA==", "file-id:x", "https://x"]) | TEXT)
        if kind == "audio" and not url:
            url = "data:audio/;base64,"
        return ContentPart(kind, draw(TEXT), draw(TEXT), url)  # type: ignore[arg-type]
    return ContentPart(kind, draw(TEXT))  # type: ignore[arg-type]


@st.composite
def calls(draw: st.DrawFn) -> ToolCall:
    name, id_ = draw(TEXT.filter(bool)), draw(TEXT)
    if draw(st.booleans()):
        return ToolCall(name, draw(st.dictionaries(TEXT, JSON, max_size=3)), id_)
    return ToolCall(name, {}, id_, unparsed=draw(TEXT.filter(str.strip).filter(not_an_object)))


@st.composite
def messages(draw: st.DrawFn) -> Message:
    role = draw(st.sampled_from(list(Role)))
    return Message(
        role,
        draw(TEXT | st.lists(parts(), max_size=4).map(tuple)),
        draw(st.none() | TEXT),
        tuple(draw(st.lists(calls(), max_size=2))) if role is Role.ASSISTANT else (),
        draw(st.none() | TEXT),
    )


CONVERSATIONS = st.lists(messages(), max_size=5).map(tuple)


@given(CONVERSATIONS)
def test_chat_form_gives_back_what_was_written(conversation: Conversation) -> None:
    written = render_chat(conversation)
    assert parse_chat(written) == conversation
    assert parse_conversation({"messages": written, "model": "m"}) == conversation
    data = json.dumps({"messages": written}).encode()
    assert decode_conversation(data) == conversation


@given(CONVERSATIONS)
def test_our_own_form_gives_back_what_was_written(conversation: Conversation) -> None:
    data = msgspec.json.encode({"schema": "adhere/case/1", "conversation": conversation})
    assert decode_conversation(data) == conversation


@given(CONVERSATIONS)
def test_services_get_no_part_they_do_not_know_and_no_text_that_closes_its_tag(
    conversation: Conversation,
) -> None:
    known = {"text", "image", "audio", "file"}
    for before, after in zip(conversation, for_services(conversation), strict=True):
        if isinstance(before.content, str):
            assert after == before
            continue
        assert isinstance(after.content, tuple)
        assert {part.type for part in after.content} <= known
        assert not any(part.type == "file" and part.text for part in after.content)
        said = [part for part in before.content if part.type != "reasoning"]
        for part, worded in zip(said, after.content, strict=True):
            if part.type == "untrusted" or (part.type == "file" and part.text):
                assert worded.text.count("</untrusted_text>") == 1
                assert worded.text.count("<") == 2


def read_or_refused(read: Callable[[object], Conversation], value: object) -> Conversation:
    """What is read; nothing where it is refused as an input and not by a mistake of ours."""
    try:
        return read(value)
    except InputError:
        return ()


@given(JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    for read in (parse_conversation, parse_chat, parse_responses):
        conversation = read_or_refused(read, value)
        assert all(isinstance(message, Message) for message in conversation)


KEYS = st.sampled_from(
    ["role", "content", "type", "text", "name", "tool_calls", "function", "arguments", "id",
     "call_id", "output", "summary", "file", "image_url", "input_audio", "results", "refusal"]
)  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(
        ["user", "assistant", "tool", "text", "function_call", "function_call_output", "message",
         "reasoning", "web_search_call", "input_image", "file", "custom", "{}", "{"]
    )
    | JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=3))
def test_anything_like_a_conversation_is_read_or_refused(value: object) -> None:
    for wrapped in (value, {"messages": value}, {"input": value}, {"conversation": value}):
        conversation = read_or_refused(parse_conversation, wrapped)
        assert parse_chat(render_chat(conversation)) == conversation


def test_the_chat_form() -> None:
    conversation = parse_chat(
        {
            "messages": [
                {"role": "platform", "content": "a"},
                {"role": "developer", "content": [{"type": "text", "text": "b"}]},
                {"role": "user", "name": "eve", "content": [
                    {"type": "text", "text": "c"},
                    {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
                    {"type": "file", "file": {"file_id": "f1", "filename": "AGENTS.md"}},
                ]},
                {"role": "assistant", "content": None, "refusal": "No.", "annotations": []},
                {"role": "assistant", "tool_calls": [
                    {"id": "1", "type": "function",
                     "function": {"name": "f", "arguments": '{"a": 1.5}'}},
                    {"id": "2", "type": "custom", "custom": {"name": "sh", "input": "ls"}},
                ]},
                {"role": "tool", "tool_call_id": "1", "content": "out"},
                {"role": "assistant", "content": "", "function_call": {"name": "g"}},
                {"role": "function", "name": "g", "content": "out"},
            ]
        }
    )  # fmt: skip
    assert conversation == (
        Message(Role.SYSTEM, "a"),
        Message(Role.DEVELOPER, (ContentPart("text", "b"),)),
        Message(
            Role.USER,
            (
                ContentPart("text", "c"),
                ContentPart("image", url="https://x/y.png"),
                ContentPart("audio", url="data:audio/mp3;base64,AA=="),
                ContentPart("file", name="AGENTS.md", url="file-id:f1"),
            ),
            name="eve",
        ),
        Message(Role.ASSISTANT, "No."),
        Message(
            Role.ASSISTANT,
            tool_calls=(ToolCall("f", {"a": 1.5}, "1"), ToolCall("sh", {}, "2", "ls")),
        ),
        Message(Role.TOOL, "out", tool_call_id="1"),
        Message(Role.ASSISTANT, tool_calls=(ToolCall("g"),)),
        Message(Role.TOOL, "out", name="g"),
    )


def test_the_responses_form() -> None:
    conversation = parse_conversation(
        {
            "model": "m",
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [
                    {"type": "input_text", "text": "a"},
                    {"type": "input_image", "image_url": "https://x"},
                    {"type": "input_file", "filename": "n.pdf", "file_data": "data:,x"},
                ]},
                {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text",
                 "text": "h"}]},
                {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
                {"type": "custom_tool_call", "call_id": "2", "name": "g", "input": "not json"},
                {"type": "function_call_output", "call_id": "1", "output": {"rows": []}},
                {"type": "function_call_output", "call_id": "2", "output": [
                    {"type": "input_text", "text": "t"}]},
                {"type": "web_search_call", "id": "w", "status": "completed",
                 "action": {"query": "q"}},
                {"type": "mcp_call", "id": "m", "name": "roll", "arguments": "{}", "output": "4"},
                {"type": "message", "role": "assistant", "content": [
                    {"type": "output_text", "text": "b", "annotations": []}]},
            ],
        }
    )  # fmt: skip
    assert conversation == (
        Message(Role.DEVELOPER, "Be brief."),
        Message(
            Role.USER,
            (
                ContentPart("text", "a"),
                ContentPart("image", url="https://x"),
                ContentPart("file", name="n.pdf", url="data:,x"),
            ),
        ),
        Message(Role.ASSISTANT, (ContentPart("reasoning", "h"),)),
        Message(
            Role.ASSISTANT,
            tool_calls=(ToolCall("f", {}, "1"), ToolCall("g", {}, "2", "not json")),
        ),
        Message(Role.TOOL, '{"rows": []}', tool_call_id="1"),
        Message(Role.TOOL, (ContentPart("text", "t"),), tool_call_id="2"),
        Message(
            Role.ASSISTANT, tool_calls=(ToolCall("web_search", {"action": {"query": "q"}}, "w"),)
        ),
        Message(
            Role.ASSISTANT,
            tool_calls=(ToolCall("roll", {"name": "roll", "arguments": "{}"}, "m"),),
        ),
        Message(Role.TOOL, "4", name="roll", tool_call_id="m"),
        Message(Role.ASSISTANT, (ContentPart("text", "b"),)),
    )
    assert parse_conversation({"input": "Hi"}) == (Message(Role.USER, "Hi"),)
    assert parse_conversation([{"type": "message", "role": "user", "content": "Hi"}]) == (
        Message(Role.USER, "Hi"),
    )


@pytest.mark.parametrize(
    "written", ["", '{"to": "a", "to": "b"}', '{"a": NaN}', '{"a": 1e999}', "[1]", "{", "ls -la"]
)
def test_arguments_that_do_not_mean_one_thing_are_kept_as_written(written: str) -> None:
    call = {"id": "", "function": {"name": "f", "arguments": written}}
    conversation = parse_chat([{"role": "assistant", "tool_calls": [call]}])
    assert conversation[0].tool_calls == (ToolCall("f", {}, unparsed=written),)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (None, ""),
        (7, ""),
        ({}, ""),
        ([7], "messages[0]"),
        ([{"role": "root", "content": "x"}], "messages[0].role"),
        ([{"role": ["user"]}], "messages[0].role"),
        ([{"content": "x"}], "messages[0]"),
        ([{"role": "user", "content": 7}], "messages[0].content"),
        ([{"role": "user", "content": [{"type": "text", "text": {}}]}],
         "messages[0].content[0].text"),
        ([{"role": "user", "content": [{"type": "hologram"}]}], "messages[0].content[0].type"),
        ([{"role": "user", "content": "\ud800"}], "messages[0].content"),
        ([{"role": "user", "tool_calls": [{"function": {"name": "f"}}]}], "messages[0].tool_calls"),
        ([{"role": "assistant", "tool_calls": [{"function": {}}]}],
         "messages[0].tool_calls[0].function"),
        ([{"role": "assistant", "tool_calls": [{"type": "x"}]}], "messages[0].tool_calls[0].type"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        ({"input": "x", "previous_response_id": "r"}, "previous_response_id"),
        ({"input": [{"type": "???"}]}, "input[0].type"),
        ({"input": [{"type": []}]}, "input[0].type"),
        ({"conversation": [{"role": "user", "content": [{"type": "x", "text": ""}]}]},
         "conversation"),
    ],
)  # fmt: skip
def test_what_is_no_conversation_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_conversation(value, name="body")
    assert caught.value.place == (f"body: {place}" if place else "body") or (
        not place and caught.value.place.startswith("body")
    )


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        ([{"role": "user", "content": "x"}] * 3, Limits(messages=2)),
        ([{"role": "user", "content": "xx"}] * 3, Limits(characters=5)),
        ([{"role": "user", "content": [{"type": "text", "text": ""}] * 3}], Limits(parts=2)),
        ({"conversation": [{"role": "user", "content": [{"type": "text"}] * 3}]}, Limits(parts=2)),
        ({"conversation": [{"role": "user", "content": "xxxxxx"}]}, Limits(characters=5)),
        ({"input": [{"type": "function_call", "name": "f"}] * 3}, Limits(parts=2)),
        ([{"role": "assistant", "tool_calls": [
            {"function": {"name": "f", "arguments": '{"a":' * 9 + "1" + "}" * 9}}]}],
         Limits(depth=8)),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused(value: object, limits: Limits) -> None:
    parse_conversation(value)
    with pytest.raises(InputError, match="more than"):
        parse_conversation(value, limits=limits)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\xff\xff", b'{"messages": [], "messages": []}', b"[NaN]",
        b'{"messages":' + b"[" * 100_000, b'{"input": ' + b'{"a":' * 100_000,
        b'[{"role": "user", "content": "\\ud800"}]',
    ],
)  # fmt: skip
def test_bytes_that_are_no_plain_json_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode_conversation(data)


def test_deep_arguments_of_a_call_are_kept_unread_or_refused() -> None:
    written = '{"a":' * 50_000 + "1" + "}" * 50_000
    call = {"function": {"name": "f", "arguments": written}}
    conversation = parse_chat([{"role": "assistant", "tool_calls": [call]}])
    assert conversation[0].tool_calls[0].unparsed == written


def test_reading_takes_linear_time() -> None:
    def seconds(count: int) -> float:
        message: dict[str, Any] = {"role": "user", "content": [{"type": "text", "text": "x"}] * 10}
        data = json.dumps({"messages": [message] * count}).encode()
        best = math.inf
        for _ in range(3):
            start = time.perf_counter()
            decode_conversation(data)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(4_000) < 40 * seconds(400)


def test_cases_written_before_new_fields_are_read() -> None:
    old = b'[{"role":"user","content":[{"type":"untrusted","text":"x"}]}]'
    conversation = msgspec.json.decode(old, type=Conversation)
    assert conversation == (Message(Role.USER, (ContentPart("untrusted", "x"),)),)
    assert msgspec.json.encode(conversation) == old
