"""The batch interfaces of OpenAI and Anthropic: send many requests, come back for the answers.

OpenAI: https://platform.openai.com/docs/guides/batch (a file of requests, then a batch of it).
Anthropic: https://docs.anthropic.com/en/api/creating-message-batches. Results come in any order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec

from adhere.errors import ServiceError
from adhere.models.limits import RETRIED

_MAX_REPLY: Final = 1024 * 1024
_MAX_LINE: Final = 8 * 1024 * 1024


class Asked(msgspec.Struct, frozen=True):
    """One request of a batch: a name of ours, at most 64 letters, and its body."""

    name: str
    body: bytes


class Result(msgspec.Struct, frozen=True):
    """What came of one request.

    Attributes:
        name: Which.
        status: As of HTTP; 0 where the batch ended before the request was worked on.
        body: The response, as the service would have given it.
        detail: Why there is none.
    """

    name: str
    status: int
    body: bytes = b""
    detail: str = ""


State = Literal["running", "ended", "failed"]


class BatchApi(Protocol):
    """One vendor's way of taking batches."""

    async def create(self, requests: Sequence[Asked], tag: str) -> str:
        """Hand in a batch and return its id.

        Raises:
            ServiceError: It was refused; nothing was handed in.
            OSError, TimeoutError, aiohttp.ClientError: Nobody knows whether it was.
        """
        ...

    async def find(self, tag: str, since: float, count: int) -> str | None:
        """Return the id of a batch that was handed in with ``tag`` at or after ``since``."""
        ...

    async def state(self, name: str) -> tuple[State, str]:
        """Return how far a batch is, and why it failed if it did."""
        ...

    def results(self, name: str) -> AsyncIterator[Result]:
        """Yield what came of each request of a batch that ended."""
        ...


class _Http:
    """Small calls to one service.

    Args:
        session: Its connections, with the key in their headers.
        url: The address single requests would go to.
        ending: What of it is the interface and not the service.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, ending: str) -> None:
        self.session = session
        self.base = url.removesuffix(ending)
        self.endpoint = urlsplit(url).path

    async def call(self, method: str, path: str, **more: Any) -> bytes:
        async with self.session.request(
            method, self.base + path, allow_redirects=False, **more
        ) as response:
            data = await response.content.read(_MAX_REPLY)
            while len(data) < _MAX_REPLY and (more_data := await response.content.read(_MAX_REPLY)):
                data += more_data
            if response.status != 200:
                if response.status in RETRIED:  # it may or may not have been taken
                    raise ConnectionError(f"the service answered {response.status}")
                said = data[:200].decode(errors="replace")
                raise ServiceError(f"the service answered {response.status}: {said}", place=path)
            return data

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """Yield the lines of a file, however large it is."""
        async with self.session.get(self.base + path, allow_redirects=False) as response:
            if response.status != 200:
                raise ServiceError(
                    f"the service answered {response.status}", place=self.base + path
                )
            rest = b""
            async for chunk in response.content.iter_chunked(65536):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    if line.strip():
                        yield line
                if len(rest) > _MAX_LINE:
                    raise ServiceError("a line of the results has no end", place=path)
            if rest.strip():
                yield rest


T = TypeVar("T")


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ServiceError(f"a reply about a batch cannot be read: {error}") from error


def _time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise ServiceError(f'"{text[:40]}" is not a time') from error


class _Created(msgspec.Struct):
    id: str


class _OpenAIBatch(msgspec.Struct):
    id: str
    status: str = ""
    output_file_id: str | None = None
    error_file_id: str | None = None
    metadata: dict[str, str] | None = None
    errors: dict[str, Any] | None = None


class _OpenAIBatches(msgspec.Struct):
    data: list[_OpenAIBatch]
    has_more: bool = False


class _OpenAIResponse(msgspec.Struct):
    status_code: int
    body: msgspec.Raw = msgspec.Raw(b"{}")


class _Fault(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    type: str | None = None


class _OpenAILine(msgspec.Struct):
    custom_id: str
    response: _OpenAIResponse | None = None
    error: _Fault | None = None


class OpenAIBatches(_Http):
    """OpenAI's: a file of requests is uploaded, a batch made of it, its output another file."""

    async def create(self, requests: Sequence[Asked], tag: str) -> str:
        """Hand in a batch; see `BatchApi`."""
        head = msgspec.json.encode({"method": "POST", "url": self.endpoint})[:-1]
        lines = (
            head + b',"custom_id":' + msgspec.json.encode(it.name) + b',"body":' + it.body + b"}\n"
            for it in requests
        )
        form = aiohttp.FormData()
        form.add_field("purpose", "batch")
        form.add_field("file", b"".join(lines), filename=f"{tag}.jsonl")
        written = form()
        # The session's own content type would hide the form's.
        kind = {"Content-Type": written.content_type}
        uploaded = await self.call("POST", "/files", data=written, headers=kind)
        file = _read(uploaded, _Created)
        made = {
            "input_file_id": file.id, "endpoint": self.endpoint, "completion_window": "24h",
            "metadata": {"adhere": tag},
        }  # fmt: skip
        return _read(await self.call("POST", "/batches", json=made), _Created).id

    async def find(self, tag: str, since: float, count: int) -> str | None:  # noqa: ARG002
        """Look for the tag in the metadata of the account's batches, the newest first."""
        after = ""
        while True:
            data = await self.call("GET", f"/batches?limit=100{after}")
            page = _read(data, _OpenAIBatches)
            for batch in page.data:
                if (batch.metadata or {}).get("adhere") == tag:
                    return batch.id
            if not page.has_more or not page.data:
                return None
            after = f"&after={page.data[-1].id}"

    async def state(self, name: str) -> tuple[State, str]:
        """Return how far it is; an expired or cancelled batch has results too."""
        batch = await self._batch(name)
        if batch.status == "failed":
            return "failed", msgspec.json.encode(batch.errors).decode()[:300]
        over = batch.status in ("completed", "expired", "cancelled")
        return "ended" if over else "running", ""

    async def results(self, name: str) -> AsyncIterator[Result]:
        """Yield the lines of both files: what was answered, and what was not."""
        batch = await self._batch(name)
        for file in (batch.output_file_id, batch.error_file_id):
            if file is None:
                continue
            async for line in self.lines(f"/files/{file}/content"):
                read = _read(line, _OpenAILine)
                if read.response is not None:
                    response = read.response
                    yield Result(read.custom_id, response.status_code, bytes(response.body))
                else:
                    fault = read.error or _Fault()
                    why = f"{fault.code}: {fault.message}" if fault.message else str(fault.code)
                    yield Result(read.custom_id, 0, detail=why)

    async def _batch(self, name: str) -> _OpenAIBatch:
        return _read(await self.call("GET", f"/batches/{name}"), _OpenAIBatch)


class _Counts(msgspec.Struct):
    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0


class _AnthropicBatch(msgspec.Struct):
    id: str
    processing_status: str = ""
    created_at: str = ""
    request_counts: _Counts = msgspec.field(default_factory=_Counts)


class _AnthropicBatches(msgspec.Struct):
    data: list[_AnthropicBatch]
    has_more: bool = False


class _AnthropicResult(msgspec.Struct):
    type: str
    message: msgspec.Raw = msgspec.Raw(b"{}")
    error: msgspec.Raw = msgspec.Raw(b"{}")


class _AnthropicLine(msgspec.Struct):
    custom_id: str
    result: _AnthropicResult


class AnthropicBatches(_Http):
    """Anthropic's Message Batches: the requests themselves are handed in."""

    async def create(self, requests: Sequence[Asked], tag: str) -> str:  # noqa: ARG002
        """Hand in a batch; see `BatchApi`. The interface has no place for a tag."""
        parts = (
            b'{"custom_id":' + msgspec.json.encode(it.name) + b',"params":' + it.body + b"}"
            for it in requests
        )
        data = b'{"requests":[' + b",".join(parts) + b"]}"
        made = await self.call("POST", "/messages/batches", data=data)
        return _read(made, _Created).id

    async def find(self, tag: str, since: float, count: int) -> str | None:  # noqa: ARG002
        """Look for a batch of as many requests made since then, and at its names once it ended.

        While it is under way its names cannot be seen; then the first that fits is taken, and a
        request that turns out not to be in it is handed in again.
        """
        after = ""
        while True:
            data = await self.call("GET", f"/messages/batches?limit=100{after}")
            page = _read(data, _AnthropicBatches)
            for batch in page.data:
                made = _time(batch.created_at)
                if made < since - 60:  # their clock may differ from ours
                    return None
                total = batch.request_counts
                if sum(msgspec.structs.astuple(total)) == count:
                    return batch.id
            if not page.has_more or not page.data:
                return None
            after = f"&after_id={page.data[-1].id}"

    async def state(self, name: str) -> tuple[State, str]:
        """Return how far it is."""
        data = await self.call("GET", f"/messages/batches/{name}")
        status = _read(data, _AnthropicBatch).processing_status
        return "ended" if status == "ended" else "running", ""

    async def results(self, name: str) -> AsyncIterator[Result]:
        """Yield the lines of the results; their address is not taken from the reply."""
        async for line in self.lines(f"/messages/batches/{name}/results"):
            read = _read(line, _AnthropicLine)
            result = read.result
            if result.type == "succeeded":
                yield Result(read.custom_id, 200, bytes(result.message))
            elif result.type == "errored":
                yield Result(read.custom_id, 400, bytes(result.error))
            else:
                yield Result(read.custom_id, 0, detail=f"the request {result.type}")
