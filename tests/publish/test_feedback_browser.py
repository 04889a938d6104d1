"""Feedback in a real browser: from an objection to its outcome, by keyboard, and under axe-core."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sites import axe_violations, chromium, served
from speaking import SITE, link_in, mails
from sqlalchemy import Engine

from adhere.assemble.feedback import FeedbackOptions
from adhere.evolve.feedback import Feedback, open_database
from adhere.evolve.feedback.tables import ATTEMPTS


class World:
    """A site with feedback and a browser; people act in contexts of their own."""

    def __init__(self, browser: Any, root: str, outbox: Path, engine: Engine) -> None:
        self.browser, self.root, self.outbox, self.engine = browser, root, outbox, engine
        self.complaints: list[str] = []

    def person(self, *, javascript: bool, width: int = 1280) -> Any:
        context = self.browser.new_context(
            viewport={"width": width, "height": 844}, java_script_enabled=javascript
        )
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and self.complaints.append(m.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def sign_in(self, page: Any, email: str, about: str = "tone") -> None:
        page.goto(f"{self.root}feedback/about?section={about}")
        press(page, "a", "Sign in to comment or vote")
        page.locator("#email").focus()
        page.keyboard.type(email)
        page.keyboard.press("Enter")
        page.get_by_role("status").wait_for()
        page.goto(link_in(mails(self.outbox, email)[-1]))
        press(page, "main button", "Sign in")
        page.wait_for_url(f"**/feedback/about?section={about}")


def press(page: Any, selector: str, words: str) -> None:
    """Use a control by keyboard."""
    control = page.locator(selector, has_text=words).first
    control.focus()
    page.keyboard.press("Enter")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("feedback")
    database = str(folder / "feedback.db")
    engine = open_database(database)
    Feedback(engine, time.time).people.appoint("mo@people.example", "moderator")
    with (
        chromium() as browser,
        served(SITE, FeedbackOptions(database, str(folder / "outbox"))) as root,
    ):
        made = World(browser, root, folder / "outbox", engine)
        yield made
        engine.dispose()
        assert made.complaints == []


@pytest.fixture(autouse=True)
def forgotten(world: World) -> None:
    """Nobody has asked for a link yet."""
    with world.engine.begin() as connection:
        connection.execute(ATTEMPTS.delete())


def object_to_it(world: World, page: Any) -> None:
    page.goto(f"{world.root}read/index.html")
    press(page, "#tone > .own .margin a", "Discuss")
    page.locator("input[value=too_strict]").focus()
    page.keyboard.press("Space")
    page.locator("#quote").focus()
    page.keyboard.type("Swear words are for those who invite them.")
    page.locator("#body").focus()
    page.keyboard.type("Who has invited whom is hard to say.")
    press(page, "button", "Publish the comment")
    page.wait_for_url("**#c-*")
    assert "Who has invited whom" in page.locator(".comment:target").inner_text()


def moderate(page: Any) -> None:
    """Vote on the newest comment, and answer it."""
    control = page.locator(".comment").last.locator
    control("button", has_text="Agree").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#c-*")
    assert control(".vote [aria-pressed=true]").inner_text().split() == ["Agree", "1"]
    control(".moderate summary").focus()
    page.keyboard.press("Enter")
    control(".moderate select").focus()
    page.keyboard.type("Take")  # into a proposal
    control(".moderate textarea").focus()
    page.keyboard.type("The next version says who.")
    control(".moderate input[name=link]").focus()
    page.keyboard.type("https://spec.example/proposal/7")
    control(".moderate button").focus()
    page.keyboard.press("Enter")
    control(".actions li").wait_for()


@pytest.mark.parametrize("javascript", [False, True])
def test_from_an_objection_to_its_outcome_by_keyboard(world: World, javascript: bool) -> None:
    ann = world.person(javascript=javascript, width=390)
    world.sign_in(ann, f"ann{javascript}@people.example")
    object_to_it(world, ann)
    mo = world.person(javascript=javascript)
    world.sign_in(mo, "mo@people.example")
    moderate(mo)
    press(ann, ".tabs a", "My comments")
    ann.wait_for_url("**/feedback/mine")
    text = ann.locator(".comment").inner_text()
    assert "planned" in text
    assert "The next version says who." in text
    press(ann, ".actions a", "entry")
    ann.wait_for_url("**/feedback/log#a-*")
    assert "The log is whole" in ann.locator("main").inner_text()
    for page in (ann, mo):
        press(page, ".who-am-i button", "Sign out")
        page.wait_for_url("**/feedback/latest")
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_feedback(world: World, scheme: str) -> None:
    mo = world.person(javascript=True)
    mo.emulate_media(color_scheme=scheme)
    addresses = ("sign-in", "enter?link=x", "about?section=tone", "latest", "log", "consensus",
                 "mine")  # fmt: skip
    for signed_in in (False, True):
        if signed_in:
            world.sign_in(mo, f"{scheme}@people.example", "clear_and_brief")
            mo.locator("input[value=agree]").check()
            mo.locator("#body").fill("Yes.")
            press(mo, "button", "Publish the comment")
            mo.wait_for_url("**#c-*")
        for address in addresses if signed_in else addresses[:-1]:
            for width in (1280, 390):
                mo.set_viewport_size({"width": width, "height": 844})
                mo.goto(f"{world.root}feedback/{address}")
                assert axe_violations(mo) == [], (address, width)
                assert mo.evaluate("document.documentElement.scrollWidth") <= width, address
    mo.context.close()
