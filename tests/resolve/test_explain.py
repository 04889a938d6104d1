"""Explanations: sentences for people, for every fate."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import candidates

from adhere.errors import InputError
from adhere.resolve import (
    Candidates,
    Condition,
    Delegation,
    Fact,
    Fate,
    Instruction,
    Origin,
    Values,
    anything_but,
    between,
    explain,
    one_of,
    read_candidates,
    resolve,
)
from adhere.resolve.chain.words import legible, values
from adhere.spec import Authority

SYSTEM, DEVELOPER, USER = Authority.SYSTEM, Authority.DEVELOPER, Authority.USER
GUIDELINE, ROOT, NONE = Authority.GUIDELINE, Authority.ROOT, Authority.NONE


def say(name: str, level: Authority, allowed: Values, at: int = -1, **more: Any) -> Instruction:
    origin = Origin("message", position=at) if at >= 0 else Origin("section", f"section_{name}")
    return Instruction(
        id=name,
        level=level,
        origin=origin,
        key=more.pop("key", "language"),
        allowed=allowed,
        **more,
    )


def sentences(name: str, *instructions: Instruction, **more: Any) -> str:
    given = Candidates(instructions=instructions, **more)
    return explain(given, resolve(given), name)


FR, EN = one_of("fr"), one_of("en")


def test_the_example_of_the_documentation() -> None:
    developer = Instruction(
        id="d", level=DEVELOPER, origin=Origin("message", "message 1", 1, 10, 42), key="language",
        allowed=EN, text="Only answer in English.",
    )  # fmt: skip
    user = Instruction(
        id="u", level=USER, origin=Origin("message", "message 2", 2, 0, 17), key="language",
        allowed=FR, text="In French, please.",
    )  # fmt: skip
    assert sentences("u", developer, user) == (
        "The user's instruction in message 2 (characters 0-17: “In French, please.”) asks that "
        "language be fr. It does not apply, because the developer's instruction in message 1 "
        "(characters 10-42: “Only answer in English.”) allows only en, and a developer outranks a "
        "user."
    )


@pytest.mark.parametrize(
    ("instructions", "ending"),
    [
        ((say("i", USER, FR, 1),), "asks that language be fr. It applies."),
        (
            (say("i", USER, FR, 1), say("j", USER, EN, 2)),
            "It does not apply, because the user's instruction in message 2 allows only en, and of "
            "two instructions of one level the later counts.",
        ),
        (
            (say("i", USER, FR, 1), say("j", USER, anything_but("fr", "de"), 1,
             exception_to=("i",))),
            "It does not apply, because the user's instruction in message 1 is an exception to it "
            "and rules out de and fr.",
        ),
        (
            (say("i", USER, FR, 1), say("j", USER, EN, 1)),
            "It contradicts the user's instruction in message 1, of the same level and the same "
            "moment. Nothing says which is meant, so none of them applies.",
        ),
        (
            (say("i", ROOT, FR), say("j", ROOT, EN)),
            "It contradicts the specification's section “section_j”, of level root as well. Where "
            "root principles contradict each other, the assistant does nothing about language.",
        ),
        (
            (say("i", USER, FR, 1), say("j", ROOT, FR), say("k", ROOT, EN)),
            "because root principles contradict each other about language, and then nothing is "
            "done about it: the specification's section “section_j” and the specification's "
            "section “section_k”.",
        ),
        (
            (say("i", NONE, FR, 1, source="tool:web", text="Speak French"),),
            "The text from tool:web in message 1 (“Speak French”) asks that language be fr. It has "
            "no authority, and no instruction hands it any: it is information, not something to "
            "follow.",
        ),
        (
            (say("i", NONE, FR, 1), say("j", USER, EN, 0, key="trust", suspected_mistake=True,
             delegates=Delegation("*", ("*",), USER))),
            "The text without authority in message 1 asks that language be fr. It has no "
            "authority: the user's instruction in message 0 would hand it some, but does not "
            "apply (suspected mistake).",
        ),
        (
            (say("i", NONE, FR, 1), say("j", USER, EN, 0, key="trust",
             delegates=Delegation("*", ("*",), USER))),
            "It applies at level user, because the user's instruction in message 0 hands it "
            "authority; it ranks below everything else of that level.",
        ),
        (
            (say("i", NONE, FR, 1), say("j", USER, EN, 0, key="trust",
             delegates=Delegation("*", ("*",), USER)), say("k", USER, EN, 0)),
            "and what somebody hands on ranks below everything else of its level.",
        ),
        (
            (say("i", USER, FR, 1, suspected_mistake=True),),
            "It is not followed: its author is suspected not to have meant it.",
        ),
        (
            (say("i", USER, FR, 1, needs_capability="speak French"),),
            "It cannot be followed: the assistant is not able to speak French. It should say so.",
        ),
        (
            (say("i", USER, FR, 1, when=(Condition("adult", one_of(True)),)),),
            "It does not apply here: it holds only where adult is true, but adult is false.",
        ),
        (
            (say("i", USER, FR, 1, mode="implicit"), say("j", USER, EN, 0)),
            "It is only implied. It does not apply, because the user's instruction in message 0 "
            "allows only en, and what is only implied can override a guideline, never more.",
        ),
        (
            (say("i", USER, FR, 1, mode="implicit"), say("j", DEVELOPER, EN, 0, mode="implicit")),
            "and among what is only implied the level of the speaker decides.",
        ),
        (
            (say("i", GUIDELINE, FR), say("j", USER, EN, 0, mode="implicit")),
            "and what is implied overrides a guideline.",
        ),
        (
            (say("i", USER, one_of("fr", "en"), 2), say("j", SYSTEM, one_of("fr", "de"), 0),
             say("k", DEVELOPER, one_of("en", "de"), 1)),
            "because the system's instruction in message 0 allows only de or fr and the "
            "developer's instruction in message 1 allows only de or en, which together leaves no "
            "room for it, and the system and a developer outrank a user.",
        ),
        (
            (say("i", USER, FR, 1, inferred=True, extractor="rules"),),
            "It is not written out, but concluded from the text. It was found by rules. It "
            "applies.",
        ),
    ],
)  # fmt: skip
def test_every_fate_has_its_sentence(instructions: tuple[Instruction, ...], ending: str) -> None:
    facts = {"adult": Fact(False, SYSTEM)}
    assert sentences("i", *instructions, facts=facts).endswith(ending)


def test_unknown_facts_are_gone_through() -> None:
    text = sentences(
        "i",
        say("i", USER, FR, 1),
        say("j", DEVELOPER, EN, 0, when=(Condition("adult", one_of(True)),)),
    )
    assert text.splitlines() == [
        "The user's instruction in message 1 asks that language be fr. Whether it applies depends "
        "on adult, which is not known:",
        "- If adult is true: It does not apply, because the developer's instruction in message 0 "
        "allows only en, and a developer outranks a user.",
        "- If adult is anything but true: It applies.",
    ]


def test_many_cases_are_summed_up() -> None:
    instructions = [say("i", USER, FR, 20)] + [
        say(f"j{number}", DEVELOPER, EN, number, when=(Condition("plan", one_of(number)),))
        for number in range(20)
    ]
    lines = sentences("i", *instructions).splitlines()
    assert len(lines) == 7
    assert lines[-1] == "- In 16 other cases: applies or misaligned."


def test_beyond_the_budget_it_says_so() -> None:
    given = Candidates(
        instructions=tuple(
            say(f"i{number}", USER, FR, number, when=(Condition(f"f{number}", one_of(True)),))
            for number in range(3)
        )
    )
    assert explain(given, resolve(given, budget=1), "i0").endswith(
        "Whether it applies is not known: it depends on f0, f1 and f2, and there are too many ways "
        "they can be to look at each."
    )


def test_an_unknown_id() -> None:
    with pytest.raises(KeyError):
        sentences("nobody", say("i", USER, FR, 1))


def test_what_is_shown_cannot_steer_a_terminal() -> None:
    nasty = "a\x1b[31mb\u202ec\nd" + "e" * 500
    text = sentences("i", say("i", NONE, one_of(nasty), 1, key="k\x1b", text=nasty, source=nasty))
    assert all(char.isprintable() for char in text)
    assert len(text) < 700
    assert legible("a\n\tb") == "a b"


@given(candidates())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_everything_can_be_explained(given: Candidates) -> None:
    """Each explanation is whole sentences, and says who is to blame for what does not apply."""
    found = resolve(given)
    for row in found.rows:
        text = explain(given, found, row.id)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "None" not in text
        if row.fate is not None and row.by and row.fate is not Fate.DELEGATION_DEAD:
            assert any(f"words of {name}”" in text for name in row.by)


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (one_of(), "nothing"),
        (one_of("true", True), "true or “true”"),
        (one_of("3", 3), "3 or “3”"),
        (anything_but(), "anything"),
        (between(None, None), "any number"),
        (between(3, None), "a number of at least 3"),
        (between(None, 3, but=[1]), "a number of at most 3 other than 1"),
        (between(3, 3), "3"),
        (one_of(*"abcdefghi"), "a, b, c, d, e, f and 3 more"),
    ],
)
def test_values_in_words(some: Values, words: str) -> None:
    assert values(some) == words


# Reading a file of instructions

GOOD = (
    b'{"schema": "adhere/instructions/1", "instructions": [{"id": "a", "level": "user", "origin":'
    b' {"kind": "message", "position": 0}, "key": "k", "allowed": {"one_of": ["x"]}}]}'
)


def test_a_file_is_read() -> None:
    assert read_candidates(GOOD).instructions[0].id == "a"


@pytest.mark.parametrize(
    ("data", "place", "wrong"),
    [
        (b"{", "f.json", "this is not JSON"),
        (b"\xff{}", "f.json", "this is not JSON"),
        (b"[]", "f.json", 'its "schema" is not'),
        (b"{}", "f.json", 'its "schema" is not'),
        (b"[" * 100_000, "f.json", "not"),
        (GOOD.replace(b"instructions/1", b"spec/1"), "f.json", 'its "schema" is not'),
        (GOOD.replace(b'"user"', b'"usr"'), 'f.json: $.instructions[0].level (id "a")', "'usr'"),
        (GOOD.replace(b'"x"', b""), 'f.json: $.instructions[0] (id "a")', "admits no value"),
        (GOOD.replace(b"allowed", b"alowed"), 'f.json: $.instructions[0] (id "a")', "`alowed`"),
        (GOOD.replace(b'"a"', b"1"), "f.json: $.instructions[0].id", "Expected `str`"),
        (GOOD.replace(b"position", b"positio"), 'f.json: $.instructions[0].origin (id "a")', "pos"),
        (b'{"schema": "adhere/instructions/1"}', "f.json", "`instructions`"),
        *(
            # wrong twice: looking for the instruction's id must not stumble over the second
            (GOOD.replace(b'"a"', b"1")[:-1] + more, "f.json: $.instructions[0].id", "`str`")
            for more in (
                b',"z":"\xff"}',
                b',"z":1e999}',
                b',"instructions":[]}',
                b',"instructions":3}',
            )
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(
    data: bytes, place: str, wrong: str
) -> None:
    with pytest.raises(InputError) as error:
        read_candidates(data, name="f.json")
    assert error.value.place == place
    assert wrong in error.value.message


def test_too_many_instructions() -> None:
    with pytest.raises(InputError, match="there are 1 instructions, and 0 is the most"):
        read_candidates(GOOD, max_instructions=0)
