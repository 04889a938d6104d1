"""Sections: what a heading says, what is one, and what stands in it."""

from __future__ import annotations

import pytest

from adhere.compiler import Compilation, compile_spec
from adhere.compiler.headings import MAX_ID
from adhere.spec import Authority, Section


def compiled(text: str) -> Compilation:
    return compile_spec(text.encode())


def only(text: str) -> Section:
    """Compile a document of one section that has nothing wrong with it."""
    result = compiled(text)
    assert result.diagnostics == ()
    (section,) = result.require().sections
    return section


def outline(text: str) -> list[tuple[int, str, str]]:
    return [(it.depth, it.id, it.title) for it in compiled(text).require().walk()]


def findings(text: str) -> list[tuple[str, int]]:
    return [(it.code, it.span.line) for it in compiled(text).diagnostics]


def test_all_that_a_heading_can_say() -> None:
    section = only("## Be *kind* {#kind authority=user tags=a,b oldids=c,d,e owner=team-x}\n")
    assert section.title == "Be *kind*"
    assert section.depth == 2
    assert section.id == "kind"
    assert section.id_given
    assert section.authority is Authority.USER
    assert section.tags == ("a", "b")
    assert section.old_ids == ("c", "d", "e")
    assert section.owner == "team-x"
    assert section.heading.text.startswith("## Be")
    assert section.heading.kind == "heading"


@pytest.mark.parametrize("level", ["root", "platform", "system", "developer", "user", "guideline"])
def test_levels(level: str) -> None:
    assert only(f"# A {{#a authority={level}}}\n").authority is Authority(level)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ("authority=boss", "unknown-authority"),
        ("authority=none", "unknown-authority"),
        ("authority=Root", "unknown-authority"),
        ("authority", "unknown-authority"),
        ('authority="root"', "unknown-authority"),
        ("authority=root authority=user", "repeated-attribute"),
        ("level=root", "unknown-attribute"),
        ("tags", "unknown-attribute"),
        ("owner=", "unknown-attribute"),
        ("oldids=", "unknown-attribute"),
        (".wide", "unknown-attribute"),
    ],
)
def test_what_a_heading_cannot_say(attributes: str, code: str) -> None:
    result = compiled(f"# A\n\n# B {{#b {attributes}}}\n")
    (found,) = result.diagnostics
    assert (found.code, found.span.line, found.section) == (code, 3, "b")
    assert result.has_errors == (code != "unknown-attribute")


def test_the_first_of_two_levels_counts() -> None:
    spec = compiled("# B {#b authority=root authority=user}\n").require()
    assert spec.section("b").authority is Authority.ROOT


@pytest.mark.parametrize("heading", ["# T {#id authority=root", "# V {#a}{#b}", "# W {#a} more"])
def test_attributes_that_are_read_as_words(heading: str) -> None:
    assert findings(f"{heading}\n") == [("heading-attributes", 1)]


def test_a_heading_without_an_id() -> None:
    assert outline("# Be kind!\n\n# Über uns\n\n# 中文\n\n# ***\n\n#\n") == [
        (1, "be_kind", "Be kind!"), (1, "über_uns", "Über uns"), (1, "中文", "中文"),
        (1, "section", "***"), (1, "section", ""),
    ]  # fmt: skip
    assert not compiled("# Be kind\n").require().sections[0].id_given


def test_white_space_elsewhere_does_not_change_a_made_id() -> None:
    texts = ("# ***\n\nx\n", "\n\n\n# ***\n\n\nx\n")
    assert len({compiled(text).require().spec_digest for text in texts}) == 1


def test_an_id_that_is_too_long() -> None:
    assert findings(f"# A {{#{'a' * MAX_ID}}}\n") == []
    result = compiled(f"# A {{#{'a' * (MAX_ID + 1)}}}\n")
    assert [it.code for it in result.diagnostics] == ["id-too-long"]
    assert result.require().sections[0].id == "a" * MAX_ID


def test_setext_headings() -> None:
    text = "One {#one authority=root}\n===\n\nTwo\nlines {#two}\n---\n\nText.\n"
    assert outline(text) == [(1, "one", "One"), (2, "two", "Two\nlines")]
    assert compiled(text).require().section("one").authority is Authority.ROOT


def test_what_is_not_a_section() -> None:
    text = (
        "# A {#a}\n\n~~~\n# code\n~~~\n\n    # code too\n\n> # quoted\n\n- # in a list\n\n"
        "<!--\n# hidden\n-->\n\n#no-space\n\n\\# escaped\n"
    )
    assert outline(text) == [(1, "a", "A")]
    assert findings(text) == []


@pytest.mark.parametrize(
    "text", ["> # B {#b}\n", "- a\n  ## B {#b authority=root}\n", '!!! meta "M"\n    # B {#b}\n']
)
def test_a_heading_with_an_id_that_is_not_a_section_is_reported(text: str) -> None:
    assert [code for code, _ in findings(f"# A {{#a}}\n\n{text}")] == ["inner-heading"]


def test_depth_jumps() -> None:
    text = "### C {#c}\n\n# A {#a}\n\n#### D {#d}\n\n### E {#e}\n\n## F {#f}\n\n###### G {#g}\n"
    spec = compiled(text).require()
    assert [section.id for section in spec.sections] == ["c", "a"]
    assert [child.id for child in spec.section("a").children] == ["d", "e", "f"]
    assert [child.id for child in spec.section("f").children] == ["g"]


def test_a_section_reaches_to_the_next_heading_of_its_depth() -> None:
    text = "# A {#a}\n\ntext\n\n## B {#b}\n\nmore\n\n# C {#c}\n"
    spec = compiled(text).require()
    ends = {it.id: it.span.of(text.encode()).decode() for it in spec.walk()}
    assert ends == {
        "a": "# A {#a}\n\ntext\n\n## B {#b}\n\nmore",
        "b": "## B {#b}\n\nmore",
        "c": "# C {#c}",
    }


def test_kinds_of_blocks() -> None:
    section = only(
        "# A {#a}\n\nwords\n\n- list\n\n1. list\n\n> quote\n\n~~~py\ncode\n~~~\n\n"
        "    indented\n      code\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n***\n\n<div>html</div>\n\n"
        "[^note]: words\n\n[link]: /url\n"
    )
    assert [(block.kind, block.text[:6]) for block in section.blocks] == [
        ("paragraph", "words"), ("list", "- list"), ("list", "1. lis"), ("quote", "> quot"),
        ("code", "~~~py\n"), ("code", "    in"), ("table", "| a | "), ("rule", "***"),
        ("html", "<div>h"), ("footnote", "[^note"), ("paragraph", "[link]"),
    ]  # fmt: skip


def test_references() -> None:
    text = (
        "# A [?](#h) {#a}\n\n[?](#b) [words](#c) [*d*](#d) <#e>\n"
        "[x](https://x.org/#f) [](#) `[?](#g)`\n"
        "\n- in a list [?](#i)\n\n| t |\n|---|\n| [?](#j) |\n\n[ref]\n\n[ref]: #k\n\n![image](#l)\n"
    )
    section = compiled(text).require().sections[0]
    assert [(it.target, it.auto, it.inside) for it in section.references] == [
        ("h", True, "prose"), ("b", True, "prose"), ("c", False, "prose"), ("d", False, "prose"),
        ("i", True, "prose"), ("j", True, "prose"), ("k", False, "prose"),
    ]  # fmt: skip
    assert section.references[1].span.of(text.encode()) == b"[?](#b)"


def test_markers() -> None:
    text = (
        "# A[^t] {#a}\n\none[^m1] two[^m-2][^m1] `[^code]` \\[^no]\n\n- three[^ü]\n\n> four[^q]\n\n"
        "~~~\n[^fence]\n~~~\n\n    [^indented]\n\n<!-- [^comment] -->\n\n**bold[^b]** [l[^l]](#a)\n"
    )
    section = only(text)
    assert [marker.name for marker in section.markers] == [
        "t", "m1", "m-2", "m1", "ü", "q", "b", "l",
    ]  # fmt: skip
    for marker in section.markers:
        assert marker.span.of(text.encode()).decode() == f"[^{marker.name}]"


def test_markers_are_found_whatever_stands_after_them() -> None:
    for after in ("~~~\nnever closed\n", "<!-- never closed\n", "- item\n\n  more\n", "[^m]: x\n"):
        section = compiled(f"# A {{#a}}\n\none[^m1]\n\n{after}").require().sections[0]
        assert [marker.name for marker in section.markers] == ["m1"]


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("<!-- no test needed: only defines words -->", "only defines words"),
        ("<!--no test needed:\nsee\nbelow\n-->", "see\nbelow"),
        ("Words <!-- no test needed: inline --> words.", "inline"),
        ("- item <!-- no test needed: nested -->", "nested"),
        ("<!-- other --> <!-- no test needed: second -->", "second"),
        ("`<!-- no test needed: code -->`", None),
        ("~~~\n<!-- no test needed: code -->\n~~~", None),
        ("<!-- nothing -->", None),
    ],
)
def test_no_test_needed(comment: str, reason: str | None) -> None:
    assert only(f"# A {{#a}}\n\n{comment}\n").no_test_reason == reason


@pytest.mark.parametrize(
    "comment", ["<!-- no test needed -->", "<!-- no test needed: -->", "<!-- no test needed as -->"]
)
def test_no_test_needed_without_a_reason(comment: str) -> None:
    assert findings(f"# A {{#a}}\n\nText.\n\n{comment}\n") == [("no-test-reason", 5)]


@pytest.mark.parametrize(
    "html", ["<!-- a", "<script>\na", "<?php", "<![CDATA[ a ]]", "<!DOCTYPE", "<PRE>"]
)
def test_html_that_is_never_closed(html: str) -> None:
    result = compiled(f"# A {{#a}}\n\n{html}\n\n# B {{#b}}\n")
    assert [(it.code, it.span.line) for it in result.diagnostics] == [("html-unclosed", 3)]
    assert result.has_errors
    assert [section.id for section in result.require().walk()] == ["a"]


@pytest.mark.parametrize(
    "html", ["<!-- a\n\n-->", "<script></script>", "<div>", "<?a?>", "<!A >", "<!-->", "<?>"]
)
def test_html_that_ends(html: str) -> None:
    assert findings(f"# A {{#a}}\n\n{html}\n\n# B {{#b}}\n") == []


def test_the_preamble() -> None:
    spec = compiled("Words [?](#a)[^m].\n\n- list\n\n# A {#a}\n\nMore.\n").require()
    assert [block.text for block in spec.preamble] == ["Words [?](#a)[^m].", "- list"]
    assert spec.section("a").references == ()


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", " \t\n\n", "\x0c\n"])
def test_a_document_of_nothing(text: str) -> None:
    spec = compiled(text).require()
    assert spec.sections == ()
    assert spec.preamble == ()
    assert "".join(gap.text for gap in spec.gaps) == text


def test_a_tag_in_a_line_of_words_leaves_nothing_open() -> None:
    """Only a block of HTML can run to the end of the document."""
    inline = compile_spec(b"# A {#a}\n\nsay <script>x</script> and <pre> here\n\n## B {#b}\n")
    assert [found.code for found in inline.diagnostics] == []
    block = compile_spec(b"# A {#a}\n\n<script>\nx\n\n## B {#b}\n")
    assert [found.code for found in block.diagnostics] == ["html-unclosed"]
