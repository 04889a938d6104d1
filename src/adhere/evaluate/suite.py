"""Suites: a folder with ``manifest.toml`` and ``cases.jsonl`` or ``cases.yaml``."""

from __future__ import annotations

import hashlib
import tomllib
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from adhere.conversation import Case
from adhere.errors import InputError, SystemFault
from adhere.evaluate.case_file import CASE_FILES, read_case_file
from adhere.evaluate.stored_cases import StoredCases
from adhere.spec import Spec


class SuiteManifest(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a suite says of itself (``adhere/suite/1``)."""

    schema: Literal["adhere/suite/1"]
    id: str
    title: str
    version: str
    licence: str
    description: str = ""
    language: str = ""
    canary: str = ""


class Suite(msgspec.Struct, frozen=True):
    """A suite.

    Attributes:
        manifest: What it says of itself.
        cases: `StoredCases` where they were loaded, so that a large suite is not held in memory.
        digest: ``sha256:…`` of the file of cases as it stands in the folder.
        folder: Where it is.
    """

    manifest: SuiteManifest
    cases: Sequence[Case]
    digest: str
    folder: str


def load_suite(folder: Path) -> Suite:
    """Read a suite and check that its cases can be used.

    Raises:
        InputError: The manifest or a case is not what it has to be; names file and line.
        SystemFault: A file cannot be read.
    """
    manifest = _manifest(folder / "manifest.toml")
    path, digest = _case_file(folder), hashlib.sha256()
    cases: Sequence[Case]
    if path.suffix == ".yaml":
        cases = tuple(read_case_file(path, digest.update))
    else:
        starts, start, end = array("Q"), 0, 0

        def seen(line: bytes) -> None:
            nonlocal start, end
            digest.update(line)
            start, end = end, end + len(line)

        starts.extend(start for _case in read_case_file(path, seen))
        cases = StoredCases(path, starts)
    return Suite(manifest, cases, f"sha256:{digest.hexdigest()}", str(folder))


def _case_file(folder: Path) -> Path:
    found = [folder / name for name in CASE_FILES if (folder / name).exists()]
    if len(found) == 1:
        return found[0]
    raise InputError(
        "this suite has two files of cases" if found else "this suite has no cases",
        place=str(folder),
        remedy=f"keep one of {' and '.join(CASE_FILES)}",
    )


def write_suite(folder: Path, manifest: SuiteManifest, cases: Iterable[Case]) -> None:
    """Write a suite's two files into ``folder``, which is made if it does not exist.

    Raises:
        SystemFault: A file cannot be written.
    """
    lines = [
        f"{name} = {msgspec.json.encode(value).decode()}\n"  # a JSON string is a TOML string
        for name, value in msgspec.to_builtins(manifest).items()
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.toml").write_text("".join(lines), encoding="utf-8")
        with (folder / "cases.jsonl").open("wb") as file:
            file.writelines(msgspec.json.encode(case) + b"\n" for case in cases)
    except OSError as error:
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(folder)) from error


def unknown_sections(suite: Suite, spec: Spec) -> dict[str, int]:
    """Return the section ids that cases name and the spec lacks, with how many cases name each."""
    known = {section.id for section in spec.walk()}
    known.update(old for section in spec.walk() for old in section.old_ids)
    counts: dict[str, int] = {}
    for case in suite.cases:
        for section in case.sections:
            if section not in known:
                counts[section] = counts.get(section, 0) + 1
    return counts


def _manifest(path: Path) -> SuiteManifest:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), SuiteManifest)
    except OSError as error:
        if not path.exists():
            raise InputError(
                "this folder is not a suite: it has no manifest.toml",
                place=str(path.parent),
                remedy="name a folder with manifest.toml and cases.jsonl",
            ) from error
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise InputError(
            f"the manifest cannot be read: {error}", place=str(path), remedy="see docs/formats.md"
        ) from error
