"""Reading files of evaluation prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.compiler import Context, compile_spec, lint, read_prompts
from adhere.compiler.prompts import MAX_PROMPTS_BYTES, PromptFile

FILE = """\
Examples for [^a1b2] in Be kïnd:

**Example**: a greeting

~~~xml
<user>
Hello &amp; good day
</user>
~~~

**Example**: a greeting

~~~xml
<developer>Be kind.</developer>
<user>Hi</user>
~~~

~~~xml
<user>No title</user>
~~~
"""


def _read(text: str | bytes) -> PromptFile:
    data = text if isinstance(text, bytes) else text.encode()
    return read_prompts(data, marker="a1b2", name="prompts/a1b2.md")


def test_what_a_file_says() -> None:
    file = _read(FILE)
    assert (file.marker, file.says_marker, file.says_section) == ("a1b2", "a1b2", "Be kïnd")
    assert file.title_span.of(FILE.encode()).decode() == "Be kïnd"
    assert (file.header.line, file.header.column) == (1, 1)
    assert file.diagnostics == ()


def test_its_prompts() -> None:
    prompts = _read(FILE).prompts
    assert [prompt.id for prompt in prompts] == [
        "a1b2/a-greeting", "a1b2/a-greeting-2", "a1b2/untitled",
    ]  # fmt: skip
    assert [turn.role for turn in prompts[1].turns] == ["developer", "user"]
    assert prompts[0].turns[0].text == "Hello & good day"
    assert prompts[0].span.line == 3
    assert prompts[0].span.of(FILE.encode()).decode().endswith("</user>\n~~~")
    assert all(prompt.answers == () for prompt in prompts)


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    file = _read(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    assert (file.says_section, len(file.prompts), file.diagnostics) == ("Be kïnd", 3, ())


def test_a_file_without_its_first_line() -> None:
    file = _read(FILE.split("\n", 2)[2])
    (found,) = file.diagnostics
    assert (found.code, found.span.line, found.span.column) == ("prompts-header", 1, 1)
    assert found.section is None
    assert len(file.prompts) == 3


@pytest.mark.parametrize("text", ["", "Examples for [^a1b2] in X:\n\nNothing yet.\n"])
def test_a_file_without_prompts(text: str) -> None:
    assert "prompts-empty" in [found.code for found in _read(text).diagnostics]


def test_a_carriage_return_alone() -> None:
    (found,) = _read(FILE + "a\rb").diagnostics
    assert found.code == "bare-return"


def test_a_malformed_prompt_is_reported_where_it_stands() -> None:
    (found,) = _read(FILE.replace("</developer>", "</develop>")).diagnostics
    assert (found.code, found.span.line, found.file, found.section) == (
        "example-malformed", 14, "prompts/a1b2.md", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"Examples for [^a1b2] in \xff:\n", "invalid-utf8"),
        (b"Examples\0", "nul-byte"),
        (b"x" * (MAX_PROMPTS_BYTES + 1), "too-large"),
    ],
)
def test_what_cannot_be_read(data: bytes, code: str) -> None:
    file = _read(data)
    assert [found.code for found in file.diagnostics] == [code]
    assert file.prompts == ()


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: FILE + text)))
def test_no_input_raises(data: bytes | str) -> None:
    assert _read(data).marker == "a1b2"


def test_the_published_prompts(data_dir: Path) -> None:
    folder = data_dir / "openai_model_spec" / "2025-12-18-rev2"
    paths = sorted((folder / "examples").glob("*.md"))
    files = {
        path.stem: read_prompts(path.read_bytes(), marker=path.stem, name=path.name)
        for path in paths
    }
    assert len(files) == 114
    assert [it for file in files.values() for it in file.diagnostics] == []
    assert all(file.says_marker == marker for marker, file in files.items())
    spec = compile_spec((folder / "model_spec.md").read_bytes()).require()
    found = [
        (it.code, it.file, it.span.line)
        for it in lint(Context(spec, files))
        if "prompts" in it.code
    ]
    # Every one looked at in the files.
    assert found == [
        ("prompts-of-another-section", "3kvn.md", 1),
        ("prompts-without-marker", "91ld.md", 1),
        ("prompts-without-marker", "lds1.md", 1),
        ("marker-without-prompts", "spec.md", 3599),
        ("marker-without-prompts", "spec.md", 3633),
        ("marker-without-prompts", "spec.md", 3635),
        ("marker-without-prompts", "spec.md", 3957),
    ]


def test_many_titles_that_look_numbered_already_cost_no_stack() -> None:
    """Ids stay distinct where titles are called what a repeated title would be called."""
    names = [*(f"a-{number}" for number in range(2, 3000)), "a", "a", "a"]
    text = "".join(f"**Example**: {name}\n\n~~~xml\n<user>Hi</user>\n~~~\n\n" for name in names)
    found = read_prompts(text.encode(), marker="m", name="m.md").prompts
    assert len({prompt.id for prompt in found}) == len(found) == len(names)
