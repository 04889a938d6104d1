"""Profiles as files: what can be read, where each request stands, what is said of the rest."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.assemble.profiles import key_places, load_profile, parse_profile
from adhere.compiler.toml import MAX_BYTES
from adhere.errors import InputError

EQUAL = (
    '[settings]\ntone.warmth = 2\ntone.profanity = "never"\n',
    '[settings.tone]\nwarmth = 2\nprofanity = "never"\n',
    'settings.tone = { warmth = 2, profanity = "never" }\n',
    'settings.tone.warmth = 2\nsettings.tone.profanity = "never"\n',
    'schema = "adhere/profile/1"\n[settings]\n\'tone\' . "warmth" = 2\ntone.profanity = "never"\n',
)


@pytest.mark.parametrize("text", EQUAL)
def test_what_toml_makes_equal_is_equal(text: str) -> None:
    profile = parse_profile(text.encode(), name="p.toml")
    assert profile.settings == {"tone": {"warmth": 2, "profanity": "never"}}
    assert profile.place("tone", "warmth") is not None


def test_a_request_has_the_place_of_its_statement() -> None:
    text = (
        "# tone.warmth = 1\r\n"
        "[settings]  # [settings.tone]\r\n"
        "\r\n"
        '  a.text = """\r\n'
        "b.c = 1\r\n"
        '\\""" # "\r\n'
        '"""\r\n'
        "  a.list = [ # ]\r\n"
        '    \'[\', "\\"]",\r\n'
        "  ]\r\n"
        "\ta.last = {default = 3}\r\n"
        "[settings.b.c]\r\n"
        "default = 1"
    )
    profile = parse_profile(text.encode(), name="p.toml")
    places = {path: place for path, place in profile.places.items() if len(path) == 2}
    assert places == {
        ("a", "text"): (4, 3), ("a", "list"): (8, 3), ("a", "last"): (11, 2), ("b", "c"): (12, 1),
    }  # fmt: skip
    assert str(profile.place("a", "last")) == "p.toml:11:2"
    assert profile.place("a", "first") is None


VALUES = st.sampled_from(
    ("1", "true", '"# not a comment"', "'['", '"""\n[x]\n"""', "'''\n'''", '"\\""', "[\n1,\n[2]\n]",
     "{ default = 1 }", '["]"]', "-0.5", "1979-05-27", '""""a"""', "''''''")
)  # fmt: skip
BETWEEN = st.sampled_from(("", "\n", "# [a]\n", "\t\n  # x = '\n"))


@given(st.lists(st.tuples(BETWEEN, st.integers(0, 3), VALUES, st.sampled_from(("", " # ]"))),
                max_size=8))  # fmt: skip
def test_every_statement_is_found_where_it_begins(
    parts: list[tuple[str, int, str, str]],
) -> None:
    text, wanted = "", {}
    for number, (between, indent, value, after) in enumerate(parts):
        text += between
        wanted[f"k{number}",] = (text.count("\n") + 1, indent + 1)
        text += f"{' ' * indent}k{number} = {value}{after}\n"
    assert set(tomllib.loads(text)) == {key for (key,) in wanted}
    found = key_places(text)
    assert {path: place for path, place in found.items() if len(path) == 1} == wanted


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b"[settings]\na = \n", "p.toml:2:5", "read as TOML"),
        (b"[settings]\na.b = 1\na.b = 2\n", "p.toml:3:8", "read as TOML"),
        (b"a = \xff", "p.toml", "not UTF-8"),
        (b"[settings]\n[setings]\n", "p.toml:2:1", '"setings" is not a part'),
        (b"\nsettings = 3\n", "p.toml:2:1", "not a table"),
        (b"[[settings]]\n", "p.toml:1:1", "not a table"),
        (b'schema = "adhere/profile/2"\n', "p.toml:1:1", "adhere/profile/1"),
        (b"#" * (MAX_BYTES + 1), "p.toml", "more than 16,384 bytes"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "p.toml", "read as TOML"),
    ],
)
def test_what_is_not_a_profile_is_refused_with_its_place(
    data: bytes, where: str, what: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_profile(data, name="p.toml")
    assert (caught.value.place, what in caught.value.message) == (where, True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_profile(tmp_path / "none.toml")


def test_a_file_is_called_as_it_was_named(tmp_path: Path) -> None:
    file = tmp_path / "user.toml"
    file.write_text("[settings]\ntone.warmth = 2\n")
    assert str(load_profile(file).place("tone", "warmth")) == f"{file}:2:1"
