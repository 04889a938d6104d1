"""Diagnostics for people and for machines: text, JSON, SARIF 2.1.0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from adhere.compiler.diagnostic import Diagnostic, Severity
from adhere.compiler.rules import CATALOGUE, RuleInfo
from adhere.spec import digest_plain

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


class DiagnosticsFile(msgspec.Struct, frozen=True):
    """The JSON form, ``adhere/diagnostics/1``.

    Attributes:
        schema: The file format.
        diagnostics: The findings, in order of place.
        dropped: How many more there were.
    """

    schema: Literal["adhere/diagnostics/1"]
    diagnostics: tuple[Diagnostic, ...]
    dropped: int = 0


def render_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the findings as lines a person and an editor can read: place, finding, remedy.

    Messages quote documents, which may hold anything; what a terminal would act on is escaped.
    """
    return "".join(
        f"{printable(str(found))} [{found.code}]\n    {printable(found.remedy)}\n"
        for found in diagnostics
    )


def render_counts(diagnostics: Iterable[Diagnostic], dropped: int = 0) -> str:
    """Return one line that counts the findings by severity.

    >>> render_counts([])
    'no findings'
    """
    counts = Counter(found.severity for found in diagnostics)
    words = [
        f"{counts[level]} {level}{'s' if counts[level] != 1 else ''}"
        for level in Severity
        if counts[level]
    ]
    if dropped:
        words.append(f"{dropped} more not shown")
    return ", ".join(words) or "no findings"


def printable(text: str) -> str:
    """Return ``text`` with everything that is not a visible character or a space escaped."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def to_sarif(diagnostics: Sequence[Diagnostic], tool_version: str) -> dict[str, Any]:
    """Return the findings as a SARIF 2.1.0 log, for code hosts and editors.

    Regions carry line and column (in code points), and the exact range of bytes. Files are named
    relative to the folder of the spec. The fingerprints do not depend on places, so that a
    finding stays the same one when lines move.
    """
    known = {rule.code: rule for rule in CATALOGUE}
    used = sorted({found.code for found in diagnostics})
    position = {code: at for at, code in enumerate(used)}
    seen: Counter[tuple[str, ...]] = Counter()
    results = []
    for found in diagnostics:
        what = (found.code, found.file, found.section or "", found.message)
        seen[what] += 1
        fingerprint = digest_plain([*what, seen[what]])
        results.append(_result(found, position[found.code], fingerprint))
    driver = {
        "name": "adhere",
        "version": tool_version,
        "rules": [_rule(code, known.get(code)) for code in used],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, info: RuleInfo | None) -> dict[str, Any]:
    if info is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": info.why},
        "help": {"text": f"{info.summary}. {info.why}"},
        "defaultConfiguration": {"level": str(info.severity)},
    }


def _result(found: Diagnostic, rule: int, fingerprint: str) -> dict[str, Any]:
    span = found.span
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "byteOffset": span.start,
        "byteLength": span.end - span.start,
    }
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": str(found.severity),
        "message": {"text": f"{found.message}: {found.remedy}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(found.file)},
                    "region": region,
                }
            }
        ],
        "partialFingerprints": {"adhereFinding/v1": fingerprint},
    }
    if found.section is not None:
        section = {"fullyQualifiedName": found.section, "kind": "section"}
        result["locations"][0]["logicalLocations"] = [section]
    return result
