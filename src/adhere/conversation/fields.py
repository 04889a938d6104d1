"""Untrusted JSON, read field by field: what is not as it has to be is refused with its place."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import msgspec

from adhere.errors import InputError


class Limits(msgspec.Struct, frozen=True):
    """How large a conversation may be.

    Attributes:
        messages: Most messages.
        parts: Most parts of content and calls of tools, all messages together.
        characters: Most characters of text, all messages together.
        depth: How deep a call's arguments may be nested.
    """

    messages: int = 4_096
    parts: int = 65_536
    characters: int = 16_000_000
    depth: int = 64


DEFAULT_LIMITS: Final = Limits()


class Fields:
    """Access to one conversation's JSON that counts what it hands out.

    Args:
        name: What the input is called in messages of errors.
        limits: How large it may be.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._characters = 0
        self._parts = 0

    def error(self, message: str, place: str = "", remedy: str = "") -> InputError:
        """Return the error that refuses the input because of what stands at ``place``."""
        where = f"{self._name}: {place}" if place else self._name
        return InputError(message, place=where, remedy=remedy)

    def mapping(self, value: object, place: str) -> dict[str, Any]:
        """Return an object."""
        if not isinstance(value, dict):
            raise self.error(f"an object is needed here, not {_kind(value)}", place)
        return value

    def members(self, value: object, place: str) -> Iterator[tuple[str, Any]]:
        """Yield each member of a list with its place."""
        if not isinstance(value, (list, tuple)):
            raise self.error(f"a list is needed here, not {_kind(value)}", place)
        for number, member in enumerate(value):
            yield f"{place}[{number}]", member

    def messages(self, value: object, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each message of a list with its place."""
        if isinstance(value, (list, tuple)) and len(value) > self._limits.messages:
            raise self.error(f"there are more than {self._limits.messages:,} messages", place)
        for where, member in self.members(value, place):
            yield where, self.mapping(member, where)

    def parts(self, value: object, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each part of a message's content, or each call, with its place."""
        for where, member in self.members(value, place):
            self.count_part(where)
            yield where, self.mapping(member, where)

    def count_part(self, place: str) -> None:
        """Take one part or call into account."""
        self._parts += 1
        if self._parts > self._limits.parts:
            raise self.error(f"there are more than {self._limits.parts:,} parts", place)

    def text(self, value: object, place: str) -> str:
        """Return a string that can be written as UTF-8; None counts as empty."""
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.error(f"text is needed here, not {_kind(value)}", place)
        self._characters += len(value)
        if self._characters > self._limits.characters:
            raise self.error(f"there are more than {self._limits.characters:,} characters", place)
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise self.error("this is half of a character (a lone surrogate)", place) from error
        return value

    def field(self, source: dict[str, Any], key: str, place: str) -> str:
        """Return a text field; empty where there is none."""
        value = source.get(key)
        return "" if value is None else self.text(value, f"{place}.{key}")

    def word(self, source: dict[str, Any], key: str, place: str) -> str:
        """Return a text field that must not be empty."""
        value = self.field(source, key, place)
        if not value:
            raise self.error(f"there is no {key!r}", place)
        return value

    def arguments(self, written: str, place: str) -> dict[str, Any] | None:
        """Return a call's arguments, or None where they are not one JSON object.

        An object that names a key twice means one thing to one reader and another to the next, so
        it does not count as an object.
        """
        try:
            value = strict_json(written)
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        self.plain(value, place)
        return value

    def plain(self, value: object, place: str) -> None:
        """Refuse JSON that is nested too deeply or holds what is no text."""
        level: list[object] = [value]
        for _ in range(self._limits.depth + 1):
            deeper: list[object] = []
            for one in level:
                if isinstance(one, dict):
                    for key in one:
                        self.text(key, place)
                    deeper.extend(one.values())
                elif isinstance(one, (list, tuple)):
                    deeper.extend(one)
                elif isinstance(one, str):
                    self.text(one, place)
            if not deeper:
                return
            level = deeper
        raise self.error(f"this is nested more than {self._limits.depth} levels deep", place)


def strict_json(data: str | bytes) -> Any:
    """Decode JSON that means the same to every reader.

    Raises:
        ValueError: It is not JSON, is nested deeper than can be read, names a key twice, or holds
            ``NaN`` or ``Infinity``.
    """
    try:
        # As json.loads would, but only from UTF-8, and without making a decoder each time.
        return _decode(data if isinstance(data, str) else data.decode())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        last = {key: number for number, (key, _) in enumerate(pairs)}
        twice = next(key for number, (key, _) in enumerate(pairs) if last[key] > number)
        raise ValueError(f"an object names {twice[:40]!r} twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(written: str) -> float:
    value = float(written)
    if math.isinf(value):
        raise ValueError(f"{written[:40]} is too large a number")
    return value


_decode: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite
).decode


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "text" if isinstance(value, str) else "a number"
