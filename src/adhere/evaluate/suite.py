"""Suites: a folder with ``manifest.toml`` and ``cases.jsonl``."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from adhere.conversation import Case, Role
from adhere.errors import InputError, SystemFault
from adhere.spec import Spec

_MAX_LINE = 4 * 1024 * 1024


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
    """A suite in memory.

    ``digest`` is ``sha256:…`` of ``cases.jsonl`` as it stands in the folder.
    """

    manifest: SuiteManifest
    cases: tuple[Case, ...]
    digest: str
    folder: str


def load_suite(folder: Path) -> Suite:
    """Read a suite and check that its cases can be used.

    Raises:
        InputError: The manifest or a case is not what it has to be; names file and line.
        SystemFault: A file cannot be read.
    """
    manifest = _manifest(folder / "manifest.toml")
    cases: list[Case] = []
    seen: dict[str, int] = {}
    digest = hashlib.sha256()
    path = folder / "cases.jsonl"
    for number, line in _lines(path):
        digest.update(line)
        if not line.strip():
            continue
        case = _case(line, path, number)
        if case.id in seen:
            raise InputError(
                f'the case id "{case.id}" stands in line {seen[case.id]} already',
                place=f"{path}:{number}",
                remedy="give each case an id of its own",
            )
        seen[case.id] = number
        cases.append(case)
    return Suite(manifest, tuple(cases), f"sha256:{digest.hexdigest()}", str(folder))


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


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_MAX_LINE + 1):
                number += 1
                if len(line) > _MAX_LINE:
                    raise InputError(
                        f"the line is longer than {_MAX_LINE:,} bytes", place=f"{path}:{number}"
                    )
                yield number, line
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error


_DECODER = msgspec.json.Decoder(Case)


def _case(line: bytes, path: Path, number: int) -> Case:
    try:
        case = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"this is not a case: {error}", place=f"{path}:{number}", remedy="see docs/formats.md"
        ) from error
    problem = None
    if not case.id or not case.sections:
        problem = "a case needs an id and at least one section"
    elif not case.conversation:
        problem = f'the conversation of case "{case.id}" is empty'
    elif case.conversation[-1].role is Role.ASSISTANT:
        problem = f'case "{case.id}" ends with the assistant: nothing is left to answer'
    if problem:
        raise InputError(problem, place=f"{path}:{number}", remedy="see docs/formats.md")
    return case
