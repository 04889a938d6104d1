"""Whatever is compiled can be written back, byte for byte."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from laws import compile_lawfully
from msgspec.structs import replace

from adhere.compiler import compile_spec, write_spec
from adhere.spec import Spec

TOKENS = [
    "# ", "## ", "A", "{#a}", " {#b authority=root tags=x,y}", "\n", "\n\n", "\r\n", "\r", "    ",
    "\t", "~~~", "~~~xml\n", "~~~setting\n", "```", "<user>", "</user>", "<comparison>", "é",
    "</comparison>", "<assistant>", "<!-- GOOD: x -->", "</assistant>", "<untrusted>", "&amp;",
    "**Example**: t", "[?](#a)", "[^m]", "[^m]: d", "!!! meta", ' "T"', "> ", "- ", "1. ", "|a|b|",
    "|-|-|", "---", "===", "***", "<!--", "-->", "<div>", "[l]: /u", "`", "*", "_", "\\", "\ufeff",
    "+++", 'title = "t"', 'id = "s"\ntype = "boolean"\ndefault = true\nchangeable_by = ["user"]\n',
    "<!-- no test needed: x -->", "\U0001f600", "\u2028", "\x0c", "\x0b", "\x1f", "\x85", "+   #",
]  # fmt: skip
dialect = st.lists(st.sampled_from(TOKENS), max_size=40).map("".join)
anything = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


@settings(max_examples=600)
@given(dialect)
@example("[a]: /b\n\n# H {#h}\n\n[c]: /d")
@example("!!! meta\n    a\n\n    ~~~\n\n+ b\n!!!")
@example("- a\r\r\n!!! meta\r\n\tb\r\n")
def test_documents_in_the_dialect_keep_every_law(text: str) -> None:
    compile_lawfully(text.encode())


@settings(max_examples=300)
@given(anything)
def test_any_text_keeps_every_law(text: str) -> None:
    compile_lawfully(text.encode())


@given(st.binary(max_size=100))
def test_any_bytes_keep_every_law(data: bytes) -> None:
    compile_lawfully(data)


@settings(max_examples=300)
@given(dialect, dialect, st.sampled_from(["\n", "\r\n"]))
def test_line_ends_do_not_change_what_is_understood(start: str, rest: str, end: str) -> None:
    text = f"{start}\n\n{rest}".replace("\r", "")
    one, two = (compile_lawfully(text.replace("\n", it).encode()).spec for it in ("\n", end))
    assert one is not None
    assert two is not None
    assert [(it.id, it.title.split(), it.authority) for it in one.walk()] == [
        (it.id, it.title.split(), it.authority) for it in two.walk()
    ]
    assert [
        (it.id, [turn.text for turn in it.turns], [answer.verdict for answer in it.answers])
        for _, it in one.examples()
    ] == [
        (it.id, [turn.text for turn in it.turns], [answer.verdict for answer in it.answers])
        for _, it in two.examples()
    ]


def test_pieces_that_do_not_fit_are_refused() -> None:
    spec = compile_spec(b"# A {#a}\n\ntext\n").require()
    with pytest.raises(ValueError, match="starts at byte"):
        write_spec(replace(spec, gaps=()))
    with pytest.raises(ValueError, match="starts at byte"):
        write_spec(replace(spec, gaps=spec.gaps * 2))


def test_a_spec_that_went_through_json_is_written_back() -> None:
    source = "\ufeff+++\ntitle = 'é'\n+++\n\nBefore\r\n\n# A {#a}\n\n\ttab\n".encode()
    data = msgspec.json.encode(compile_spec(source).require())
    assert write_spec(msgspec.json.decode(data, type=Spec)) == source
