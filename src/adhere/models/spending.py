"""The account of a run: what every request cost, in a file of its own, and a budget that holds.

``spend.jsonl`` is append-only. With a budget the most a request may cost is written *before* it is
sent; one without its outcome, because the process was killed or the connection broke, counts at
that most ever after. So what was paid never passes the budget, across any number of kills, with a
service that keeps to two rules: a token is at least one byte (true of every tokenizer over bytes),
and an answer is no longer than ``max_tokens``. What a service charges beyond that is counted when
it says so: the overshoot is at most that of the requests that were under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import msgspec

from adhere.conversation import Usage
from adhere.errors import UsageError
from adhere.models.journal import Journal
from adhere.models.money import PriceList

NOTHING: Final = Usage(0, 0)


class OutOfBudget(Exception):
    """The budget has no room for another request."""


class Sent(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="sent"):
    """A request that is about to be sent, with the most tokens it may cost."""

    number: int
    model: str
    input: int
    output: int
    batch: bool = False


class Paid(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="paid"):
    """What became of a request.

    Attributes:
        number: That of its `Sent`, where there is one.
        model: Who was asked.
        source: ``service`` where the service said, ``estimate`` where it did not, ``nothing`` where
            nothing is owed, ``cache`` where nothing was sent, ``unknown`` where the connection
            broke and nobody can say.
        input, output: Tokens, as far as is known.
        most_input, most_output: What counts against a budget where the service did not say.
        batch: Whether it was part of a batch.
    """

    number: int
    model: str
    source: Literal["service", "estimate", "nothing", "cache", "unknown"]
    input: int = 0
    output: int = 0
    most_input: int = 0
    most_output: int = 0
    batch: bool = False


class Spent(msgspec.Struct):
    """What one model was asked for, in batches or not.

    ``most_input`` and ``most_output`` count against a budget; they are above ``input`` and
    ``output`` where the service did not say (``estimated``), or nothing is known (``unknown``).
    """

    model: str
    batch: bool
    requests: int = 0
    cached: int = 0
    estimated: int = 0
    unknown: int = 0
    input: int = 0
    output: int = 0
    most_input: int = 0
    most_output: int = 0

    def count(self, paid: Paid) -> tuple[int, int]:
        """Count a request; return the tokens of it that count against a budget."""
        source, most = paid.source, (paid.input, paid.output)
        if source == "cache":
            self.cached += 1
        elif source != "nothing":
            self.requests += 1
        if source in ("estimate", "unknown"):
            self.estimated += source == "estimate"
            self.unknown += source == "unknown"
            most = (max(paid.input, paid.most_input), max(paid.output, paid.most_output))
        self.input += paid.input
        self.output += paid.output
        self.most_input += most[0]
        self.most_output += most[1]
        return most

    def cost(self, prices: PriceList) -> Decimal | None:
        """Return what that cost, as far as is known; None where the list has no price for it."""
        price = prices.price(self.model)
        return price.cost(self.input, self.output, batch=self.batch) if price else None


class Account(AbstractContextManager["Account"]):
    """What a run has spent and holds back.

    Args:
        path: Its file.
        prices: What models cost; None where nobody said.
        budget: The most that may be spent, in the currency of ``prices``.

    Raises:
        UsageError: There is a budget and no prices.
    """

    def __init__(
        self, path: Path, prices: PriceList | None = None, budget: Decimal | None = None
    ) -> None:
        if budget is not None and prices is None:
            raise UsageError("a budget needs prices", remedy="name a price list with --prices")
        self.prices, self.budget = prices, budget
        self._journal = Journal[Sent | Paid](path, Sent | Paid)
        self._spent: dict[tuple[str, bool], Spent] = {}
        self._open: dict[int, Sent] = {}
        self._lost: dict[int, Sent] = {}
        self._held = self._gone = Decimal(0)
        self._number = 0
        self._settled = asyncio.Condition()

    def __enter__(self) -> Self:
        self._spent, self._lost, self._number = _added_up(self._journal)
        if self.budget is not None:
            self._gone = sum(
                (self._price(s.model, s.most_input, s.most_output, s.batch)
                 for s in self._spent.values()), Decimal(0)
            ) + sum((self._most(sent) for sent in self._lost.values()), Decimal(0))  # fmt: skip
        self._journal.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._journal.__exit__(kind, error, trace)

    def cost(self) -> Decimal | None:
        """Return what was spent as far as is known; None without a price for every model."""
        return cost(self._spent.values(), self.prices)

    async def hold(self, model: str, size: int, most: int, *, batch: bool = False) -> int:
        """Hold back the most a request may cost, waiting for others to be settled if need be.

        Args:
            model: Who will be asked.
            size: Bytes that are sent.
            most: The most tokens of the answer.
            batch: Whether it is part of a batch; then it is written down by `handed_in`.

        Returns:
            The number to settle it by.

        Raises:
            OutOfBudget: There is no room, and nothing is under way that could make some.
            UsageError: There is a budget and the model has no price.
        """
        if self.budget is not None:
            amount = self._price(model, size, most, batch)
            async with self._settled:
                while self._gone + self._held + amount > self.budget:
                    if not self._held:
                        raise OutOfBudget
                    await self._settled.wait()
                self._held += amount
        self._number += 1
        sent = self._open[self._number] = Sent(self._number, model, size, most, batch)
        if self.budget is not None and not batch:
            self._journal.append(sent)
        return sent.number

    def handed_in(self, number: int) -> None:
        """Write down a request that was held for, now that its batch is about to be handed in."""
        self._journal.append(self._open[number])

    async def settle(
        self, number: int, source: Literal["service", "estimate", "nothing", "unknown"],
        usage: Usage = NOTHING,
    ) -> None:  # fmt: skip
        """Say what became of a request that was held for, in this process or a former one."""
        lost = number in self._lost
        sent = self._lost.pop(number) if lost else self._open.pop(number)
        usage = Usage(max(0, usage.input_tokens), max(0, usage.output_tokens))  # no one earns by it
        unsure = source in ("estimate", "unknown")
        paid = Paid(
            number, sent.model, source, usage.input_tokens, usage.output_tokens,
            sent.input if unsure else 0, sent.output if unsure else 0, sent.batch,
        )  # fmt: skip
        self._journal.append(paid)
        counted = self._count(paid)
        if self.budget is not None:
            async with self._settled:
                self._gone += self._price(sent.model, *counted, sent.batch)
                if lost:
                    self._gone -= self._most(sent)
                else:
                    self._held -= self._most(sent)
                self._settled.notify_all()

    def owes(self, number: int) -> bool:
        """Whether a request was sent and not settled yet, in this process or a former one."""
        return number in self._open or number in self._lost

    def from_cache(self, model: str) -> None:
        """Count an answer that nobody had to be asked for."""
        paid = Paid(0, model, "cache")
        self._journal.append(paid)
        self._count(paid)

    def _count(self, paid: Paid) -> tuple[int, int]:
        key = (paid.model, paid.batch)
        return self._spent.setdefault(key, Spent(*key)).count(paid)

    def _most(self, sent: Sent) -> Decimal:
        return self._price(sent.model, sent.input, sent.output, sent.batch)

    def _price(self, model: str, sent: int, answered: int, batch: bool) -> Decimal:
        assert self.prices is not None
        return self.prices.required(model).cost(sent, answered, batch=batch)


def _added_up(
    journal: Journal[Sent | Paid],
) -> tuple[dict[tuple[str, bool], Spent], dict[int, Sent], int]:
    """Return what was spent, what was sent and never settled, and the last number."""
    spent: dict[tuple[str, bool], Spent] = {}
    open_: dict[int, Sent] = {}
    last = 0
    for record in journal.records():
        last = max(last, record.number)
        if isinstance(record, Sent):
            open_[record.number] = record
            continue
        open_.pop(record.number, None)
        key = (record.model, record.batch)
        if key not in spent:
            spent[key] = Spent(*key)
        spent[key].count(record)
    return spent, open_, last


def spending(path: Path) -> tuple[Spent, ...]:
    """Add up the file of an account, by model; what was sent and never settled is unknown.

    Raises:
        InputError: A line of it cannot be read.
    """
    spent, lost, _ = _added_up(Journal[Sent | Paid](path, Sent | Paid))
    for sent in lost.values():
        key = (sent.model, sent.batch)
        paid = Paid(sent.number, sent.model, "unknown", 0, 0, sent.input, sent.output, sent.batch)
        spent.setdefault(key, Spent(*key)).count(paid)
    return tuple(spent[key] for key in sorted(spent))


def cost(spent: Iterable[Spent], prices: PriceList | None) -> Decimal | None:
    """Return what all of it cost as far as is known; None without a price for every model."""
    parts = [one.cost(prices) if prices is not None else None for one in spent]
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) and prices is not None else None
