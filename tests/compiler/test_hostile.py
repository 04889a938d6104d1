"""Hostile documents: no crash, no hang, no silence, and time in proportion to length."""

from __future__ import annotations

import subprocess
import sys
import time
from random import Random

import pytest
from families import FAMILIES
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import compile_lawfully
from mutate import TOKENS, Mutator, corpus

from adhere.compiler import DEFAULT_MAX_BYTES, compile_spec
from adhere.compiler.source import MAX_PARTS

SOAK_DOCUMENTS = 100_000
SLOWEST = 10e-6
"""Seconds per byte that no document may take: the worst family takes about half of it."""


@pytest.fixture(scope="module")
def mutator() -> Mutator:
    return Mutator(corpus())


def check_broken(mutator: Mutator, numbers: range) -> None:
    for number in numbers:
        data = mutator.make(number)
        try:
            compile_lawfully(data)
        except BaseException as error:  # a panic of the parser would be no Exception
            error.add_note(f"document number {number}")
            raise


def test_broken_documents(mutator: Mutator) -> None:
    check_broken(mutator, range(1, 1500))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_thousand_broken_documents(mutator: Mutator, part: int) -> None:
    size = SOAK_DOCUMENTS // 10
    check_broken(mutator, range(part * size, (part + 1) * size))


@settings(max_examples=150)
@given(st.data(), st.integers(0, 2**32))
def test_real_text_and_tokens_in_any_order(
    mutator: Mutator, data: st.DataObject, seed: int
) -> None:
    excerpts = [mutator.make(seed + offset, size=60) for offset in range(3)]
    pieces = data.draw(st.lists(st.sampled_from([*TOKENS, *excerpts]), max_size=30))
    text = b"".join(pieces)
    compile_lawfully(text)
    compile_lawfully(mutator.break_up(Random(seed), bytearray(text)))


@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_breaks_a_law(family: str) -> None:
    for size in (0, 1, 40, 400, 3000):
        compile_lawfully(FAMILIES[family](size).encode())


def seconds(data: bytes) -> float:
    start = time.process_time()
    compile_spec(data, max_bytes=len(data))
    return time.process_time() - start


def growth(family: str, size: int) -> float:
    """How much more a byte costs in a document four times as long; the best of three."""
    make = FAMILIES[family]
    ratios = []
    for _ in range(3):
        short, long = make(size).encode(), make(4 * size).encode()
        once, again = seconds(short), seconds(long)
        assert again / len(long) < SLOWEST, f"{again / len(long) * 1e6:.1f} µs for each byte"
        ratios.append((again / len(long)) / (max(once, 0.005) / len(short)))
        if ratios[-1] < 2:  # linear is 1, square is 4
            break
    return min(ratios)


@pytest.mark.soak  # a figure of time: it needs a machine that does nothing else
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("family", FAMILIES)
def test_time_of_long_documents_grows_with_length_and_no_faster(family: str) -> None:
    assert growth(family, 500_000) < 2


@pytest.mark.parametrize(
    ("line", "head"),
    [
        pytest.param("#\n", "", marks=pytest.mark.soak),
        ("[^m]", "# A {#a}\n\n"),
        pytest.param("<user/>\n", "# A {#a}\n\n~~~xml\n", marks=pytest.mark.soak),
        pytest.param("- ~~~\n\n", "# A {#a}\n\n", marks=pytest.mark.soak),
    ],
)
def test_a_document_of_too_many_parts_is_refused(line: str, head: str) -> None:
    data = (head + line * MAX_PARTS).encode()
    result = compile_spec(data)
    assert result.spec is None
    (found,) = result.diagnostics
    assert found.code == "too-many-parts"
    assert 1 < found.span.start < len(data)


@pytest.mark.parametrize("size", [DEFAULT_MAX_BYTES + 1, 4 * DEFAULT_MAX_BYTES])
def test_over_the_limit_is_refused_within_a_second(size: int) -> None:
    data = b"[" * size
    start = time.perf_counter()
    result = compile_spec(data)
    assert time.perf_counter() - start < 1
    assert [found.code for found in result.diagnostics] == ["too-large"]
    assert result.diagnostics[0].span.start == DEFAULT_MAX_BYTES


def test_the_command_line_reads_no_more_than_the_limit() -> None:
    """An endless file is refused as quickly as a long one."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
        "from adhere.cli.main import main; main()"
    )
    arguments = ["compile", "/dev/zero", "--max-bytes", "100000"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert b"larger than the limit of 100,000 bytes" in done.stderr


def test_where_a_document_cannot_be_understood_a_place_is_given() -> None:
    broken = {
        b"# A {#a}\n\n~~~xml\n<user>\n~~~\n": ("example-malformed", 5),
        b"# A {#a}\n\n~~~xml\n<user/>\n": ("fence-unclosed", 3),
        b"# A {#a}\n\n~~~setting\nid = \n~~~\n": ("setting-malformed", 3),
        b"# A {#a}\n\n<!-- \n\n# B {#b}\n": ("html-unclosed", 3),
        b"+++\ntitle =\n+++\n": ("front-matter", 2),
        b"# A {#a authority=god}\n": ("unknown-authority", 1),
        b"a\n\n" + b"> " * 200 + b"a\n": ("too-deep", 3),
        b"a\n\n\xff\n": ("invalid-utf8", 3),
    }
    for data, (code, line) in broken.items():
        (found,) = compile_spec(data).diagnostics
        assert (found.code, found.span.line) == (code, line)
        assert found.severity == "error"
