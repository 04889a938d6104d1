"""Expressions about settings: what is read, what is refused, what they come to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.assemble import load_spec
from adhere.errors import InputError
from adhere.resolve.proofs.binding import bind, holds
from adhere.resolve.proofs.expression import MAX_LENGTH, addresses, leaves, parse_expression
from adhere.resolve.proofs.views import View, declared
from adhere.spec import Authority

SETTINGS = declared(load_spec("reference"))


def views(**values: Any) -> dict[str, View]:
    """A world: every setting at its default but these (``__`` for the dot)."""
    changed = {name.replace("__", "."): value for name, value in values.items()}
    return {
        address: View(changed.get(address, setting.default), True, frozenset())
        for address, setting in SETTINGS.items()
    }


def true(text: str, before: dict[str, View] | None = None, **values: Any) -> bool:
    world = views(**values)
    return holds(bind(parse_expression(text), SETTINGS), world, before or world)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tone.emoji", True),
        ("not tone.emoji", False),
        ("not not tone.emoji", True),
        ("tone.emoji == true", True),
        ("tone.emoji != true or tone.emoji", True),
        ("false == tone.emoji", False),
        ("tone.warmth == 2", True),
        ("tone.warmth < 2 or 2 > tone.warmth", False),
        ("tone.warmth <= 2 and 2 >= tone.warmth and tone.warmth >= 2", True),
        ("1 < tone.warmth", True),
        ("tone.warmth in [1, 2]", True),
        ("tone.warmth not in [1, 2]", False),
        ('tone.profanity in ["never", "freely"]', False),
        ("tone.profanity == 'when_asked'", True),
        ('"law" in regulated_advice.areas', True),
        ('"money" not in regulated_advice.areas', False),
        ('regulated_advice.areas == ["money", "law", "health", "law"]', True),
        ("tone.emoji or tone.warmth == 1 and tone.warmth == 5", True),
        ("(tone.emoji or tone.warmth == 1) and tone.warmth == 5", False),
        ("lawful(tone.emoji) and kept(tone.emoji, user)", True),
        ("tone.warmth > before(tone.warmth)", False),
        ("before(tone.warmth) == 3 and before(tone.emoji) != tone.emoji", True),
    ],
)
def test_what_an_expression_comes_to(text: str, wanted: bool) -> None:
    assert true(text, views(), tone__emoji=True, tone__warmth=2) is wanted


def test_lawful_and_kept_are_about_the_outcome() -> None:
    world = views()
    world["tone.warmth"] = View(3, False, frozenset({Authority.SYSTEM}))
    for text, wanted in (
        ("lawful(tone.warmth)", False),
        ("kept(tone.warmth, system)", False),
        ("kept(tone.warmth, developer)", True),
    ):
        assert holds(bind(parse_expression(text), SETTINGS), world, views()) is wanted


def test_it_stands_for_each_setting_in_turn() -> None:
    expression = parse_expression("it != before(it)")
    assert addresses(expression) == ("it",)
    assert addresses(bind(expression, SETTINGS, it="tone.warmth")) == ("tone.warmth",)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "x:1", "it ends where a setting or a value should be"),
        ("tone.emoji = true", "x:12", "'=' stands where the end"),
        ("tone.emoji tone.emoji", "x:12", "'tone.emoji' stands"),
        ("tone.emoji and", "x:15", "it ends"),
        ("(tone.emoji", "x:12", 'it ends where ")" should be'),
        ("emoji", "x:1", "'emoji' stands where a setting or a value"),
        ("tone.warmth == 007", "x:16", "'007' is not a value"),
        ('tone.profanity == "\\x"', "x:19", "is not a value"),
        ('tone.profanity == "never', "x:19", "stands where"),
        ('tone.profanity in [1, "never"]', "x:20", "strings or integers, not both"),
        ("tone.profanity in [true]", "x:20", "strings or integers, not both"),
        ("kept(tone.emoji, root)", "x:18", "system or developer or user"),
        ("lawful(tone.emoji) == true", "x:20", "is not compared"),
        ("not " * 50 + "tone.emoji", "x:161", "nested too deep"),
        ("a" * (MAX_LENGTH + 1), "x", "at most 4,096 characters"),
        ("tone.emoj", "x:1", "no setting 'tone.emoj'"),
        ("it", "x:1", "no setting 'it'"),
        ("tone.warmth", "x:1", "an integer, not true or false"),
        ("true", "x:1", "a value alone says nothing"),
        ("1 == 1", "x:1", "two values are compared"),
        ("tone.warmth == sub_agents.at_most", "x:1", "two settings are compared"),
        ("tone.warmth == tone.warmth", "x:1", "two settings are compared"),
        ("tone.profanity < before(tone.profanity)", "x:1", '"<" does not fit'),
        ('tone.profanity > "never"', "x:18", "only integers have an order"),
        ("tone.warmth < true", "x:15", "only integers have an order"),
        ('tone.profanity == "frely"', "x:19", 'never "frely"'),
        ("tone.profanity == 3", "x:19", "never 3"),
        ("tone.warmth == true", "x:16", "never true"),
        ("tone.warmth in [3, 9]", "x:16", "never 9"),
        ("tone.warmth in []", "x:16", "wants a list"),
        ("tone.emoji in [1]", "x:15", "wants a list"),
        ('"art" in regulated_advice.areas', "x:1", 'never ["art"]'),
        ('"law" in tone.profanity', "x:10", "not a list"),
        ('regulated_advice.areas == ["art"]', "x:27", 'never ["art"]'),
        ('self_harm.crisis_country == "at"', "x:29", 'never "at"'),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_column(text: str, place: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        bind(parse_expression(text, name="x"), SETTINGS, name="x")
    assert caught.value.place == place
    assert said in caught.value.message


@given(st.text(alphabet=" ()[],.=<>!\"'\\\n\x1b1a-éit", max_size=30) | st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    said = ""
    try:
        assert list(leaves(parse_expression(text)))
    except InputError as error:
        said = error.message
    assert said.isprintable()


PARTS = st.sampled_from(["tone.emoji", "accessible.spoken", "stay_on_task.suggestions"])
TEXTS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            "({0[0]}) {0[1]} ({0[2]})".format
        ),
        inner.map("({})".format),
    ),
    max_leaves=8,
)


@given(TEXTS, st.booleans(), st.booleans(), st.booleans())
def test_logic_is_that_of_python(text: str, a: bool, b: bool, c: bool) -> None:
    python = (
        text.replace("tone.emoji", str(a))
        .replace("accessible.spoken", str(b))
        .replace("stay_on_task.suggestions", str(c))
    )
    found = true(text, tone__emoji=a, accessible__spoken=b, stay_on_task__suggestions=c)
    assert found is eval(python)
