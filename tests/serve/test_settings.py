"""Settings through the gateway: who asked, what holds, what was refused."""

from __future__ import annotations

import pytest
from running_gateway import PLATFORM, RunningGateway, config_text
from service import Service, chat
from streams import pieces, stream

SHOP = """[developers.shop]
settings.tone.profanity = "never"
settings.tone.warmth = { default = 4 }
users.u1.tone.warmth = 2
users.u2.tone.profanity = "when_asked"
"""


@pytest.fixture
def tailored(tmp_path):
    async def model(request, body, _):
        if body.get("stream"):
            return await stream(request, pieces(*["word "] * 60))
        return chat("word " * 60)

    with Service(model) as service:
        text = config_text(service.url, "", 20_000).replace("[developers.shop]\n", SHOP)
        text += '[lengths."clear_and_brief.length"]\nshort = 50\n'
        with RunningGateway(tmp_path, text) as gateway:
            yield gateway, service


def test_values_origins_and_refusals_can_be_fetched(tailored):
    gateway, _ = tailored
    for user, warmth, level in (
        ("", 4, "developer"),
        ("u1", 2, "user"),
        ("nobody", 4, "developer"),
    ):
        found = {
            one["address"]: one for one in gateway.get(f"/v1/settings?user={user}").json["settings"]
        }
        assert (found["tone.warmth"]["value"], found["tone.warmth"]["level"]) == (warmth, level)
        assert found["tone.profanity"]["fixed_by"] == "developer"
    steps = {one["address"]: one for one in gateway.get("/v1/settings?user=u2").json["settings"]}
    refused = [one for one in steps["tone.profanity"]["steps"] if one["outcome"] == "refused"]
    assert refused[0]["refusal"] == "overridden"


def test_a_request_is_answered_under_the_settings_of_its_user(tailored):
    gateway, service = tailored
    gateway.chat(("user", "Hi"), user="u1")
    gateway.chat(("user", "Hi"), adhere={"settings": {"tone": {"warmth": 1}}})
    answer = gateway.chat(
        ("user", "Hi"), adhere={"settings": {"tone": {"profanity": "freely"}, "no": {"such": 1}}}
    )
    prompts = [body["messages"][0]["content"] for body in service.bodies]
    assert [prompt.partition("- tone.warmth: ")[2][0] for prompt in prompts] == ["2", "1", "4"]
    header = answer.headers["x-adhere-settings-refused"]
    assert "tone.profanity;reason=outside-bounds" in header
    assert "no.such;reason=unknown-setting" in header


def test_a_length_that_is_set_ends_the_answer(tailored):
    gateway, _ = tailored
    brief = {"settings": {"clear_and_brief": {"length": "short"}}}
    whole = gateway.chat(("user", "Hi"), adhere=brief)
    assert whole.text == ("word " * 10)
    assert whole.json["choices"][0]["finish_reason"] == "length"
    streamed = gateway.chat(("user", "Hi"), adhere=brief, stream=True)
    assert streamed.text == ("word " * 10)
    ends = [one["choices"][0].get("finish_reason") for one in streamed.events if one["choices"]]
    assert ends[-1] == "length"
    assert len(gateway.chat(("user", "Hi")).text) == 300


def test_facts_of_the_platform_are_settings_of_the_platform(tailored):
    gateway, service = tailored
    gateway.chat(("user", "Hi"), key=PLATFORM, adhere={"facts": {"under_18": True}})
    assert "teen_protection.under_18: true" in service.bodies[0]["messages"][0]["content"]
