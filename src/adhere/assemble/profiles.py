"""Profiles: TOML files in which platform, developer or user ask for settings.

::

    schema = "adhere/profile/1"           # may be left out

    [settings]
    tone.profanity = "never"              # fixed for every level below
    tone.warmth = { default = 4 }         # a suggestion; the levels below may still choose

An address is the section's id and the setting's id with a dot between, unquoted, so that TOML
reads ``tone.profanity = …`` below ``[settings]`` and ``profanity = …`` below ``[settings.tone]``
as the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from adhere.assemble.loading import read_limited
from adhere.compiler.toml import MAX_BYTES, read_table
from adhere.errors import InputError
from adhere.resolve import Profile

SCHEMA: Final = "adhere/profile/1"
_KEYS: Final = frozenset({"schema", "settings"})
_DEEPEST: Final = 4  # settings, section, id, default


def load_profile(path: Path) -> Profile:
    """Read one profile.

    Raises:
        InputError: There is no such file, or it is not a profile.
        SystemFault: It cannot be read.
    """
    if not path.is_file():
        raise InputError(
            "there is no such file", place=str(path), remedy="name a TOML file with [settings]"
        )
    return parse_profile(read_limited(path, MAX_BYTES), name=str(path))


def parse_profile(data: bytes, *, name: str) -> Profile:
    """Read a profile from the bytes of its file, which is called ``name``.

    Raises:
        InputError: It is not a profile.
    """
    try:
        text = data.decode("utf-8")
        table = read_table(text)
        places = key_places(text)
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8", place=name, remedy="save it as UTF-8") from error
    except ValueError as error:
        raise not_toml(error, name) from error
    for key in table.keys() - _KEYS:
        raise InputError(
            f'"{key}" is not a part of a profile',
            place=_at(name, places.get((key,))),
            remedy="put settings under [settings]",
        )
    if table.get("schema", SCHEMA) != SCHEMA:
        raise InputError(
            f'the schema of a profile is "{SCHEMA}"', place=_at(name, places.get(("schema",)))
        )
    settings = table.get("settings", {})
    if not isinstance(settings, dict):
        raise InputError(
            '"settings" is not a table',
            place=_at(name, places.get(("settings",))),
            remedy="write [settings] and the settings below it",
        )
    return Profile(
        name, settings, {path[1:]: at for path, at in places.items() if path[0] == "settings"}
    )


def _at(name: str, place: tuple[int, int] | None) -> str:
    return name if place is None else f"{name}:{place[0]}:{place[1]}"


def not_toml(error: Exception, name: str) -> InputError:
    """Return the error for what is no TOML, with the place that the parser only writes in words."""
    said = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
    if said is None:
        return InputError(f"this cannot be read as TOML: {error}", place=name)
    place = (int(said[2]), int(said[3]))
    return InputError(f"this cannot be read as TOML: {said[1]}", place=_at(name, place))


# The parts of TOML that decide where a statement ends: comments, strings, brackets, ends of lines.
_TOKEN: Final = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<string> \"{3} (?:[^\\]|\\.)*? \"{3,5} | '{3} .*? '{3,5}
                | " (?:[^"\\]|\\.)* " | ' [^']* ' )
    | (?P<open> [\[{] ) | (?P<close> [\]}] ) | (?P<newline> \n ) | (?P<space> [ \t\r]+ )
    | (?P<other> [^\#"'\[\]{}\n \t\r]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def key_places(text: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return line and column of the keys of a TOML document, by path, down to four deep.

    The standard library's parser keeps no positions. This finds where each statement begins and
    leaves the reading of its key to that parser. A key within an inline table has the place of the
    statement; a key that several statements extend has the place of the first.

    Args:
        text: A document that `read_table` accepts.
    """
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    header: tuple[str, ...] = ()
    for statement, line, column in _statements(text.replace("\r\n", "\n")):
        table = read_table(statement)
        if statement.startswith("["):
            header = _only_path(table)
            found = [header]
        else:
            found = [header + path for path in _paths(table)]
        for path in found:
            for length in range(1, min(len(path), _DEEPEST) + 1):
                places.setdefault(path[:length], (line, column))
    return places


def _statements(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each header and each assignment with line and column of its first character."""
    start: int | None = None
    line, line_start, depth = 1, 0, 0
    place = (1, 1)
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if start is None and kind not in ("comment", "newline", "space"):
            start, place = token.start(), (line, token.start() - line_start + 1)
        depth += (kind == "open") - (kind == "close")
        if kind == "newline" and depth == 0 and start is not None:
            yield text[start : token.start()], *place
            start = None
        breaks = token.group().count("\n")
        if breaks:
            line += breaks
            line_start = token.start() + token.group().rindex("\n") + 1
    if start is not None:
        yield text[start:], *place


def _only_path(table: Mapping[str, Any]) -> tuple[str, ...]:
    path: list[str] = []
    inner: Any = table
    while isinstance(inner, dict) and inner and len(path) < _DEEPEST:
        (name,) = inner
        path.append(name)
        inner = inner[name]
    return tuple(path)


def _paths(table: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, ...]]:
    for name, value in table.items():
        yield (name,)
        if isinstance(value, dict) and depth < _DEEPEST:
            for path in _paths(value, depth + 1):
                yield (name, *path)
