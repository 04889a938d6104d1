"""Read a file of instructions, with errors that name the place in it."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from adhere.errors import InputError
from adhere.resolve.chain.instruction import Candidates

DEFAULT_MAX_INSTRUCTIONS: Final = 10_000
SCHEMA: Final = "adhere/instructions/1"

_PLACE = re.compile(r" - at `(.*)`$")
_INDEX = re.compile(r"^\$\.instructions\[(\d+)\]")


class _Head(msgspec.Struct):
    schema: Any = None


def read_candidates(
    data: bytes, *, name: str = "", max_instructions: int = DEFAULT_MAX_INSTRUCTIONS
) -> Candidates:
    """Read ``adhere/instructions/1``.

    Args:
        data: The file's content.
        name: What the file is called, for errors.
        max_instructions: Refuse more.

    Raises:
        InputError: It is not JSON, not a file of instructions, or too long; says where.
    """
    try:
        schema = msgspec.json.decode(data, type=_Head).schema
    except msgspec.ValidationError:
        schema = None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"this is not JSON: {error}", place=name) from error
    if schema != SCHEMA:
        raise InputError(
            f'this is not a file of instructions: its "schema" is not "{SCHEMA}"',
            place=name,
            remedy="docs/resolution.md shows one",
        )
    try:
        found = msgspec.json.decode(data, type=Candidates)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(data, str(error), name) from error
    if len(found.instructions) > max_instructions:
        raise InputError(
            f"there are {len(found.instructions)} instructions, and {max_instructions} is the most",
            place=name,
            remedy="raise the limit, if they are meant",
        )
    return found


def _wrong(data: bytes, message: str, name: str) -> InputError:
    """Turn a decoder's message into one that names the instruction as well as the place."""
    match = _PLACE.search(message)
    if match is None:
        return InputError(message, place=name)
    path = match[1]
    index = _INDEX.match(path)
    if index is not None:
        try:
            entry = msgspec.json.decode(data)["instructions"][int(index[1])]
        except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
            entry = None  # something else is wrong with the file too, or a name stands twice
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            path = f'{path} (id "{entry["id"][:60]}")'
    place = f"{name}: {path}" if name else path
    return InputError(message[: match.start()], place=place)
