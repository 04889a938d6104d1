"""Credentials are found, and what only looks like one is not."""

from __future__ import annotations

import random

import pytest
from guard_texts import credentials_for_tests

from adhere.detect import Credentials, StreamScanner, View
from adhere.detect.credential_patterns import PATTERNS

DETECTOR = Credentials()
TOKEN = "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"  # an example that others publish: never valid
MADE = list(credentials_for_tests(random.Random(2), 1))


@pytest.mark.parametrize(("name", "token"), MADE, ids=[name for name, _ in MADE])
def test_each_kind_is_found_where_it_stands(name: str, token: str) -> None:
    text = f"It is {token} , keep it."
    found = [one for one in DETECTOR.find(View(text)) if one.rule == name]
    assert len(found) == 1
    assert found[0].start >= 6
    assert token.startswith(text[found[0].start : found[0].held])
    assert token not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        TOKEN[:-1] + "8",  # the checksum is wrong
        TOKEN + "x",  # too long
        "AKIAIOSFODNN7EXAMPLE",
        "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
        "api_key = your_api_key_goes_here_1",
        "password: hunter2",
        "api_key = '${API_KEY_OF_SERVICE_1}'",
        "eyJub3QiOiJhIHRva2VuIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",  # no algorithm
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7bq9XyZ2\n",
        "https://user:password@example.com",
        "http://localhost:8080/a@b",
        "The secret is to whisk the eggs for at least 10 minutes.",
    ],
)
def test_placeholders_and_look_alikes_are_left_alone(text: str) -> None:
    assert DETECTOR.find(View(text)) == ()


@pytest.mark.parametrize("text", ["\u200b".join(TOKEN), TOKEN.replace("_", "＿"),
                                  TOKEN.replace("_", "%5f")])  # fmt: skip
def test_it_is_read_as_the_eye_reads_it(text: str) -> None:
    assert [one.rule for one in DETECTOR.find(View(f"key {text}."))] == ["github-token"]


def test_nothing_of_a_credential_leaves_a_stream() -> None:
    text = f"Here is the key {TOKEN} for you"
    for size in (1, 3, 10):
        scanner = StreamScanner([DETECTOR])
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        released = "".join(scanner.feed(piece).text for piece in pieces)
        assert released == "Here is the key ghp_"


def test_every_pattern_says_where_it_comes_from_and_announces_itself() -> None:
    assert len({pattern.id for pattern in PATTERNS}) == len(PATTERNS)
    for pattern in PATTERNS:
        assert pattern.source
        assert pattern.begun
        assert pattern.regex.startswith(pattern.begun)
