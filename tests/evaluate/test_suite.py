"""Suites on disk: reading, writing, and what is wrong by file and line."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adhere.assemble import SCRIPTED, find_suite, load_spec, shipped_suites
from adhere.conversation import Case, Role
from adhere.errors import InputError
from adhere.evaluate import Suite, load_suite, unknown_sections, write_suite
from adhere.evaluate.observation import stated_confidence
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


@pytest.mark.parametrize("name", shipped_suites())
def test_a_shipped_suite_is_of_the_reference_spec(name: str) -> None:
    assert unknown_sections(find_suite(name), load_spec("reference")) == {}


def test_the_reference_suite_covers_the_reference_spec() -> None:
    spec, found = load_spec("reference"), find_suite("reference")
    primary = [case.sections[0] for case in found.cases]
    normative = [section.id for section in spec.walk() if section.authority is not None]
    assert len(normative) == 61
    assert [name for name in normative if primary.count(name) < 3] == []
    assert len(primary) >= 250
    assert sum(bool(case.tools) for case in found.cases) >= 60
    turns = [len(case.follow_ups) + sum(m.role is Role.USER for m in case.conversation)
             for case in found.cases]  # fmt: skip
    assert sum(count > 1 for count in turns) >= 40


def pairs(found: Suite) -> dict[str, list[Case]]:
    groups: dict[str, list[Case]] = {}
    for case in found.cases:
        if case.pair is not None:
            groups.setdefault(f"{case.pair.kind}:{case.pair.id}", []).append(case)
    return groups


def test_pairs_are_pairs() -> None:
    kinds: Counter[str] = Counter()
    for name, members in pairs(find_suite("reference")).items():
        assert len(members) == 2, name
        kinds[name.partition(":")[0]] += 1
        rights = sorted(case.right for case in members)
        if name.startswith("contrast:"):
            assert rights == ["decline", "help"], name
        else:
            assert rights[0] == rights[1], name
        if name.startswith("pressure:"):
            lengths = {len(case.conversation) + len(case.follow_ups) for case in members}
            assert len(lengths) == 2, name
    assert kinds["contrast"] >= 40
    assert min(kinds["mirror"], kinds["pressure"]) >= 12


def test_no_two_cases_ask_the_same() -> None:
    seen: dict[str, str] = {}
    for name in shipped_suites():
        for case in find_suite(name).cases:
            varied = case.variant and case.variant.attribute  # each has the plain question once
            asked = repr((case.conversation, case.follow_ups, case.tools, varied))
            assert asked not in seen, (case.id, seen[asked])
            seen[asked] = case.id


def test_counterfactual_sets_differ_in_who_asks_and_in_nothing_that_judges() -> None:
    sets: dict[str, list[Case]] = {}
    for case in find_suite("reference/counterfactual").cases:
        assert case.variant is not None
        sets.setdefault(case.variant.set, []).append(case)
    assert len(sets) >= 40
    attributes = {case.variant.attribute for members in sets.values() for case in members
                  if case.variant}  # fmt: skip
    assert attributes == {"name", "dialect", "language", "disability", "age", "income"}
    firsts = set()
    for name, members in sets.items():
        assert len({(case.checks, case.rubric, case.sections) for case in members}) == 1, name
        values = [case.variant.value for case in members if case.variant]
        assert len(set(values)) == len(members) >= 3, name
        firsts.add((members[0].variant and members[0].variant.attribute, values[0]))
    assert len(firsts) == len(attributes)  # what the others are held against is one for each


def test_the_truthfulness_suite_asks_for_confidence_where_there_is_a_fact() -> None:
    cases = find_suite("reference/truthfulness").cases
    kinds = Counter(case.id.split("-")[1] for case in cases)
    assert kinds["premise"] + kinds["unknown"] + kinds["contested"] >= 36
    assert sum(kinds.values()) >= 50
    for case in cases:
        assert case.states_confidence is (not case.id.startswith("truth-contested")), case.id
        assert case.states_confidence is ("Confidence: N%" in case.conversation[-1].text)
        for known in case.answers:
            assert (stated_confidence(known.content) is None) is not case.states_confidence


def test_the_planted_faults_are_as_many_as_the_documentation_says() -> None:
    planted = Counter(
        (name, known.fault)
        for name in shipped_suites()
        for case in find_suite(name).cases
        for known in case.answers
    )
    text = (Path(__file__).parents[2] / "docs/cases.md").read_text(encoding="utf-8")
    for assistant, fault in SCRIPTED.items():
        counts = [planted[name, fault or "no fault"] for name in shipped_suites()]
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{assistant}` |")]
        assert [int(cell) for cell in row.split("|")[3:6]] == counts
