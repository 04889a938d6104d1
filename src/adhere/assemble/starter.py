"""A small spec to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adhere.errors import SystemFault, UsageError

NAME: Final = "spec.md"


def write_starter(folder: Path) -> Path:
    """Write a small spec, without findings of the linter, into ``folder`` and return its path.

    Raises:
        UsageError: There is a file of that name already; it is left as it is.
        SystemFault: It cannot be written.
    """
    path = folder / NAME
    text = Path(__file__).with_name("starter.md").read_bytes()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(text)
    except FileExistsError as error:
        # The folder itself may be the file in the way.
        there = path if folder.is_dir() else folder
        raise UsageError(
            "there is a file of this name already",
            place=str(there),
            remedy="name another folder: `adhere init DIR`",
        ) from error
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(path)) from error
    return path
