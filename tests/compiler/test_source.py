"""From offsets to places, and what cannot be a document at all."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.compiler import Severity, compile_spec
from adhere.compiler.source import MAX_NESTING, Source, refuse

texts = st.text(st.sampled_from("ab\n\r\t é\u4e2d\U0001f600\u2028\ufeff"), max_size=80)


def place(data: bytes, offset: int) -> tuple[int, int]:
    """Count what `Source.place` looks up."""
    start = data.rfind(b"\n", 0, offset) + 1
    if start == 0 and data.startswith(b"\xef\xbb\xbf"):
        start = 3
    return data.count(b"\n", 0, offset) + 1, len(data[start:offset].decode()) + 1


@given(texts, st.randoms(use_true_random=False), st.integers(1, 3000))
def test_places_are_counted(text: str, random: Random, times: int) -> None:
    data = (text * times).encode()[:20_000].decode(errors="ignore").encode()
    source = Source(data, "x")
    starts = [at for at in range(len(data) + 1) if at == len(data) or data[at] & 0xC0 != 0x80]
    for offset in random.sample(starts, min(20, len(starts))):
        assert source.place(offset) == place(data, offset)


@pytest.mark.parametrize("line", ["a" * 70_000, "é" * 70_000, "\U0001f600a" * 20_000])
def test_places_in_a_long_line(line: str) -> None:
    data = f"x\n{line}\ny".encode()
    source = Source(data, "x")
    for characters in (0, 1, 5, 511, 1024, 8193, len(line) - 1, len(line)):
        offset = 2 + len(line[:characters].encode())
        assert source.place(offset) == (2, characters + 1)
    assert source.place(len(data) - 1) == (3, 1)


def test_the_byte_order_mark_is_not_a_column() -> None:
    source = Source("\ufeffab\ncd".encode(), "x")
    assert [source.place(offset) for offset in (0, 3, 4, 6)] == [(1, 1), (1, 1), (1, 2), (2, 1)]


@given(st.binary(max_size=200), st.integers(0, 250))
def test_what_is_refused(data: bytes, limit: int) -> None:
    found = refuse(Source(data, "x"), limit)
    try:
        data.decode()
        fine = len(data) <= limit and b"\0" not in data
    except UnicodeDecodeError:
        fine = False
    assert (found is None) == fine
    if found is not None:
        assert found.severity is Severity.ERROR
        assert found.span.end <= len(data)


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"# A\n\nfoo \xff bar\n", "invalid-utf8", 3, 5),
        ("é".encode()[:1], "invalid-utf8", 1, 1),
        (b"\xed\xa0\x80", "invalid-utf8", 1, 1),  # a surrogate
        (b"# A\n\xc3\xa9\0\n", "nul-byte", 2, 2),
        (b"a\n\n" + b">" * (MAX_NESTING + 1) + b"a\n", "too-deep", 3, 1),
        (b"- " * (MAX_NESTING + 1) + b"a\n", "too-deep", 1, 1),
        (b" " * (2 * MAX_NESTING) + b"1. a\n", "too-deep", 1, 1),
        (b"\t" * (MAX_NESTING // 2) + b"- a\n", "too-deep", 1, 1),
    ],
)
def test_refused_with_a_place(data: bytes, code: str, line: int, column: int) -> None:
    result = compile_spec(data)
    assert result.spec is None
    assert result.has_errors
    (found,) = result.diagnostics
    assert (found.code, found.span.line, found.span.column) == (code, line, column)
    with pytest.raises(ValueError, match=str(found.span.line)):
        result.require()


@pytest.mark.parametrize(
    "data",
    [
        b">" * (MAX_NESTING // 2) + b" a\n",
        b" " * 400 + b"words, far to the right\n",
        b"- a" + b" " * 400 + b"b\n",
        b"- " + b" " * 400 + b"b\n",
        b"*" * 1000 + b"\n",
        b"-" * 1000 + b"\n",
        b"1234567890" * 100 + b"\n",
    ],
)
def test_not_too_deep(data: bytes) -> None:
    assert refuse(Source(data, "x"), 1 << 20) is None


def test_too_large_is_refused_at_once() -> None:
    result = compile_spec(b"# A\n\n" + b"a" * 100, max_bytes=50)
    (found,) = result.diagnostics
    assert found.code == "too-large"
    assert (found.span.start, found.span.end) == (50, 105)
    assert compile_spec(b"a" * 50, max_bytes=50).spec is not None


@pytest.mark.parametrize(
    ("text", "place"),
    [("# A\r\n\r\nB\rC\n", (3, 2)), ("a\rb\rc", (1, 2)), ("# A\r", (1, 4)), ("a\r\r\n", (1, 2))],
)
def test_a_bare_carriage_return_is_an_error(text: str, place: tuple[int, int]) -> None:
    result = compile_spec(text.encode())
    assert [(it.code, it.span.line, it.span.column) for it in result.diagnostics] == [
        ("bare-return", *place)
    ]
    assert result.has_errors
    assert result.spec is not None


def test_line_ends_of_both_kinds_are_fine() -> None:
    assert compile_spec(b"# A {#a}\r\n\r\ntext\n\nmore\r\n").diagnostics == ()
