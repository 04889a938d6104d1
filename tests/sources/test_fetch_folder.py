"""The folder that `fetch_release` makes: whole or not at all, and never over something else."""

from __future__ import annotations

import errno
import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adhere.errors import SystemFault, UsageError
from adhere.sources.fetch import Fetched, fetch_release
from adhere.sources.releases import PinnedFile, Release

CONTENTS = {"examples/a.md": b"one\n", "model_spec.md": b"# Made up\n" * 2000}
RELEASE = Release(
    "made@up", "https://repo.invalid", "https://x.invalid", "0123456789" * 4, "CC0-1.0",
    tuple(
        PinnedFile(path, len(data), hashlib.sha256(data).hexdigest())
        for path, data in CONTENTS.items()
    ),
)  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENTS[self.path.removeprefix(f"/{RELEASE.commit}/")])

    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A mirror that answers well, and remembers what it was asked for."""

    daemon_threads = False  # so that closing it waits for every answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(
    server: Server, into: Path, on_file: Callable[[PinnedFile], None] = lambda _: None
) -> Fetched:
    base = f"http://127.0.0.1:{server.server_port}"
    return fetch_release(RELEASE, into, base_url=base, on_file=on_file)


def holds(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_folder_has_the_usual_permissions(server: Server, tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.mkdir()
    fetch(server, tmp_path / "spec")
    assert (tmp_path / "spec").stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize(
    ("failure", "becomes"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), SystemFault),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_while_writing_leaves_nothing(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
    becomes: type[BaseException],
) -> None:
    write, written = Path.write_bytes, []

    def full(path: Path, data: bytes) -> int:
        if written:
            raise failure
        written.append(path)
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(becomes):
        fetch(server, tmp_path / "spec")
    assert written
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SystemFault, match=r"Not a directory|File exists"):
        fetch(server, tmp_path / "file" / "spec")


def test_a_folder_that_cannot_be_looked_at_is_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(SystemFault, match="too long"):
        fetch(server, tmp_path / ("x" * 300))
    assert server.seen == []


def test_what_is_there_already_is_checked_and_left(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path / "spec")
    before = (tmp_path / "spec/model_spec.md").stat()
    server.seen.clear()
    fetched = fetch(server, tmp_path / "spec")
    assert fetched.already_there
    assert server.seen == []
    assert (tmp_path / "spec/model_spec.md").stat() == before


def _edit(folder: Path) -> None:
    (folder / "model_spec.md").write_bytes(CONTENTS["model_spec.md"].swapcase())


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("mine")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_edit, "model_spec.md differs"),
        (_empty, "examples/a.md is missing"),
        (_file, "not a folder"),
        (lambda folder: (folder / "examples/a.md").unlink(), "examples/a.md is missing"),
        (lambda folder: (folder / "SOURCE.json").write_text("{}"), "SOURCE.json differs"),
        (lambda folder: (folder / "spec.md").write_text("mine"), "spec.md does not belong"),
    ],
)
def test_anything_else_there_is_refused_and_left(
    server: Server, tmp_path: Path, change: Callable[[Path], object], says: str
) -> None:
    target = tmp_path / "spec"
    fetch(server, target)
    change(target)
    before = holds(tmp_path)
    server.seen.clear()
    with pytest.raises(UsageError, match=says) as caught:
        fetch(server, target)
    assert "-o" in caught.value.remedy
    assert (holds(tmp_path), server.seen) == (before, [])


def test_two_at_the_same_time_agree(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path / "first")

    def faster(_: PinnedFile) -> None:
        shutil.copytree(tmp_path / "first", tmp_path / "spec", dirs_exist_ok=True)

    fetch(server, tmp_path / "spec", on_file=faster)
    assert holds(tmp_path / "spec") == holds(tmp_path / "first")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "spec"]


def test_what_appears_meanwhile_is_not_overwritten(server: Server, tmp_path: Path) -> None:
    def meanwhile(_: PinnedFile) -> None:
        (tmp_path / "spec").mkdir(exist_ok=True)
        (tmp_path / "spec/mine").write_text("mine")

    with pytest.raises(UsageError, match="mine does not belong"):
        fetch(server, tmp_path / "spec", on_file=meanwhile)
    assert holds(tmp_path) == {"spec/mine": b"mine"}
