"""Answers kept by the digest of everything that was sent for them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from adhere.conversation import Answer
from adhere.errors import SystemFault


class CachedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the cache (``adhere/cached-answer/1``)."""

    schema: Literal["adhere/cached-answer/1"]
    url: str
    epoch: int
    answer: Answer


class AnswerCache:
    """Answers in a folder, one file each.

    The key is what decides an answer: the address, every byte of the body (messages, tools, model,
    temperature and all other settings), the version of the interface where it has one, and the
    epoch, so that asking again for the sake of chance is answered by chance and not by the cache.
    Keys of services are no part of it. Only answers of the model are kept, never an error.

    Args:
        folder: Where; made when the first answer is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str, version: str, body: bytes, epoch: int) -> Answer | None:
        """Return the answer to exactly this request, None where it was not kept or is damaged."""
        try:
            data = self._path(url, version, body, epoch).read_bytes()
            return msgspec.json.decode(data, type=CachedAnswer).answer
        except (FileNotFoundError, msgspec.DecodeError, RecursionError):
            return None
        except OSError as error:
            raise SystemFault(
                f"cannot read the cache: {error.strerror}", place=str(self._folder)
            ) from error

    def put(self, url: str, version: str, body: bytes, epoch: int, answer: Answer) -> None:
        """Keep an answer.

        Raises:
            SystemFault: The folder cannot be written.
        """
        if answer.problem is not None:
            return
        path = self._path(url, version, body, epoch)
        kept = CachedAnswer(schema="adhere/cached-answer/1", url=url, epoch=epoch, answer=answer)
        draft = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(kept))
            draft.replace(path)
        except OSError as error:
            raise SystemFault(
                f"cannot write the cache: {error.strerror}", place=str(self._folder)
            ) from error

    def _path(self, url: str, version: str, body: bytes, epoch: int) -> Path:
        digest = hashlib.sha256()
        for part in (url.encode(), version.encode(), body, str(epoch).encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
        name = digest.hexdigest()
        return self._folder / name[:2] / f"{name[2:]}.json"
