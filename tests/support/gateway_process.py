"""A gateway in processes of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from running_gateway import SHOP

from adhere.audit import LogFolder, Record, decode_record


class Process:
    """A gateway in a process of its own, with as many workers as its configuration says."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "adhere.toml"
        self.config.write_text(text)
        self.url = ""
        self.start()

    def start(self) -> None:
        port = self.url.rpartition(":")[2].removesuffix("/v1") or "0"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "adhere.cli", "serve", "--config", str(self.config), "--json",
             "--port", port],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["listening"]
        for _ in range(200):
            with suppress(OSError):
                urllib.request.urlopen(self.url.replace("/v1", "/readyz"), timeout=5).close()
                return
            time.sleep(0.05)
        raise AssertionError("the gateway does not get ready")

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever the test left."""
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def ask(self, said: str = "Hi") -> str:
        """The id of an answered request, or nothing where there was no answer."""
        body = {"model": "m", "messages": [{"role": "user", "content": said}]}
        headers = {"Authorization": f"Bearer {SHOP}"}
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps(body).encode(), headers
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                response.read()
                return str(response.headers["x-request-id"])
        except OSError:
            return ""

    def workers(self) -> list[int]:
        listed = subprocess.run(
            ["ps", "--ppid", str(self.process.pid), "-o", "pid="],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return [int(one) for one in listed.stdout.split()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(40)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def records(self) -> list[Record]:
        log = LogFolder(self.folder / "adhere-audit")
        size = log.checkpoint().checkpoint.size
        return [decode_record(entry, str(at)) for at, entry in log.entries(0, size)]
