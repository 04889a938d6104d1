"""Reading ``adhere.toml``: strict, with the place of every mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from adhere.assemble.loading import read_limited
from adhere.assemble.profiles import key_places, not_toml
from adhere.compiler.toml import read_table
from adhere.errors import InputError
from adhere.serve.checks import CHECKS
from adhere.serve.config import (
    CheckChoice,
    Config,
    DeveloperChoice,
    GuardChoice,
    KeyChoice,
    ModelChoice,
    PhraseChoice,
    UpstreamChoice,
)

MAX_BYTES: Final = 1 << 20
_REMEDY: Final = "docs/serve.md has every key"
_NAMED: Final[dict[str, type[Any]]] = {
    "upstreams": UpstreamChoice, "models": ModelChoice, "keys": KeyChoice,
    "developers": DeveloperChoice, "checks": CheckChoice, "phrases": PhraseChoice,
    "guards": GuardChoice,
}  # fmt: skip
"""Tables that hold several of a kind."""


class Located:
    """A configuration as it was written: what it says, and where.

    Args:
        name: The file.
        table: What TOML reads.
        places: Line and column by path.
    """

    def __init__(
        self, name: str, table: dict[str, Any], places: Mapping[tuple[str, ...], tuple[int, int]]
    ) -> None:
        self.name = name
        self.table = table
        self._places = places

    def error(self, path: tuple[str, ...], message: str, remedy: str = _REMEDY) -> InputError:
        """Return the error that refuses what stands at a path, or at the nearest above it."""
        for length in range(len(path), 0, -1):
            place = self._places.get(path[:length])
            if place is not None:
                return InputError(
                    message, place=f"{self.name}:{place[0]}:{place[1]}", remedy=remedy
                )
        return InputError(message, place=self.name, remedy=remedy)


def load_config(path: Path) -> Config:
    """Read a configuration.

    Raises:
        InputError: It is not one; the first mistake, with its place.
        SystemFault: It cannot be read.
    """
    if not path.is_file():
        raise InputError("there is no such file", place=str(path), remedy="name an adhere.toml")
    return parse_config(read_limited(path, MAX_BYTES), name=str(path))


def parse_config(data: bytes, *, name: str) -> Config:
    """Read a configuration from the bytes of its file, which is called ``name``.

    Raises:
        InputError: It is not one; the first mistake, with its place.
    """
    try:
        text = data.decode("utf-8")
        table = read_table(text, max_bytes=MAX_BYTES)
        places = key_places(text)
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8", place=name, remedy="save it as UTF-8") from error
    except ValueError as error:
        raise not_toml(error, name) from error
    found = Located(name, table, places)
    config = _convert(found)
    for path, message in _mistakes(config):
        raise found.error(path, message)
    return config


def _convert(found: Located) -> Config:
    """Turn tables into types, one at a time, so that a mistake is found where it stands."""
    parts: dict[str, Any] = {}
    for key, value in found.table.items():
        if key in _NAMED and isinstance(value, dict):
            parts[key] = {
                name: _typed(found, (key, name), one, _NAMED[key]) for name, one in value.items()
            }
        else:
            typed = _typed(found, (), {key: value}, Config)
            parts[key] = getattr(typed, key)
    return Config(**parts)


def _typed(found: Located, path: tuple[str, ...], value: Any, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$")
        inner = [part.partition("[")[0] for part in where.rstrip("`").split(".") if part]
        if "unknown field" in said:
            inner.append(said.split("`")[1])
        raise found.error((*path, *inner), f"{said[:1].lower()}{said[1:]}") from error


def _mistakes(config: Config) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what the types cannot say is wrong, with its path."""
    yield from _wrong_names(config)
    hashes: dict[str, str] = {}
    for name, key in config.keys.items():
        if bool(key.developer) == key.platform:
            yield ("keys", name), "a key is a developer's, or the platform's"
        if key.hash in hashes:
            yield ("keys", name, "hash"), f"{hashes[key.hash]} has the same key"
        hashes[key.hash] = name
    for name, check in config.checks.items():
        if check.on_error == "open" and CHECKS[name].platform:
            yield ("checks", name, "on_error"), "the platform's checks are always closed"
    for name, upstream in config.upstreams.items():
        if not upstream.url.startswith(("http://", "https://")):
            yield ("upstreams", name, "url"), "an address begins with https:// or http://"
    if config.next_spec is not None and not config.next_spec.digest:
        yield ("next_spec",), "the next spec is pinned by its digest"


def _wrong_names(config: Config) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, model in config.models.items():
        for upstream in model.upstreams:
            if upstream not in config.upstreams:
                yield ("models", name, "upstreams"), f'there is no upstream "{upstream}"'
    for name, key in config.keys.items():
        if key.developer and key.developer not in config.developers:
            yield ("keys", name, "developer"), f'there is no developer "{key.developer}"'
    for name in config.checks:
        if name not in CHECKS:
            yield ("checks", name), f"there is no such check; there are {', '.join(CHECKS)}"
    for name in config.guards:
        if name in CHECKS:
            yield ("guards", name), "a check is called that already"
