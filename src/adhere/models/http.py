"""Asking a model behind an HTTP service, so that whatever the service does ends in an `Answer`."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from typing import Any, Final

import aiohttp
import msgspec

from adhere.conversation import Answer, Conversation, Outcome, for_services
from adhere.models.limits import RETRIED, Patience, Throttle, retry_after
from adhere.models.port import Request

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
    """

    def __init__(
        self,
        name: str,
        url: str,
        model: str,
        *,
        headers: dict[str, str],
        connections: int = 32,
        patience: Patience | None = None,
    ) -> None:
        self.name = name
        self.url = url
        self.model = model
        self._headers = headers
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
        """Ask; whatever goes wrong is in the answer's ``problem`` and ``detail``."""
        try:
            body = msgspec.json.encode(self.body(request))
        except Unsendable as error:
            return _error(str(error))
        throttle = self._throttle = self._throttle or Throttle(self._connections)
        answer = Answer(problem=Outcome.ERROR, detail="it was never asked")
        for attempt in range(1, self._patience.attempts + 1):
            async with throttle as number:
                answer, again, wait = await self._attempt(body, number)
            if not again:
                return answer
            if attempt < self._patience.attempts:
                await asyncio.sleep(self._patience.wait(attempt, wait))
        detail = f"{answer.detail}, {self._patience.attempts} times"
        return msgspec.structs.replace(answer, detail=detail)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _attempt(self, body: bytes, number: int) -> tuple[Answer, bool, float | None]:
        """Try once: the answer, whether to try again, and the wait that the service asks for."""
        try:
            async with self._open().post(self.url, data=body, allow_redirects=False) as response:
                data = await self._read_limited(response)
                if data is None:
                    return _error(f"the answer is longer than {MAX_ANSWER:,} bytes"), False, None
                if response.status == 200:
                    assert self._throttle is not None
                    self._throttle.went_well()
                    return self._parse(data), False, None
                if response.status in (429, 529) and self._throttle is not None:
                    self._throttle.too_many(number)
                wait = retry_after(response.headers.get("Retry-After"), time.time())
                return self._refused(response.status, data), response.status in RETRIED, wait
        except TimeoutError:
            return _error("the service did not answer in time"), True, None
        except (aiohttp.ClientError, OSError) as error:
            return _error(f"the connection failed: {type(error).__name__}"), True, None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            patience = self._patience
            self._session = aiohttp.ClientSession(
                headers={**self._headers, "Content-Type": "application/json"},
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(
                    total=patience.total, connect=patience.connect, sock_read=patience.silence
                ),
                trust_env=True,
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

    def _parse(self, data: bytes) -> Answer:
        try:
            return self.read(data)
        except (Unreadable, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Answer(problem=Outcome.UNPARSED, detail=str(error)[:_DETAIL])

    def _refused(self, status: int, data: bytes) -> Answer:
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


def _error(detail: str) -> Answer:
    return Answer(problem=Outcome.ERROR, detail=detail)
