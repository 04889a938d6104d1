"""Asking a model behind an HTTP service, so that whatever the service does ends in an `Answer`."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from typing import Any, Final, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import msgspec
from yarl import URL

from adhere.conversation import Answer, Conversation, Outcome, Usage, for_services
from adhere.models.cache import AnswerCache
from adhere.models.limits import RETRIED, Patience, Throttle, retry_after
from adhere.models.money import estimated
from adhere.models.port import Request, Sampling
from adhere.models.rehearsal import Rehearsal
from adhere.models.spending import NOTHING, Account

MAX_ANSWER: Final = 8 * 1024 * 1024
"""Bytes of an answer that are read; a longer one is an error, not a memory problem."""

_DETAIL: Final = 300


class Unreadable(Exception):
    """The service answered something that is not an answer; the message says what."""


class Unsendable(Exception):
    """The interface has no place for something in the conversation; the message says what."""


def text_only(conversation: Conversation) -> Conversation:
    """Return the conversation in words, for interfaces that we only send text to.

    Raises:
        Unsendable: It holds an image or the like.
    """
    sent = for_services(conversation)
    for message in sent:
        for part in () if isinstance(message.content, str) else message.content:
            if part.type != "text":
                raise Unsendable(f"this interface is only sent text, and the case has: {part.type}")
    return sent


class BatchPort(Protocol):
    """Who asks in batches instead (`adhere.models.batch.Batches`)."""

    async def answer(self, body: bytes, request: Request) -> Answer:
        """Ask, whenever that will be."""
        ...

    async def close(self) -> None:
        """Stop waiting for batches; they go on at the service."""
        ...


class HttpModel(ABC):
    """A model behind HTTP.

    Retries what may pass (`RETRIED`, broken connections), waits as long as the service asks, and
    adapts how many requests are under way. Redirects are not followed: a key must not travel.

    Args:
        name: What to call it in records.
        url: The full address requests go to.
        model: What the service calls it.
        headers: Sent with every request; the place for the key. Never shown in any message.
        connections: The most requests under way at once.
        patience: How long to wait.
        sampling: How it is asked to answer.

    Attributes:
        account: Who counts, and holds back, what requests cost.
        cache: Where answers are kept.
        rehearsal: Who answers instead where nothing shall be sent.
        batches: Who sends in batches instead.
    """

    version = ""
    """What else than address and body decides an answer."""

    def __init__(
        self,
        name: str,
        url: str,
        model: str,
        *,
        headers: dict[str, str],
        connections: int = 32,
        patience: Patience | None = None,
        sampling: Sampling | None = None,
    ) -> None:
        self.name = name
        self.url = url
        self.model = model
        self._headers = headers
        self.sampling = sampling or Sampling()
        self.account: Account | None = None
        self.cache: AnswerCache | None = None
        self.rehearsal: Rehearsal | None = None
        self.batches: BatchPort | None = None
        self._patience = patience or Patience()
        self._connections = connections
        self._throttle: Throttle | None = None
        self._session: aiohttp.ClientSession | None = None

    @abstractmethod
    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON to send.

        Raises:
            Unsendable: The interface has no place for something in the conversation.
        """

    @abstractmethod
    def read(self, data: bytes) -> Answer:
        """Return the answer in a successful response.

        Raises:
            Unreadable: There is none in it.
        """

    async def answer(self, request: Request) -> Answer:
        """Ask; whatever goes wrong is in the answer's ``problem`` and ``detail``.

        Raises:
            OutOfBudget: The account has no room for it.
        """
        try:
            body = msgspec.json.encode(self.body(request))
        except Unsendable as error:
            return _error(str(error))
        if self.cache is not None:
            known = self.cache.get(self.url, self.version, body, request.epoch)
            if known is not None:
                if self.account is not None:
                    self.account.from_cache(self.name)
                return known
        if self.rehearsal is not None:
            return self.rehearsal.answer(self.name, len(body), self.sampling.max_tokens)
        if self.batches is not None:
            answer = await self.batches.answer(body, request)
        else:
            answer = await self._ask(body)
        if self.cache is not None:
            self.cache.put(self.url, self.version, body, request.epoch, answer)
        return answer

    async def _ask(self, body: bytes) -> Answer:
        throttle = self._throttle = self._throttle or Throttle(self._connections)
        answer = Answer(problem=Outcome.ERROR, detail="it was never asked")
        for attempt in range(1, self._patience.attempts + 1):
            async with throttle as number:
                answer, again, wait = await self._paid_attempt(body, number)
            if not again:
                return answer
            if attempt < self._patience.attempts:
                await asyncio.sleep(self._patience.wait(attempt, wait))
        detail = f"{answer.detail}, {self._patience.attempts} times"
        return msgspec.structs.replace(answer, detail=detail)

    async def _paid_attempt(self, body: bytes, number: int) -> _Attempt:
        """Try once, with the most it may cost held back meanwhile."""
        if self.account is None:
            return (await self._attempt(body, number))[0]
        ticket = await self.account.hold(self.name, len(body), self.sampling.max_tokens or 0)
        owed: _Owed = "unknown"
        usage = None
        try:
            attempt, owed = await self._attempt(body, number)
            usage = attempt[0].usage
            if owed == "service" and usage is None:
                owed, usage = "estimate", estimate(body, attempt[0])
        finally:  # cancelled in the middle of it, too
            await self.account.settle(ticket, owed, usage or NOTHING)
        return attempt

    async def close(self) -> None:
        """Close the connections."""
        if self.batches is not None:
            await self.batches.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _attempt(self, body: bytes, number: int) -> tuple[_Attempt, _Owed]:
        """Try once: the answer, whether to try again, the wait asked for; and what is owed."""
        try:
            async with self.open().post(self.url, data=body, allow_redirects=False) as response:
                data = await self._read_limited(response)
                if data is None:
                    detail = f"the answer is longer than {MAX_ANSWER:,} bytes"
                    return (_error(detail), False, None), "unknown"
                if response.status == 200:
                    assert self._throttle is not None
                    self._throttle.went_well()
                    answer = self.parse(data)
                    read = answer.problem is not Outcome.UNPARSED
                    return (answer, False, None), "service" if read else "unknown"
                if response.status in (429, 529) and self._throttle is not None:
                    self._throttle.too_many(number)
                wait = retry_after(response.headers.get("Retry-After"), time.time())
                again = response.status in RETRIED
                return (self.refused(response.status, data), again, wait), "nothing"
        except TimeoutError:
            return (_error("the service did not answer in time"), True, None), "unknown"
        except aiohttp.ClientConnectorError as error:
            return _lost(error), "nothing"
        except (aiohttp.ClientError, OSError) as error:
            return _lost(error), "unknown"

    def open(self) -> aiohttp.ClientSession:
        """Return the connections, with the key in their headers."""
        if self._session is None:
            patience = self._patience
            self._session = aiohttp.ClientSession(
                headers={**self._headers, "Content-Type": "application/json"},
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(
                    total=patience.total, connect=patience.connect, sock_read=patience.silence
                ),
                **_proxy(self.url),
            )
        return self._session

    @staticmethod
    async def _read_limited(response: aiohttp.ClientResponse) -> bytes | None:
        chunks, size = [], 0
        async for chunk in response.content.iter_chunked(65536):
            size += len(chunk)
            if size > MAX_ANSWER:
                return None
            chunks.append(chunk)
        return b"".join(chunks)

    def parse(self, data: bytes) -> Answer:
        """Read a successful response; what is none is ``unparsed``."""
        try:
            return self.read(data)
        except (Unreadable, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Answer(problem=Outcome.UNPARSED, detail=str(error)[:_DETAIL])

    def refused(self, status: int, data: bytes) -> Answer:
        """Turn an error of the service into an answer; its filter's word is a state of its own."""
        try:
            said = msgspec.json.decode(data, type=_ErrorBody).error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            said = _Said()
        detail = f"the service answered {status}" + (f": {said.message}" if said.message else "")
        blocked = (
            "content_filter" in (said.code, said.type) or said.code == "content_policy_violation"
        )
        problem = Outcome.FILTER_BLOCKED if blocked else Outcome.ERROR
        return Answer(problem=problem, detail=detail[:_DETAIL])


class _Said(msgspec.Struct):
    message: str = ""
    type: str | None = None
    code: str | int | None = None


class _ErrorBody(msgspec.Struct):
    """The shape of errors that OpenAI, Anthropic and most compatible services share."""

    error: _Said


_Attempt: TypeAlias = tuple[Answer, bool, float | None]
"""An answer, whether to try again, and the wait that the service asks for."""

_Owed: TypeAlias = Literal["service", "estimate", "nothing", "unknown"]


def estimate(body: bytes, answer: Answer) -> Usage:
    """Return the declared estimate of a request's tokens (`adhere.models.money.BYTES_A_TOKEN`)."""
    said = len(answer.content.encode()) + sum(
        len(msgspec.json.encode(call)) for call in answer.tool_calls
    )
    return Usage(estimated(len(body)), estimated(said))


def _proxy(url: str) -> dict[str, Any]:
    """Return the proxy that the environment names, looked up once.

    aiohttp's own ``trust_env`` looks for one, and for a .netrc, in two threads for every request.
    """
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return {}
    found = getproxies().get(parts.scheme)
    if not found:
        return {}
    proxy = URL(found)
    auth = aiohttp.BasicAuth(proxy.user, proxy.password or "") if proxy.user else None
    return {"proxy": proxy.with_user(None), "proxy_auth": auth}


def _lost(error: Exception) -> _Attempt:
    return _error(f"the connection failed: {type(error).__name__}"), True, None


def _error(detail: str) -> Answer:
    return Answer(problem=Outcome.ERROR, detail=detail)
