"""Boxes and front matter: what the dialect adds to CommonMark."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.compiler import Compilation, compile_spec
from adhere.compiler.mask import mask
from adhere.spec import Section

pieces = st.lists(
    st.sampled_from(
        [
            '!!! meta "T"',
            "!!! x",
            "!!!",
            "+++",
            "    a",
            "\ta",
            "a",
            "é",
            "",
            "~~~",
            "- b",
            "\ufeff",
        ]
    )
)


def compiled(text: str) -> Compilation:
    return compile_spec(dedent(text).encode())


def only(text: str) -> Section:
    """Compile a document of one section that has nothing wrong with it."""
    result = compiled(text)
    assert result.diagnostics == ()
    (section,) = result.require().sections
    return section


def kinds(section: Section) -> list[str]:
    return [block.kind for block in section.blocks]


@given(pieces, st.sampled_from(["\n", "\r\n"]))
def test_the_masked_copy_has_the_same_length_and_lines(lines: list[str], end: str) -> None:
    data = end.join(lines).encode()
    masked = mask(data).text.encode()
    assert len(masked) == len(data)
    assert [at for at, byte in enumerate(masked) if byte in b"\r\n"] == [
        at for at, byte in enumerate(data) if byte in b"\r\n"
    ]


def test_text_without_boxes_is_not_changed() -> None:
    text = "# Ä {#a}\n\ntext !!! meta\n"
    assert mask(text.encode()).text == text


def test_a_box() -> None:
    section = only("""\
        # A {#a}

        Before.

        !!! meta "Über uns"
            One
            two.

        After.
        """)
    assert kinds(section) == ["paragraph", "box", "paragraph"]
    (box,) = section.boxes
    assert (box.kind, box.title, box.text) == ("meta", "Über uns", "One\ntwo.")
    assert box.span == section.blocks[1].span
    assert section.blocks[1].text == '!!! meta "Über uns"\n    One\n    two.'


def test_blank_lines_lists_and_code_inside_a_box() -> None:
    section = only("""\
        # A {#a}

        !!! summary
            One [?](#a).

            - two [a](#a)

              three[^m1]

            ~~~python
            def four():

                [^m2]
            ~~~

                five [^m3]

        After.
        """)
    assert kinds(section) == ["box", "paragraph"]
    (box,) = section.boxes
    assert box.text.startswith("One [?](#a).\n\n- two")
    assert "    [^m2]\n~~~\n\n    five" in box.text
    assert [(it.target, it.auto, it.inside) for it in section.references] == [
        ("a", True, "box"), ("a", False, "box"),
    ]  # fmt: skip
    assert [marker.name for marker in section.markers] == ["m1"]


def test_an_example_in_a_box_may_have_blank_lines() -> None:
    section = only("""\
        # A {#a}

        !!! meta "M"
            ~~~xml
            <user>
            One

            two
            </user>
            ~~~
        """)
    assert kinds(section) == ["box"]
    (example,) = section.examples
    assert example.turns[0].text == "One\n\ntwo"
    assert example.turns[0].span.line == 5


def test_boxes_one_after_another() -> None:
    section = only("""\
        # A {#a}

        !!! meta "One"
            1
        !!! meta "Two"
            2

        !!! meta "Three"
        !!! meta "Four"
            4
        """)
    assert kinds(section) == ["box"] * 4
    assert [(box.title, box.text) for box in section.boxes] == [
        ("One", "1"), ("Two", "2"), ("Three", ""), ("Four", "4"),
    ]  # fmt: skip


def test_boxes_between_lists() -> None:
    section = only("""\
        # A {#a}

        + one
        + two [x](#a)
        !!! meta "M"
            - inside[^m]
        + three

        - four
        """)
    assert kinds(section) == ["list", "box", "list", "list"]
    assert [block.text for block in section.blocks] == [
        "+ one\n+ two [x](#a)", '!!! meta "M"\n    - inside[^m]', "+ three", "- four",
    ]  # fmt: skip
    assert section.references[0].inside == "prose"


def test_a_line_directly_after_a_box_is_reported() -> None:
    result = compiled("""\
        # A {#a}

        !!! meta "M"
            Inside.
        Not meant to be inside.
        """)
    (found,) = result.diagnostics
    assert (found.code, found.span.line, found.span.column) == ("box-runs-on", 5, 1)
    assert result.require().section("a").boxes[0].text == "Inside.\nNot meant to be inside."


def test_a_quote_or_a_heading_directly_after_a_box_is_not_in_it() -> None:
    spec = compiled("""\
        # A {#a}

        !!! meta "M"
            Inside.
        > Quoted.

        !!! meta "N"
            Inside.
        # B {#b}
        """)
    assert spec.diagnostics == ()
    assert kinds(spec.require().section("a")) == ["box", "quote", "box"]
    assert spec.require().section("b").depth == 1


@pytest.mark.parametrize("indent", ["    ", "\t", "  \t", "   \t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_indentation_and_line_ends(indent: str, end: str) -> None:
    lines = ["# A {#a}", "", '!!! meta "M"', f"{indent}One", "", f"{indent}two", "", "Three"]
    result = compile_spec(end.join(lines).encode())
    assert result.diagnostics == ()
    section = result.require().section("a")
    assert kinds(section) == ["box", "paragraph"]
    assert section.boxes[0].text == end.join(["One", "", "two"])


@pytest.mark.parametrize(
    "fence", ['~~~\n!!! meta "M"\n    a\n~~~', "~~~\n!!! meta\n~~~", "```\n!!! a b c\n```"]
)
def test_a_box_in_a_fence_is_code(fence: str) -> None:
    section = only(f"# A {{#a}}\n\n{fence}\n\nAfter.\n")
    assert kinds(section) == ["code", "paragraph"]
    assert section.blocks[0].text == fence
    assert section.boxes == ()


@pytest.mark.parametrize("head", ["!!!", "!!!meta", "!!! meta and more", '!!! meta "M', '!!!"M"'])
def test_what_begins_like_a_box_and_is_not_one(head: str) -> None:
    result = compile_spec(f"# A {{#a}}\n\n{head}\n    text\n".encode())
    (found,) = result.diagnostics
    assert (found.code, found.span.line) == ("box-head", 3)
    assert result.require().section("a").boxes == ()


def test_a_box_may_have_a_title_and_no_kind() -> None:
    (box,) = only('# A {#a}\n\n!!! "Title"\n    Text.\n').boxes
    assert (box.kind, box.title) == ("", "Title")


def test_a_box_before_the_first_heading_is_part_of_the_preamble() -> None:
    result = compile_spec(b'!!! meta "M"\n    Text.\n\n# A {#a}\n')
    assert result.diagnostics == ()
    assert [block.kind for block in result.require().preamble] == ["box"]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter(bom: str, end: str) -> None:
    lines = ["+++", 'title = "Ü"', 'version = "1.2.0"', "", "+++", "# A {#a}", ""]
    result = compile_spec((bom + end.join(lines)).encode())
    assert result.diagnostics == ()
    spec = result.require()
    assert (spec.metadata.title, spec.metadata.version) == ("Ü", "1.2.0")
    assert spec.section("a").heading.span.line == 6
    assert spec.preamble == ()


def test_front_matter_may_be_all_there_is() -> None:
    spec = compile_spec(b'+++\nlanguage = "en"\n+++').require()
    assert spec.metadata.language == "en"
    assert spec.sections == ()


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("+++\ntitle = 1\n+++\n", "str"),
        ("+++\ntitle = \n+++\n", "Invalid value"),
        ('+++\ntitle = "a"\n', "no second"),
        ("+++\n" + "# x\n" * 5000 + "+++\n", "more than"),
        ("+++\na = " + "[" * 5000 + "\n+++\n", ""),
    ],
)
def test_front_matter_that_cannot_be_read(front: str, words: str) -> None:
    result = compile_spec(f"{front}# A {{#a}}\n".encode())
    (found,) = result.diagnostics
    assert found.code == "front-matter"
    assert words in found.message
    assert result.has_errors
    assert result.require().section("a")


def test_front_matter_is_only_at_the_top() -> None:
    spec = compile_spec(b'# A {#a}\n\n+++\ntitle = "T"\n+++\n').require()
    assert spec.metadata.title == ""
    assert spec.section("a").blocks[0].kind == "paragraph"
