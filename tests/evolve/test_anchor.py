"""Comments hold on to the text, and say how well they still fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.assemble import load_spec
from adhere.compiler import compile_spec
from adhere.errors import InputError
from adhere.evolve.feedback import Anchor, anchor_at, locate, web_annotation
from adhere.spec import Spec

TEXT = """\
# One {#one authority=user}

The first sentence is here. Be brief with people in a hurry. The last sentence.

# Two {#two authority=user}

Something else altogether.

**Example**: a greeting

~~~xml
<user>Hello</user>
<comparison>
<assistant> <!-- GOOD -->
Hello to you.
</assistant>
</comparison>
~~~
"""
QUOTE = "Be brief with people in a hurry."


def compiled(text: str) -> Spec:
    return compile_spec(text.encode()).require()


SPEC = compiled(TEXT)
ANCHOR = anchor_at(SPEC, "one", "Be  brief\nwith people in a hurry.")


@pytest.mark.parametrize(
    ("old", "new", "fit", "target"),
    [
        ("Something else", "Another thing", "same", "one"),
        ("The last", "The very last", "kept", "one"),
        ("{#one ", "{#uno oldids=one ", "same", "uno"),
        ("people in a hurry", "people who are in a hurry", "changed", "one"),
        (f" {QUOTE}", "", "gone", ""),
        ("# One {#one authority=user}\n", "# Zero {#zero authority=user}\n", "moved", "zero"),
    ],
)
def test_where_it_is_now(old: str, new: str, fit: str, target: str) -> None:
    found = locate(ANCHOR, compiled(TEXT.replace(old, new, 1)))
    assert (found.fit, found.target) == (fit, target)
    if fit == "changed":
        assert found.text == "Be brief with people who are in a hurry."


def test_common_words_elsewhere_are_not_the_same_place() -> None:
    text = TEXT.replace(f" {QUOTE}", "").replace("altogether.", f"altogether. {QUOTE}")
    assert locate(ANCHOR, compiled(text)).fit == "gone"  # nothing beside it is as it was


def test_words_at_the_beginning_have_no_place_by_what_stood_before_them() -> None:
    old = compiled("# A {#a authority=user}\n\nBe kind. To the old.\n")
    new = compiled(
        "# A {#a authority=user}\n\nNothing.\n\n# B {#b authority=user}\n\nNever say Be kind.\n"
    )
    anchor = anchor_at(old, "a", "Be kind.")
    assert (anchor.prefix, anchor.suffix) != ("", "")
    assert locate(anchor, new).fit == "gone"


def test_on_the_whole_of_a_section_or_example() -> None:
    whole = anchor_at(SPEC, "two")
    assert locate(whole, SPEC).fit == "same"
    assert locate(whole, compiled(TEXT.replace("Something", "Anything"))).fit == "changed"
    (example,) = [one for _, one in SPEC.examples()]
    anchor = anchor_at(SPEC, example.id, "Hello to you.")
    assert anchor.kind == "example"
    assert locate(anchor, compiled(TEXT.replace("greeting", "greeting"))).fit == "same"
    assert locate(anchor, compiled(TEXT.replace("<user>Hello<", "<user>Hi<"))).fit == "kept"
    assert locate(anchor, compiled(TEXT[: TEXT.index("**Example")])).fit == "gone"


def test_results_and_decisions_do_not_move() -> None:
    anchor = Anchor(kind="decision", target="sha256:1", spec_digest="x")
    assert locate(anchor, SPEC).fit == "same"


@pytest.mark.parametrize(
    ("target", "quote"), [("three", ""), ("one", "Never said."), ("one", "x" * 2001)]
)
def test_what_is_no_place(target: str, quote: str) -> None:
    with pytest.raises(InputError):
        anchor_at(SPEC, target, quote)


@given(st.integers(0, 70), st.integers(1, 70))
def test_any_quote_is_found_where_it_was_made(start: int, length: int) -> None:
    words = " ".join(("One\n" + SPEC.section("one").prose).split())[start : start + length]
    anchor = anchor_at(SPEC, "one", words)
    found = locate(anchor, SPEC)
    assert (found.fit, found.target) == ("same", "one")
    assert anchor.exact == " ".join(words.split())


def test_the_web_annotation_model() -> None:
    found = web_annotation(
        ANCHOR, {"type": "TextualBody", "value": "No."}, "https://x.example/#one"
    )
    assert found["type"] == "Annotation"
    assert found["target"]["selector"] == [
        {"type": "FragmentSelector", "value": "one"},
        {
            "type": "TextQuoteSelector", "exact": QUOTE,
            "prefix": "One The first sentence is here. ", "suffix": " The last sentence.",
        },
    ]  # fmt: skip


def test_comments_on_the_published_spec_follow_its_releases(data_dir: Path) -> None:
    """An anchor on each section of one release, found in the next: 83 of 83 keep a place."""
    releases = data_dir / "openai_model_spec"
    old, new = (load_spec(str(releases / name)) for name in ("2025-10-27", "2025-12-18"))
    fits: dict[str, int] = {}
    for section in old.walk():
        fit = locate(anchor_at(old, section.id), new).fit
        fits[fit] = fits.get(fit, 0) + 1
    assert fits == {"same": len(list(old.walk())) - 5, "changed": 5}
