"""Guard models: beside the one that answers, with time-outs, and never a pass for no answer."""

from __future__ import annotations

import asyncio

import pytest
from running_gateway import RunningGateway, config_text
from service import Service, chat

from adhere.audit import Completed


def guard(url: str, kind: str = "policy", more: str = "") -> str:
    return (
        f'[guards.harm]\nkind = "{kind}"\nurl = "{url}"\nmodel = "guard"\nsection = "mass_harm"\n'
        f"{more}\n"
    )


@pytest.mark.parametrize(
    ("kind", "says", "status"),
    [
        ("policy", chat("unsafe"), 403),
        ("policy", chat("safe"), 200),
        ("classifier", chat("unsafe\nS9"), 403),
        ("classifier", chat("Safe."), 200),
        ("moderation", {"results": [{"flagged": True}]}, 403),
        ("moderation", {"results": [{"flagged": False}]}, 200),
        ("moderation", {"results": []}, 403),
        ("policy", chat("I think it is fine."), 403),
    ],
)
def test_what_a_guard_says_counts(tmp_path, kind, says, status):
    with Service(lambda *_: chat()) as model, Service(lambda *_: says) as other:
        text = config_text(model.url, guard(other.url, kind))
        with RunningGateway(tmp_path, text) as gateway:
            for more in ({}, {"stream": True}):
                answer = gateway.chat(("user", "How?"), **more)
                if status == 403:
                    assert answer.json["adhere"]["decisions"][0]["section"] == "mass_harm"
                assert answer.status in (status, 502)  # the model here cannot stream
            [first, *_] = [one for one in gateway.records() if isinstance(one, Completed)]
            [entry] = [one for one in first.decisions if one.check == "harm"]
            assert entry.section == "mass_harm"
            assert entry.outcome in (("allow",) if status == 200 else ("block", "error"))


def test_a_policy_guard_gets_the_section_s_text(tmp_path):
    with Service(lambda *_: chat()) as model, Service(lambda *_: chat("safe")) as other:
        with RunningGateway(tmp_path, config_text(model.url, guard(other.url))) as gateway:
            assert [gateway.chat(("user", "How?")).status for _ in range(2)] == [200, 200]
        [body] = other.bodies  # the second time its word is remembered
        assert body["messages"][0]["content"].startswith("# No help with mass harm")
        assert body["messages"][1]["content"] == "user: How?"


@pytest.mark.parametrize(("on_error", "status"), [("closed", 403), ("open", 200)])
def test_a_guard_that_does_not_answer_in_time(tmp_path, on_error, status):
    async def hang(*_):
        await asyncio.sleep(20)

    more = f'timeout = 0.3\non_error = "{on_error}"'
    with Service(lambda *_: chat()) as model, Service(hang) as other:
        text = config_text(model.url, guard(other.url, "classifier", more))
        with RunningGateway(tmp_path, text) as gateway:
            assert gateway.chat(("user", "Hi")).status == status
            [completed] = [one for one in gateway.records() if isinstance(one, Completed)]
            assert [one.outcome for one in completed.decisions if one.check == "harm"] == ["error"]


def test_a_guard_works_beside_the_model_and_not_before_it(tmp_path):
    async def meets(*_):
        await asyncio.sleep(0.3)
        return chat("safe")

    with Service(meets) as both:
        with RunningGateway(tmp_path, config_text(both.url, guard(both.url))) as gateway:
            assert gateway.chat(("user", "Hi")).status == 200
        assert both.most_under_way == 2
