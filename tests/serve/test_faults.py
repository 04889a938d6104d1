"""Upstream faults: what the client sees, and what is recorded."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from running_gateway import RunningGateway, config_text
from service import Service, chat
from streams import pieces, stream

from adhere.audit import Completed


def outcomes(gateway) -> list[tuple[str, str]]:
    return [(one.outcome, one.upstream) for one in gateway.records() if isinstance(one, Completed)]


def status(number: int, **headers: str):
    body = {"error": {"message": "the key sk-upstream-1 is wrong", "code": "x"}}
    return lambda *_: web.json_response(body, status=number, headers=headers)


@pytest.mark.parametrize(
    ("handler", "seen", "code"),
    [
        (status(500), 503, "upstream_failed"),
        (status(401), 502, "upstream_failed"),
        (status(429, **{"Retry-After": "7"}), 429, "upstream_rate_limit"),
        (lambda *_: web.Response(body=b"\x00garbage", content_type="application/json"), 502,
         "upstream_failed"),
        (lambda *_: web.json_response([]), 502, "upstream_failed"),
        (lambda *_: web.json_response({"choices": "none"}), 502, "upstream_failed"),
    ],
)  # fmt: skip
def test_a_service_that_fails_before_its_answer(start, handler, seen, code):
    gateway, _ = start(handler)
    for more in ({}, {"stream": True}):
        answer = gateway.chat(("user", "Hi"), **more)
        if answer.status == 200:  # the stream had begun
            assert answer.events[-1]["error"]["code"] == code
            assert answer.body.endswith(b"data: [DONE]\n\n")
        else:
            assert (answer.status, answer.json["error"]["code"]) == (seen, code)
        assert b"sk-upstream" not in answer.body
    if seen == 429:
        assert answer.headers["Retry-After"] == "7"
    assert [one for one, _ in outcomes(gateway)] == ["upstream_failed"] * 2


def test_a_stream_that_is_cut_ends_with_an_error_frame_and_the_end_marker(start):
    async def reset(request, body, _):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n')
        request.transport.abort()
        return response

    gateway, _ = start(reset)
    answer = gateway.chat(("user", "Hi"), stream=True)
    assert answer.events[-1]["error"]["code"] == "upstream_failed"
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert outcomes(gateway) == [("upstream_failed", "up")]


def test_a_stream_that_just_stops_is_no_answer(start):
    async def handler(request, body, _):
        return await stream(request, pieces("Hello", " there")[:-1], done=False)

    gateway, _ = start(handler)
    answer = gateway.chat(("user", "Hi"), stream=True)
    assert "error" in answer.events[-1]
    assert outcomes(gateway) == [("upstream_failed", "up")]


def test_a_service_that_hangs(tmp_path):
    async def hang(*_):
        await asyncio.sleep(30)

    with Service(hang) as service:
        text = config_text(service.url).replace("attempts = 1", "attempts = 1\nfirst_byte = 0.3")
        with RunningGateway(tmp_path, text) as gateway:
            answer = gateway.chat(("user", "Hi"))
            assert (answer.status, answer.json["error"]["code"]) == (504, "upstream_timeout")
            assert outcomes(gateway) == [("upstream_failed", "m")]


def test_another_service_answers_where_one_fails(tmp_path):
    with Service(status(503)) as bad, Service(lambda *_: chat("From the other.")) as good:
        text = config_text(bad.url).replace('upstreams = ["up"]', 'upstreams = ["up", "spare"]')
        with RunningGateway(tmp_path, f'{text}[upstreams.spare]\nurl = "{good.url}"\n') as gateway:
            assert gateway.chat(("user", "Hi")).text == "From the other."
            assert outcomes(gateway) == [("answered", "spare")]


def test_what_may_pass_is_tried_again(tmp_path):
    def twice(request, body, before):
        return web.json_response({}, status=503) if before < 1 else chat("Now.")

    with Service(twice) as service:
        text = config_text(service.url).replace("attempts = 1", "attempts = 2")
        with RunningGateway(tmp_path, text) as gateway:
            assert gateway.chat(("user", "Hi")).text == "Now."


def test_a_request_that_a_service_refuses_is_told_in_its_words(start):
    body = {"error": {"message": "max_tokens is too large"}}
    gateway, service = start(lambda *_: web.json_response(body, status=400))
    answer = gateway.chat(("user", "Hi"))
    assert answer.status == 400
    assert answer.json["error"]["message"].endswith("max_tokens is too large")
    assert len(service.bodies) == 1
