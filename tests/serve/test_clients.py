"""The official client runs against the gateway as it is."""

from __future__ import annotations

import asyncio

import openai
import pytest
from openai_service import TOOL, model, responses
from pydantic import BaseModel
from running_gateway import SHOP


class City(BaseModel):
    name: str
    people: int


def client(gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=SHOP, max_retries=0)


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
