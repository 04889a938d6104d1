"""The official client runs against the gateway as it is."""

from __future__ import annotations

import asyncio

import openai
import pytest
from pydantic import BaseModel
from running_gateway import SHOP
from service import chat
from streams import pieces, stream

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}  # fmt: skip
CALL = {
    "id": "call_1", "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
}  # fmt: skip


class City(BaseModel):
    name: str
    people: int


def client(gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=SHOP, max_retries=0)


async def model(request, body, _):
    """A service that does what the client asks for."""
    if body.get("stream"):
        if body.get("tools"):
            call = {"index": 0, **CALL, "function": {"name": "get_weather", "arguments": ""}}
            rest = [
                {"index": 0, "function": {"arguments": piece}} for piece in ('{"city":', ' "Oslo"}')
            ]
            chunks = pieces(finish="tool_calls")
            chunks[1:1] = [
                {**chunks[0], "choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]}
                for piece in (call, *rest)
            ]
            return await stream(request, chunks)
        return await stream(request, pieces("Hel", "lo", "."))
    if body.get("response_format"):
        return chat('{"name": "Oslo", "people": 700000}')
    if body.get("tools") and body["messages"][-1]["role"] == "user":
        return chat(None, tool_calls=[CALL], finish_reason="tool_calls")
    return chat("Hello.")


def test_models_and_completions(start):
    gateway, _ = start(model)
    with client(gateway) as api:
        assert [one.id for one in api.models.list()] == ["m"]
        said = api.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], temperature=0.5, seed=3
        )
    assert said.choices[0].message.content == "Hello."
    assert said.usage.total_tokens == 10


def test_a_stream(start):
    gateway, _ = start(model)
    with client(gateway) as api:
        chunks = list(
            api.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
        )
    said = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert said == "Hello."


def test_a_tool_called_answered_and_streamed(start):
    gateway, _ = start(model)
    asked = [{"role": "user", "content": "What is the weather in Oslo?"}]
    with client(gateway) as api:
        first = api.chat.completions.create(model="m", messages=asked, tools=[TOOL])
        call = first.choices[0].message.tool_calls[0]
        assert (call.function.name, call.function.arguments) == ("get_weather", '{"city": "Oslo"}')
        later = [*asked, first.choices[0].message,
                 {"role": "tool", "tool_call_id": call.id, "content": "Rain."}]  # fmt: skip
        last = api.chat.completions.create(model="m", messages=later, tools=[TOOL])
        assert last.choices[0].message.content == "Hello."
        with api.chat.completions.stream(model="m", messages=asked, tools=[TOOL]) as events:
            events.until_done()
            final = events.get_final_completion()
    [streamed] = final.choices[0].message.tool_calls
    assert streamed.function.arguments == '{"city": "Oslo"}'


def test_structured_output(start):
    gateway, service = start(model)
    with client(gateway) as api:
        said = api.chat.completions.parse(
            model="m", messages=[{"role": "user", "content": "A city."}], response_format=City
        )
    assert said.choices[0].message.parsed == City(name="Oslo", people=700_000)
    assert service.bodies[0]["response_format"]["type"] == "json_schema"


def test_many_at_once_from_the_asynchronous_client(start):
    gateway, _ = start(model)

    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(
            base_url=f"{gateway.url}/v1", api_key=SHOP, max_retries=0
        ) as api:
            said = await asyncio.gather(
                *(
                    api.chat.completions.create(
                        model="m", messages=[{"role": "user", "content": f"Hi {number}"}]
                    )
                    for number in range(20)
                )
            )
            streamed = ""
            async for chunk in await api.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
            ):
                streamed += chunk.choices[0].delta.content or ""
        return [*(one.choices[0].message.content for one in said), streamed]

    assert asyncio.run(ask()) == ["Hello."] * 21


RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed",
    "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7,
              "input_tokens_details": {"cached_tokens": 0},
              "output_tokens_details": {"reasoning_tokens": 0}},
}  # fmt: skip


def item(text: str) -> dict:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [part]}  # fmt: skip


FUNCTION_CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "status": "completed",
                 "name": "get_weather", "arguments": '{"city": "Oslo"}'}  # fmt: skip


def response_events(*said: str) -> list[dict]:
    """The events of an answer that says these pieces, then calls a tool."""
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    begun = {**RESPONSE, "status": "in_progress", "output": [], "usage": None}
    text = "".join(said)
    part = {"type": "output_text", "text": "", "annotations": []}
    call_at = {"item_id": "fc_1", "output_index": 1}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0,
         "item": {**item(""), "content": [], "status": "in_progress"}},
        {"type": "response.content_part.added", **at, "part": part},
        *({"type": "response.output_text.delta", **at, "delta": one} for one in said),
        {"type": "response.output_text.done", **at, "text": text},
        {"type": "response.content_part.done", **at, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": item(text)},
        {"type": "response.output_item.added", "output_index": 1,
         "item": {**FUNCTION_CALL, "arguments": "", "status": "in_progress"}},
        {"type": "response.function_call_arguments.delta", **call_at, "delta": '{"city": "Oslo"}'},
        {"type": "response.function_call_arguments.done", **call_at, "name": "get_weather",
         "arguments": '{"city": "Oslo"}'},
        {"type": "response.output_item.done", "output_index": 1, "item": FUNCTION_CALL},
        {"type": "response.completed",
         "response": {**RESPONSE, "output": [item(text), FUNCTION_CALL]}},
    ]  # fmt: skip
    return [{**one, "sequence_number": number} for number, one in enumerate(events)]


async def responses(request, body, _):
    if body.get("stream"):
        return await stream(request, response_events("Hel", "lo."), done=False)
    return {**RESPONSE, "output": [item("Hello."), FUNCTION_CALL]}


def test_responses_whole_and_streamed(start):
    gateway, service = start(responses)
    tools = [{"type": "function", **TOOL["function"]}]
    with client(gateway) as api:
        said = api.responses.create(model="m", instructions="Be brief.", input="Hi", tools=tools)
        with api.responses.stream(model="m", input="Hi", tools=tools) as events:
            kinds = [event.type for event in events]
            final = events.get_final_response()
    for one in (said, final):
        assert one.output_text == "Hello."
        assert one.output[1].arguments == '{"city": "Oslo"}'
    assert "response.function_call_arguments.delta" in kinds
    assert [one["role"] for one in service.bodies[0]["input"]] == ["developer", "user"]


def test_an_error_is_the_client_s_own_kind(start):
    gateway, _ = start(model)
    with (
        openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="no", max_retries=0) as api,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        api.models.list()
    assert caught.value.code == "invalid_api_key"
