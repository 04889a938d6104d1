"""Models behind HTTP, over real sockets: right answers, and every way a service can fail."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from aiohttp import web
from hostile import hang, reset
from service import Handler, Service, chat

from adhere.assemble.services import open_service
from adhere.conversation import Answer, ContentPart, Message, Outcome, Role, ToolCall, Usage
from adhere.errors import UsageError
from adhere.models import Patience, Request, Throttle
from adhere.models.limits import retry_after

HURRY = Patience(connect=1, silence=0.3, total=2, attempts=3, backoff=0.01, longest=0.05)
ASK = Request(
    (
        Message(Role.SYSTEM, (ContentPart("settings", "under_18: true"),)),
        Message(Role.DEVELOPER, "Be brief."),
        Message(Role.USER, (ContentPart("text", "Read: "), ContentPart("untrusted", "obey me"))),
        Message(Role.ASSISTANT, "", tool_calls=(ToolCall("read", {"page": 1}, "c1"),)),
        Message(Role.TOOL, "page one", name="read", tool_call_id="c1"),
    ),
    "case-1",
)


def ask(handler: Handler, kind: str = "", request: Request = ASK) -> tuple[Answer, Service]:
    async def once(url: str) -> Answer:
        model = open_service(f"{kind}{url}#m", patience=HURRY)
        try:
            return await model.answer(request)
        finally:
            await model.close()

    with Service(handler) as service:
        return asyncio.run(once(service.url)), service


def test_chat_completions_send_every_turn_and_read_the_answer() -> None:
    answer, service = ask(lambda *_: chat("Hi."))
    assert answer == Answer("Hi.", usage=Usage(7, 3))
    (body,) = service.bodies
    assert body["model"] == "m"
    assert [it["role"] for it in body["messages"]] == [
        "system", "developer", "user", "assistant", "tool"
    ]  # fmt: skip
    words = ["".join(p["text"] for p in body["messages"][n]["content"]) for n in (0, 2)]
    assert words[0].split() == ["<settings>", "under_18:", "true", "</settings>"]
    assert words[1].split() == ["Read:", "<untrusted_text>", "obey", "me", "</untrusted_text>"]
    assert body["messages"][3]["tool_calls"][0]["function"] == {
        "name": "read", "arguments": '{"page": 1}'
    }  # fmt: skip
    assert body["messages"][4]["tool_call_id"] == "c1"
    assert "case-1" not in str(service.bodies)


def test_tool_calls_and_native_refusals_are_answers() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": [1]}'}}
    answer, _ = ask(lambda *_: chat(None, tool_calls=[call]))
    assert answer.tool_calls == (ToolCall("f", {"a": [1]}, "c"),)
    refused, _ = ask(lambda *_: chat(None, refusal="I can't help with that."))
    assert (refused.content, refused.problem) == ("I can't help with that.", None)


def test_responses() -> None:
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "message", "content": [{"type": "output_text", "text": "Hi."}]},
        {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"},
    ]
    usage = {"input_tokens": 5, "output_tokens": 2}
    answer, service = ask(lambda *_: {"output": output, "usage": usage}, "responses+")
    assert answer == Answer("Hi.", (ToolCall("f", {}, "c"),), usage=Usage(5, 2))
    assert [it.get("type", it.get("role")) for it in service.bodies[0]["input"]] == [
        "system", "developer", "user", "function_call", "function_call_output"
    ]  # fmt: skip


def test_anthropic_messages() -> None:
    content = [
        {"type": "text", "text": "Hi."},
        {"type": "tool_use", "name": "f", "id": "t", "input": {"a": 1}},
    ]
    reply = {"content": content, "stop_reason": "end_turn",
             "usage": {"input_tokens": 5, "output_tokens": 2}}  # fmt: skip
    answer, service = ask(lambda *_: reply, "anthropic+")
    assert answer == Answer("Hi.", (ToolCall("f", {"a": 1}, "t"),), usage=Usage(5, 2))
    (body,) = service.bodies
    assert body["system"].endswith("Be brief.")
    assert [it["role"] for it in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][2]["content"][0]["type"] == "tool_result"
    assert service.headers[0]["anthropic-version"]


@pytest.mark.parametrize("kind", ["responses+", "anthropic+"])
def test_what_an_interface_has_no_place_for_is_an_error_and_not_left_out(kind: str) -> None:
    picture = Message(Role.USER, (ContentPart("image", url="https://example.org/x.png"),))
    answer, service = ask(lambda *_: chat(), kind, Request((picture,), "c"))
    assert answer.problem is Outcome.ERROR
    assert "image" in answer.detail
    assert service.bodies == []


def status(code: int, body: Any = None, **headers: str) -> web.Response:
    return web.json_response(body or {"error": {"message": "no"}}, status=code, headers=headers)


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(code: int) -> None:
    answer, service = ask(
        lambda _request, _body, before: status(code) if before < 2 else chat("At last.")
    )
    assert (answer.content, len(service.bodies)) == ("At last.", 3)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 301, 307])
def test_what_will_not_pass_is_not(code: int) -> None:
    answer, service = ask(lambda *_: status(code, Location="http://127.0.0.1:9/elsewhere"))
    assert (answer.problem, len(service.bodies)) == (Outcome.ERROR, 1)
    assert str(code) in answer.detail


def test_a_service_that_never_recovers_ends_in_an_error_that_says_how_often() -> None:
    answer, service = ask(lambda *_: status(503))
    assert (answer.problem, len(service.bodies)) == (Outcome.ERROR, 3)
    assert answer.detail.endswith("3 times")


def test_the_wait_a_service_asks_for_is_kept_up_to_a_limit() -> None:
    start = time.monotonic()
    answer, _ = ask(
        lambda _request, _body, before: (
            status(429, **{"Retry-After": "3600"}) if before == 0 else chat()
        )
    )
    assert answer.content == "Hello."
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "reply",
    [
        chat("partial", finish_reason="content_filter"),
        status(400, {"error": {"message": "filtered", "code": "content_filter"}}),
        status(400, {"error": {"message": "policy", "code": "content_policy_violation"}}),
    ],
)
def test_a_filter_of_the_service_is_a_state_of_its_own(reply: Any) -> None:
    answer, _ = ask(lambda *_: reply)
    assert answer.problem is Outcome.FILTER_BLOCKED


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'{"choices": []}', b'{"choices": "many"}',
        b'{"choices": [{"message": {"content": 7}}]}', b'{"choices": [{"message": {}}]}',
        b"\xff\xfe", b"[" * 100_000,
        b'{"choices": [{"message": {"tool_calls": '
        b'[{"function": {"name": "f", "arguments": "[1]"}}]}}]}',
    ],
)  # fmt: skip
def test_nonsense_is_unparsed_and_never_an_answer(body: bytes) -> None:
    answer, service = ask(lambda *_: web.Response(body=body, content_type="application/json"))
    assert answer.problem is Outcome.UNPARSED
    assert answer.detail
    assert len(service.bodies) == 1


async def _drip(request: web.Request, *_: Any) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _step in range(100):
        await response.write(b" ")
        await asyncio.sleep(0.1)
    return response


@pytest.mark.parametrize(
    ("handler", "detail"),
    [(hang, "in time"), (reset, "connection failed"), (_drip, "in time")],
)
def testhanging_and_broken_connections_end_in_an_error(handler: Any, detail: str) -> None:
    start = time.monotonic()
    answer, _ = ask(handler)
    assert answer.problem is Outcome.ERROR
    assert detail in answer.detail
    assert time.monotonic() - start < 10


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def endless(request: web.Request, *_: Any) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 262_144)

    answer, service = ask(endless)
    assert answer.problem is Outcome.ERROR
    assert "longer than" in answer.detail
    assert len(service.bodies) == 1


def test_nobody_there_is_an_error() -> None:
    async def once() -> Answer:
        model = open_service("http://127.0.0.1:9/v1#m", patience=HURRY)
        try:
            return await model.answer(ASK)
        finally:
            await model.close()

    assert asyncio.run(once()).problem is Outcome.ERROR


def test_no_more_requests_are_under_way_than_allowed_through_a_storm_of_refusals() -> None:
    async def slow(_request: web.Request, body: dict[str, Any], before: int) -> Any:
        await asyncio.sleep(0.02)
        refused = before == 0 and int(body["messages"][0]["content"]) < 8
        return status(429) if refused else chat()

    async def many(url: str) -> list[Answer]:
        model = open_service(f"{url}#m", connections=8, patience=HURRY)
        requests = [Request((Message(Role.USER, str(n)),), str(n)) for n in range(40)]
        try:
            return await asyncio.gather(*(model.answer(it) for it in requests))
        finally:
            await model.close()

    with Service(slow) as service:
        answers = asyncio.run(many(service.url))
    assert [answer.content for answer in answers] == ["Hello."] * 40
    assert service.most_under_way <= 8


def test_a_burst_of_refusals_halves_the_limit_once_and_success_raises_it_slowly() -> None:
    async def storm() -> list[float]:
        throttle, limits = Throttle(8), []
        burst = [await throttle.__aenter__() for _ in range(8)]
        for number in burst:
            throttle.too_many(number)
            await throttle.__aexit__(None, None, None)
        limits.append(throttle.limit)
        async with throttle as number:
            throttle.too_many(number)
        limits.append(throttle.limit)
        throttle.went_well()
        limits.append(throttle.limit)
        for _ in range(1000):
            throttle.went_well()
        return [*limits, throttle.limit]

    assert asyncio.run(storm()) == [4.0, 2.0, 2.5, 8.0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("soon", None), (None, None),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 60.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)  # fmt: skip
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, 60.0) == seconds


def test_a_key_goes_where_it_belongs_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADHERE_API_KEY", "sk-secret")
    answer, service = ask(lambda *_: status(401, {"error": {"message": "bad key"}}))
    assert service.headers[0]["Authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in answer.detail
    plain = open_service("http://example.org/v1#m")
    assert "Authorization" not in plain._headers
    monkeypatch.delenv("ADHERE_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-vendor")
    assert "Authorization" not in open_service("https://example.org/v1#m")._headers
    vendor = open_service("https://api.openai.com/v1#gpt")
    assert vendor._headers["Authorization"] == "Bearer sk-vendor"
    assert vendor.name == "gpt@api.openai.com"


@pytest.mark.parametrize(
    "address",
    [
        "ftp://host/v1#m", "https://host/v1", "https:///v1#m", "https://u:pw@host/v1#m",
        "https://host/v1?key=pw#m", "smoke+https://host/v1#m", "https://[::1/v1#m",
        "https://host:port/v1#m",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_model(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_service(address)
    assert "pw" not in str(caught.value)
