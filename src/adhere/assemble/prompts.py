"""What the linter is given: the document, its files of evaluation prompts, an older version."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from adhere.assemble.loading import find_document, load_compilation, read_limited
from adhere.compiler import (
    DEFAULT_MAX_BYTES,
    Compilation,
    Context,
    PromptFile,
    compile_spec,
    read_prompts,
    write_spec,
)
from adhere.compiler.prompts import MAX_PROMPTS_BYTES
from adhere.errors import InputError, SystemFault
from adhere.spec import Spec

MAX_FILES: Final = 10_000


def load_source(where: str, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Compilation:
    """Like `load_compilation`, but never takes a compiled ``.json`` at its word.

    It is written back as Markdown and compiled again, so that it has diagnostics, and places and
    values that belong together.

    Raises:
        InputError: There is no such file, or it is not what the compiler writes.
        SystemFault: It cannot be read.
    """
    compiled = load_compilation(where, max_bytes=max_bytes)
    if compiled.spec is None or find_document(where).suffix != ".json":
        return compiled
    try:
        source = write_spec(compiled.spec)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"the compiled spec is damaged: {error}",
            place=where,
            remedy="compile it again from its Markdown",
        ) from error
    return compile_spec(source, name=compiled.spec.name, max_bytes=max_bytes)


def load_prompts(folder: Path) -> dict[str, PromptFile]:
    """Read every ``*.md`` of a folder as a file of prompts, by marker, in order of name.

    A file that is too large or not UTF-8 has no prompts and says so in its diagnostics.

    Raises:
        InputError: There is no such folder, or it holds more than `MAX_FILES`.
        SystemFault: It cannot be read.
    """
    if not folder.is_dir():
        raise InputError(
            "there is no such folder of prompts",
            place=str(folder),
            remedy="name a folder that holds one NAME.md for each [^NAME] of the spec",
        )
    try:
        paths = sorted(path for path in folder.glob("*.md") if path.is_file())
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(folder)) from error
    if len(paths) > MAX_FILES:
        raise InputError(
            f"the folder holds {len(paths):,} files; the limit is {MAX_FILES:,}",
            place=str(folder),
            remedy="name a folder that holds prompts only",
        )
    found = {}
    for path in paths:
        marker = _text(path.stem)
        name = f"{_text(folder.resolve().name)}/{_text(path.name)}"
        found[marker] = read_prompts(
            read_limited(path, MAX_PROMPTS_BYTES), marker=marker, name=name
        )
    return found


def lint_context(
    spec: Spec,
    *,
    prompts: Path | None = None,
    since: str | None = None,
    tested: frozenset[str] = frozenset(),
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> Context:
    """Gather what the linter looks at.

    Args:
        spec: The document, as the compiler made it.
        prompts: Its folder of prompt files, if the markers are to be checked.
        since: An older version, as `load_compilation` takes it.
        tested: Ids of sections that test cases cover.
        max_bytes: The limit for ``since``.

    Raises:
        InputError: The folder or the older version cannot be used.
        SystemFault: Something cannot be read.
    """
    before = None
    if since is not None:
        older = load_compilation(since, max_bytes=max_bytes)
        if older.spec is None:
            first = older.diagnostics[0]
            raise InputError(first.message, place=since, remedy=first.remedy)
        before = older.spec
    files = None if prompts is None else load_prompts(prompts)
    return Context(spec, files, before, tested)


def _text(name: str) -> str:
    """Return a file's name as text that can be printed and written as JSON, whatever its bytes."""
    return os.fsencode(name).decode(errors="replace")
