"""The structure of a tool's result: which strings are whole fields, and which stand in prose.

A product's id in its own field is the tool's word; the same id in a review is the reviewer's. What
cannot be parsed is one field of prose, so that nobody gains structure by writing something that
looks like it: only a result that is structured from its first to its last character counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import msgspec

MAX_STRUCTURED: Final = 200_000
"""Characters of a result that are parsed; a longer one is prose."""
_MAX_RECORDS: Final = 5_000


class Record(msgspec.Struct, frozen=True, gc=False):
    """An entry of a result.

    Attributes:
        names: The keys under which it stands, the outermost first.
        fields: Key and value of its own scalars; a list of scalars gives one field each.
    """

    names: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]

    def field(self, name: str) -> str:
        """Return the first value of a field, or nothing."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def text(self) -> str:
        """All its values, one a line."""
        return "\n".join(value for _, value in self.fields)


@lru_cache(maxsize=2048)
def records_of(content: str) -> tuple[Record, ...]:
    """Return the records of a result, or none where it is not structured."""
    if len(content) > MAX_STRUCTURED:
        return ()
    for parse in (_json, _literal, _listing):
        value = parse(content)
        if isinstance(value, (dict, list, tuple)):
            try:
                found = tuple(islice(_walk(value), _MAX_RECORDS + 1))
            except ValueError:  # 0xFFF…: an integer of more digits than Python writes out
                return ()
            return found if len(found) <= _MAX_RECORDS else ()
    return ()


def _json(content: str) -> Any:
    if not content.lstrip().startswith(("{", "[")):
        return None
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _literal(content: str) -> Any:
    """A Python literal, which many frameworks pass on as text."""
    if not content.lstrip().startswith(("{", "[")):
        return None
    try:
        return ast.literal_eval(content.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


_KEY: Final = re.compile(r"(- |  )([A-Za-z_][\w ]*):(?: (.*))?")
_ITEM: Final = re.compile(r"  (?:  )?- (.*)")


def _listing(content: str) -> list[dict[str, Any]] | None:
    """A list of mappings as YAML serialisers write it; every line must be one of theirs.

    Lines further in belong to the value above them, whatever they look like: this is what keeps a
    text with line breaks from growing fields of its own.
    """
    entries: list[dict[str, Any]] = []
    key = ""
    for line in content.splitlines():
        match = _KEY.fullmatch(line)
        if match and (match[1] == "- " or entries):
            if match[1] == "- ":
                entries.append({})
            key = match[2]
            if key in entries[-1]:
                return None
            entries[-1][key] = _unquoted(match[3] or "")
        elif entries and (item := _ITEM.fullmatch(line)) and entries[-1][key] in ("", []):
            entries[-1][key] = [_unquoted(item[1])]
        elif entries and item and isinstance(entries[-1][key], list):
            entries[-1][key].append(_unquoted(item[1]))
        elif entries and (not line.strip() or line.startswith("    ")):
            entries[-1][key] = f"{_as_text(entries[-1][key])}\n{line.strip()}"
        else:
            return None
    return entries or None


def _as_text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value)


def _unquoted(scalar: str) -> str:
    if len(scalar) >= 2 and scalar[0] == scalar[-1] and scalar[0] in "'\"":
        return scalar[1:-1]
    return "" if scalar in ("[]", "null", "''") else scalar


def _walk(value: Any) -> Iterator[Record]:
    """Yield the records of nested data, without recursion."""
    pending: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while pending:
        names, current = pending.pop()
        fields: list[tuple[str, str]] = []
        if isinstance(current, dict):
            children = [(str(key), member) for key, member in current.items()]
        else:
            children = [("", member) for member in current]
        for key, member in children:
            if isinstance(member, (list, tuple)) and not any(
                isinstance(one, (dict, list, tuple)) for one in member
            ):
                fields.extend((key, str(one)) for one in member)
            elif isinstance(member, (dict, list, tuple)):
                pending.append(((*names, key) if key else names, member))
            elif member is not None:
                fields.append((key, str(member)))
        if fields:
            yield Record(names, tuple(fields))
