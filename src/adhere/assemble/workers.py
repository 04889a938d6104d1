"""Several processes that serve: one that owns the log and watches, and its workers.

The watcher takes the workers' records in (`SequencerServer`), starts a worker again that ended, and
passes signals on: to end, and to read the configuration again. A worker ends when the watcher does,
however that ended: it reads a pipe that closes with it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from adhere.assemble.serving import Source, change_record, open_log, run_gateway
from adhere.audit import AuditLog, RemoteLog, keys_beside
from adhere.audit.server import SOCKET, SequencerServer
from adhere.errors import AdhereError
from adhere.serve.config import Config
from adhere.serve.metrics import FOLDER_VARIABLE

_PAUSE: Final = 0.1
"""Seconds before a worker that ended is started again; doubled each time, up to `_LONGEST`."""
_LONGEST: Final = 5.0
_WELL: Final = 10.0
"""Seconds after which a worker counts as well."""
_log: Final = logging.getLogger("adhere.serve")


class Watcher:
    """Watches the workers of one gateway.

    Args:
        source: The configuration.
        path: Its file.
        sock: Where requests come in.
    """

    def __init__(self, source: Source, path: Path, sock: socket.socket) -> None:
        self._source = source
        self._path = path
        self._sock = sock
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._ending = False

    async def run(self, stop: asyncio.Event, again: asyncio.Event) -> None:
        """Serve with as many workers as the configuration says, until ``stop`` is set."""
        config, _ = self._source.load()
        log = open_log(config, self._source.base)
        server = SequencerServer(log)
        place = socket_path(config, self._source.base)
        await server.start(place)
        metrics = self._source.base / config.state / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        tasks = [
            asyncio.ensure_future(self._keep(number, metrics))
            for number in range(config.listen.workers)
        ]
        reloading = asyncio.ensure_future(self._reload(log, again))
        failed = asyncio.ensure_future(server.failed.wait())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([failed, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._ending = True
            self._signal(signal.SIGTERM)
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in (reloading, failed, stopping):
                task.cancel()
            await server.stop()
            place.unlink(missing_ok=True)
            log.close()

    async def _keep(self, number: int, metrics: Path) -> None:
        """Keep one worker running."""
        pause = _PAUSE
        loop = asyncio.get_running_loop()
        while not self._ending:
            began = loop.time()
            alive, held = os.pipe()  # the worker reads one end; the other closes with this process
            fds = (self._sock.fileno(), alive)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "adhere.cli", "serve", "worker", "--config", str(self._path),
                "--socket", str(fds[0]), "--alive", str(fds[1]), pass_fds=fds,
                env={**os.environ, FOLDER_VARIABLE: str(metrics)},
            )  # fmt: skip
            os.close(alive)
            self._processes[number] = process
            if self._ending:
                process.terminate()
            code = await process.wait()
            os.close(held)
            del self._processes[number]
            if not self._ending:
                _log.error("worker %d ended with %d; it is started again", number, code)
                pause = _PAUSE if loop.time() - began > _WELL else min(2 * pause, _LONGEST)
                await asyncio.sleep(pause)

    async def _reload(self, log: AuditLog, again: asyncio.Event) -> None:
        """Have the workers read the configuration again, once it is known to be right."""
        _, before = self._source.load()
        while True:
            await again.wait()
            again.clear()
            try:
                _, after = await asyncio.to_thread(self._source.load)
            except AdhereError as error:
                _log.error("the configuration stays as it was: %s", error)
                continue
            self._signal(signal.SIGHUP)
            await log.append_async(change_record(before, after))
            before = after

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            if process.returncode is None:
                process.send_signal(number)


def socket_path(config: Config, base: Path) -> Path:
    """Return where the watcher takes records in."""
    log = base / config.audit.log
    return (base / config.audit.keys if config.audit.keys else keys_beside(log)) / SOCKET


async def run_worker(
    source: Source, sock: socket.socket, alive: int, stop: asyncio.Event, again: asyncio.Event
) -> None:
    """Serve as one of several workers, until ``stop`` is set or the watcher has ended.

    Args:
        source: The configuration.
        sock: Where requests come in.
        alive: A descriptor that closes with the watcher.
        stop: Set it to end.
        again: Set it to read the configuration again.
    """
    loop = asyncio.get_running_loop()
    loop.add_reader(alive, stop.set)
    config, _ = source.load()
    async with RemoteLog(socket_path(config, source.base)) as log:
        await run_gateway(source, sock, stop, again=again, log=log)
    loop.remove_reader(alive)
