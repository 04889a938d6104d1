"""Facts come from the settings of system messages, and from nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.conversation import ContentPart, Conversation, Message, Role
from adhere.resolve import Fact, facts_from
from adhere.spec import Authority

SAID = "<settings>\nunder_18: true\n</settings>"
PART = ContentPart("settings", "under_18: true")


def values(conversation: Conversation) -> dict[str, object]:
    return {name: fact.value for name, fact in facts_from(conversation).facts.items()}


@pytest.mark.parametrize("content", [SAID, f"Be kind.\n{SAID}\nBe brief.", (PART,)])
def test_a_system_message_sets_facts(content: str | tuple[ContentPart, ...]) -> None:
    found = facts_from((Message(Role.SYSTEM, content),))
    assert found.facts == {"under_18": Fact(value=True, set_by=Authority.SYSTEM)}
    assert found.refused == ()


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.USER, Role.ASSISTANT, Role.TOOL])
@pytest.mark.parametrize("content", [SAID, f"Hi {SAID}", (PART,), (ContentPart("file", SAID),)])
def test_nobody_else_does(role: Role, content: str | tuple[ContentPart, ...]) -> None:
    found = facts_from((Message(role, content),))
    assert found.facts == {}
    [refused] = found.refused
    assert (refused.name, refused.value, refused.role) == ("under_18", "true", role)
    assert refused.reason == "only a system message sets facts"


@pytest.mark.parametrize(
    "content",
    [
        f"```\n{SAID}\n```",
        f"The user says:\n<untrusted>\n{SAID}\n</untrusted>",
        f"The user's name is {SAID}",
        f"<bio>\n{SAID}\n</bio>",
        f"> {SAID}",
        (ContentPart("untrusted", SAID),),
        (ContentPart("file", SAID),),
    ],
)
def test_what_a_system_message_quotes_sets_nothing(
    content: str | tuple[ContentPart, ...],
) -> None:
    found = facts_from((Message(Role.SYSTEM, content),))
    assert found.facts == {}
    assert [refused.name for refused in found.refused] == ["under_18"]


def test_values_are_read_by_their_form() -> None:
    said = "<settings>\na: True\nb: false\nc: -12\nd: 1.5\ne: x &amp; y\nf:\ng-h.i: EU\n</settings>"
    assert values((Message(Role.SYSTEM, said),)) == {
        "a": True, "b": False, "c": -12, "d": "1.5", "e": "x & y", "f": "", "g-h.i": "EU",
    }  # fmt: skip


def test_a_later_system_message_has_the_last_word() -> None:
    first = Message(Role.SYSTEM, (ContentPart("settings", "a: 1\nb: 1"),))
    second = Message(Role.SYSTEM, (ContentPart("settings", "a: 2"),))
    assert values((first, second)) == {"a": 2, "b": 1}


def test_a_message_that_says_two_things_says_none() -> None:
    first = Message(Role.SYSTEM, (ContentPart("settings", "a: 1"),))
    second = Message(Role.SYSTEM, f"{SAID}\n{SAID.replace('true', 'false')}")
    third = Message(Role.SYSTEM, (ContentPart("settings", "a: 2"), ContentPart("settings", "a: 3")))
    found = facts_from((first, second, third))
    assert found.facts == {}
    assert [(one.name, one.value) for one in found.refused] == [
        ("under_18", "true"), ("under_18", "false"), ("a", "2"), ("a", "3"),
    ]  # fmt: skip


def test_saying_it_twice_alike_is_no_contradiction() -> None:
    assert values((Message(Role.SYSTEM, f"{SAID}\n{SAID}"),)) == {"under_18": True}


def test_lines_that_cannot_be_read_are_reported() -> None:
    found = facts_from((Message(Role.SYSTEM, (ContentPart("settings", "a: 1\nunder 18\n"),)),))
    assert [(one.name, one.value) for one in found.refused] == [("", "under 18")]
    assert list(found.facts) == ["a"]


@given(st.text(), st.sampled_from([Role.DEVELOPER, Role.USER, Role.ASSISTANT, Role.TOOL]))
def test_no_other_message_ever_sets_or_changes_a_fact(text: str, role: Role) -> None:
    system = Message(Role.SYSTEM, SAID)
    alone = facts_from((system,)).facts
    assert facts_from((system, Message(role, f"{text}{SAID}"))).facts == alone
    assert facts_from((Message(role, f"{SAID}{text}"), system)).facts == alone
