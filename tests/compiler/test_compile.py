"""Compiling as a whole: what comes out, whatever goes in."""

from __future__ import annotations

import msgspec
import pytest

from adhere.compiler import Severity, compile_spec
from adhere.compiler.diagnostic import MAX_FINDINGS, quoted
from adhere.spec import Spec, digest_bytes


def test_a_small_document() -> None:
    data = b"# Be kind {#kind authority=user}\n\nThe assistant is kind.\n"
    result = compile_spec(data, name="kind.md")
    spec = result.require()
    assert result.diagnostics == ()
    assert not result.has_errors
    assert spec.name == "kind.md"
    assert spec.schema == "adhere/spec/1"
    assert spec.source_digest == digest_bytes(data)
    assert spec.section("kind").prose == "The assistant is kind."


def test_compiling_twice_gives_the_same() -> None:
    data = b"# A {#a}\n\n**Example**: b\n\n~~~xml\n<user>c</user>\n~~~\n\n!!! meta\n    d\n" * 3
    assert msgspec.json.encode(compile_spec(data)) == msgspec.json.encode(compile_spec(data))


def test_diagnostics_come_in_order_of_place() -> None:
    text = (
        "+++\nbad\n+++\n# A {#a level=x}\n\n!!! no box here\n\n~~~xml\n<b/>\n~~~\n\n"
        "# B {#b authority=boss}\n\r"
    )
    found = compile_spec(text.encode()).diagnostics
    assert [it.code for it in found] == [
        "front-matter", "unknown-attribute", "box-head", "example-element", "unknown-authority",
        "bare-return",
    ]  # fmt: skip
    assert [it.span for it in found] == sorted(it.span for it in found)
    assert all(it.file == "spec.md" for it in found)
    assert [it.section for it in found] == [None, "a", "a", "a", "b", None]


def test_a_diagnostic_is_a_line_an_editor_can_read() -> None:
    (found,) = compile_spec(b"# A\n\n## B {#b authority=boss}\n", name="x.md").diagnostics
    assert str(found) == 'x.md:3:1: error: "boss" is not a level of authority'


def test_many_findings_are_counted_and_errors_are_not_pushed_out() -> None:
    text = "# A {#a x=1}\n\n" * (MAX_FINDINGS + 5) + "# B {#b authority=boss}\n"
    result = compile_spec(text.encode())
    codes = [it.code for it in result.diagnostics]
    assert codes.count("unknown-attribute") == MAX_FINDINGS
    assert codes[-2:] == ["unknown-authority", "more-findings"]
    assert result.diagnostics[-1].severity is Severity.NOTE
    assert "5 more findings" in result.diagnostics[-1].message
    assert result.has_errors


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", '"a"'),
        ("a\n  b", '"a b"'),
        ("a" * 60, f'"{"a" * 60}"'),
        ("a" * 61, f'"{"a" * 59}…"'),
        ("a" * 10_000_000, f'"{"a" * 59}…"'),
    ],
)
def test_words_of_the_document_in_messages_are_few(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_findings_stay_small_in_a_document_of_huge_names() -> None:
    name = "x" * 100_000
    text = (
        f"# A {{#{name} authority={name} {name}={name} .{name}}}\n\n~~~xml\n<{name}><{name}/>"
        f'</{name}><user {name}="{name}" end_turn="{name}"><!-- {name} --></user><assistant>'
        f"<!-- {name} --></assistant>\n~~~\n\n~~~setting\n{name} = 1\n~~~\n\n"
        f"~~~setting\nid = '{name}'\ntype = '{name}'\n~~~\n"
    )
    result = compile_spec(text.encode())
    assert len(result.diagnostics) >= 8
    assert all(len(it.message) < 300 and len(it.section or "") <= 200 for it in result.diagnostics)


def test_the_schema_is_in_the_file() -> None:
    spec = compile_spec(b"# A {#a}\n").require()
    assert b'"schema":"adhere/spec/1"' in msgspec.json.encode(spec)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"schema":"adhere/spec/2"}', type=Spec)
