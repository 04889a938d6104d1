"""``adhere diff`` as a person runs it, and its page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adhere.cli import cli
from adhere.errors import InputError

OLD = "# Kind {#kind authority=user}\n\nThe assistant is kind.\n"
NEW = "# Kind {#kind authority=guideline}\n\nThe assistant is always kind.\n\n# More {#more}\n"
HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }}"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("old.md", OLD), ("new.md", NEW), ("spaces.md", OLD.replace(" is ", "\nis ")),
        ("hostile.md", f"# {HOSTILE} {{#kind tags=x}}\n\n{HOSTILE}\n"),
    ):  # fmt: skip
        Path(name).write_text(text, encoding="utf-8")

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["diff", *words], standalone_mode=False)

    return run


def test_words_authority_and_sections(call: object) -> None:
    done: Result = call("old.md", "new.md")  # type: ignore[operator]
    assert done.return_value == 1
    assert "1 added, 1 changed in substance" in done.output
    assert "The assistant is {+always+} kind." in done.output
    assert "guideline" in done.output
    assert "\x1b[" not in done.output


@pytest.mark.parametrize("other", ["old.md", "spaces.md"])
def test_the_same_meaning_is_no_finding(call: object, other: str) -> None:
    done: Result = call("old.md", other)  # type: ignore[operator]
    assert done.return_value == 0


def test_json(call: object) -> None:
    done: Result = call("old.md", "new.md", "--json")  # type: ignore[operator]
    found = json.loads(done.output)
    assert found["schema"] == "adhere/diff/1"
    assert found["counts"]["authority_changed"] == {"user -> guideline": 1}


def test_what_is_no_spec(call: object, tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"# A\n\n\xff\n")
    done: Result = call("old.md", "bad.md")  # type: ignore[operator]
    assert isinstance(done.exception, InputError)
    assert done.exception.place == "bad.md:3:1"


class Tags(HTMLParser):
    """Collects elements, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_marks_words_and_loads_nothing(call: object, tmp_path: Path) -> None:
    call("old.md", "new.md", "--html", "diff.html")  # type: ignore[operator]
    page = Tags((tmp_path / "diff.html").read_text(encoding="utf-8"))
    assert "ins" in page.elements
    links = [value or "" for name, value in page.attributes if name in ("href", "src")]
    assert [link for link in links if not link.startswith("#")] == []
    policy = next(v for n, v in page.attributes if n == "content" and "default-src" in (v or ""))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_hostile_text_stays_text_on_the_page(call: object, tmp_path: Path) -> None:
    call("old.md", "hostile.md", "--html", "diff.html")  # type: ignore[operator]
    page = Tags((tmp_path / "diff.html").read_text(encoding="utf-8"))
    assert not {"script", "img", "iframe", "link"} & set(page.elements)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert "alert(1)" in page.text
