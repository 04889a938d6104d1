"""Requests handed in as batches, each once, whatever becomes of this process meanwhile.

Before a batch is handed in, its requests stand in a journal under a tag; after it, the batch's id.
Who comes back after being killed finds each request there, and waits for the batch it is in. Where
the id is missing, the service is asked for the batch. The name of a request is a digest of its
case, epoch and body, so that the same request is found again without being kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from adhere.conversation import Answer, Outcome
from adhere.errors import AdhereError, ServiceError
from adhere.models.batch_api import Asked, BatchApi, Result
from adhere.models.http import HttpModel, estimate
from adhere.models.journal import Journal
from adhere.models.limits import Patience
from adhere.models.port import Request

_MAX_BYTES: Final = 100 * 1024 * 1024
"""Bytes of a batch; the services take 200 and 256 MB."""

_ATTEMPTS: Final = 3
"""How often a request is handed in that its batch does not get to."""

_LOST_AFTER: Final = 20
"""Failed looks in a row after which a service counts as lost; the batch is kept for a resume."""

_BROKEN: Final = (OSError, TimeoutError, aiohttp.ClientError)


class Handing(msgspec.Struct, frozen=True, tag_field="kind", tag="handing"):
    """A batch that is about to be handed in: the names of its requests, and their accounts."""

    tag: str
    url: str
    at: float
    names: tuple[str, ...]
    tickets: tuple[int, ...]


class Handed(msgspec.Struct, frozen=True, tag_field="kind", tag="handed"):
    """A batch that the service took."""

    tag: str
    id: str


class Dropped(msgspec.Struct, frozen=True, tag_field="kind", tag="dropped"):
    """A batch that the service did not take, or that failed as a whole, and why."""

    tag: str
    why: str


class _Batch:
    """A batch as far as it is known, and who waits for which of its requests."""

    def __init__(self, handing: Handing) -> None:
        self.handing = handing
        self.id: str | None = None
        self.tickets = dict(zip(handing.names, handing.tickets, strict=True))
        self.waiting: dict[str, list[asyncio.Future[Result]]] = {}
        self.task: asyncio.Task[None] | None = None


class _Pending(msgspec.Struct):
    """A request that is in no batch yet."""

    body: bytes
    ticket: int
    waiting: list[Any]


class Batches:
    """Asks one model in batches.

    Args:
        path: The journal; one file may serve several models.
        model: The model; its bodies are sent, its account pays.
        api: The vendor's interface.
        size: The most requests in a batch.
        patience: How long to wait between looks: from ``backoff`` to ``longest`` seconds.
        gather: Seconds without a new request after which what there is makes a batch.
    """

    def __init__(
        self, path: Path, model: HttpModel, api: Callable[[HttpModel], BatchApi], size: int,
        patience: Patience | None = None, gather: float = 0.5,
    ) -> None:  # fmt: skip
        self._gather = gather
        self._model, self._make_api, self._size = model, api, size
        self._patience = patience or Patience()
        self._journal = Journal[Handing | Handed | Dropped](path, Handing | Handed | Dropped)
        self._known: dict[str, _Batch] | None = None
        self._pending: dict[str, _Pending] = {}
        self._flusher: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, body: bytes, request: Request) -> Answer:
        """Ask, whenever that will be; a request its batch did not get to is handed in again.

        Raises:
            OutOfBudget: The account has no room for it.
            SystemFault: The journal cannot be written.
            InputError: It cannot be read.
        """
        name = _name(self._model.url, body, request)
        result = Result(name, 0)
        for _ in range(_ATTEMPTS):
            result = await (await self._wait_for(name, body))
            if result.status:
                break
        return _read(self._model, result)

    async def close(self) -> None:
        """Stop waiting; batches go on at the service and are found again in the journal."""
        tasks = [*self._tasks, *([self._flusher] if self._flusher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._flusher, self._known = None, None
        self._pending.clear()
        self._journal.__exit__(None, None, None)

    async def _wait_for(self, name: str, body: bytes) -> asyncio.Future[Result]:
        """Put a request where it will be answered: in the batch it is in, or in the next one."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        if self._attached(name, future):
            return future
        account, ticket = self._model.account, 0
        if account is not None:
            most = self._model.sampling.max_tokens or 0
            ticket = await account.hold(self._model.name, len(body), most, batch=True)
            if self._attached(name, future):  # while money was waited for, somebody asked the same
                await account.settle(ticket, "nothing")
                return future
        self._pending[name] = _Pending(body, ticket, [future])
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        return future

    def _attached(self, name: str, future: asyncio.Future[Result]) -> bool:
        if name in self._pending:
            self._pending[name].waiting.append(future)
            return True
        batch = self._batches().get(name)
        if batch is None:
            return False
        batch.waiting.setdefault(name, []).append(future)
        if batch.task is None:
            self._start(batch, ())
        return True

    def _batches(self) -> dict[str, _Batch]:
        """Return the batch of each request that the journal knows of."""
        if self._known is None:
            self._journal.__enter__()
            by_tag: dict[str, _Batch] = {}
            for record in self._journal.records():
                if isinstance(record, Handing):
                    if record.url == self._model.url:
                        by_tag[record.tag] = _Batch(record)
                elif isinstance(record, Dropped):
                    by_tag.pop(record.tag, None)
                elif record.tag in by_tag:
                    by_tag[record.tag].id = record.id
            self._known = {name: batch for batch in by_tag.values() for name in batch.handing.names}
        return self._known

    async def _flush(self) -> None:
        """Hand in what there is as soon as it is enough for a batch or no more comes."""
        try:
            while self._pending:
                before = -1
                while before < len(self._pending) < self._size:
                    before = len(self._pending)
                    await asyncio.sleep(self._gather)
                self._begin_batch()
        except AdhereError as error:
            _fail(error, (pending.waiting for pending in self._pending.values()))
            self._pending.clear()
        finally:
            self._flusher = None

    def _begin_batch(self) -> None:
        names, size = list[str](), 0
        for name, pending in self._pending.items():
            size += len(pending.body)
            if len(names) == self._size or (names and size > _MAX_BYTES):
                break
            names.append(name)
        tickets = tuple(self._pending[name].ticket for name in names)
        tag = secrets.token_hex(8)
        handing = Handing(tag, self._model.url, time.time(), tuple(names), tickets)
        known = self._batches()
        if self._model.account is not None:
            for ticket in tickets:
                self._model.account.handed_in(ticket)
        self._journal.append(handing)
        taken = {name: self._pending.pop(name) for name in names}
        batch = _Batch(handing)
        batch.waiting = {name: pending.waiting for name, pending in taken.items()}
        known.update(dict.fromkeys(names, batch))
        self._start(batch, [Asked(name, pending.body) for name, pending in taken.items()])

    def _start(self, batch: _Batch, requests: Sequence[Asked]) -> None:
        task = batch.task = asyncio.create_task(self._follow(batch, requests))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, batch: _Batch, requests: Sequence[Asked]) -> None:
        """See a batch through, and give everyone who waits for one of its requests what came."""
        api, why = self._make_api(self._model), "its batch ended without an answer"
        status = 0
        try:
            if batch.id is None:
                batch.id = await self._hand_in(api, batch.handing, requests)
                self._journal.append(Handed(batch.handing.tag, batch.id))
            await self._until_ended(api, batch.id)
            await asyncio.sleep(self._gather)  # who comes back asks for many at once
            await self._deliver(api, batch)
        except _NotThere:
            why = "its batch was never handed in"
            await self._drop(batch, why)
        except ServiceError as error:
            why, status = str(error), 400
            await self._drop(batch, why)
        except AdhereError as error:
            _fail(error, batch.waiting.values())
        except _BROKEN as error:
            why, status = f"the service was lost: {type(error).__name__}", 599
        batch.task = None
        left, batch.waiting = batch.waiting, {}
        for name, waiting in left.items():
            if status == 0:  # to be handed in again
                self._batches().pop(name, None)
                await self._settle(batch, Result(name, 0))
            for future in waiting:
                if not future.done():
                    future.set_result(Result(name, status, detail=why))

    async def _hand_in(self, api: BatchApi, handing: Handing, requests: Sequence[Asked]) -> str:
        """Hand a batch in once: where it is not known whether it was, look for it first.

        Raises:
            _NotThere: It was begun by a process that is gone, and the service has no such batch.
            ServiceError: The service does not want it.
        """
        doubtful = not requests
        for attempt in range(1, self._patience.attempts + 1):
            try:
                if doubtful:
                    found = await api.find(handing.tag, handing.at, len(handing.names))
                    if found is not None:
                        return found
                    if not requests:
                        raise _NotThere
                return await api.create(requests, handing.tag)
            except _BROKEN:
                doubtful = True
                if attempt == self._patience.attempts:
                    raise
                await asyncio.sleep(self._patience.wait(attempt, None))
        raise _NotThere

    async def _until_ended(self, api: BatchApi, name: str) -> None:
        broken = looks = 0
        while True:
            try:
                state, why = await api.state(name)
                broken = 0
            except _BROKEN:
                state, why, broken = "running", "", broken + 1
                if broken == _LOST_AFTER:
                    raise
            if state == "failed":
                raise ServiceError(f"the batch failed: {why}")
            if state == "ended":
                return
            looks = min(looks + 1, 20)
            await asyncio.sleep(self._patience.wait(looks, None))

    async def _deliver(self, api: BatchApi, batch: _Batch) -> None:
        assert batch.id is not None
        for attempt in range(1, self._patience.attempts + 1):
            try:
                async for result in api.results(batch.id):
                    if not result.status:
                        continue  # not worked on: as if it were not there
                    await self._settle(batch, result)
                    for future in batch.waiting.pop(result.name, ()):
                        if not future.done():
                            future.set_result(result)
            except _BROKEN:
                if attempt == self._patience.attempts:
                    raise
                await asyncio.sleep(self._patience.wait(attempt, None))
            else:
                return

    async def _settle(self, batch: _Batch, result: Result) -> None:
        account, ticket = self._model.account, batch.tickets.get(result.name, 0)
        if account is None or not account.owes(ticket):
            return
        if result.status != 200:
            await account.settle(ticket, "nothing")
            return
        answer = self._model.parse(result.body)
        if answer.usage is not None:
            await account.settle(ticket, "service", answer.usage)
        elif answer.problem is Outcome.UNPARSED:
            await account.settle(ticket, "unknown")
        else:
            await account.settle(ticket, "estimate", estimate(result.body, answer))

    async def _drop(self, batch: _Batch, why: str) -> None:
        self._journal.append(Dropped(batch.handing.tag, why))
        for name in batch.handing.names:
            self._batches().pop(name, None)
            await self._settle(batch, Result(name, 0))


def _fail(error: Exception, waiting: Iterable[list[asyncio.Future[Result]]]) -> None:
    for futures in waiting:
        for future in futures:
            if not future.done():
                future.set_exception(error)


class _NotThere(Exception):
    """The service has no such batch."""


def _name(url: str, body: bytes, request: Request) -> str:
    """Return the name of a request: letters, digits and no more than 64 of them."""
    digest = hashlib.sha256(body)
    for part in (url, request.case, str(request.epoch)):
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()[:48]


def _read(model: HttpModel, result: Result) -> Answer:
    if result.status == 200:
        return model.parse(result.body)
    if result.body:
        return model.refused(result.status, result.body)
    return Answer(problem=Outcome.ERROR, detail=result.detail)
