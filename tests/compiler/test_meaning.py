"""The digest of the meaning: what changes it and what does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from adhere.compiler import compile_spec, meaning, spec_digest
from adhere.spec import digest_json, digest_plain

SOURCE = """\
+++
title = "T"
+++

Before everything.

# Be kind {#kind authority=user tags=b,a oldids=nice owner=us}

The assistant is kind. It says
so in few words[^m1], see [?](#other).

- one
  more
- two
  - three

    paragraph

> quoted words

| a | b |
|---|---|
| 1 | 2 |

!!! meta "Why"
    Because it is
    good.

    ~~~
    code  here
    ~~~

**Example**: someone asks

~~~xml
<user>
Are you  kind?
</user>
<comparison>
<assistant> <!-- GOOD, always: says yes -->
Yes.
</assistant>
<assistant> <!-- BAD[#other] -->
No.
</assistant>
</comparison>
~~~

~~~setting
id = "words"
type = "integer"
summary = "How many."
default = 3
allowed = { min = 1, max = 5 }
changeable_by = ["user"]
bounds.user = { min = 2 }
~~~

<!-- no test needed: it is short -->

~~~python
if a:
    b
~~~

## Other {#other}
"""


def digest(text: str) -> str:
    result = compile_spec(text.encode())
    assert not result.has_errors
    return result.require().spec_digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind. It says\nso in", "kind.  It\nsays so\n in"),
        ("# Be kind {", "#   Be   kind   {"),
        ("\n\n- one", "\n\n\n   \n- one"),
        ("- one\n  more", "- one more"),
        ("> quoted words", ">   quoted  words"),
        ("| 1 | 2 |", "|  1 |   2 |"),
        ("Because it is\n    good.", "Because\n    it is good."),
        ("tags=b,a", "tags=a,b"),
        ("says yes -->", "says  yes  -->"),
        ("someone asks", "someone   asks"),
        ("default = 3", "default   =   3 # three"),
        ("id = \"words\"\ntype = \"integer\"", "type = \"integer\"\nid = \"words\""),
        ("\n", "\r\n"),
        ("+++\ntitle", "\ufeff+++\ntitle"),
        ("## Other {#other}\n", "## Other {#other}"),
        ("## Other {#other}", "## Other { #other }"),
        ("</user>\n<comp", "</user>\n\n\n<comp"),
        ("kind. It says\nso", "kind. It says so"),
    ],
)  # fmt: skip
def test_what_a_reader_does_not_see_is_not_meant(old: str, new: str) -> None:
    assert old in SOURCE
    changed = SOURCE.replace(old, new)
    if old.startswith("+++"):
        changed = "\ufeff" + SOURCE
    assert changed != SOURCE
    assert digest(changed) == digest(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "T"', 'title = "U"'),
        ("Before everything", "Before all"),
        ("authority=user", "authority=root"),
        ("{#kind", "{#friendly"),
        ("oldids=nice ", ""),
        ("owner=us", "owner=them"),
        ("tags=b,a", "tags=b"),
        ("# Be kind", "# Be nice"),
        ("few words", "many words"),
        ("[^m1]", "[^m2]"),
        ("[?](#other)", "[?](#kind)"),
        ("- one\n  more\n- two", "- one more - two"),
        ("  - three", "- three"),
        ("    paragraph", "paragraph"),
        ("- three\n\n    paragraph", "- three\n    paragraph"),
        ("> quoted words", "quoted words"),
        ("| 1 | 2 |", "| 1 2 |"),
        ("!!! meta", "!!! summary"),
        ('"Why"', '"How"'),
        ("code  here", "code here"),
        ("it is\n    good", "it is\n    bad"),
        ("someone asks", "somebody asks"),
        ("Are you  kind?", "Are you kind?"),
        ("<user>\nAre", "<developer>\nAre"),
        ("GOOD, always", "OK, always"),
        ("always: says", "often: says"),
        ("says yes", "agrees"),
        ("BAD[#other]", "BAD[#kind]"),
        ("BAD[#other]", "BAD"),
        ("</assistant>\n<assistant>", "</assistant></comparison><comparison>\n<assistant>"),
        ("default = 3", "default = 4"),
        ("min = 1", "min = 2"),
        ("{ min = 2 }", "{ min = 3 }"),
        ("How many.", "How few."),
        ("it is short", "it is long"),
        ("    b\n", "  b\n"),
        ("## Other", "### Other"),
        ("~~~python", "~~~ruby"),
    ],
)
def test_what_is_meant(old: str, new: str) -> None:
    assert old in SOURCE
    changed = SOURCE.replace(old, new)
    if old == "<user>\nAre":
        changed = changed.replace("</user>", "</developer>")
    assert digest(changed) != digest(SOURCE)


def test_names_and_places_are_not_meant() -> None:
    one = compile_spec(SOURCE.encode(), name="a.md").require()
    two = compile_spec(SOURCE.encode(), name="b.md").require()
    assert one.spec_digest == two.spec_digest
    assert spec_digest(replace(one, spec_digest="")) == one.spec_digest


@given(st.data())
def test_white_space_in_a_paragraph_is_not_meant(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.from_regex(r"\A[a-z]{1,8}[.,]?\Z"), min_size=1, max_size=12))
    space = st.sampled_from([" ", "  ", "\n", "\t", " \n ", "\r\n"])
    text = "".join(word + data.draw(space) for word in words)
    assert digest(f"# A {{#a}}\n\n{text}\n") == digest(f"# A {{#a}}\n\n{' '.join(words)}\n")


@given(st.data())
def test_every_word_is_meant(data: st.DataObject) -> None:
    body = SOURCE[SOURCE.index("The assistant is") :]
    places = [found.start() for found in re.finditer(r"(?<=[a-z])[a-z](?=[a-z])", body)]
    at = data.draw(st.sampled_from(places))
    changed = body[:at] + ("x" if body[at] != "x" else "y") + body[at + 1 :]
    source = f"# Be kind {{#kind}}\n\n{changed}"
    result = compile_spec(source.encode())
    assume(not result.has_errors)
    assert result.require().spec_digest != digest(f"# Be kind {{#kind}}\n\n{body}")


@pytest.mark.parametrize(
    "text", [SOURCE, "", "# A\n", '# \x7f\U0001f600\x1f {#a}\n\n\u2028 \x01\\"/\n\n    \x0b\x0c\n']
)
def test_the_digest_is_of_canonical_json(text: str) -> None:
    spec = compile_spec(text.encode()).require()
    assert spec.spec_digest == digest_json(meaning(spec)) == digest_plain(meaning(spec))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_the_digest_is_of_canonical_json_for_any_text(text: str) -> None:
    spec = compile_spec(f"# A {{#a}}\n\n{text}".encode()).require()
    assert spec.spec_digest == digest_json(meaning(spec))
