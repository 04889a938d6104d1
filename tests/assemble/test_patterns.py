"""Strings that z3 finds are those that RE2 admits; what z3 says is empty is."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.assemble.patterns import string_search
from adhere.compiler import compile_spec
from adhere.resolve import Obligation, prove
from adhere.spec import Authority, Domain

pytest.importorskip("z3")
SEARCH = string_search()

atoms = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", r"\d", r"\W", "ab", "(?:a|b0)", "(a)"])
repeats = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,2}", "{0}"])
patterns = st.lists(st.tuples(atoms, repeats).map("".join), min_size=1, max_size=4).map("".join)
either = st.tuples(patterns, patterns).map("|".join)


@settings(max_examples=60, deadline=None)
@given(patterns | either | patterns.map("^({})$".format), patterns)
def test_z3_and_re2_agree(wanted: str, unwanted: str) -> None:
    yes, no = Domain(pattern=wanted, max_length=4), Domain(pattern=unwanted)
    found, complete = SEARCH([yes], [no], (), 3)
    for text in found:
        assert yes.admits(text)
        assert not no.admits(text)
    assert len(set(found)) == len(found)
    if complete:
        short = ("".join(letters) for size in range(4) for letters in product("ab0 ", repeat=size))
        there = {text for text in short if yes.admits(text) and not no.admits(text)}
        assert there <= set(found)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?i)a",
        r"\bword",
        r"\pL",
        r"[[:alpha:]]",
        r"a^b",
        r"é",
        r"a{2000}",
        r"(?P<n>a)",
        "a{,2}",  # for RE2 these are five letters
        "[a&&b]",
        "[[a]",  # Python warns that it may come to read them anew
    ],
)
def test_what_is_not_translated_is_not_searched(pattern: str) -> None:
    assert SEARCH([Domain(pattern=pattern)], [], (), 1) == ((), False)


@pytest.mark.parametrize("pattern", [r"[^\w\W]", r"a[^\s\S]+", r"[^\d\D]{1,2}b"])
def test_a_class_that_holds_nothing(pattern: str) -> None:
    assert SEARCH([Domain(pattern=pattern)], [], (), 1) == ((), True)
    assert SEARCH([Domain(pattern=f"x|{pattern}")], [], (), 2) == (("x",), True)


@pytest.mark.parametrize("known", ["\\", "\\u{41}", "é", "\U0001f600", "\x00", '"'])
def test_what_is_known_is_not_found_again(known: str) -> None:
    either = Domain(values=(known, "x"))
    assert SEARCH([either], [], (known,), 2) == (("x",), True)
    assert SEARCH([either], [], ("x",), 2) == ((known,), True)


SPEC = """\
# A {#a authority=user}

Text.

~~~setting
id = "code"
type = "string"
default = ""
allowed = { pattern = "([A-Z]{3}-[0-9]{4})?" }
changeable_by = ["developer", "user"]
bounds.user = { pattern = "PUB-[0-9]{4}" }
~~~
"""


def test_a_counterexample_with_a_string_out_of_reach() -> None:
    spec = compile_spec(SPEC.encode()).require()
    asked = Obligation("code", "a.code != before(a.code)", (Authority.USER,))
    assert prove(spec, asked).outcome == "undecided"
    found = prove(spec, asked, search=SEARCH)
    assert found.outcome == "refuted"
    assert found.counterexample is not None
    assert re.fullmatch("PUB-[0-9]{4}", str(found.counterexample.values["a.code"]))


def test_what_no_string_can_do_is_proved() -> None:
    spec = compile_spec(
        SPEC.replace(
            'bounds.user = { pattern = "PUB-[0-9]{4}" }', 'bounds.user = { pattern = "[0-9]{9}" }'
        ).encode()
    ).require()
    asked = Obligation("code", "a.code != before(a.code)", (Authority.USER,))
    assert prove(spec, asked).outcome == "undecided"  # some string might be both
    assert prove(spec, asked, search=SEARCH).outcome == "proved"
