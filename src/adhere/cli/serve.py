"""``adhere serve``"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import tempfile
from pathlib import Path

import click
import msgspec
import uvloop

from adhere.assemble.serve_config import load_config
from adhere.assemble.serving import (
    embedded_config,
    load_release,
    run_gateway,
    scripted_service,
)
from adhere.cli.options import json_option, print_json
from adhere.serve.config import Config
from adhere.serve.keys import hash_key, new_key
from adhere.serve.server import listen

_DEFAULT = Path("adhere.toml")
_PATH = click.Path(path_type=Path, dir_okay=False)


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
    sock = listen(config.listen.host, config.listen.port if port is None else port)
    _tell({"listening": _address(sock)}, f"listening on {_address(sock)}", as_json)
    uvloop.run(_serve(config, path.parent, sock))
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
        await _serve(config, folder, sock)


def _tell(facts: dict[str, str], text: str, as_json: bool) -> None:
    """Say something at once: whoever started this reads it through a pipe."""
    click.echo(msgspec.json.encode(facts).decode() if as_json else text)
    sys.stdout.flush()


async def _serve(config: Config, base: Path, sock: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_gateway(config, base, sock, stop)


def _address(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
