"""What requests cost: prices, the account, the budget, the cache, the rehearsal."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from service import Service, chat

from adhere.assemble.services import open_service
from adhere.conversation import Answer, Message, Outcome, Role, ToolDefinition, ToolFunction, Usage
from adhere.errors import InputError, UsageError
from adhere.models import (
    Account,
    AnswerCache,
    OutOfBudget,
    Patience,
    Price,
    PriceList,
    Rehearsal,
    Request,
    Sampling,
    read_prices,
    spending,
)
from adhere.models.rehearsal import ASSUMED_OUTPUT

HURRY = Patience(connect=1, silence=0.3, total=1, attempts=2, backoff=0.01, longest=0.02)
LIST = PriceList(
    schema="adhere/prices/1", currency="EUR", source="made up for this test", date="2026-01-01",
    models={"m": Price(Decimal("2.50"), Decimal(10), Decimal("0.5"))},
)  # fmt: skip


def ask_all(url: str, texts: list[str], **to: Any) -> list[Any]:
    async def ask() -> list[Any]:
        model = open_service(f"{url}#m", patience=HURRY, sampling=to.get("sampling"))
        model.cache, model.rehearsal = to.get("cache"), to.get("rehearsal")
        requests = [
            Request((Message(Role.USER, t),), t, to.get("epoch", 0), to.get("tools", ()))
            for t in texts
        ]
        try:
            if "path" not in to:
                return await asyncio.gather(*(model.answer(it) for it in requests))
            with Account(to["path"], to.get("prices"), to.get("budget")) as account:
                model.account = account
                return await asyncio.gather(
                    *(model.answer(it) for it in requests), return_exceptions=True
                )
        finally:
            await model.close()

    return asyncio.run(ask())


def test_a_price_list_is_read_exactly(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(
        'schema = "adhere/prices/1"\ncurrency = "USD"\nsource = "x"\ndate = "2026-01-01"\n'
        '[models."m@h"]\ninput = 0.1\noutput = 3\n'
    )
    prices = read_prices(path)
    assert prices.required("m@h").cost(3, 1) == Decimal("0.0000033")
    with pytest.raises(UsageError, match="no price"):
        prices.required("other@h")


@pytest.mark.parametrize(
    "text", ["", "input = 1", "\xff", 'schema = "adhere/prices/1"', "models = 7",
             'schema="adhere/prices/1"\ncurrency="E"\nsource="x"\ndate="d"\n'
             "models.m = {input = -1, output = 1}",
             'schema="adhere/prices/1"\ncurrency="E"\nsource="x"\ndate="d"\n'
             "models.m = {input = nan, output = 1}"],
)  # fmt: skip
def test_what_is_no_price_list(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.toml").write_text(text, encoding="latin-1")
    with pytest.raises(InputError):
        read_prices(tmp_path / "p.toml")


def test_usage_is_the_services_own_else_a_declared_estimate(tmp_path: Path) -> None:
    def handler(_request: web.Request, body: dict[str, Any], _before: int) -> Any:
        reply = chat("Hello there.")
        if body["messages"][0]["content"] == "mute":
            del reply["usage"]
        return reply

    with Service(handler) as service:
        ask_all(service.url, ["a", "mute"], path=tmp_path / "s")
    (spent,) = spending(tmp_path / "s")
    size = len('{"model":"m","messages":[{"role":"user","content":"mute"}]}')
    assert (spent.requests, spent.estimated) == (2, 1)
    assert (spent.input, spent.output) == (7 + -(-size // 4), 3 + 3)
    assert spent.most_input == 7 + size


def test_what_is_owed_when_things_go_wrong(tmp_path: Path) -> None:
    def handler(request: web.Request, body: dict[str, Any], _before: int) -> Any:
        what = body["messages"][0]["content"]
        if what == "refused":
            return web.json_response({"error": {"message": "no"}}, status=429)
        if what == "garbled":
            return web.Response(body=b'{"choices": [', content_type="application/json")
        if what == "broken" and request.transport is not None:
            request.transport.abort()
        return chat()

    with Service(handler) as service:
        ask_all(service.url, ["refused"], path=tmp_path / "nothing")
        ask_all(service.url, ["garbled"], path=tmp_path / "garbled")
        ask_all(service.url, ["broken"], path=tmp_path / "broken")
    ask_all("http://127.0.0.1:9/v1", ["nobody there"], path=tmp_path / "nobody")
    found = {
        path.name: sum(spent.unknown for spent in spending(path)) for path in tmp_path.iterdir()
    }
    assert found == {"nothing": 0, "nobody": 0, "garbled": 1, "broken": 2}


def test_the_budget_is_never_passed_and_what_is_left_is_used(tmp_path: Path) -> None:
    async def handler(*_: Any) -> Any:
        await asyncio.sleep(random.Random(1).random() / 100)
        return chat()

    sampling, path = Sampling(max_tokens=3), tmp_path / "s"
    each = LIST.required("m").cost(7, 3)
    with Service(handler) as service:
        answers = ask_all(
            service.url, [str(n % 10) for n in range(60)], path=path, sampling=sampling,
            prices=LIST, budget=40 * each,
        )  # fmt: skip
    had = [answer for answer in answers if isinstance(answer, Answer)]
    assert {type(it) for it in answers} == {Answer, OutOfBudget}
    assert len(had) == len(service.bodies)
    most = LIST.required("m").cost(len('{"model":"m","messages":[{"role":"user","content":"1"}],"max_tokens":3}'), 3)  # fmt: skip  # noqa: E501
    assert 40 * each - most < len(had) * each <= 40 * each


def test_what_a_kill_leaves_open_counts_at_its_most(tmp_path: Path) -> None:
    path = tmp_path / "s"

    async def killed() -> None:
        with Account(path, LIST, Decimal(1)) as account:
            await account.hold("m", 100, 10)

    async def again(budget: Decimal) -> None:
        with Account(path, LIST, budget) as account:
            await account.hold("m", 100, 10)

    asyncio.run(killed())
    most = LIST.required("m").cost(100, 10)
    with pytest.raises(OutOfBudget):
        asyncio.run(again(2 * most - Decimal("1e-9")))
    asyncio.run(again(2 * most))
    (spent,) = spending(path)
    assert (spent.unknown, spent.most_input, spent.most_output) == (2, 200, 20)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.sampled_from(
        ["service", "estimate", "nothing", "unknown", "lost"])), max_size=12),
    st.integers(0, 1000),
)  # fmt: skip
def test_law_the_most_that_may_be_owed_never_passes_the_budget(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[int, int, str]], budget: int
) -> None:
    path = tmp_path_factory.mktemp("s") / "s"
    one = PriceList(
        schema="adhere/prices/1", currency="E", source="x", date="d",
        models={"m": Price(Decimal(1_000_000), Decimal(2_000_000))},
    )  # fmt: skip

    async def go() -> None:
        for size, most, fate in asked:
            with Account(path, one, Decimal(budget)) as account:
                try:
                    number = await account.hold("m", size, most)
                except OutOfBudget:
                    continue
                if fate != "lost":
                    await account.settle(number, fate, Usage(size // 2, most // 3))  # type: ignore[arg-type]

    asyncio.run(go())
    assert sum(it.most_input + 2 * it.most_output for it in spending(path)) <= budget


def test_a_budget_needs_prices(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="prices"):
        Account(tmp_path / "s", None, Decimal(1))


def test_the_cache_answers_exactly_what_was_asked_before(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "c")
    with Service(lambda *_: chat()) as service:
        ask_all(service.url, ["a", "b"], cache=cache)
        assert len(service.bodies) == 2
        again = ask_all(service.url, ["a", "b"], cache=cache, path=tmp_path / "s")
        assert len(service.bodies) == 2
        ask_all(service.url, ["a"], cache=cache, epoch=1)
        ask_all(service.url, ["a"], cache=cache, sampling=Sampling(temperature=0.5))
        ask_all(service.url, ["a "], cache=cache)
        assert len(service.bodies) == 5
    assert [answer.content for answer in again] == ["Hello.", "Hello."]
    (spent,) = spending(tmp_path / "s")
    assert (spent.requests, spent.cached) == (0, 2)


def test_errors_are_not_kept_and_damaged_files_not_believed(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "c")
    with Service(lambda _r, _b, before: chat() if before else web.Response(status=400)) as service:
        failed = ask_all(service.url, ["a"], cache=cache)
        assert failed[0].problem is Outcome.ERROR
        assert ask_all(service.url, ["a"], cache=cache)[0].content == "Hello."
        (file,) = (tmp_path / "c").rglob("*.json")
        file.write_bytes(b"{")
        assert ask_all(service.url, ["a"], cache=cache)[0].content == "Hello."
        assert len(service.bodies) == 3


def test_a_rehearsal_sends_nothing_and_counts_everything() -> None:
    rehearsal = Rehearsal()
    ask_all("http://127.0.0.1:9/v1", ["a", "bb"], rehearsal=rehearsal)
    (counted,) = rehearsal.of.values()
    assert (counted.requests, counted.output) == (2, 2 * ASSUMED_OUTPUT)
    assert counted.most_output is None
    assert counted.size == 2 * len('{"model":"m","messages":[{"role":"user","content":"a"}]}') + 1
    ask_all("http://127.0.0.1:9/v1", ["a"], rehearsal=rehearsal, sampling=Sampling(max_tokens=9))


@pytest.mark.parametrize("kind", ["", "responses+", "anthropic+"])
def test_sampling_and_tools_are_sent(kind: str) -> None:
    tool = ToolDefinition(ToolFunction("look_up", "Looks up.", {"type": "object"}))

    async def ask(url: str) -> None:
        model = open_service(f"{kind}{url}#m", patience=HURRY, sampling=Sampling(0.5, 64, None))
        await model.answer(Request((Message(Role.USER, "x"),), "c", 2, (tool,)))
        await model.close()

    with Service(lambda *_: chat()) as service:
        asyncio.run(ask(service.url))
    (body,) = service.bodies
    limits = {body.get(key) for key in ("max_tokens", "max_output_tokens")} - {None}
    assert (body["temperature"], limits) == (0.5, {64})
    assert "look_up" in str(body["tools"])


def test_a_seed_differs_by_epoch() -> None:
    with Service(lambda *_: chat()) as service:
        for epoch in (0, 1):
            ask_all(service.url, ["a"], sampling=Sampling(seed=7), epoch=epoch)
    assert [body["seed"] for body in service.bodies] == [7, 8]
    for kind in ("responses+", "anthropic+"):
        with pytest.raises(UsageError, match="seed"):
            open_service(f"{kind}http://127.0.0.1:9/v1#m", sampling=Sampling(seed=1))
