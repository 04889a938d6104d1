"""TOML from untrusted documents: small, and with keys of few parts."""

from __future__ import annotations

import tomllib
from typing import Any, Final

import re2

MAX_BYTES: Final = 16 * 1024
MAX_KEY_PARTS: Final = 8
"""The parser's time grows with the square of the parts of a dotted key."""

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY: Final = re2.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MAX_KEY_PARTS}}}")


def read_table(text: str, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Read a TOML table of at most ``max_bytes`` bytes.

    Raises:
        ValueError: It is not TOML, or it is larger or deeper than anybody would write it.
    """
    if len(text.encode()) > max_bytes:
        raise ValueError(f"it has more than {max_bytes:,} bytes")
    if _LONG_KEY.search(text):
        raise ValueError(f"a key has more than {MAX_KEY_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
