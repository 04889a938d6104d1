"""Suites on disk: reading, writing, and what is wrong by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adhere.assemble import find_suite, load_spec
from adhere.errors import InputError
from adhere.evaluate import Suite, load_suite, unknown_sections, write_suite

MANIFEST = """
schema = "adhere/suite/1"
id = "t"
title = "T"
version = "1"
licence = "CC0-1.0"
"""
CASE = {
    "schema": "adhere/case/1",
    "id": "a",
    "sections": ["style"],
    "conversation": [{"role": "user", "content": "Hi"}],
    "right": "help",
}


def suite(folder: Path, *cases: object, manifest: str = MANIFEST) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "manifest.toml").write_text(manifest, encoding="utf-8")
    lines = (case if isinstance(case, str) else json.dumps(case) for case in cases)
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("cases", "line", "message"),
    [
        ([CASE, "{"], 2, "not a case"),
        ([CASE, CASE], 2, "line 1 already"),
        ([{**CASE, "conversation": []}], 1, "empty"),
        ([{**CASE, "conversation": [{"role": "assistant", "content": "x"}]}], 1, "ends with the"),
        ([{**CASE, "sections": []}], 1, "at least one section"),
        (["[" * 200_000], 1, "not a case"),
    ],
)
def test_what_is_wrong_is_named_by_line(
    tmp_path: Path, cases: list[object], line: int, message: str
) -> None:
    folder = suite(tmp_path / "s", *cases)
    with pytest.raises(InputError, match=message) as caught:
        load_suite(folder)
    assert caught.value.place == f"{folder / 'cases.jsonl'}:{line}"


@pytest.mark.parametrize("manifest", ["schema = ", 'schema = "adhere/suite/2"', "id = 1"])
def test_a_bad_manifest_is_refused(tmp_path: Path, manifest: str) -> None:
    with pytest.raises(InputError, match="manifest"):
        load_suite(suite(tmp_path / "s", CASE, manifest=manifest))


def test_a_folder_without_a_manifest_is_not_a_suite(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a suite"):
        load_suite(tmp_path)


def test_written_suites_read_back_equal(tmp_path: Path) -> None:
    first = find_suite("reference")
    write_suite(tmp_path / "copy", first.manifest, first.cases)
    copy = load_suite(tmp_path / "copy")
    assert (copy.manifest, copy.cases) == (first.manifest, first.cases)


def test_the_reference_suite_covers_the_reference_spec() -> None:
    spec, found = load_spec("reference"), find_suite("reference")
    assert unknown_sections(found, spec) == {}
    primary = [case.sections[0] for case in found.cases]
    normative = [section.id for section in spec.walk() if section.authority is not None]
    assert len(normative) >= 45
    assert [name for name in normative if primary.count(name) < 2] == []


def pairs(found: Suite) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for case in found.cases:
        if case.pair is not None:
            groups.setdefault(f"{case.pair.kind}:{case.pair.id}", []).append(case.right)
    return groups


def test_pairs_are_pairs() -> None:
    for name, rights in pairs(find_suite("reference")).items():
        assert len(rights) == 2, name
        if name.startswith("contrast:"):
            assert sorted(rights) == ["decline", "help"], name
