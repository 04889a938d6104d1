"""From ``adhere.toml`` to a gateway that listens."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from adhere.assemble.evaluation import find_suite
from adhere.assemble.loading import REFERENCE, load_spec, read_limited
from adhere.assemble.serve_config import load_config
from adhere.audit import SCHEMA, Action, AuditLog, create_log, keys_beside
from adhere.audit.exchange import Appender
from adhere.audit.folder import IDENTITY
from adhere.compiler.meaning import spec_digest
from adhere.conversation import Role
from adhere.errors import AdhereError, InputError, SystemFault
from adhere.resolve import ToolSpecs, parse_scope, parse_tool_specs, unlimited_scope
from adhere.serve.app import App
from adhere.serve.budget import Budgets
from adhere.serve.config import Config, KeyChoice, ModelChoice, SpecChoice, UpstreamChoice
from adhere.serve.explaining import Explainer
from adhere.serve.gateway import Closing, Gateway, Release
from adhere.serve.keys import hash_key, new_key
from adhere.serve.metrics import Metrics
from adhere.serve.rollout import share_now
from adhere.serve.rules import Agent, Rules
from adhere.serve.scripted import NAME, ScriptedService
from adhere.serve.server import serve
from adhere.serve.tracing import open_tracing

_MAX_FILE: Final = 1 << 20
_SECRET_BYTES: Final = 32
_log: Final = logging.getLogger("adhere.serve")


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
    digest = spec_digest(spec)  # of what it says, whatever it says of itself
    if digest != (choice.digest or spec.spec_digest):
        raise InputError(
            f"the spec's digest is {digest}, not the pinned {choice.digest or spec.spec_digest}",
            place=where, remedy="pin the digest of the spec that you mean",
        )  # fmt: skip
    known = {section.id for section in spec.walk()}
    named = [(name, one.section) for name, one in config.guards.items()]
    named += [(name, one.section) for name, one in config.checks.items()]
    named += [(name, one.section) for name, one in config.phrases.items()]
    for name, section in named:
        if section and section not in known:
            raise InputError(
                f'"{name}" rests on a section that the spec does not have: {section}',
                place=where, remedy="`adhere show SPEC` lists the sections",
            )  # fmt: skip
    return Rules(spec, config, _agents(config, base))


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
    return Gateway(
        config, release, log, Budgets(state, config.developers), secret, Metrics(), open_tracing()
    )


class Source:
    """Where a configuration comes from, so that it can be read again.

    Args:
        base: The folder that its paths start from.
        path: The file; None where there is only ``config``.
        config: The configuration, where there is no file.
    """

    def __init__(self, base: Path, path: Path | None = None, config: Config | None = None) -> None:
        self.base = base
        self._path = path
        self._config = config

    def load(self) -> tuple[Config, Release]:
        """Read the configuration and load what it names.

        Raises:
            InputError: Something in it is wrong; what is in force stays.
            SystemFault: It cannot be read.
        """
        config = self._config if self._path is None else load_config(self._path)
        assert config is not None
        release = load_release(config, self.base)
        share = share_now(config, self.base / config.state)
        return config, msgspec.structs.replace(release, share=share)


async def run_gateway(
    source: Source,
    sock: socket.socket,
    stop: asyncio.Event,
    *,
    again: asyncio.Event | None = None,
    log: Appender | None = None,
) -> None:
    """Serve in this process until ``stop`` is set.

    Args:
        source: The configuration.
        sock: Where requests come in.
        stop: Set it to end.
        again: Set it to read the configuration again.
        log: Where decisions are recorded; None: in this process's own log.
    """
    config, release = source.load()
    own = open_log(config, source.base) if log is None else None
    try:
        gateway = make_gateway(config, source.base, release, own or log)  # type: ignore[arg-type]
        app = App(gateway, Explainer(source.base / config.audit.log, config.phrases))
        reloading = asyncio.ensure_future(
            _reload(source, gateway, again or asyncio.Event(), recording=own is not None)
        )
        await serve(gateway, app, sock, stop)
        reloading.cancel()
        await asyncio.gather(reloading, return_exceptions=True)
        gateway.budgets.close()
    finally:
        if own is not None:
            own.close()


async def _reload(
    source: Source, gateway: Gateway, again: asyncio.Event, *, recording: bool
) -> None:
    """Put what the configuration says now in force whenever ``again`` is set."""
    closing: set[asyncio.Task[None]] = set()
    try:
        while True:
            await again.wait()
            again.clear()
            try:
                config, release = await asyncio.to_thread(source.load)
            except AdhereError as error:
                _log.error("the configuration stays as it was: %s", error)
                continue
            before = gateway.release
            old = gateway.change(config, release)
            _log.warning("in force: %s", described(release))
            if recording:
                await gateway.log.append_async(change_record(before, release))
            ending = asyncio.ensure_future(_close_later(old, config.limits.drain_seconds))
            closing.add(ending)
            ending.add_done_callback(closing.discard)
    finally:
        for ending in closing:
            ending.cancel()
        await asyncio.gather(*closing, return_exceptions=True)


async def _close_later(connections: Sequence[Closing], seconds: float) -> None:
    """Close connections once the requests that began with them have had time to end."""
    try:
        await asyncio.sleep(seconds)
    finally:
        for one in connections:
            await one.close()


def described(release: Release) -> str:
    """Say which specs are in force."""
    said = release.current.spec.spec_digest
    if release.following is not None:
        said += f", and {release.following.spec.spec_digest} for {release.share:.0%}"
    return said


def change_record(before: Release, after: Release) -> Action:
    """Return the record of a change of what is in force."""

    def digest(release: Release) -> str:
        return (release.following or release.current).spec.spec_digest

    what: Literal["configuration", "rollout", "rollback"] = "configuration"
    if after.share != before.share:
        what = "rollout" if after.share > before.share else "rollback"
    return Action(
        schema=SCHEMA, time=datetime.now(UTC), what=what, actor="operator",
        subject=f"share {before.share:g} to {after.share:g}", before=digest(before),
        after=digest(after) if after.share else after.current.spec.spec_digest,
    )  # fmt: skip


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
