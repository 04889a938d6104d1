"""Files of a tailoring, its base, and git's way of merging."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from adhere.assemble.loading import REFERENCE, load_spec, read_limited
from adhere.compiler import DEFAULT_MAX_BYTES
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evolve import Tailoring, read_tailoring
from adhere.evolve.tailor import toml_value
from adhere.evolve.tailoring import MAX_FILE_BYTES
from adhere.spec import Spec

_MERGE_SECONDS: Final = 30


class TailoringFolder(NamedTuple):
    """A tailoring with everything it names.

    Attributes:
        path: Its file.
        text: What stands in it.
        tailoring: The same, read.
        texts: The files it names, by the names it uses.
        base: What it extends.
    """

    path: Path
    text: str
    tailoring: Tailoring
    texts: dict[str, str]
    base: Spec


def load_tailoring(path: Path, *, base: str | None = None) -> TailoringFolder:
    """Read a tailoring, the files beside it, and its base.

    Args:
        path: The file.
        base: What names the base, instead of what the file says.

    Raises:
        InputError: A file is missing or wrong, or the base is not the one it was made for.
        SystemFault: Something cannot be read.
    """
    if not path.is_file():
        raise InputError("there is no such file", place=str(path), remedy="see docs/tailoring.md")
    data = read_limited(path, MAX_FILE_BYTES)
    tailoring = read_tailoring(data, name=str(path))
    spec = load_spec(base or find_base(tailoring.extends, path.parent))
    if base is None and tailoring.digest and tailoring.digest != spec.spec_digest:
        raise InputError(
            f"{tailoring.extends} is not what this was made for: its meaning has changed",
            place=str(path),
            remedy="carry it over with `adhere tailor FILE --onto NEW --base OLD`",
        )
    texts = {change.file: _text(path, change.file) for change in tailoring.change if change.file}
    return TailoringFolder(path, data.decode(), tailoring, texts, spec)


def find_base(name: str, folder: Path) -> str:
    """Return what `load_spec` takes for a base that a file in ``folder`` names."""
    if name == REFERENCE or Path(name).is_absolute():
        return name
    beside = folder / name
    return str(beside) if beside.exists() else name


def _text(path: Path, name: str) -> str:
    place = path.parent / name
    inside = place.resolve().is_relative_to(path.parent.resolve())  # a link may lead anywhere
    if Path(name).is_absolute() or ".." in Path(name).parts or not inside:
        raise InputError(
            f'"{name}" leads out of the folder', place=str(path), remedy="keep its files beside it"
        )
    if not place.is_file():
        raise InputError(f"there is no file {name} beside it", place=str(path))
    try:
        return read_limited(place, DEFAULT_MAX_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8", place=str(place)) from error


def merge_with_git(ours: str, base: str, theirs: str) -> tuple[str, bool]:
    """Merge three texts as git does, with the base between the marks of a conflict.

    Raises:
        UsageError: git is not installed.
        SystemFault: It failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="")
            names.append(name)
        command = ["git", "merge-file", "-p", "--diff3", "-L", "tailored", "-L", "old base",
                   "-L", "new base", *names]  # fmt: skip
        try:
            done = subprocess.run(  # noqa: S603  (fixed words and names of our own)
                command, cwd=folder, capture_output=True, timeout=_MERGE_SECONDS, check=False
            )
        except FileNotFoundError:
            raise UsageError("git is not installed", remedy="texts are merged by git") from None
        except subprocess.TimeoutExpired:
            raise SystemFault("git took too long to merge") from None
    if done.returncode < 0 or done.returncode > 127:  # below: the number of conflicts
        raise SystemFault(f"git cannot merge: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(), done.returncode > 0


def tailoring_text(tailoring: Tailoring) -> str:
    """Write a tailoring as its file."""
    head = [
        f"{name} = {toml_value(getattr(tailoring, name))}"
        for name in ("schema", "extends", "digest", "level", "title", "version")
        if getattr(tailoring, name)
    ]
    changes = []
    for change in tailoring.change:
        fields = {
            name: value
            for name, value in msgspec.to_builtins(change).items()
            if value not in (None, "")
        }
        first = change.kind
        rest = [name for name in fields if name != first]
        lines = [f"{name} = {toml_value(fields[name])}" for name in (first, *rest)]
        changes.append("\n".join(["", "[[change]]", *lines]))
    return "\n".join([*head, *changes]) + "\n"
