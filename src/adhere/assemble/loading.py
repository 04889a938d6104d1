"""From the word a person types for a spec to the compiled `Spec`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from adhere.compiler import DEFAULT_MAX_BYTES, Compilation, compile_spec, spec_digest
from adhere.errors import InputError, SystemFault
from adhere.spec import Spec

REFERENCE: Final = "reference"
_DOCUMENTS = ("spec.md", "model_spec.md")


def reference_dir() -> Path:
    """Return the folder of the reference spec: in the wheel, else in the checkout."""
    package = Path(__file__).parent.parent
    packaged = package / "specs" / REFERENCE
    return packaged if packaged.is_dir() else package.parent.parent / "specs" / REFERENCE


def load_compilation(where: str, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Compilation:
    """Compile what ``where`` names; an already compiled spec has no diagnostics.

    Args:
        where: A Markdown file, a compiled ``.json``, a folder that holds ``spec.md`` or
            ``model_spec.md``, or ``reference`` for the spec that ships with adhere.
        max_bytes: Refuse larger files.

    Raises:
        InputError: There is no such file, or it is not a compiled spec, or no longer the one that
            its digest names.
        SystemFault: It cannot be read.
    """
    path = find_document(where)
    data = read_limited(path, max_bytes)
    if path.suffix != ".json":
        name = path.name.encode(errors="replace").decode()  # a file's name may be any bytes
        return compile_spec(data, name=name, max_bytes=max_bytes)
    try:
        spec = msgspec.json.decode(data, type=Spec)
        digest = spec_digest(spec)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(
            f"this is not a compiled spec: {error}",
            place=str(path),
            remedy="make one with `adhere compile SPEC -o FILE`",
        ) from error
    if digest != spec.spec_digest:
        raise InputError(
            "this compiled spec was changed: its digest is that of another meaning",
            place=str(path),
            remedy="make one with `adhere compile SPEC -o FILE`",
        )
    return Compilation(spec, ())


def load_spec(where: str, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Spec:
    """Like `load_compilation`, for callers that only want the spec.

    Raises:
        InputError: Also where the document has an error.
    """
    result = load_compilation(where, max_bytes=max_bytes)
    errors = [found for found in result.diagnostics if found.severity == "error"]
    if result.spec is None or errors:
        first = errors[0]
        raise InputError(
            first.message,
            place=f"{where}:{first.span.line}:{first.span.column}",
            remedy=first.remedy,
        )
    return result.spec


def find_document(where: str) -> Path:
    """Return the file that ``where`` names (see `load_compilation`).

    Raises:
        InputError: There is none.
    """
    path = Path(where)
    if where == REFERENCE and not path.exists():
        path = reference_dir()
    if path.is_dir():
        for name in _DOCUMENTS:
            if (path / name).is_file():
                return path / name
        raise InputError(
            "this folder holds no spec", place=where, remedy=f"put a {_DOCUMENTS[0]} into it"
        )
    if not path.exists():
        remedy = f"name a Markdown file, a compiled .json, a folder, or `{REFERENCE}`"
        if "@" in where:
            remedy = f"download it first: `adhere fetch {where}`"
        raise InputError("there is no such file", place=where, remedy=remedy)
    return path


def read_limited(path: Path, max_bytes: int) -> bytes:
    """Return a file's bytes, one more than ``max_bytes`` at the most.

    Raises:
        SystemFault: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
