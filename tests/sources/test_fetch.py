"""`fetch_release` against a real server on the loopback that misbehaves in every way we know."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from adhere.errors import ServiceError
from adhere.sources.fetch import Source, fetch_release
from adhere.sources.fetch_http import AT_ONCE, Patience, download
from adhere.sources.releases import PinnedFile, Release

COMMIT = "0123456789" * 4
CONTENTS = {
    "examples/a.md": b"one\n",
    "examples/b.md": bytes(range(256)) * 700,
    "model_spec.md": b"# Made up\n" * 2000,
}
PATIENCE = Patience(connect=2, read=2, total=5, attempts=3, pause=0.01, longest_pause=2)


def pin(contents: dict[str, bytes]) -> Release:
    files = tuple(
        PinnedFile(path, len(data), hashlib.sha256(data).hexdigest())
        for path, data in sorted(contents.items())
    )
    return Release("made@up", "https://repo.invalid", "https://x.invalid", COMMIT, "CC0-1.0", files)


RELEASE = pin(CONTENTS)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that hangs up is part of the game
            super().handle()

    def do_GET(self) -> None:
        name = self.path.removeprefix(f"/{COMMIT}/").removeprefix("moved/")
        with self.server.lock:
            self.server.seen.append(self.path)
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
            acts = self.server.acts.get(name, [good])
            act = acts.pop(0) if len(acts) > 1 else acts[0]
        try:
            act(self, self.server.contents.get(name, b""))
        except ConnectionError:
            self.server.cut.set()
            raise
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def head(self, status: int, *headers: tuple[str, object]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, str(value))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Answers well, but where `acts` says otherwise; an act is used up, the last one stays."""

    daemon_threads = False  # so that closing it waits for every answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents = CONTENTS
        self.acts: dict[str, list[Act]] = {}
        self.seen: list[str] = []
        self.lock = threading.Lock()
        self.busy = self.busiest = 0
        self.cut = threading.Event()  # set when the client hangs up in the middle
        self.over = threading.Event()  # set when the test is over

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


Act = Callable[[Handler, bytes], None]


def good(to: Handler, data: bytes) -> None:
    to.head(200, ("Content-Length", len(data)))
    to.wfile.write(data)


def wrong(to: Handler, data: bytes) -> None:
    good(to, data[:-1] + b"X")


def short(to: Handler, data: bytes) -> None:
    good(to, data[:-1])


def longer(to: Handler, data: bytes) -> None:
    good(to, data + b"X")


def truncated(to: Handler, data: bytes) -> None:
    to.head(200, ("Content-Length", len(data)))
    to.wfile.write(data[:-1])
    to.close_connection = True


def broken_chunk(to: Handler, data: bytes) -> None:
    to.head(200, ("Transfer-Encoding", "chunked"))
    to.wfile.write(b"%x\r\n%s" % (len(data), data[:-1]))
    to.close_connection = True


def chunked(to: Handler, data: bytes) -> None:
    to.head(200, ("Transfer-Encoding", "chunked"))
    for part in (data[:100], data[100:]):
        if part:
            to.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
    to.wfile.write(b"0\r\n\r\n")


def until_close(to: Handler, data: bytes) -> None:
    to.head(200, ("Connection", "close"))
    to.wfile.write(data)


def endless(to: Handler, data: bytes) -> None:
    to.head(200, ("Connection", "close"))
    to.wfile.write(data)
    while not to.server.over.is_set():
        to.wfile.write(b"x" * 65536)


def drip(to: Handler, data: bytes) -> None:
    to.head(200, ("Content-Length", len(data)))
    for byte in data:
        to.wfile.write(bytes([byte]))
        if to.server.over.wait(0.02):
            break
    to.close_connection = True


def stall(to: Handler, data: bytes) -> None:
    to.head(200, ("Content-Length", len(data)))
    to.wfile.write(data[:10])
    to.server.over.wait()
    to.close_connection = True


def hang(to: Handler, data: bytes) -> None:
    to.server.over.wait()
    to.close_connection = True


def hang_up(to: Handler, data: bytes) -> None:
    to.close_connection = True


def nonsense(to: Handler, data: bytes) -> None:
    to.wfile.write(b"\x00\x01\x02 not HTTP\r\n\r\n")
    to.close_connection = True


def status(code: int, *headers: tuple[str, object]) -> Act:
    return lambda to, _: to.head(code, ("Content-Length", 0), *headers)


def redirect(location: str, code: int = 302) -> Act:
    return status(code, ("Location", location))


def _serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


server = pytest.fixture(_serving, name="server")
elsewhere = pytest.fixture(_serving, name="elsewhere")


def fetch(server: Server, into: Path, **options: object) -> object:
    given = {"base_url": server.url, "patience": PATIENCE, **options}
    return fetch_release(RELEASE, into, **given)


def holds(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_release_arrives_whole_with_its_source(server: Server, tmp_path: Path) -> None:
    seen: list[PinnedFile] = []
    fetched = fetch_release(
        RELEASE, tmp_path / "new" / "spec", base_url=server.url + "/", on_file=seen.append
    )
    assert not fetched.already_there
    found = holds(Path(fetched.folder))
    source = msgspec.json.decode(found.pop("SOURCE.json"), type=Source, strict=True)
    assert found == CONTENTS
    assert source == fetched.source
    assert (source.schema, source.name, source.commit) == ("adhere/source/1", "made@up", COMMIT)
    assert source.files == RELEASE.files
    assert sorted(file.path for file in seen) == sorted(CONTENTS)
    assert sorted(server.seen) == [f"/{COMMIT}/{path}" for path in sorted(CONTENTS)]
    assert [path.name for path in tmp_path.rglob("*.part")] == []


@pytest.mark.parametrize("act", [chunked, until_close])
def test_a_body_without_a_length_is_fine(server: Server, tmp_path: Path, act: Act) -> None:
    server.acts["model_spec.md"] = [act]
    fetch(server, tmp_path / "spec")
    assert (tmp_path / "spec/model_spec.md").read_bytes() == CONTENTS["model_spec.md"]


@pytest.mark.parametrize(
    ("act", "says", "requests"),
    [
        (wrong, "SHA-256", 1),
        (short, "19999 bytes instead of 20000", 1),
        (longer, "larger than 20000 bytes", 1),
        (endless, "larger than 20000 bytes", 1),
        (truncated, "connection broke", 3),
        (broken_chunk, "connection broke", 3),
        (hang_up, "connection broke", None),  # aiohttp asks a second time by itself
        (nonsense, "400", 1),
        (status(404), "does not have this file", 1),
        (status(403), "answered 403", 1),
        (status(204), "0 bytes instead of 20000", 1),
        (status(500), "answered 500", 3),
        (status(503, ("Retry-After", 3600)), "asks to wait 3600 s", 1),
        (status(503, ("Retry-After", "soon")), "answered 503", 3),
        (redirect(""), "without end", 6),
        (redirect("./model_spec.md"), "without end", 6),
        (redirect("https://127.0.0.1/x"), "another host: 'https://127.0.0.1/x'", 1),
        (redirect("//localhost/x"), "another host", 1),
        (redirect("http://[::1"), "another host", 1),
        (redirect("file:///etc/passwd"), "another host", 1),
    ],
)
def test_a_bad_answer_leaves_nothing(
    server: Server, tmp_path: Path, act: Act, says: str, requests: int | None
) -> None:
    server.acts["model_spec.md"] = [act]
    with pytest.raises(ServiceError, match=says) as caught:
        fetch(server, tmp_path / "spec")
    assert caught.value.place == f"{server.url}/{COMMIT}/model_spec.md"
    assert caught.value.remedy
    asked = sum(path.endswith("model_spec.md") for path in server.seen)
    assert requests is None or asked == requests
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("act", "patience", "says"),
    [
        (stall, Patience(read=0.2, total=5), "nothing for 0.2 s"),
        (hang, Patience(read=0.2, total=5), "nothing for 0.2 s"),
        (drip, Patience(read=1, total=0.5), "not there within 0.5 s"),
        (hang, Patience(read=5, total=0.3), "not there within 0.3 s"),
    ],
)
def test_a_slow_server_is_left(
    server: Server, tmp_path: Path, act: Act, patience: Patience, says: str
) -> None:
    server.acts["model_spec.md"] = [act]
    started = time.monotonic()
    with pytest.raises(ServiceError, match=says) as caught:
        fetch(server, tmp_path / "spec", patience=patience)
    assert time.monotonic() - started < 2
    assert caught.value.place == f"{server.url}/{COMMIT}/model_spec.md"
    assert list(tmp_path.iterdir()) == []


def test_an_endless_body_is_cut_off(server: Server, tmp_path: Path) -> None:
    server.acts["model_spec.md"] = [endless]
    with pytest.raises(ServiceError):
        fetch(server, tmp_path / "spec")
    assert server.cut.wait(5)


def test_a_failure_ends_the_other_downloads(server: Server, tmp_path: Path) -> None:
    server.acts = {"model_spec.md": [status(404)], "examples/a.md": [hang], "examples/b.md": [hang]}
    started = time.monotonic()
    with pytest.raises(ServiceError, match="404"):
        fetch(server, tmp_path / "spec", patience=Patience())
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "acts",
    [
        [status(503), good],
        [status(500), status(502), good],
        [status(429, ("Retry-After", 0)), good],
        [truncated, hang_up, good],
    ],
)
def test_a_passing_failure_is_tried_again(server: Server, tmp_path: Path, acts: list[Act]) -> None:
    server.acts["model_spec.md"] = acts
    fetch(server, tmp_path / "spec")
    assert (tmp_path / "spec/model_spec.md").read_bytes() == CONTENTS["model_spec.md"]


def test_retry_after_is_waited_for(server: Server, tmp_path: Path) -> None:
    server.acts["model_spec.md"] = [status(503, ("Retry-After", 1)), good]
    started = time.monotonic()
    fetch(server, tmp_path / "spec")
    assert time.monotonic() - started >= 1


def test_a_redirect_on_the_same_host_is_followed(server: Server, tmp_path: Path) -> None:
    server.acts["model_spec.md"] = [redirect(f"/{COMMIT}/moved/model_spec.md", 307), good]
    fetch(server, tmp_path / "spec")
    assert (tmp_path / "spec/model_spec.md").read_bytes() == CONTENTS["model_spec.md"]
    assert f"/{COMMIT}/moved/model_spec.md" in server.seen


def test_another_port_is_another_host(server: Server, elsewhere: Server, tmp_path: Path) -> None:
    server.acts["model_spec.md"] = [redirect(f"{elsewhere.url}/{COMMIT}/model_spec.md")]
    with pytest.raises(ServiceError, match=f"another host: '{elsewhere.url}"):
        fetch(server, tmp_path / "spec")
    assert elsewhere.seen == []


def test_a_refused_connection_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and never listening
        base = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ServiceError, match="refused") as caught:
            fetch_release(RELEASE, tmp_path / "spec", base_url=base)
    assert caught.value.place.startswith(base)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_host_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **options: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ServiceError, match=r'"x\.invalid" cannot be resolved'):
        fetch_release(RELEASE, tmp_path / "spec")
    with pytest.raises(ServiceError, match="host name is not valid"):
        fetch_release(RELEASE, tmp_path / "spec", base_url="https://xn--zz-/")
    assert list(tmp_path.iterdir()) == []


def test_a_loopback_mirror_is_not_asked_through_a_proxy(
    server: Server, elsewhere: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    fetch(server, tmp_path / "spec")
    assert elsewhere.seen == []


def test_other_hosts_are_asked_through_the_proxy(
    elsewhere: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", elsewhere.url)  # knows no CONNECT
    with pytest.raises(ServiceError, match="the proxy answered 501"):
        fetch_release(RELEASE, tmp_path / "spec", patience=PATIENCE)


def test_so_many_at_once_and_no_more(server: Server, tmp_path: Path) -> None:
    server.contents = {f"{number}.md": b"%d" % number for number in range(4 * AT_ONCE)}

    def slow(to: Handler, data: bytes) -> None:
        time.sleep(0.03)
        good(to, data)

    server.acts = {name: [slow] for name in server.contents}
    fetch_release(pin(server.contents), tmp_path / "spec", base_url=server.url)
    assert 1 < server.busiest <= AT_ONCE
    assert len(holds(tmp_path / "spec")) == 4 * AT_ONCE + 1


def test_an_interrupt_in_the_middle_leaves_nothing(server: Server, tmp_path: Path) -> None:
    def interrupt(to: Handler, data: bytes) -> None:
        to.head(200, ("Content-Length", len(data)))
        to.wfile.write(data[:10])
        os.kill(os.getpid(), signal.SIGINT)
        to.server.over.wait()
        to.close_connection = True

    server.acts["model_spec.md"] = [interrupt]
    with pytest.raises(KeyboardInterrupt):
        fetch(server, tmp_path / "spec")
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_download_ends_at_once(server: Server) -> None:
    server.acts["model_spec.md"] = [stall]

    async def cancelled() -> None:
        task = asyncio.create_task(download(RELEASE, server.url, Patience(), lambda _: None))
        while not server.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        await task

    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert time.monotonic() - started < 2
