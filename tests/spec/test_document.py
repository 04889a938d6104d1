"""Finding things in a compiled document."""

from __future__ import annotations

import msgspec
import pytest

from adhere.compiler import compile_spec
from adhere.spec import Authority, SourceSpan, Spec

SOURCE = b"""\
# Chain {#chain}

## Top {#top authority=root}

~~~setting
id = "loud"
type = "boolean"
default = false
changeable_by = ["user"]
~~~

### Inner {#inner authority=user oldids=before,earlier}

**Example**: one

~~~xml
<user>
Hello
</user>
~~~

## Grouping {#grouping}

### Low {#low authority=guideline}

### High {#high authority=developer}

# Bare {#bare}
"""


@pytest.fixture(scope="module")
def spec() -> Spec:
    return compile_spec(SOURCE).require()


def test_walk_is_in_document_order(spec: Spec) -> None:
    ids = [section.id for section in spec.walk()]
    assert ids == ["chain", "top", "inner", "grouping", "low", "high", "bare"]
    starts = [section.span.start for section in spec.walk()]
    assert starts == sorted(starts)


def test_sections_are_found_by_id_and_old_id(spec: Spec) -> None:
    assert spec.section("low").title == "Low"
    assert spec.section("earlier").id == "inner"
    with pytest.raises(KeyError):
        spec.section("nowhere")


def test_an_id_beats_an_old_id() -> None:
    spec = compile_spec(b"# A {#a oldids=b}\n\n# B {#b}\n").require()
    assert spec.section("b").title == "B"


def test_examples_and_settings(spec: Spec) -> None:
    assert [(section.id, example.id) for section, example in spec.examples()] == [
        ("inner", "inner/one")
    ]
    assert [setting.address for setting in spec.settings()] == ["top.loud"]


@pytest.mark.parametrize(
    ("section", "level"),
    [
        ("top", "root"),
        ("inner", "user"),
        ("grouping", "developer"),
        ("chain", "root"),
        ("bare", "none"),
    ],
)
def test_effective_authority(spec: Spec, section: str, level: str) -> None:
    assert spec.effective_authority(section) is Authority(level)


def test_prose_leaves_out_what_is_not_said_by_the_section() -> None:
    source = (
        b'# A {#a}\n\nFirst.\n\n!!! meta "Why"\n    Not this.\n\n- Second.\n\n~~~\nThird.\n~~~\n'
    )
    assert compile_spec(source).require().section("a").prose == (
        "First.\n\n- Second.\n\n~~~\nThird.\n~~~"
    )


def test_json_is_read_back_as_it_was(spec: Spec) -> None:
    data = msgspec.json.encode(spec)
    assert msgspec.json.decode(data, type=Spec) == spec


def test_spans_are_ordered_by_place() -> None:
    early, late = SourceSpan(1, 5, 1, 2), SourceSpan(2, 3, 1, 3)
    assert early < late
    assert late.of(b"abcdef") == b"c"
