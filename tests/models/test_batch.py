"""Batches: every request handed in once, whatever the service and the process do meanwhile."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batch_service import BatchService

from adhere.assemble.services import open_service
from adhere.conversation import Answer, Message, Outcome, Role
from adhere.models import Account, Patience, PriceList, Request, read_prices
from adhere.models.batch import Batches
from adhere.models.batch_api import AnthropicBatches, OpenAIBatches
from adhere.models.http import HttpModel
from adhere.models.spending import OutOfBudget, spending

HURRY = Patience(connect=1, silence=0.4, total=0.6, attempts=3, backoff=0.01, longest=0.02)
KINDS = ["", "anthropic+"]
PRICES = """
schema = "adhere/prices/1"
currency = "EUR"
source = "made up for this test"
date = "2026-01-01"
models.m = {input = 1, output = 2, batch = 0.5}
"""


def model(url: str, kind: str, journal: Path, size: int = 100) -> HttpModel:
    opened = open_service(f"{kind}{url}#m", patience=HURRY)
    api, ending = (AnthropicBatches, "/messages") if kind else (OpenAIBatches, "/chat/completions")
    opened.batches = Batches(
        journal, opened, lambda it: api(it.open(), it.url, ending), size, HURRY, 0.05
    )
    return opened


def prices(folder: Path) -> PriceList:
    path = folder / "prices.toml"
    path.write_text(PRICES)
    return read_prices(path)


async def ask(opened: HttpModel, *texts: str) -> list[Answer]:
    requests = (Request((Message(Role.USER, text),), text) for text in texts)
    try:
        return await asyncio.gather(*(opened.answer(it) for it in requests))
    finally:
        await opened.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_gets_its_answer_in_whatever_order_they_come(
    tmp_path: Path, kind: str
) -> None:
    texts = [str(n) for n in range(25)]
    with BatchService() as service:
        opened = model(service.url, kind, tmp_path / "b.jsonl", size=10)
        answers = asyncio.run(ask(opened, *texts))
    assert [answer.content for answer in answers] == [f"On {text}" for text in texts]
    assert [len(batch["requests"]) for batch in service.batches.values()] == [10, 10, 5]
    assert set(service.asked.values()) == {1}
    assert answers[0].usage is not None


@pytest.mark.parametrize("kind", KINDS)
def test_partial_failures_are_typed_and_what_expired_is_handed_in_again(
    tmp_path: Path, kind: str
) -> None:
    with BatchService() as service:
        opened = model(service.url, kind, tmp_path / "b.jsonl")
        fine, failed, late, never = asyncio.run(ask(opened, "a", "fail", "late", "never"))
    assert fine.content == "On a"
    assert (failed.problem, late.content) == (Outcome.ERROR, "On late")
    assert "400: no" in failed.detail
    assert never.problem is Outcome.ERROR
    assert dict(service.asked) == {"a": 1, "fail": 1, "late": 2, "never": 3}


@pytest.mark.parametrize("kind", KINDS)
def test_who_was_killed_waits_for_the_batch_and_hands_in_nothing(tmp_path: Path, kind: str) -> None:
    texts = ["x", "y", "z"]

    async def killed(url: str) -> None:
        opened = model(url, kind, tmp_path / "b.jsonl")
        task = asyncio.create_task(ask(opened, *texts))
        while not service.batches:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with BatchService(looks=8) as service:
        asyncio.run(killed(service.url))
        again = asyncio.run(ask(model(service.url, kind, tmp_path / "b.jsonl"), *texts, "new"))
    assert [answer.content for answer in again] == ["On x", "On y", "On z", "On new"]
    assert set(service.asked.values()) == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_a_creation_nobody_heard_of_is_found_and_not_repeated(tmp_path: Path, kind: str) -> None:
    with BatchService(deaf=1) as service:
        answers = asyncio.run(ask(model(service.url, kind, tmp_path / "b.jsonl"), "x", "y"))
    assert [answer.content for answer in answers] == ["On x", "On y"]
    assert set(service.asked.values()) == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_killed_between_handing_in_and_hearing_of_it(tmp_path: Path, kind: str) -> None:
    journal = tmp_path / "b.jsonl"
    with BatchService() as service:
        asyncio.run(ask(model(service.url, kind, journal), "x", "y"))
        lines = journal.read_bytes().splitlines(keepends=True)
        assert b'"handed"' in lines[1]
        journal.write_bytes(lines[0])  # the id was never written
        again = asyncio.run(ask(model(service.url, kind, journal), "x", "y"))
        assert set(service.asked.values()) == {1}
        service.batches.clear()  # and here it was never handed in
        journal.write_bytes(lines[0])
        anew = asyncio.run(ask(model(service.url, kind, journal), "x", "y"))
    assert [answer.content for answer in again] == ["On x", "On y"] == [a.content for a in anew]
    assert set(service.asked.values()) == {2}


def test_a_service_that_takes_no_batches_ends_in_typed_errors(tmp_path: Path) -> None:
    class Closed(BatchService):
        async def _create(self, kind: str, body: dict[str, Any]) -> Any:
            from aiohttp import web  # noqa: PLC0415

            return web.json_response({"error": {"message": "no batches here"}}, status=400)

    with Closed() as service:
        (answer,) = asyncio.run(ask(model(service.url, "", tmp_path / "b.jsonl"), "x"))
    assert answer.problem is Outcome.ERROR
    assert "no batches here" in answer.detail


@pytest.mark.parametrize("kind", KINDS)
def test_replies_that_are_nonsense_end_in_typed_errors(tmp_path: Path, kind: str) -> None:
    class Mad(BatchService):
        def _shown(self, name: str) -> dict[str, Any]:
            return {"data": 7, "id": ["x"]}

    with Mad() as service:
        (answer,) = asyncio.run(ask(model(service.url, kind, tmp_path / "b.jsonl"), "x"))
    assert answer.problem is Outcome.ERROR
    assert "cannot be read" in answer.detail


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_paid_for_once_at_its_price_across_a_kill(tmp_path: Path, kind: str) -> None:
    async def paid(url: str, stop: bool) -> Decimal | None:
        opened = model(url, kind, tmp_path / "b.jsonl")
        opened.sampling = type(opened.sampling)(max_tokens=50)
        with Account(tmp_path / "spend.jsonl", prices(tmp_path), Decimal(1)) as account:
            opened.account = account
            task = asyncio.create_task(ask(opened, "x", "fail"))
            while stop and not service.batches:
                await asyncio.sleep(0.01)
            if stop:
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return account.cost()

    with BatchService(looks=8) as service:
        assert asyncio.run(paid(service.url, stop=True)) == 0
        (lost,) = spending(tmp_path / "spend.jsonl")
        assert (lost.unknown, lost.most_output) == (2, 100)
        assert asyncio.run(paid(service.url, stop=False)) == Decimal("0.0000065")  # (7 + 2*3) / 2
    (spent,) = spending(tmp_path / "spend.jsonl")
    assert (spent.requests, spent.input, spent.output, spent.batch) == (1, 7, 3, True)
    assert spent.unknown == 0


@pytest.mark.parametrize(("budget", "batches"), [("0.00009", 1), ("0.0001", 2), ("0.0002", 1)])
def test_a_batch_waits_for_money_and_goes_without_what_there_is_none_for(
    tmp_path: Path, budget: str, batches: int
) -> None:
    """Each may cost 0.0000865 and costs 0.0000065."""

    async def poor(url: str) -> Any:
        opened = model(url, "", tmp_path / "b.jsonl")
        opened.sampling = type(opened.sampling)(max_tokens=50)
        with Account(tmp_path / "s.jsonl", prices(tmp_path), Decimal(budget)) as account:
            opened.account = account
            requests = (Request((Message(Role.USER, t),), t) for t in ("x", "y"))
            try:
                return await asyncio.gather(
                    *(opened.answer(it) for it in requests), return_exceptions=True
                )
            finally:
                await opened.close()

    with BatchService() as service:
        first, second = asyncio.run(poor(service.url))
    assert first.content == "On x"
    assert len(service.batches) == batches
    if budget == "0.00009":
        assert isinstance(second, OutOfBudget)
    else:
        assert second.content == "On y"
