"""``adhere fetch`` as people and scripts meet it; the mirror is a server on the loopback."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adhere.cli.main import main
from adhere.sources.releases import PinnedFile, Release, known_releases

DATA = b"# Made up {#made authority=user}\n"
RELEASE = Release(
    "made@1", "https://repo.invalid", "https://x.invalid", "f" * 40, "CC0-1.0",
    (PinnedFile("model_spec.md", len(DATA), hashlib.sha256(DATA).hexdigest()),),
)  # fmt: skip
PROGRAM = (sys.executable, "-c", "from adhere.cli.main import main; main()")


class Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that hangs up is part of the game
            super().handle()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a mirror, and the folder it serves."""
    root = tmp_path / "mirror"
    root.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root)) as server:
        server.daemon_threads = False  # so that closing it waits for every answer
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", root
        server.shutdown()
        thread.join()


@pytest.fixture
def adhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in an empty folder: exit code, output, errors."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["adhere", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def put(root: Path, release: Release, data: Callable[[str], bytes]) -> None:
    for file in release.files:
        path = root / release.commit / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data(file.path))


def test_the_known_releases_are_listed(adhere) -> None:
    code, out, err = adhere("fetch", "--list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [release.name for release in known_releases()]
    assert "116 files" in lines[-1]
    code, out, _ = adhere("fetch", "--list", "--json")
    assert code == 0
    assert [release["commit"] for release in json.loads(out)] == [
        release.commit for release in known_releases()
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name one release"),
        (["openai@2025-12-18", "--list"], "name one release"),
        (["openai@latest"], "openai@latest: no release of this name"),
        (["openai@2025-12-18", "--mirror", "http://mirror.invalid"], "http is for loopback"),
        (["openai@2025-12-18", "--nope"], "No such option"),
    ],
)
def test_wrong_use_is_said_in_one_line(adhere, words: list[str], says: str) -> None:
    code, out, err = adhere("fetch", *words)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


def test_a_release_is_fetched_once(adhere, mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    url, root = mirror
    put(root, RELEASE, lambda _: DATA)
    monkeypatch.setattr("adhere.cli.fetch.find_release", lambda _: RELEASE)

    code, out, err = adhere("fetch", "made@1", "--mirror", url)
    assert (code, err) == (0, "")
    assert "1 file downloaded, checked" in out
    assert "CC0-1.0" in out
    assert RELEASE.commit in out

    code, out, err = adhere("fetch", "made@1", "--mirror", url, "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert (answer["folder"], answer["already_there"]) == ("made@1", True)
    assert answer["source"] == json.loads(Path("made@1/SOURCE.json").read_bytes())
    assert answer["source"]["schema"] == "adhere/source/1"

    Path("made@1/model_spec.md").write_bytes(b"mine")
    code, out, err = adhere("fetch", "made@1", "--mirror", url)
    assert (code, out) == (2, "")
    assert "model_spec.md differs" in err
    assert "-o" in err
    assert Path("made@1/model_spec.md").read_bytes() == b"mine"

    assert adhere("fetch", "made@1", "--mirror", url, "-o", "other/name")[0] == 0
    assert Path("other/name/model_spec.md").read_bytes() == DATA


def test_a_mirror_that_lies_is_refused(adhere, mirror) -> None:
    url, root = mirror
    release = known_releases()[0]
    put(root, release, lambda _: b"x" * release.files[0].size)
    code, out, err = adhere("fetch", release.name, "--mirror", url)
    assert (code, out) == (3, "")
    assert f"adhere: {url}/{release.commit}/model_spec.md: this is not the pinned file" in err
    assert err.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_an_empty_mirror_is_explained(adhere, mirror) -> None:
    code, _, err = adhere("fetch", "openai@2025-12-18-rev2", "--mirror", mirror[0])
    assert code == 3
    assert "does not have this file (404)" in err
    assert list(Path().iterdir()) == []


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [*PROGRAM, "fetch", "openai@2025-12-18", "--mirror", url],
            cwd=folder, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        silent.settimeout(30)
        connection, _ = silent.accept()
        with connection:
            connection.recv(100)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
    assert (process.returncode, err.strip()) == (130, "adhere: interrupted")
    assert list(folder.iterdir()) == []


def _real(data_dir: Path, release: Release) -> Callable[[str], bytes]:
    root = data_dir / "openai_model_spec"
    folder = root / release.name.removeprefix("openai@")
    return lambda path: (root if path == "CHANGELOG.md" else folder).joinpath(path).read_bytes()


@pytest.mark.parametrize("release", known_releases(), ids=lambda release: release.name)
def test_a_fetched_release_is_a_spec(adhere, mirror, data_dir: Path, release: Release) -> None:
    url, root = mirror
    put(root, release, _real(data_dir, release))
    assert adhere("fetch", release.name, "--mirror", url)[0] == 0
    code, out, _ = adhere("show", release.name, "--json")
    assert code == 0
    pinned = {file.path: file.sha256 for file in release.files}
    assert json.loads(out)["source_digest"] == f"sha256:{pinned['model_spec.md']}"
    assert sum(path.is_file() for path in Path(release.name).rglob("*")) == len(pinned) + 1


def test_many_files_show_their_progress_on_a_terminal(
    mirror, data_dir: Path, tmp_path: Path
) -> None:
    url, root = mirror
    release = known_releases()[-1]
    put(root, release, _real(data_dir, release))
    terminal, end = pty.openpty()
    try:
        done = subprocess.run(
            [*PROGRAM, "fetch", release.name, "--mirror", url, "--json"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=end, timeout=60, check=True,
            env={**os.environ, "TERM": "xterm"},
        )  # fmt: skip
        time.sleep(0.05)
        shown = os.read(terminal, 65536).decode()
    finally:
        os.close(end)
        os.close(terminal)
    assert "100%" in shown
    assert len(json.loads(done.stdout)["source"]["files"]) == 116
