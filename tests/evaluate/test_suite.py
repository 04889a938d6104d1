"""Suites on disk: reading, writing, and what is wrong by file and line."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adhere.assemble import find_suite, load_spec
from adhere.errors import InputError
from adhere.evaluate import Suite, load_suite, unknown_sections, write_suite
from adhere.evaluate.strict_yaml import YamlDocument, YamlError

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
TOOL = {"type": "function", "function": {"name": "read_file", "parameters": {"type": "object"}}}
CALLED = {"kind": "any", "of": [{"kind": "tool_called", "name": "pay"}]}


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
        ([CASE, {**CASE, "id": "b", "chekcs": []}], 2, "unknown field"),
        ([{**CASE, "tools": [TOOL, TOOL]}], 1, "defines a tool twice"),
        ([{**CASE, "tools": [TOOL], "checks": [CALLED]}], 1, 'tool "pay"'),
        ([{**CASE, "tools": [TOOL], "tool_results": {"pay": "done"}}], 1, 'tool "pay"'),
        ([{**CASE, "tools": [{"type": "web", "function": {"name": "x"}}]}], 1, "not a case"),
        ([{**CASE, "follow_ups": [{"role": "assistant", "content": "x"}]}], 1, "from the model"),
        ([{**CASE, "checks": [{"kind": "tool_called", "where": {"a": "("}}]}], 1, "RE2"),
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
    assert (copy.manifest, *copy.cases) == (first.manifest, *first.cases)


def as_yaml(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "manifest.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "cases.yaml").write_text(text, encoding="utf-8")
    return folder


def test_cases_in_yaml_are_the_cases_in_json(tmp_path: Path) -> None:
    found = find_suite("reference")
    cases = [msgspec.to_builtins(case) for case in found.cases]
    folder = as_yaml(tmp_path / "s", yaml.safe_dump(cases, allow_unicode=True))
    assert tuple(load_suite(folder).cases) == tuple(found.cases)


YAML = """# two cases
- schema: adhere/case/1
  id: a
  sections: [style]
  right: help
  conversation:
    - {role: user, content: no}
- schema: adhere/case/1
  id: b
  sections: [style]
  conversation: [{role: user, content: on}]
  right: help
  checks:
    - kind: words
      max: 3
"""


def test_words_that_yaml_readers_disagree_about_are_text(tmp_path: Path) -> None:
    found = load_suite(as_yaml(tmp_path, YAML))
    assert [case.conversation[0].content for case in found.cases] == ["no", "on"]


BOMB = "- &a [x, x]\n" + "".join(
    f"- &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (YAML.replace("max: 3", "max: three"), 15, "Expected `int"),
        (YAML.replace("id: b", "id: a"), 8, "line 2 already"),
        (YAML.replace("kind: words", "kind: sorcery"), 14, "sorcery"),
        (YAML + "      max: 4\n", 16, "stands twice"),
        (BOMB, 1, "aliases"),
        (YAML.replace("id: b", "id: !!python/name:os.system"), 9, "tags"),
        ("[" * 100_000, 1, "levels deep"),
        (YAML + "---\n", 16, "second document"),
        ("cases: []", 1, "a list"),
        ("- a: [\n", 2, "did not find"),
        ("# " + "x" * 5_000_000, 1, "longer than"),
        ("- 1\n- \x07", 2, "control"),
    ],
)
def test_what_is_wrong_in_yaml_is_named_by_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_suite(as_yaml(tmp_path, text))
    assert caught.value.place == f"{tmp_path / 'cases.yaml'}:{line}"


def test_one_file_of_cases_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two files of cases"):
        load_suite(as_yaml(suite(tmp_path, CASE), YAML))
    (tmp_path / "cases.yaml").unlink()
    (tmp_path / "cases.jsonl").unlink()
    with pytest.raises(InputError, match="no cases"):
        load_suite(tmp_path)


@given(st.binary(max_size=300) | st.text("-:[]{}&*!|>'\"#? \n\tab1~%@,", max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    raw = data.encode() if isinstance(data, str) else data
    with contextlib.suppress(YamlError):
        msgspec.json.encode(YamlDocument(raw).value)


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
