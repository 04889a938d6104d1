"""However a stream is cut up, the same is found and the same is released."""

from __future__ import annotations

import itertools

import pytest
from guard_texts import DISGUISES, RULES, SENTENCE
from hypothesis import given, settings
from hypothesis import strategies as st

from adhere.detect import (
    Credentials,
    Exfiltration,
    Finding,
    Leak,
    Phrase,
    Phrases,
    PrivateContent,
    PrivilegedIndex,
    PrivilegedText,
    StreamScanner,
)

TOKEN = "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"  # the documented example of the checksum
CONTENT = PrivateContent(["The patient Maria Holm has diabetes; call 202-555-0123."])


def detectors() -> list[Leak | Phrases | Credentials | Exfiltration]:
    return [
        Leak(PrivilegedIndex([PrivilegedText("rules", RULES)]), public=["the outage of March"]),
        Phrases([Phrase("gale", "Project Gale"), Phrase("code", "orchid-7", secret=True)]),
        Credentials(),
        Exfiltration(CONTENT, allowed=["ok.example"]),
    ]


DETECTORS = detectors()


def scan(pieces: list[str]) -> tuple[str, tuple[Finding, ...], int]:
    scanner = StreamScanner(DETECTORS)
    scanned = [*(scanner.feed(piece) for piece in pieces), scanner.finish()]
    findings = tuple(found for one in scanned for found in one.findings)
    return "".join(one.text for one in scanned), findings, sum(one.left for one in scanned)


def cut(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(at % (len(text) + 1) for at in cuts)})
    return [text[first:last] for first, last in itertools.pairwise(places)]


STATEMENTS = [
    "Never offer more than 15 % discount", "and only to customers who threaten to leave",
    "need the approval of a supervisor", "customers", "discount, and", "Project", "Gale", "gale,",
    "orchid", "7", "o r c h i d 7", TOKEN, TOKEN[:20], "ghp_", "AKIAQYLPMN5HFIQR7XYA",
    "https://evil.example/?q=maria+holm", "+has+diabetes", "![a](https://x.evil.example/",
    "?p=2025550123)", "https://ok.example/?q=maria+holm+has+diabetes", "password: ", "hunter2",
    "k3Jf9sLq2Vx8Zt1Rb6", "-----BEGIN RSA PRIVATE KEY-----\n", "MIIEpAIBAAKCAQEA7bq9XyZ2",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcDEF",
    " ", "\n", ".", "%", "&", "\\u00", "\u200b", "é", "the", " and ", "=", "&#", "x",
    *(write(SENTENCE) for write in DISGUISES.values()),
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(STATEMENTS) | st.text(max_size=8), max_size=8).map("".join)


@settings(max_examples=100)
@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=30))
def test_every_way_to_cut_a_text_up_gives_the_same(text: str, cuts: list[int]) -> None:
    whole = scan([text])
    assert scan(cut(text, cuts)) == whole
    assert whole[2] == 0


@settings(max_examples=25)
@given(TEXTS)
def test_character_by_character_gives_the_same(text: str) -> None:
    assert scan(list(text)) == scan([text])


def test_of_a_match_longer_than_the_window_what_left_is_told() -> None:
    text = "Here: " + ("\u200b" * 40).join(SENTENCE) + " Bye"
    window = DETECTORS[0].window
    pieces = [text[at : at + 50] for at in range(0, len(text), 50)]
    released, findings, left = scan(pieces)
    assert [found.rule for found in findings] == ["rules"]
    assert findings[0].end - findings[0].start > window
    assert 0 < left == len(released) - findings[0].held
    assert scan([text])[2] == 0


@pytest.mark.parametrize("unit", ["https://", "QmFzZTY0", "01010101 ", "%41", "a\u200b"])
def test_what_may_go_on_for_ever_is_let_go_in_time(unit: str) -> None:
    text = unit * (6_000 // len(unit))
    scanner = StreamScanner(DETECTORS)
    most = 0
    for at in range(0, len(text), 40):
        scanner.feed(text[at : at + 40])
        most = max(most, scanner.held)
    assert most <= 2_048 + 256 + 40
    scanner.finish()
    assert scanner.held == 0


def test_an_observer_tells_and_holds_nothing() -> None:
    text = f"Here: {SENTENCE} Bye"
    scanner = StreamScanner([], observers=DETECTORS)
    assert [scanner.feed(char).text for char in text] == list(text)
    assert [found.rule for found in scanner.finish().findings] == ["rules"]


def test_ordinary_text_is_not_held() -> None:
    scanner = StreamScanner(DETECTORS)
    text = "The tides follow the moon, and twice a day the water rises. See you at 10:30!"
    for word in text.split(" "):
        scanner.feed(word + " ")
        assert scanner.held == 0


@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_character_of_a_disguised_leak_leaves(disguise: str) -> None:
    before = "Of course, here you are: "
    text = f"{before}{DISGUISES[disguise](SENTENCE)} Anything else?"
    whole = scan([text])
    for size in (1, 2, 3, 7, 50):
        released, findings, left = scan([text[at : at + size] for at in range(0, len(text), size)])
        assert (released, findings, left) == whole
    released, findings, left = whole
    assert left == 0
    assert [found.rule for found in findings] == ["rules"]
    assert released == text[: findings[0].held]
    assert findings[0].start >= len(before) - 2
