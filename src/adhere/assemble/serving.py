"""From ``adhere.toml`` to a gateway that listens."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from adhere.assemble.evaluation import find_suite
from adhere.assemble.loading import REFERENCE, load_spec, read_limited
from adhere.audit import AuditLog, create_log, keys_beside
from adhere.audit.exchange import Appender
from adhere.audit.folder import IDENTITY
from adhere.conversation import Role
from adhere.errors import InputError, SystemFault
from adhere.resolve import ToolSpecs, parse_scope, parse_tool_specs, unlimited_scope
from adhere.serve.app import App
from adhere.serve.budget import Budgets
from adhere.serve.config import Config, KeyChoice, ModelChoice, SpecChoice, UpstreamChoice
from adhere.serve.explaining import Explainer
from adhere.serve.gateway import Gateway, Release
from adhere.serve.keys import hash_key, new_key
from adhere.serve.metrics import Metrics
from adhere.serve.rules import Agent, Rules
from adhere.serve.scripted import NAME, ScriptedService
from adhere.serve.server import serve

_MAX_FILE: Final = 1 << 20
_SECRET_BYTES: Final = 32


def load_release(config: Config, base: Path) -> Release:
    """Load what decides: specs, tools and scopes of a configuration.

    Args:
        config: The configuration.
        base: The folder that its paths start from.

    Raises:
        InputError: A file is not what it has to be, or the spec is not the pinned one.
    """
    current = _rules(config, config.spec, base)
    if config.next_spec is None:
        return Release(current)
    return Release(current, _rules(config, config.next_spec, base), config.next_spec.share)


def _rules(config: Config, choice: SpecChoice, base: Path) -> Rules:
    where = choice.path if choice.path == REFERENCE else str(base / choice.path)
    spec = load_spec(where)
    if choice.digest and spec.spec_digest != choice.digest:
        raise InputError(
            f"the spec's digest is {spec.spec_digest}, not the pinned {choice.digest}",
            place=where, remedy="pin the digest of the spec that you mean",
        )  # fmt: skip
    return Rules(spec, config, _agents(config, base), {})


def _agents(config: Config, base: Path) -> dict[str, Agent]:
    agents = {"": Agent(ToolSpecs(schema="adhere/tool-specs/1"), unlimited_scope(), False)}
    for name, choice in config.developers.items():
        tools, scope = agents[""].tools, agents[""].scope
        if choice.tools:
            tools = parse_tool_specs(_read(base / choice.tools), name=str(base / choice.tools))
        if choice.scope:
            scope = parse_scope(_read(base / choice.scope), name=str(base / choice.scope))
        agents[name] = Agent(tools, scope, bool(choice.scope))
    return agents


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise InputError("there is no such file", place=str(path))
    return read_limited(path, _MAX_FILE)


def open_log(config: Config, base: Path) -> AuditLog:
    """Open the audit log; make it where there is none.

    Raises:
        UsageError: Another process writes to it.
        SystemFault: The disk fails.
    """
    log = base / config.audit.log
    keys = base / config.audit.keys if config.audit.keys else keys_beside(log)
    if not (log / IDENTITY).exists():
        create_log(log, keys, config.audit.name)
    return AuditLog(log, keys)


def state_secret(folder: Path) -> bytes:
    """Return the gateway's own key, made with the first start.

    Raises:
        SystemFault: It cannot be read or written.
    """
    path = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(secrets.token_bytes(_SECRET_BYTES))
        return path.read_bytes()
    except OSError as error:
        raise SystemFault(f"cannot keep a secret: {error.strerror}", place=str(path)) from error


def make_gateway(config: Config, base: Path, release: Release, log: Appender) -> Gateway:
    """Put a gateway together."""
    state = base / config.state
    secret = state_secret(state)
    return Gateway(config, release, log, Budgets(state, config.developers), secret, Metrics())


async def run_gateway(config: Config, base: Path, sock: socket.socket, stop: asyncio.Event) -> None:
    """Serve in this process until ``stop`` is set."""
    release = load_release(config, base)
    log = open_log(config, base)
    try:
        gateway = make_gateway(config, base, release, log)
        app = App(gateway, Explainer(base / config.audit.log, config.phrases))
        await serve(gateway, app, sock, stop)
        gateway.budgets.close()
    finally:
        log.close()


@asynccontextmanager
async def scripted_service() -> AsyncIterator[ScriptedService]:
    """Run the scripted model with the answers of the reference suite."""
    service = ScriptedService(_script())
    async with service.running():
        yield service


def _script() -> Mapping[str, str]:
    script: dict[str, str] = {}
    for case in find_suite(REFERENCE).cases:
        words = [message.text for message in case.conversation if message.role is Role.USER]
        good = [answer.content for answer in case.answers if answer.label == "good"]
        if words and good:
            script.setdefault(words[-1].strip(), good[0])
    return script


def embedded_config(url: str) -> tuple[Config, str]:
    """Return what holds without a configuration, and the key that may ask.

    Args:
        url: Where the scripted model listens.
    """
    key = new_key()
    config = Config(
        upstreams={NAME: UpstreamChoice(url=url)},
        models={NAME: ModelChoice(upstreams=(NAME,))},
        keys={"demo": KeyChoice(hash=hash_key(key), platform=True)},
    )
    return config, key
