"""The linter as a whole: its table, its order, its limits, its page of documentation."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import adhere.compiler
from adhere.compiler import (
    CATALOGUE,
    Context,
    Severity,
    compile_spec,
    lint,
    lint_counted,
    read_prompts,
)
from adhere.compiler.diagnostic import MAX_FINDINGS
from adhere.compiler.rules import PARSING, RULES

PAGE = Path(__file__).parents[2] / "docs" / "lint.md"
VERSIONS = (
    "2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18", "2025-12-18-rev2",
)  # fmt: skip


def _codes(text: str) -> list[str]:
    return [found.code for found in lint(Context(compile_spec(text.encode()).require()))]


# -- the table ---------------------------------------------------------------------------------


def test_every_code_is_described_once() -> None:
    codes = [rule.code for rule in CATALOGUE]
    assert len(codes) == len(set(codes))
    for rule in CATALOGUE:
        assert re.fullmatch(r"[a-z]+[a-z0-9]*(-[a-z0-9]+)*", rule.code)
        assert len(rule.summary) < 100
        assert "\n" not in rule.summary
        assert rule.why.endswith(".")


def test_one_rule_a_file() -> None:
    folder = Path(adhere.compiler.__file__).parent / "rules"
    files = {path.stem for path in folder.glob("*.py") if "RULE = Rule(" in path.read_text()}
    assert files == {rule.code.replace("-", "_") for rule in RULES}


def test_what_the_compiler_reports_is_in_the_table() -> None:
    folder = Path(adhere.compiler.__file__).parent
    written = {
        code
        for path in folder.glob("*.py")
        for code in re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)"', path.read_text())
    }
    assert written - {"utf-8"} - {rule.code for rule in RULES} == {
        rule.code for rule in PARSING if "-" in rule.code
    }


# -- order and limits --------------------------------------------------------------------------


def test_findings_are_in_order_of_place_not_of_rules() -> None:
    assert _codes("# A {#a}\n\n[?](#x)\n\n# B\n\n# C {#a}\n\n[?](#y)\n") == [
        "dangling-reference", "empty-section", "missing-id", "duplicate-id", "dangling-reference",
    ]  # fmt: skip


def test_a_rule_keeps_so_many_findings_and_counts_the_rest() -> None:
    text = "# A {#a}\n\n" + "[?](#x) " * (MAX_FINDINGS + 7) + "\n\n# B\n\nX.\n"
    found, dropped = lint_counted(Context(compile_spec(text.encode()).require()))
    assert dropped == 7
    # The other rule is not pushed out by the first.
    assert [it.code for it in found].count("dangling-reference") == MAX_FINDINGS
    assert found[-1].code == "missing-id"


def test_linting_a_spec_that_was_tampered_with_is_refused() -> None:
    spec = compile_spec(b"# A {#a authority=root}\n\nIt should try to help.\n").require()
    with pytest.raises(ValueError, match="a piece starts"):
        lint(Context(replace(spec, gaps=())))


@pytest.mark.parametrize(
    "text",
    [
        "# A {#a authority=root}\n\n" + "[?](#%d) " * 10_000 % tuple(range(10_000)),
        "".join(f"# S {{#s{n} authority=root}}\n\n[?](#s{n - 1})\n\n" for n in range(10_000)),
        "".join(f"# S\n\n[?](#x{n})\n\n" for n in range(10_000)),
        "".join(f"# S {{#s{n} oldids=a,b,c{n}}}\n\n" for n in range(10_000)),
        "# A {#a authority=root}\n\n" + "it should try to help, as appropriate " * 10_000,
        "# A {#a authority=root}\n\n~~~xml\n<comparison>"
        + "<assistant>x</assistant>" * 10_000
        + "</comparison>\n~~~\n",
        "# A {#a}\n\n" + " ".join(f"x[^m{n}]" for n in range(10_000)),
        "# A {#a authority=root}\n\n" + '"' * 100_000 + "`" * 100_000 + "<!--" * 100_000,
        "# A {" + " " * 100_000 + "x}" + " " * 100_000 + "y\n\n# A {#a}\n",
        "# A {#a authority=root}\n\n~~~xml\n<assistant><!-- BAD["
        + ", ".join(f"#s{n}" for n in range(10_000))
        + "] -->x</assistant>\n~~~\n",
    ],
    ids=["references", "chain", "dangling", "oldids", "vague", "answers", "markers", "quotes",
         "spaces", "cited"],
)  # fmt: skip
def test_large_documents_take_time_in_proportion(text: str) -> None:
    spec = compile_spec(text.encode()).require()
    began = time.process_time()
    lint_counted(Context(spec))
    assert time.process_time() - began < 3  # seconds; a quadratic rule takes many times that


@given(st.lists(st.sampled_from([
    "# A {#a authority=root}\n\n", "## B {#b oldids=a authority=user}\n\n", "#### C\n\n",
    "[?](#a) [?](#zz)\n\n", "It should try to help, as\nappropriate.[^m1]\n\n",
    "~~~setting\nid=\"x\"\ntype=\"boolean\"\ndefault=true\nallowed=[false]\n"
    "changeable_by=[\"user\"]\n~~~\n\n",
    "**Example**: ä\n\n~~~xml\n<system><settings>a.b: 1</settings></system>\n<comparison>"
    "<assistant>ä</assistant><assistant><!-- BAD[#q] -->ä</assistant></comparison>\n~~~\n\n",
    '!!! odd "ö"\n    [?](#q)\n\n',
    "- x\n\n  ~~~xml\n  <assistant><!-- OK -->a</assistant>\n  ~~~\n\n",
]), max_size=12))  # fmt: skip
def test_every_place_is_inside_the_document(parts: list[str]) -> None:
    data = "".join(parts).encode()
    for found in lint(Context(compile_spec(data).require())):
        before = data[: found.span.start].decode()
        assert 0 <= found.span.start <= found.span.end <= len(data)
        assert found.span.line == before.count("\n") + 1
        assert found.span.column == len(before) - before.rfind("\n")
        data[: found.span.end].decode()  # ends between two characters


# -- the page ----------------------------------------------------------------------------------


class Shown(NamedTuple):
    """A document in the page: its rule, whether it is good or bad, and what it is."""

    code: str
    verdict: str
    role: str
    text: str


def _shown() -> list[Shown]:
    found, code, fence = [], "", None
    for line in PAGE.read_text().splitlines(keepends=True):
        if fence is None and (heading := re.match(r"#+ `([a-z-]+)`", line)):
            code = heading[1]
        elif fence is None and (opening := re.match(r"(`{3,})markdown (good|bad) ?(\S*)", line)):
            fence, lines = opening, []
        elif fence is not None and line.strip() == fence[1]:
            found.append(Shown(code, fence[2], fence[3], "".join(lines)))
            fence = None
        elif fence is not None:
            lines.append(line)
    return found


def test_the_page_describes_every_rule_as_the_table_does() -> None:
    page = " ".join(PAGE.read_text().split())
    for rule in RULES:
        section = page.split(f"# `{rule.code}` ")[1].split(" ## ")[0]
        assert section.startswith(f"*{rule.severity.capitalize()}")
    for rule in PARSING:
        assert f"| `{rule.code}` | {rule.severity} | {rule.summary} |" in page


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
@pytest.mark.parametrize("verdict", ["good", "bad"])
def test_the_documents_of_the_page(code: str, verdict: str) -> None:
    mine = {it.role: it.text for it in _shown() if (it.code, it.verdict) == (code, verdict)}
    prompts = {
        Path(role).stem: read_prompts(text.encode(), marker=Path(role).stem, name=role)
        for role, text in mine.items()
        if role.startswith("prompts/")
    }
    compiled = compile_spec(mine[""].encode())
    assert compiled.diagnostics == ()
    since = compile_spec(mine["since"].encode()).require() if "since" in mine else None
    context = Context(compiled.require(), prompts or None, since)
    assert (code in {found.code for found in lint(context)}) is (verdict == "bad")


# -- the published documents -------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_the_published_versions_have_no_broken_part(data_dir: Path, version: str) -> None:
    """They are written with care: what looks like an error there is an error of ours."""
    path = data_dir / "openai_model_spec" / version / "model_spec.md"
    found = lint(Context(compile_spec(path.read_bytes(), name=path.name).require()))
    assert {it.code for it in found} == {"one-sided-example", "untested-section", "vague-wording"}
    assert not [it for it in found if it.severity is Severity.ERROR]
    # Looked at one by one: the rules on the law and on the preset voice have neither examples
    # nor prompts, in any version.
    assert [it.section for it in found if it.code == "untested-section"] == [
        "comply_with_laws", "use_preset_voice_in_voice_mode",
    ]  # fmt: skip
