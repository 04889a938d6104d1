"""Coverage-guided fuzzing of the compiler: every law of `laws` on every document.

Run ``python fuzz/fuzz_compile.py -max_total_time=300`` (needs the dependency group ``soak``; other
options are libFuzzer's). A document that breaks a law is written to ``crash-…``; give its name as
the argument to see it break again.
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["adhere"]):
    from laws import compile_lawfully

    import adhere.compiler

from mutate import TOKENS, Mutator, corpus

LONGEST = 8192
_MUTATOR = Mutator(corpus())


def one_input(data: bytes) -> None:
    """Check one document."""
    compile_lawfully(data)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Break a document: mostly in the ways of the dialect, sometimes byte by byte."""
    random = Random(seed)  # noqa: S311 - nothing here is secret
    if not data or random.random() < 0.05:
        data = _MUTATOR.make(seed, size=1024)
    if random.random() < 0.2:
        broken: bytes = atheris.Mutate(data, max_size)
    else:
        broken = _MUTATOR.break_up(random, bytearray(data))
    return broken[:max_size]


def main() -> None:
    """Fuzz until a law is broken or the time is up."""
    assert adhere.compiler, TOKENS
    arguments = [sys.argv[0], f"-max_len={LONGEST}", "-timeout=10", *sys.argv[1:]]
    atheris.Setup(arguments, one_input, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
