"""Obligations: a TOML file of what a spec shall never allow, by default beside the spec.

::

    schema = "adhere/obligations/1"

    [[obligation]]
    name = "under-18-stays"
    never = "not teen_protection.under_18"
    by = ["developer", "user"]
    reason = "Only the platform sets or clears this fact."

    [[protection]]
    name = "minors-stay-protected"
    sections = ["teen_protection"]
    fact = "teen_protection.under_18"
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from adhere.assemble.loading import find_document, read_limited
from adhere.compiler.toml import MAX_BYTES, read_table
from adhere.errors import InputError
from adhere.resolve.proofs.obligations import ObligationsFile

FILE: Final = "obligations.toml"


def load_obligations(spec: str, path: Path | None = None) -> ObligationsFile:
    """Read the obligations of a spec.

    Args:
        spec: What names the spec (see `adhere.assemble.load_spec`).
        path: The file; without one, ``obligations.toml`` beside the spec.

    Raises:
        InputError: There is no such file, or it holds no obligations.
        SystemFault: It cannot be read.
    """
    path = path or find_document(spec).with_name(FILE)
    if not path.is_file():
        raise InputError(
            "there is no such file", place=str(path),
            remedy="say what shall never be: `adhere prove SPEC --never EXPRESSION`",
        )  # fmt: skip
    try:
        table = read_table(read_limited(path, MAX_BYTES).decode("utf-8"))
        return msgspec.convert(table, ObligationsFile)
    except (ValueError, msgspec.ValidationError) as error:
        raise InputError(
            f"these are not obligations: {error}", place=str(path), remedy="see docs/proofs.md"
        ) from error
