"""How far the next spec is rolled out: a small file beside the gateway's state.

The configuration names the next spec and the share to begin with; the file holds the share as it
is now. It counts only for the spec whose digest it names, so an old file does nothing to a new one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from adhere.errors import InputError, SystemFault
from adhere.serve.config import Config

_FILE: Final = "rollout.json"


class RolloutState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a spec is rolled out (``adhere/rollout/1``).

    Attributes:
        digest: The spec's digest.
        share: Share of the conversations that are decided under it.
    """

    schema: Literal["adhere/rollout/1"]
    digest: str
    share: Annotated[float, msgspec.Meta(ge=0, le=1)]


def share_now(config: Config, folder: Path) -> float:
    """Return the share of the conversations that the next spec decides about.

    Raises:
        InputError: The file is damaged.
        SystemFault: It cannot be read.
    """
    if config.next_spec is None:
        return 0.0
    path = folder / _FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return config.next_spec.share
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
    try:
        state = msgspec.json.decode(data, type=RolloutState)
    except msgspec.DecodeError as error:
        raise InputError(f"this is not a state of a roll-out: {error}", place=str(path)) from error
    return state.share if state.digest == config.next_spec.digest else config.next_spec.share


def set_share(folder: Path, digest: str, share: float) -> None:
    """Write down how far a spec is rolled out; whole, or not at all.

    Raises:
        SystemFault: It cannot be written.
    """
    state = RolloutState(schema="adhere/rollout/1", digest=digest, share=share)
    path = folder / _FILE
    draft = path.with_name(f".{_FILE}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(state) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(path)) from error
