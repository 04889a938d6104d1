"""The static site: every page as a file, for any web server or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from adhere.errors import SystemFault, UsageError
from adhere.publish.site.pages import Pages

MARK: Final = ".adhere-site"
"""A file that says a folder holds a site made by adhere, so it may be replaced."""


class Written(msgspec.Struct, frozen=True):
    """What was written."""

    folder: str
    pages: int
    files: int
    bytes: int


def write_site(pages: Pages, folder: Path, copies: Mapping[str, Path] | None = None) -> Written:
    """Write a site; the folder holds the old one or the new one, never half of each.

    Args:
        pages: What to write.
        folder: Where to; it must not exist, be empty, or hold a site.
        copies: Files to take along as they are, by address.

    Raises:
        UsageError: The folder holds something else.
        SystemFault: It cannot be written.
    """
    if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
        raise UsageError(
            "the folder is not empty and holds no site",
            place=str(folder),
            remedy="name a new folder",
        )
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        try:
            written = _write(pages, draft, copies or {})
            if folder.exists():
                old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
                folder.rename(old)
                draft.rename(folder)
                shutil.rmtree(old)
            else:
                draft.rename(folder)
        finally:
            if draft.exists():
                shutil.rmtree(draft)
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(folder)) from error
    return Written(str(folder), *written)


def _write(pages: Pages, draft: Path, copies: Mapping[str, Path]) -> tuple[int, int, int]:
    size = html = count = 0
    draft.mkdir(parents=True)
    (draft / MARK).write_text("made by adhere\n", encoding="utf-8")
    for address in pages.addresses():
        body = pages.page(address).body
        path = draft / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        size, count = size + len(body), count + 1
        html += address.endswith(".html")
    for address, source in copies.items():
        path = draft / address
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        size, count = size + path.stat().st_size, count + 1
    return html, count, size
