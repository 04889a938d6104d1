"""What a run would cost before it is started, by rehearsing some of its cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adhere.conversation import Message
from adhere.evaluate.conduct import conduct
from adhere.evaluate.run import ModelEstimate
from adhere.evaluate.suite import Suite
from adhere.judge import Judge
from adhere.models import Model, PriceList, Rehearsal
from adhere.models.http import HttpModel
from adhere.models.money import estimated

REHEARSED: Final = 1000
"""Cases that are rehearsed, evenly spread over the suite; the rest is taken to be like them."""


async def estimate_run(
    suite: Suite, models: Sequence[Model], judge: Judge, epochs: int,
    services: Sequence[HttpModel], prices: PriceList | None, *, batch: bool = False,
) -> tuple[ModelEstimate, ...]:  # fmt: skip
    """Estimate what every service of a run will cost; nothing is sent.

    Answers are assumed to have `adhere.models.rehearsal.ASSUMED_OUTPUT` tokens and to call no
    tool; retries are not foreseen. The most is what no request can pass, and stands only where
    the length of answers is limited.

    Args:
        suite: What is asked.
        models: Whom.
        judge: Who judges.
        epochs: How often.
        services: Those of models and judge that are asked over HTTP.
        prices: What they cost.
        batch: Whether they are asked in batches.
    """
    if not services or not len(suite.cases):
        return ()
    rehearsal = Rehearsal()
    for service in services:
        service.rehearsal = rehearsal
    step = -(-len(suite.cases) // REHEARSED)
    chosen = range(0, len(suite.cases), step)
    try:
        for number in chosen:
            case = suite.cases[number]
            for model in models:
                answer = await conduct(model, case, 0, (), _forget)
                await judge.verdict(case, answer)
    finally:
        for service in services:
            service.rehearsal = None
    scale = epochs * len(suite.cases) / len(chosen)
    found = []
    for name, seen in rehearsal.of.items():
        price = prices.price(name) if prices is not None else None
        requests = round(seen.requests * scale)
        sent, answered = round(estimated(seen.size) * scale), round(seen.output * scale)
        most = None if seen.most_output is None else round(seen.most_output * scale)
        size = round(seen.size * scale)
        found.append(
            ModelEstimate(
                name, requests, sent, answered, size, most,
                price.cost(sent, answered, batch=batch) if price else None,
                price.cost(size, most, batch=batch) if price and most is not None else None,
            )
        )  # fmt: skip
    return tuple(found)


def _forget(_said: tuple[Message, ...]) -> None:
    """Nothing of a rehearsal is stored."""
