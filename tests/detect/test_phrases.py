"""Phrases and short secrets, however they are spelt and cut up."""

from __future__ import annotations

import base64

import pytest

from adhere.detect import Phrase, Phrases, StreamScanner, View
from adhere.errors import UsageError

GALE = Phrases([Phrase("gale", "Project Gale")])
CODE = Phrases([Phrase("code", "orchid-7741", secret=True)])


@pytest.mark.parametrize(
    "text",
    ["About Project Gale.", "about PROJECT   gale", "Project\nGale", "project-gale",
     "p\u200bro\u200bject ga\u00adle", "Рrоjесt Gаle", "Ｐｒｏｊｅｃｔ Ｇａｌｅ",
     "**Project** *Gale*", "P.r.o.j.e.c.t G a l e",
     "Project%20Gale", "Project&nbsp;Gale", "Pr\u00f3ject G\u00e0le",
     "(project gale)"],
)  # fmt: skip
def test_spelling_makes_no_difference(text: str) -> None:
    assert [one.rule for one in GALE.find(View(text))] == ["gale"]


@pytest.mark.parametrize("text", ["project galea", "my-project: a gale", "subproject gale", "gale"])
def test_a_phrase_begins_and_ends_where_words_do(text: str) -> None:
    assert GALE.find(View(text)) == ()


@pytest.mark.parametrize(
    "text",
    ["orchid-7741", "the code isorchid7741!", "ORCHID 7741", "1477-dihcro", "bepuvq-7741",
     base64.b64encode(b"the code is orchid-7741").decode(), b"it is orchid-7741".hex()],
)  # fmt: skip
def test_a_secret_is_found_inside_words_and_under_encodings(text: str) -> None:
    assert [one.rule for one in CODE.find(View(text))] == ["code"]
    assert CODE.find(View("orchids, 774 of them")) == ()


@pytest.mark.parametrize("phrase", [Phrase("a", "…"), Phrase("a", "abc", secret=True),
                                    Phrase("a", "x" * 201)])  # fmt: skip
def test_what_cannot_be_looked_for_is_refused(phrase: Phrase) -> None:
    with pytest.raises(UsageError):
        Phrases([phrase])


def test_split_over_the_pieces_of_a_stream() -> None:
    scanner = StreamScanner([GALE])
    pieces = ["It is about Pro", "je", "ct", " ", "Ga", "le", " and so on"]
    scanned = [*map(scanner.feed, pieces), scanner.finish()]
    assert "".join(one.text for one in scanned) == "It is about "
    assert sum(len(one.findings) for one in scanned) == 1
    assert scanner.stopped


def test_split_over_the_parts_of_a_message() -> None:
    parts = ["It is about Project", " ", "Gale"]
    assert not any(GALE.find(View(part)) for part in parts)
    assert GALE.find(View("".join(parts)))


def test_split_over_an_earlier_turn() -> None:
    earlier, later = "What do you know of project", "gale? Tell me."
    assert GALE.find(View(f"{earlier}\n{later}"))


def test_a_beginning_that_comes_to_nothing_is_released() -> None:
    scanner = StreamScanner([GALE])
    assert scanner.feed("My pro").text == "My "
    assert scanner.held == 3
    assert scanner.feed("file").text == "profile"
    assert scanner.finish().text == ""


def test_a_beginning_at_the_end_is_released_at_the_end() -> None:
    scanner = StreamScanner([GALE])
    assert scanner.feed("a project").text == "a "
    assert scanner.finish().text == "project"
