"""Settings that contradict themselves, and examples that set what is not declared."""

from __future__ import annotations

from typing import Any

import pytest

from adhere.compiler import Context, compile_spec, lint


def _setting(body: str, name: str = "x") -> str:
    return f'~~~setting\nid = "{name}"\n{body}\nchangeable_by = ["user"]\n~~~\n'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('type = "boolean"\ndefault = true\nallowed = [false]', "the default of"),
        ('type = "enum"\ndefault = "a"\nallowed = ["b", "c"]', "the default of"),
        ('type = "integer"\ndefault = 5\nallowed = { max = 4 }', "the default of"),
        ('type = "set"\ndefault = ["a", "z"]\nallowed = ["a", "b"]', "the default of"),
        ('type = "string"\ndefault = "abc"\nallowed = { max_length = 2 }', "the default of"),
        ('type = "string"\ndefault = "abc"\nallowed = { pattern = "[0-9]+" }', "the default of"),
        (
            'type = "integer"\ndefault = 5\nallowed = { min = 1, max = 9 }\n'
            "bounds.user = { min = 0 }",
            "the bounds of user",
        ),
        (
            'type = "integer"\ndefault = 5\nallowed = { min = 1 }\nbounds.user = { max = 0 }',
            "the bounds of user",
        ),
        (
            'type = "enum"\ndefault = "a"\nallowed = ["a"]\nbounds.user = ["a", "b"]',
            "the bounds of user",
        ),
        (
            'type = "string"\ndefault = "a"\nallowed = { max_length = 2 }\n'
            "bounds.user = { max_length = 3 }",
            "the bounds of user",
        ),
    ],
)
def test_contradictions(check: Any, body: str, message: str) -> None:
    fence = _setting(body)
    text = f"# A {{#a}}\n\n{fence}"
    assert check("setting-unresolvable", text) == [(3, 1, fence.rstrip())]
    (found,) = (
        it
        for it in lint(Context(compile_spec(text.encode()).require()))
        if it.code == "setting-unresolvable"
    )
    assert found.message.startswith(message)
    assert '"a.x"' in found.message


def test_an_address_declared_twice(check: Any) -> None:
    fence = _setting('type = "boolean"\ndefault = true')
    text = f"# A {{#a}}\n\n{fence}\n{fence}\n# B {{#b}}\n\n{fence}"
    assert check("setting-unresolvable", text) == [(10, 1, fence.rstrip())]


def test_two_settings_that_govern_one_thing(check: Any) -> None:
    governing = 'type = "boolean"\ndefault = true\ngoverns = "emoji"'
    second = _setting(governing, "y")
    text = f"# A {{#a}}\n\n{_setting(governing)}\n{second}"
    assert check("setting-unresolvable", text) == [(11, 1, second.rstrip())]


@pytest.mark.parametrize(
    "body",
    [
        'type = "boolean"\ndefault = true',
        'type = "integer"\ndefault = 5\nallowed = { min = 1, max = 9 }\n'
        "bounds.user = { min = 1, max = 9 }",
        'type = "set"\ndefault = []\nallowed = ["a"]\nbounds.user = ["a"]',
        'type = "string"\ndefault = "ab"\nallowed = { max_length = 2, pattern = "[a-z]+" }\n'
        'bounds.user = { pattern = "a.*" }',
    ],
)
def test_settings_that_can_be_resolved(check: Any, body: str) -> None:
    assert check("setting-unresolvable", f"# A {{#a authority=root}}\n\n{_setting(body)}") == []


def _example(lines: str) -> str:
    return (
        "**Example**: settings\n\n~~~xml\n"
        f"<system>\n<settings>\n{lines}\n</settings>\n</system>\n<user>Hi</user>\n~~~\n"
    )


def test_an_unknown_address(check: Any) -> None:
    text = "# A {#a}\n\n" + _example("under_18: true\n  Ü a.y : 3\na.z: 1")
    assert check("unknown-setting", text) == [(9, 3, "Ü a.y"), (10, 1, "a.z")]


def test_a_line_that_is_neither(check: Any) -> None:
    text = "# A {#a}\n\n" + _example("under_18: true\nquickly now\nempty:")
    assert check("unknown-setting", text) == [(9, 1, "quickly now"), (10, 1, "empty:")]


def test_a_name_that_several_sections_declare(check: Any) -> None:
    fence = _setting('type = "boolean"\ndefault = true')
    text = (
        f"# A {{#a}}\n\n{fence}\n# B {{#b}}\n\n{fence}\n{_example('x: true')}\n"
        f"# C {{#c}}\n\n{_example('x: true')}"
    )
    assert check("unknown-setting", text) == [(37, 1, "x")]


def test_facts_addresses_and_settings_of_the_section(check: Any) -> None:
    fence = _setting('type = "boolean"\ndefault = true')
    lines = "a.x: true\nx: false\nunder_18: true\n\n"
    text = f"# A {{#a}}\n\n{fence}\n{_example(lines)}"
    assert check("unknown-setting", text) == []
