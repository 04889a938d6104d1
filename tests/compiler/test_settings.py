"""Settings in a document: what is read, and what is said where it cannot be."""

from __future__ import annotations

import time
import tomllib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.compiler import compile_spec
from adhere.compiler.settings import SettingProblem, parse_setting
from adhere.compiler.toml import MAX_BYTES
from adhere.spec import Authority, Domain, Setting, SourceSpan

SPAN = SourceSpan(0, 0, 1, 1)


def setting(toml: str) -> Setting:
    return parse_setting(toml, "rule", SPAN)


def document(toml: str, prefix: str = "") -> bytes:
    lines = ["~~~setting", *toml.strip().splitlines(), "~~~"]
    body = "\n".join(prefix + line if line else line for line in lines)
    return f"# Rule {{#rule}}\n\n{body}\n\nAfter.\n".encode()


WORDS = """
id = "max_words"
type = "integer"
summary = "How long an answer may be."
default = 300
allowed = { min = 10, max = 2000 }
changeable_by = ["system", "developer", "user"]
bounds.user = { min = 50, max = 500 }
"""
LOUD = """
id = "loud"
type = "boolean"
default = false
changeable_by = ["user"]
"""


def test_all_that_a_setting_can_say() -> None:
    found = setting(WORDS)
    assert found == Setting(
        id="max_words",
        section="rule",
        type="integer",
        default=300,
        allowed=Domain(min=10, max=2000),
        changeable_by=(Authority.SYSTEM, Authority.DEVELOPER, Authority.USER),
        bounds={Authority.USER: Domain(min=50, max=500)},
        summary="How long an answer may be.",
        span=SPAN,
    )
    assert found.address == "rule.max_words"
    assert found.admits(500, Authority.USER)
    assert not found.admits(501, Authority.USER)
    assert found.admits(501, Authority.DEVELOPER)
    assert not found.admits(300, Authority.ROOT)


@pytest.mark.parametrize(
    ("kind", "default", "allowed", "value", "domain"),
    [
        ("boolean", "true", "[true]", True, Domain(values=(True,))),
        ("enum", '"a"', '["a", "b"]', "a", Domain(values=("a", "b"))),
        ("set", '["a"]', '["a", "b"]', ("a",), Domain(values=("a", "b"))),
        ("string", '""', "{ max_length = 5 }", "", Domain(max_length=5)),
        ("string", '"ab"', '{ pattern = "a.*" }', "ab", Domain(pattern="a.*")),
        ("integer", "-9007199254740991", "{ min = -9007199254740991 }", -(2**53) + 1,
         Domain(min=-(2**53) + 1)),
    ],
)  # fmt: skip
def test_types(kind: str, default: str, allowed: str, value: object, domain: Domain) -> None:
    found = setting(
        f'id = "x"\ntype = "{kind}"\ndefault = {default}\nallowed = {allowed}\n'
        'changeable_by = ["system"]\n'
    )
    assert (found.default, found.allowed) == (value, domain)
    assert found.summary == ""


def test_a_boolean_may_be_either_where_nothing_is_said() -> None:
    assert setting(LOUD).allowed == Domain(values=(False, True))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("= 300", "= ", "not TOML"),
        ('id = "max_words"', "", '"id" is missing'),
        ('id = "max_words"', 'id = "max-words"', '"id" must be a word'),
        ('id = "max_words"', 'id = "größe"', '"id" must be a word'),
        ('id = "max_words"', "id = 1", '"id" must be a word'),
        ('"integer"', '"float"', '"type" must be one of'),
        ('"integer"', '["integer"]', '"type" must be one of'),
        ("default = 300", "default = 3.5", "must be an integer"),
        ("default = 300", "default = true", "must be an integer"),
        ("default = 300", f"default = {2**53}", "must be an integer"),
        ("default = 300", 'default = "300"', "must be an integer"),
        ("allowed = { min = 10, max = 2000 }", "", 'must say what is "allowed"'),
        ("{ min = 10, max = 2000 }", "[10]", '"allowed" must be a table'),
        ("{ min = 10, max = 2000 }", "{}", '"allowed" must be a table'),
        ("{ min = 10, max = 2000 }", "{ least = 1 }", '"allowed" must be a table'),
        ("{ min = 10, max = 2000 }", "{ min = true }", "allowed.min"),
        ("{ min = 10, max = 2000 }", "{ min = 2, max = 1 }", "minimum above its maximum"),
        ('["system", "developer", "user"]', "[]", '"changeable_by" must list'),
        ('["system", "developer", "user"]', '["root"]', '"changeable_by" must list'),
        ('["system", "developer", "user"]', '"user"', '"changeable_by" must list'),
        ('["system", "developer", "user"]', "[[]]", '"changeable_by" must list'),
        ('["system", "developer", "user"]', '["system"]', "may not change the setting"),
        ("bounds.user", "bounds.root", "may not change the setting"),
        ("bounds.user = { min = 50, max = 500 }", "bounds = 3", '"bounds" must be a table'),
        ("summary =", "comment =", "not a key"),
        ('"How long an answer may be."', "1", "must be strings"),
    ],
)
def test_what_cannot_be_read(old: str, new: str, words: str) -> None:
    assert old in WORDS
    toml = WORDS.replace(old, new)
    with pytest.raises(SettingProblem, match=words):
        setting(toml)
    result = compile_spec(document(toml))
    (found,) = result.diagnostics
    assert (found.code, found.span.line, found.section) == ("setting-malformed", 3, "rule")
    assert words in found.message
    assert found.span.of(document(toml)).endswith(b"~~~")
    section = result.require().section("rule")
    assert section.settings == ()
    assert [block.kind for block in section.blocks] == ["code", "paragraph"]


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        ('["a", "a"]', "twice"),
        ('["a", 1]', "list of str"),
        ("[]", "list of str"),
        ('{ pattern = "a" }', "list of str"),
    ],
)
def test_enums(allowed: str, words: str) -> None:
    toml = f'id = "x"\ntype = "enum"\ndefault = "a"\nallowed = {allowed}\nchangeable_by = ["user"]'
    with pytest.raises(SettingProblem, match=words):
        setting(toml)


@pytest.mark.parametrize("pattern", ['"("', "1", '"(?=a)"', "'\\1'", '"a{1000}{1000}"'])
def test_patterns_are_re2(pattern: str) -> None:
    toml = (
        f'id = "x"\ntype = "string"\ndefault = ""\nallowed = {{ pattern = {pattern} }}\n'
        'changeable_by = ["user"]'
    )
    with pytest.raises(SettingProblem, match="pattern"):
        setting(toml)


@pytest.mark.parametrize(
    "toml",
    [
        "a = " + "[" * 8_000,
        "a = " + "{a=" * 5_000,
        ".".join("a" * 8_000) + " = 1",
        "a.a.a.a.a.a.a.a = 1\n" * 700,
        "[" + ".".join("a" * 8_000) + "]",
        "[[a]]\n" * 2_000,
        "a = " + "9" * 10_000,
        "x" * MAX_BYTES + "y",
    ],
    ids=["arrays", "tables", "dotted", "dots", "header", "headers", "digits", "size"],
)
def test_hostile_toml_is_refused_and_not_slow(toml: str) -> None:
    start = time.process_time()
    with pytest.raises(SettingProblem):
        setting(toml)
    assert time.process_time() - start < 0.2


def test_the_parts_of_a_key_are_few() -> None:
    with pytest.raises(SettingProblem, match="more than 8 parts"):
        setting("a.b.c.'d'.e.f.g.h . \"i\" = 1")
    with pytest.raises(SettingProblem, match='"a" is not a key'):
        setting("a.b.c.'d'.e.f.g . \"h\" = 1")


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda it: it.decode("latin-1")))
def test_any_text_is_a_setting_or_a_problem(text: str) -> None:
    with suppress(SettingProblem):
        assert setting(text).id == tomllib.loads(text)["id"]


@pytest.mark.parametrize("prefix", ["", "    ", "> "])
def test_settings_in_boxes_and_quotes(prefix: str) -> None:
    data = document(LOUD, prefix)
    if prefix == "    ":
        data = data.replace(b"    ~~~setting", b'!!! meta "M"\n    ~~~setting')
    section = compile_spec(data).require().section("rule")
    (found,) = section.settings
    assert found.id == "loud"
    assert found.span.of(data).startswith(b"~~~setting")
    assert found.span.of(data).endswith(b"~~~")
    if not prefix:
        assert section.blocks[0].kind == "setting"
        assert section.blocks[0].ref == "loud"


def test_a_setting_before_the_first_heading_belongs_to_nothing() -> None:
    result = compile_spec(document(LOUD).replace(b"# Rule {#rule}\n", b""))
    assert [it.code for it in result.diagnostics] == ["before-sections"]


def test_other_fences_are_no_settings() -> None:
    data = document(LOUD).replace(b"~~~", b"```")
    assert compile_spec(data).require().section("rule").settings == ()
