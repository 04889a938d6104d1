"""Options that name profiles, and how requests are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from adhere.assemble.profiles import load_profile
from adhere.resolve import Profile
from adhere.spec import Authority

F = TypeVar("F", bound=Callable[..., Any])

_PROFILE = click.Path(path_type=Path, dir_okay=False)


def profile_options(function: F) -> F:
    """Add ``--system``, ``--developer`` and ``--user``, each a profile."""
    for level in ("user", "developer", "system"):
        help_text = f"What the {level} asks for: a TOML file with [settings]."
        add = click.option(f"--{level}", type=_PROFILE, metavar="FILE", help=help_text)
        function = add(function)
    return function


def named_profiles(files: Mapping[str, Path | None]) -> dict[Authority, Profile]:
    """Read the profiles that were named."""
    return {Authority(level): load_profile(path) for level, path in files.items() if path}


def printable(text: str) -> str:
    """Return text that cannot steer a terminal."""
    return text if text.isprintable() else ascii(text)


def short(text: str, longest: int = 200) -> str:
    """Cut what somebody asked for so that it cannot fill the screen."""
    return printable(text if len(text) <= longest else f"{text[:longest]}…")
