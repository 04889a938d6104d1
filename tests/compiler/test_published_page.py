"""What we read in the published spec is what its publisher shows on the page made from it.

The page and the compiler share no code. Where the two differ, the difference is listed below with
its explanation; anything else is a failure. Nothing of the page is repeated here but names and
counts.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

import pytest

from adhere.compiler import compile_spec
from adhere.spec import Answer, Authority, Example, Section, Spec, Turn

VOID = frozenset({"meta", "link", "br", "img", "hr", "input", "rect", "path", "circle"})


class Node:
    """An element of the page."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.classes = attributes.get("class", "").split()
        self.inside: list[Node | str] = []

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.inside:
            if isinstance(child, Node):
                yield from child.walk()

    def all(self, name: str) -> list[Node]:
        return [node for node in self.walk() if name in node.classes]

    @property
    def text(self) -> str:
        return "".join(it if isinstance(it, str) else it.text for it in self.inside)


class Tree(HTMLParser):
    """Builds the tree of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if any(node.tag == tag for node in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


@pytest.fixture(scope="module")
def page(data_dir: Path) -> Node:
    path = data_dir / "openai_model_spec/2025-12-18-rev2/docs_2025-12-18.html.gz"
    tree = Tree()
    tree.feed(gzip.decompress(path.read_bytes()).decode())
    return tree.root


@pytest.fixture(scope="module")
def versions(data_dir: Path) -> dict[str, Spec]:
    folder = data_dir / "openai_model_spec"
    return {
        name: compile_spec((folder / name / "model_spec.md").read_bytes()).require()
        for name in ("2025-12-18", "2025-12-18-rev2")
    }


@pytest.fixture(scope="module")
def spec(versions: dict[str, Spec]) -> Spec:
    return versions["2025-12-18-rev2"]


def letters(text: str) -> str:
    """Only letters and digits: the page has typographic quotes, no Markdown, and capitals."""
    return "".join(character for character in text if character.isalnum()).casefold()


class Reader:
    """Reads Markdown as the page shows it: references as titles, no marks."""

    def __init__(self, spec: Spec) -> None:
        self.titles = {section.id: section.title for section in spec.walk()}

    def __call__(self, markdown: str) -> str:
        text = re.sub(r"\[\?\]\(#([\w-]+)\)", lambda it: self.titles[it[1]], markdown)
        text = re.sub(r"\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)", r"\1", text)
        text = re.sub(r"\[\^[^\]]*\]|^(?:~~~|```)\w*$|^\s*\d+\.\s", "", text, flags=re.M)
        return letters(text)


@pytest.fixture(scope="module")
def read(spec: Spec) -> Reader:
    return Reader(spec)


def badges(spec: Spec, section: Section) -> list[str]:
    """What the page says of a section's authority, in our words."""
    if section.authority is not None:
        return [f"This section has {section.authority.title()} authority"]
    highest = spec.effective_authority(section.id)
    if highest is Authority.NONE:
        return []
    lower = {it.authority for it in section.walk() if it.authority not in (None, highest)}
    first = f"The highest authority principle in this section is {highest.title()}"
    return [first, f"This section also includes {len(lower)} lower authorit(ies)"][
        : 1 + bool(lower)
    ]


def test_sections_and_levels(page: Node, spec: Spec, read: Reader) -> None:
    sections = list(spec.walk())
    entries = page.all("section-with-badge")
    assert len(entries) == 80
    assert [entry.attributes["href"] for entry in entries] == [f"#{it.id}" for it in sections]
    assert [node.attributes["id"] for node in page.all("section")] == [it.id for it in sections]
    titles = [letters(entry.inside[0]) for entry in entries if isinstance(entry.inside[0], str)]
    assert titles == [read(section.title) for section in sections]
    assert [
        [badge.attributes["title"] for badge in entry.all("authority_sidebar")] for entry in entries
    ] == [badges(spec, section) for section in sections]


def test_the_page_is_of_the_second_revision(
    page: Node, versions: dict[str, Spec], read: Reader
) -> None:
    first, second = (
        {read(block.text) for it in versions[name].walk() for block in it.blocks}
        for name in ("2025-12-18", "2025-12-18-rev2")
    )
    paragraphs = {letters(node.text) for node in page.walk() if node.tag == "p"}
    assert len(second - first) == len(first - second) == 1  # the revisions differ in one paragraph
    assert second - first <= paragraphs
    assert not (first - second) & paragraphs


def test_boxes(page: Node, spec: Spec, read: Reader) -> None:
    boxes = [box for section in spec.walk() for box in section.boxes]
    # In a box the page leaves a reference without words as it is: a link that reads "?".
    unnamed = [re.sub(r"\[\?\]\(#[\w-]+\)", "?", box.text) for box in boxes]
    assert [letters(node.text) for node in page.all("admonition")] == [read(it) for it in unnamed]
    assert [
        box.span.line for box, text in zip(boxes, unnamed, strict=True) if text != box.text
    ] == [2150]
    assert len(boxes) == 28


def test_references(page: Node, spec: Spec) -> None:
    """Links of the page within itself: references in text, and the sections that labels cite."""
    (content,) = page.all("content")
    shown = Counter(
        node.attributes["href"][1:]
        for node in content.walk()
        if node.tag == "a" and node.attributes["href"].startswith("#")
    )
    ours = Counter(it.target for section in spec.walk() for it in section.references)
    for _, example in spec.examples():
        for answer in example.answers:
            ours.update(answer.sections)
    assert shown == ours
    assert ours.total() == 124


# -- examples ----------------------------------------------------------------------------------

# The page shows the answers of a comparison from good to bad, whatever their order in the source.
SHOWN_ORDER = {"good": 0, "ok": 1, "bad": 2, "": 3}

# Files that a message carries are a card on the page (type, name and caption in other words and
# another order) and a line of text in the source; example and number of the message in it.
CARDS = {
    ("transformation_exception/transformation-request-containing-people-s-private-information", 0),
    ("transformation_exception/transformation-request-containing-people-s-private-information", 1),
    ("ask_clarifying_questions/question-about-a-blurry-image-of-a-medication", 0),
}


def messages(example: Example) -> list[tuple[Turn, Answer | None]]:
    """The messages of an example in the order of the page."""
    rows: list[tuple[Turn, Answer | None]] = [(turn, None) for turn in example.turns]
    rows += [(answer.turn, answer) for answer in example.answers]
    rows.sort(key=lambda row: row[0].span)
    shown: list[tuple[Turn, Answer | None]] = []
    for comparison, group in groupby(rows, key=lambda it: it[1].comparison if it[1] else None):
        together = list(group)
        if comparison is not None:
            together.sort(key=lambda row: SHOWN_ORDER[verdict(row[1])])
        shown += together
    # A message of nothing but settings is a badge on the whole example.
    return [row for row in shown if not only_settings(row[0])]


def verdict(answer: Answer | None) -> str:
    return answer.verdict.value if answer and answer.verdict else ""


def only_settings(turn: Turn) -> bool:
    return bool(turn.parts) and all(part.kind == "settings" for part in turn.parts)


def said(answer: Answer | None, turn: Turn, read: Reader) -> str:
    """What the page says beneath a message: condition, reason, comment, and what it conflicts with.

    ``BAD[#id]`` is shown as "Conflicts with" and the title of the section.
    """
    if answer is None:
        return read(turn.comment or "")
    cited = "".join(f"conflictswith{read(f'[?](#{section})')}" for section in answer.sections)
    return read(answer.condition) + read(answer.reason) + read(turn.comment or "") + cited


def test_titles_of_examples(page: Node, spec: Spec, read: Reader) -> None:
    assert [letters(node.text) for node in page.all("figure")] == [
        read(example.title) for _, example in spec.examples()
    ]


def test_verdicts_in_order(page: Node, spec: Spec) -> None:
    shown = [
        [(_role(node), _verdict(node)) for node in conversation.all("message-wrapper")]
        for conversation in page.all("conversation")
    ]
    assert shown == [
        [(turn.role, verdict(answer)) for turn, answer in messages(example)]
        for _, example in spec.examples()
    ]
    assert Counter(it for row in shown for _, it in row if it) == {"good": 193, "bad": 196, "ok": 8}


def test_what_is_said_and_what_is_said_of_it(page: Node, spec: Spec, read: Reader) -> None:
    differ = set()
    count = 0
    examples = [example for _, example in spec.examples()]
    for conversation, example in zip(page.all("conversation"), examples, strict=True):
        rows = zip(conversation.all("message-wrapper"), messages(example), strict=True)
        for number, (node, (turn, answer)) in enumerate(rows):
            count += 1
            if letters(node.all("inner-content")[0].text) != read(turn.text):
                differ.add((example.id, number))
            assert letters(node.all("commentary")[0].text) == said(answer, turn, read)
            assert [letters(it.text) for it in node.all("untrusted")] == [
                read(part.text) for part in turn.parts if part.kind == "untrusted"
            ]
    assert differ == CARDS
    assert count == 625


def test_settings_are_badges(page: Node, spec: Spec) -> None:
    assert [bool(node.all("u18-badge")) for node in page.all("conversation")] == [
        any(only_settings(turn) for turn in example.turns) for _, example in spec.examples()
    ]


def test_recipients(page: Node, spec: Spec) -> None:
    shown = [letters(node.text) for node in page.all("role-name")]
    ours = []
    for _, example in spec.examples():
        for turn, _ in messages(example):
            # The page spells "functions.name" out.
            to = (turn.recipient or "").replace("functions.", "function call ")
            ours.append(letters(turn.role + ("to" + to if to else "")))
    assert [(a, b) for a, b in zip(shown, ours, strict=True) if a != b] == []
    assert sum(name.startswith("assistantto") for name in shown) == 3


def _role(node: Node) -> str:
    roles = {"system", "developer", "user", "assistant", "tool"}
    return next(name for name in node.classes if name in roles)


def _verdict(node: Node) -> str:
    return next((name for name in node.classes if name in SHOWN_ORDER), "")
