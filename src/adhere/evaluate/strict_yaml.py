"""YAML from outside: the part of it that means the same to every reader.

Maps, lists, text, numbers, true, false and null. What makes YAML dangerous or ambiguous is refused
with its line: anchors and aliases (a few lines can name billions of values), tags, a key that
stands twice, several documents. Words such as ``no`` and ``on`` and dates are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 64

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # wheels have the C parser
_WORDS: Final[dict[str, Any]] = {
    "": None, "~": None, "null": None, "true": True, "false": False
}  # fmt: skip
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,2})?")


class YamlError(ValueError):
    """What is wrong, and in which line (counted from 1)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class YamlDocument:
    """A document as plain values, which remembers the lines they stand in.

    Raises:
        YamlError: It is not YAML of the kind described above.
    """

    def __init__(self, data: bytes) -> None:
        self._lines: dict[int, dict[Any, int]] = {}
        if len(data) > MAX_BYTES:
            raise YamlError(f"the file is longer than {MAX_BYTES:,} bytes; use JSON lines", 1)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise YamlError("it is not UTF-8", line) from error
        self.value = self._read(_events(text))

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of the value at ``path``, or of the last part of it that is there."""
        line, value = 1, self.value
        for step in path:
            line = self._lines.get(id(value), {}).get(step, line)
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                break
        return line

    def _read(self, events: Iterator[Any]) -> Any:
        root: list[Any] = []
        open_values: list[tuple[Any, list[Any]]] = [(root, [])]  # with the key that waits
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent) and root:
                raise YamlError("a second document begins here", line)
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                open_values.pop()
                continue
            if not isinstance(event, yaml.NodeEvent):
                continue
            value = _value(event, line)
            self._put(open_values[-1], value, line)
            if isinstance(value, (dict, list)):
                open_values.append((value, []))
                if len(open_values) > MAX_DEPTH:
                    raise YamlError(f"it is nested more than {MAX_DEPTH} levels deep", line)
        return root[0] if root else None

    def _put(self, into: tuple[Any, list[Any]], value: Any, line: int) -> None:
        container, waiting = into
        lines = self._lines.setdefault(id(container), {})
        if isinstance(container, list):
            lines[len(container)] = line
            container.append(value)
        elif not waiting:
            if not isinstance(value, str):
                raise YamlError("a key has to be text", line)
            if value in container:
                raise YamlError(f'the key "{value[:40]}" stands twice', line)
            lines[value] = line
            waiting.append(value)
        else:
            container[waiting.pop()] = value


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlError(error.problem or "it is not YAML", line) from error
    except yaml.YAMLError as error:  # a character that YAML forbids
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        raise YamlError(str(error).splitlines()[0], line) from error


def _value(event: Any, line: int) -> Any:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise YamlError("anchors and aliases are not read: write the value out", line)
    if event.tag not in (None, "!"):
        raise YamlError(f"tags are not read: {event.tag[:40]}", line)
    if isinstance(event, yaml.SequenceStartEvent):
        return []
    if isinstance(event, yaml.MappingStartEvent):
        return {}
    if not event.implicit[0]:  # in quotes, or a block
        return event.value
    if event.value in _WORDS:
        return _WORDS[event.value]
    if _INTEGER.fullmatch(event.value):
        return int(event.value)
    return float(event.value) if _NUMBER.fullmatch(event.value) else event.value
