"""``adhere serve``"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec
import uvloop

from adhere.assemble.serve_config import load_config
from adhere.assemble.serving import (
    Source,
    embedded_config,
    load_release,
    run_gateway,
    scripted_service,
)
from adhere.assemble.workers import Watcher, run_worker
from adhere.cli.options import json_option, print_json
from adhere.errors import UsageError
from adhere.serve.config import Config
from adhere.serve.keys import hash_key, new_key
from adhere.serve.rollout import set_share
from adhere.serve.server import listen

_DEFAULT = Path("adhere.toml")
_PATH = click.Path(path_type=Path, dir_okay=False)
_PID: Final = "pid"
_SWITCH: Final = 0.0005
"""Seconds that the thread of the log waits at most for the interpreter; by default it is 5 ms."""
_PATIENCE: Final = 15.0
"""Seconds that the workers of a gateway that was killed have to let go of its address."""
_COLLECT: Final = 20_000
"""Objects that are made before cycles among them are looked for."""
_F = TypeVar("_F", bound=Callable[..., Any])
_config: Callable[[_F], _F] = click.option(
    "--config", "config_path", type=_PATH, default=_DEFAULT, metavar="FILE", show_default=True,
    help="The configuration.",
)  # fmt: skip


@click.group("serve", invoke_without_command=True)
@click.option("--config", "config_path", type=_PATH, metavar="FILE",
              help="The configuration.  [default: adhere.toml, where there is one]")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT",
              help="Listen there; 0 takes a free port.")  # fmt: skip
@click.option("--check", is_flag=True, help="Say whether the configuration is right, and end.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, config_path: Path | None, port: int | None, check: bool, as_json: bool
) -> int:
    """Hold any OpenAI-compatible model to a spec: a gateway between applications and the model.

    Without a configuration it stands before a scripted model, with the reference spec, on loopback.

    \b
    Examples:
      adhere serve
      adhere serve --config adhere.toml --check
      adhere serve new-key
      adhere serve rollout 0.05
      adhere serve rollback
    """
    if ctx.invoked_subcommand is not None:
        return 0
    path = config_path or (_DEFAULT if _DEFAULT.exists() else None)
    if path is None:
        if check:
            raise click.UsageError("there is no adhere.toml here; name one with --config")
        return _embedded(Config().listen.port if port is None else port, as_json=as_json)
    config = load_config(path)
    release = load_release(config, path.parent)
    if check:
        digest = release.current.spec.spec_digest
        _tell({"config": str(path), "spec_digest": digest}, f"{path}: fine; {digest}", as_json)
        return 0
    killed = (path.parent / config.state / _PID).exists()  # one that ended well leaves none
    sock = listen(
        config.listen.host, config.listen.port if port is None else port,
        patience=_PATIENCE if killed else 0.0,
    )  # fmt: skip
    _tell({"listening": _address(sock)}, f"listening on {_address(sock)}", as_json)
    source = Source(path.parent, path)
    with _own_pid(path.parent / config.state):
        if config.listen.workers > 1:
            uvloop.run(_until_told(Watcher(source, path, sock).run))
        else:
            uvloop.run(_until_told(partial(_serve_alone, source, sock)))
    return 0


@command.command("new-key")
@json_option
def new_key_command(as_json: bool) -> int:
    """Make a key, and print it with the hash that goes into adhere.toml.

    The key is shown once and kept nowhere.
    """
    key = new_key()
    if as_json:
        print_json({"key": key, "hash": hash_key(key)})
    else:
        click.echo(f"key   {key}\nhash  {hash_key(key)}")
    return 0


@command.command("rollout")
@click.argument("share", type=click.FloatRange(0, 1))
@_config
def rollout(share: float, config_path: Path) -> int:
    """Have the next spec decide about SHARE of the conversations: 0.05 is five in a hundred.

    Which conversations is settled by their names, so one that has it keeps it as the share grows.
    """
    return _roll(config_path, share)


@command.command("rollback")
@_config
def rollback(config_path: Path) -> int:
    """Have the present spec decide about all conversations again, at once."""
    return _roll(config_path, 0.0)


def _roll(path: Path, share: float) -> int:
    config = load_config(path)
    if config.next_spec is None:
        raise UsageError("there is no next spec", place=str(path), remedy="name it: [next_spec]")
    folder = path.parent / config.state
    set_share(folder, config.next_spec.digest, share)
    told = _signal(folder)
    click.echo(
        f"{config.next_spec.digest} decides about {share:.0%} of the conversations"
        + ("" if told else ", once the gateway runs")
    )
    return 0


def _signal(folder: Path) -> bool:
    """Have the gateway that runs read its configuration again; whether there is one."""
    try:
        os.kill(int((folder / _PID).read_text(encoding="ascii")), signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True


@command.command("worker", hidden=True)
@click.option("--config", "config_path", type=_PATH, required=True)
@click.option("--socket", "socket_fd", type=int, required=True)
@click.option("--alive", type=int, required=True)
def worker(config_path: Path, socket_fd: int, alive: int) -> int:
    """Serve as one of several workers; started by the one that watches them."""
    source = Source(config_path.parent, config_path)
    sock = socket.socket(fileno=socket_fd)
    uvloop.run(_until_told(partial(run_worker, source, sock, alive)))
    return 0


def _embedded(port: int, *, as_json: bool) -> int:
    """Serve without a configuration, and say so."""
    sock = listen("127.0.0.1", port)
    with tempfile.TemporaryDirectory(prefix="adhere-serve-") as folder:
        uvloop.run(_serve_embedded(Path(folder), sock, as_json=as_json))
    return 0


async def _serve_embedded(folder: Path, sock: socket.socket, *, as_json: bool) -> None:
    async with scripted_service() as service:
        config, key = embedded_config(service.url)
        _tell(
            {"listening": _address(sock), "key": key, "folder": str(folder)},
            "no configuration: the reference spec, before a scripted model, on loopback\n"
            f"its log and its key end with it: {folder}\n"
            f"listening on {_address(sock)}\nkey {key}",
            as_json,
        )
        await _until_told(partial(_serve_alone, Source(folder, config=config), sock))


def _tell(facts: dict[str, str], text: str, as_json: bool) -> None:
    """Say something at once: whoever started this reads it through a pipe."""
    click.echo(msgspec.json.encode(facts).decode() if as_json else text)
    sys.stdout.flush()


async def _serve_alone(
    source: Source, sock: socket.socket, stop: asyncio.Event, again: asyncio.Event
) -> None:
    await run_gateway(source, sock, stop, again=again)


async def _until_told(run: Callable[[asyncio.Event, asyncio.Event], Awaitable[None]]) -> None:
    """Run until a signal says to end; one more has the configuration read again."""
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    # What is loaded by now stays; there is no use in looking through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT)
    sys.setswitchinterval(_SWITCH)
    await run(stop, again)


@contextmanager
def _own_pid(folder: Path) -> Iterator[None]:
    """Say in a file which process to signal."""
    path = folder / _PID
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        path.unlink(missing_ok=True)


def _address(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
