"""A tailoring on a new base: what is carried over, what is merged, what a person has to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from adhere.assemble import load_spec
from adhere.assemble.tailoring import merge_with_git
from adhere.compiler import compile_spec
from adhere.evolve import Change, Rebased, Tailoring, rebase, tailor
from adhere.spec import Spec

OLD = """\
# Rules {#rules}

## One {#one authority=user}

First line.

Second line.

Third line.

## Two {#two authority=guideline}

Two things.

~~~setting
id = "n"
type = "integer"
default = 1
allowed = { min = 1, max = 9 }
changeable_by = ["developer"]
~~~

## Three {#three authority=guideline}

Three things.
"""


def compiled(text: str) -> Spec:
    return compile_spec(text.encode(), name="base.md").require()


def carried(new: str, *changes: Change, **texts: str) -> Rebased:
    tailoring = Tailoring(
        schema="adhere/tailoring/1", extends="old", digest=compiled(OLD).spec_digest, change=changes
    )
    files = {f"{name}.md": text for name, text in texts.items()}
    return rebase(compiled(OLD), compiled(new), tailoring, files, merge_with_git, extends="new")


def test_what_the_base_left_alone_is_carried_over() -> None:
    changes = (Change(remove="three"), Change(default="two.n", to=3), Change(add="a.md"))
    found = carried(OLD.replace("First", "A first"), *changes, a="# A {#a}")
    assert found.tailoring.change == changes
    assert [one.state for one in found.carried] == ["clean"] * 3
    assert found.tailoring.extends == "new"
    assert found.tailoring.digest == compiled(OLD.replace("First", "A first")).spec_digest


MINE = "## One {#one authority=user}\n\nFirst line.\n\nSecond line.\n\nMy third line.\n"


def test_a_replaced_text_takes_over_what_the_base_changed() -> None:
    found = carried(
        OLD.replace("First line", "A first line"), Change(replace="one", text="o.md"), o=MINE
    )
    assert found.carried[0].state == "merged"
    assert found.texts["o.md"] == MINE.replace("First line", "A first line")
    assert not found.conflicts


def test_a_conflict_stands_between_marks() -> None:
    found = carried(
        OLD.replace("Third line", "A third line"), Change(replace="one", text="o.md"), o=MINE
    )
    (conflict,) = found.conflicts
    assert "o.md" in conflict.note
    lines = found.texts["o.md"].splitlines()
    assert lines[lines.index("<<<<<<< tailored") + 1] == "My third line."
    assert lines[lines.index("||||||| old base") + 1] == "Third line."
    assert lines[lines.index(">>>>>>> new base") - 1] == "A third line."


RENAMED = OLD.replace("{#three ", "{#third oldids=three ").replace("{#two ", "{#second oldids=two ")


def test_another_id_is_followed() -> None:
    found = carried(
        RENAMED, Change(remove="three"), Change(default="two.n", to=3),
        Change(add="a.md", after="three"), a="## A {#a authority=user}",
    )  # fmt: skip
    assert found.tailoring.change == (
        Change(remove="third"), Change(default="second.n", to=3), Change(add="a.md", after="third"),
    )  # fmt: skip
    assert {one.state for one in found.carried} == {"adapted"}


GONE = OLD[: OLD.index("## Three")]


@pytest.mark.parametrize(
    ("new", "change", "state", "note"),
    [
        (GONE, Change(remove="three"), "dropped", "no three any more"),
        (GONE, Change(authority="three", to="user"), "conflict", "nothing left"),
        (GONE, Change(add="a.md", after="three"), "conflict", "where it belongs"),
        (OLD.replace("Three things", "Many things"), Change(remove="three"), "conflict", "still"),
        (OLD.replace("{#three authority=guideline", "{#three authority=user"),
         Change(authority="three", to="user"), "dropped", "is of level user"),
        (OLD.replace("{#three authority=guideline", "{#three authority=root"),
         Change(authority="three", to="user"), "conflict", "root now"),
        (OLD.replace("max = 9", "max = 2"), Change(default="two.n", to=3), "conflict", "otherwise"),
        (OLD.replace("Two things", "2 things"), Change(default="two.n", to=3), "clean", ""),
        (OLD, Change(remove="nothing"), "conflict", "had no section"),
    ],
)  # fmt: skip
def test_what_the_base_changed(new: str, change: Change, state: str, note: str) -> None:
    (one,) = carried(new, change, a="# A {#a}").carried
    assert one.state == state
    assert note in one.note


def test_the_published_spec_from_one_release_to_the_next(data_dir: Path) -> None:
    """2025-10-27 to 2025-12-18 changes do_not_lie, be_thorough_but_efficient and three others."""
    releases = data_dir / "openai_model_spec"
    old, new = (load_spec(str(releases / name)) for name in ("2025-10-27", "2025-12-18"))
    changes = (
        Change(remove="be_creative"),
        Change(remove="be_thorough_but_efficient"),
        Change(authority="express_uncertainty", to="developer"),
        Change(replace="do_not_lie", text="honest.md"),
        Change(add="house.md", after="support_programmatic_use"),
    )
    heading = old.section("do_not_lie").heading.text
    texts = {
        "honest.md": f"{heading}\n\nTell the truth.\n",
        "house.md": "## House rules {#house authority=developer}\n\nSay the order number.\n",
    }
    tailoring = Tailoring(schema="adhere/tailoring/1", extends="old", change=changes)
    found = rebase(old, new, tailoring, texts, merge_with_git, extends="new")
    assert [one.state for one in found.carried] == [
        "clean", "conflict", "clean", "conflict", "clean",
    ]  # fmt: skip
    assert "<<<<<<< tailored" in found.texts["honest.md"]
    solved = {**found.texts, "honest.md": texts["honest.md"]}
    assert tailor(new, found.tailoring, solved).refused == ()
