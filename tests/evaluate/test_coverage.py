"""Sections against cases."""

from __future__ import annotations

from adhere.assemble.suites import coverage_of
from adhere.compiler import compile_spec
from adhere.conversation import Case, Message, Pair, Role, Variant
from adhere.evaluate import Suite, SuiteManifest
from adhere.evaluate.coverage import coverage

SPEC = compile_spec(
    b"# Chapter {#chapter}\n\nWords.\n\n## One {#one authority=root oldids=first}\n\nx\n\n"
    b"## Two {#two authority=user}\n\nx\n\n"
    b"## Three {#three authority=user}\n\n<!-- no test needed: it defines a word -->\n\nx\n\n"
    b"## Four {#four authority=user}\n\nx[^abcd]\n\n"
    b"## Five {#five authority=user}\n\nx\n"
).require()
USER = Message(Role.USER, "Hi")


def case(name: str, *sections: str, **fields: object) -> Case:
    known = {"right": "help", "conversation": (USER,), **fields}
    return Case(schema="adhere/case/1", id=name, sections=sections, **known)  # type: ignore[arg-type]


def suite(*cases: Case) -> Suite:
    about = SuiteManifest(schema="adhere/suite/1", id="t", title="T", version="1", licence="x")
    return Suite(about, cases, "sha256:0", "")


def test_each_section_says_how_it_is_tested() -> None:
    found = coverage(SPEC, [
        suite(case("a", "first", "five", pair=Pair("p", "mirror")),
              case("b", "one", right="decline", pair=Pair("p", "mirror"))),
        suite(case("c", "one", "gone", conversation=(USER, Message(Role.ASSISTANT, "x"), USER),
                   variant=Variant("s", "age", "35"))),
    ])  # fmt: skip
    rows = {row.id: row for row in found.sections}
    assert {name: row.standing for name, row in rows.items()} == {
        "one": "cases", "two": "untested", "three": "no test needed", "four": "spec",
        "five": "cases",
    }  # fmt: skip
    one = rows["one"]  # its old name counts
    assert (one.cases, one.help, one.decline, one.turns, one.also) == (3, 2, 1, 1, 0)
    assert (rows["five"].cases, rows["five"].also) == (0, 1)
    assert rows["three"].reason == "it defines a word"
    assert found.standings == {"cases": 2, "spec": 1, "no test needed": 1, "untested": 1}
    assert (found.pairs, found.sets, found.unknown) == ({"mirror": 1}, {"age": 1}, {"gone": 1})
    assert (found.cases, found.suites) == (3, ("t", "t"))


def test_every_rule_of_the_reference_spec_is_tested_by_cases() -> None:
    found = coverage_of("reference", ("reference",))
    assert found.standings == {"cases": 61, "spec": 0, "no test needed": 0, "untested": 0}
    everything = coverage_of("reference", ())
    assert everything.suites == ("reference", "reference/counterfactual", "reference/truthfulness")
    assert everything.unknown == {}
