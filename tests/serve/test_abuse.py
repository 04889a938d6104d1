"""Clients that mean harm: sizes, slowness, malformed input, smuggling, guessing, other's data."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from aiohttp import web
from gateway_process import Process
from running_gateway import SHOP, RunningGateway, config_text
from service import Service, chat

from adhere.serve.attempts import MOST

HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    b"Authorization: Bearer shop-key\r\n"
)
BODY = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'


def connect(gateway: RunningGateway) -> socket.socket:
    host, port = gateway.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def raw(gateway: RunningGateway, data: bytes) -> bytes:
    """Send bytes; return all that comes until the gateway closes."""
    with connect(gateway) as sock:
        sock.sendall(data)
        received = b""
        while piece := sock.recv(65536):
            received += piece
        return received


@pytest.fixture
def small(tmp_path):
    with Service(lambda *_: chat()) as service:
        limits = (
            "[limits]\nbody_bytes = 10000\nheader_seconds = 0.4\nbody_seconds = 0.4\nrequests = 5\n"
        )
        with RunningGateway(tmp_path, config_text(service.url, limits)) as gateway:
            yield gateway, service


def test_a_body_that_is_too_long_said_or_not(small):
    gateway, service = small
    answer = gateway.post("/v1/chat/completions", b" " * 20_000)
    assert (answer.status, answer.json["error"]["code"]) == (413, "request_too_large")
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    said = raw(gateway, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 8 + b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413")
    assert service.bodies == []


def test_a_body_and_a_header_that_do_not_come(small):
    gateway, _ = small
    with connect(gateway) as sock:
        sock.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        assert sock.recv(65536).startswith(b"HTTP/1.1 408")
    with connect(gateway) as sock:
        sock.sendall(HEAD[:60])
        assert sock.recv(65536) == b""  # closed, with nothing said


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length : 5\r\n\r\nhello",
        HEAD + b"X-A: b\r\n c: d\x00\r\n\r\n",
        HEAD + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer shop-key\r\n\xff\xff\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_headers_that_two_readers_would_read_in_two_ways(small, data):
    gateway, service = small
    said = raw(gateway, data)
    assert said.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")) or said == b""
    assert service.bodies == []
    assert gateway.chat(("user", "Hi")).status == 200


def test_two_keys_are_no_key(small):
    gateway, _ = small
    said = raw(
        gateway,
        HEAD + b"Authorization: Bearer other-key\r\n"
        + f"Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY,
    )  # fmt: skip
    assert said.startswith(b"HTTP/1.1 401")


def test_nobody_guesses_at_keys_for_long(small):
    gateway, _ = small
    answers = [gateway.post("/v1/chat/completions", BODY, f"guess-{n}") for n in range(MOST + 5)]
    assert [one.status for one in answers] == [401] * MOST + [429] * 5
    assert gateway.post("/v1/chat/completions", BODY).status == 200


def test_only_so_many_at_once(tmp_path):
    async def slow(*_):
        await asyncio.sleep(0.4)
        return chat()

    limits = "[limits]\nrequests = 5\n"
    with (
        Service(slow) as service,
        RunningGateway(tmp_path, config_text(service.url, limits)) as gateway,
    ):
        with ThreadPoolExecutor(12) as pool:
            statuses = sorted(
                one.status for one in pool.map(lambda _: gateway.chat(("user", "Hi")), range(12))
            )
        assert statuses == [200] * 5 + [429] * 7


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"model":"m","messages":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"model":"m","messages":[{"role":"user","content":' + b'{"a":' * 2000,
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":1e999}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"seed":' + b"9" * 5000 + b"}",
        b'{"model":"m","messages":[{"role":"user","content":"\\u0000\\ud83d"}]}',
        b'{"model":"m","messages":[{"role":"system","content":"x","a":' + b"9" * 50 + b"}]}",
        b'{"model":"m","messages":[{"role":"assistant","tool_calls":[{"type":"function","id":"1",'
        b'"function":{"name":"f","arguments":"{\\"a\\":'
        + b"9" * 50
        + b',\\"b\\":\\"<|im_end|>\\"}"}}]}]}',
        b'\xef\xbb\xbf{"model":"m","messages":[]}',
        b'{"model":"m","messages":{}}',
        b'{"model":"m","messages":[1]}',
        b'{"model":["m"],"messages":[{"role":"user","content":"x"}]}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[1]}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"tools":{"a":1}}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"adhere":{"settings":1}}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"n":1000000}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":"9"}',
    ],
)
def test_json_that_is_meant_to_hurt(start, body):
    gateway, _ = start(lambda *_: chat())
    answer = gateway.post("/v1/chat/completions", body)
    assert answer.status in (200, 400)
    if answer.status == 400:
        assert set(answer.json["error"]) == {"message", "type", "param", "code"}
    assert gateway.chat(("user", "Hi")).status == 200


def test_nothing_of_one_developer_s_is_in_another_s_answers_or_in_metrics_or_logs(start, caplog):
    gateway, _ = start(lambda request, body, _: chat(body["messages"][-1]["content"]))
    mark = "mark-4711 of the shop"
    mine = gateway.chat(("user", mark), user="user-4711")
    request = mine.headers["x-request-id"]
    time.sleep(5.5)  # until the records are published
    own = gateway.get(f"/v1/decisions/{request}")
    assert [one["record"]["kind"] for one in own.json["records"]] == ["admitted", "completed"]
    assert own.json["records"][0]["proof"].startswith("c2sp.org/tlog-proof@v1")
    other = gateway.get(f"/v1/decisions/{request}", key="other-key")
    assert (other.status, request in str(other.body)) == (404, False)
    assert gateway.get("/v1/decisions/..%2f..%2fetc").status == 404
    answers = [
        gateway.get("/metrics"),
        gateway.chat(("user", "Hi"), key="other-key"),
        gateway.get("/v1/settings", key="other-key"),
    ]
    seen = [*(one.body.decode() for one in answers), caplog.text]
    assert not [one for one in seen if "4711" in one or "shop" in one]
    log = b"".join(path.read_bytes() for path in (gateway.folder / "adhere-audit").rglob("*")
                   if path.is_file())  # fmt: skip
    assert b"mark-4711" not in log
    assert SHOP.encode() not in log


@pytest.mark.soak
def test_ten_thousand_slow_streams_within_bounds(tmp_path):
    """Streams that say a word every minute: what each costs the gateway in memory.

    As many as this machine lets a process open files for: one to the client, one to the service.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    streams = min(10_000, (most - 1000) // 2)

    async def endless(request, body, _):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in range(1000):
            delta = {"choices": [{"index": 0, "delta": {"content": f"{number} "}}]}
            await response.write(f"data: {json.dumps(delta)}\n\n".encode())
            await asyncio.sleep(60)
        return response

    body = json.dumps(
        {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    ).encode()
    asked = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def open_all(gateway: Process) -> float:
        port = int(gateway.url.rpartition(":")[2].removesuffix("/v1"))
        process = psutil.Process(gateway.process.pid)
        before = process.memory_info().rss

        async def one() -> asyncio.StreamWriter:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
            writer.write(asked)
            await reader.readuntil(b"data: ")
            return writer

        writers: list[asyncio.StreamWriter] = []
        while len(writers) < streams:
            writers += await asyncio.gather(*(one() for _ in range(100)))
        used = process.memory_info().rss - before
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(1)
        return used / len(writers)

    with (
        Service(endless) as service,
        Process(tmp_path, config_text(service.url)) as gateway,
    ):
        each = asyncio.run(open_all(gateway))
        gateway.stop(signal.SIGKILL)
    print(f"{streams} streams, {each / 1024:.0f} KiB each")
    assert each < 64 * 1024
