"""The site in a real browser: by keyboard, without JavaScript, and under axe-core.

Needs Playwright and a Chromium: ``chromium`` on the path, or its path in ``ADHERE_CHROMIUM``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from sites import GERMAN, HOSTILE, NEW, OLD, axe_violations, chromium, edition, served

from adhere.assemble import load_spec
from adhere.assemble.publishing import downloads, find_decisions, find_runs
from adhere.cli.main import cli
from adhere.publish.site import Edition, Pages, Site, write_site


class World:
    """A static and a live site, and a browser that notes what goes wrong in it.

    ``small`` is a live site with every kind of page and of element, and little of each.
    """

    def __init__(self, browser: Any, static: str, live: str, small: str) -> None:
        self.browser, self.static, self.live, self.small = browser, static, live, small
        self.complaints: list[str] = []
        self.hosts: set[str] = set()

    def page(self, address: str = "", *, width: int = 1280, **options: Any) -> Any:
        """Open a page in a context of its own."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, **options)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and self.complaints.append(m.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        if address:
            page.goto(address)
        return page


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    models = ["--model", "scripted:keeps-chain-of-command", "--model", "scripted:flatters"]
    CliRunner().invoke(cli, ["evaluate", *models, "-o", str(folder)], standalone_mode=False)
    assert (folder / "report.json").exists()
    return folder


@pytest.fixture(scope="module")
def browser(run: Path) -> Iterator[Any]:
    # After the run: while a browser is driven, no other event loop starts in this thread.
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def world(run: Path, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("site")
    decided = folder / "decisions.jsonl"
    decided.write_text(
        '{"schema":"adhere/public-decision/1","id":"sha256:' + "ab" * 32 + '","kind":"text",'
        '"outcome":"block","section":"secrets","authority":"root","reason":"A key was kept back.",'
        '"spec_digest":""}\n'
    )
    changed = (Path(__file__).parents[2] / "specs/reference/spec.md").read_text()
    changed = changed.replace("It is written to be used", "It was written to be used")
    versions = (
        Edition("1-0-0", "1.0.0", load_spec("reference")),
        edition(changed, "0.9"),
        edition(OLD, "0.1"),
    )

    few = (edition(NEW, "1.0.0", GERMAN), edition(NEW.replace("brief.", "terse."), "0.9"),
           edition(OLD, "0.1"))  # fmt: skip

    def site(editions: tuple[Edition, ...], **more: Any) -> Site:
        decisions = find_decisions(decided)
        return Site("Reference", editions, find_runs([run]), decisions=decisions, **more)

    static = site(versions)
    write_site(Pages(static), folder / "static", downloads([run], static))
    with served(site(versions, live=True)) as live, served(site(few, live=True)) as small:
        found = World(browser, (folder / "static").as_uri() + "/", live, small)
        yield found
        assert found.complaints == []
        assert {host.partition(":")[0] for host in found.hosts} <= {"", "127.0.0.1"}


KINDS = (
    "index.html", "read/index.html", "read/0-1.html", "section/brief.html", "results/index.html",
    "read/1-0-0.de.html", "results/run.html", "changes/index.html", "changes/0-1..1-0-0.html",
    "why/index.html",
    f"why/{'ab' * 32}.html", "policy/index.html", "search.html?q=privacy", "404.html",
)  # fmt: skip


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_on_any_kind_of_page(
    world: World, kind: str, scheme: str, width: int
) -> None:
    page = world.page(world.small + kind, color_scheme=scheme, width=width)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


@pytest.mark.soak
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_reference_spec(world: World, scheme: str) -> None:
    for kind in (*KINDS, "section/secrets.html", "read/0-9.html", "changes/0-9..1-0-0.html"):
        page = world.page(
            world.live + kind.replace("brief", "clear_and_brief"), color_scheme=scheme
        )
        assert axe_violations(page) == [], kind
        page.context.close()


def test_axe_does_find_what_is_wrong(world: World) -> None:
    page = world.page(world.live + "index.html")
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    assert any(found.startswith("color-contrast") for found in axe_violations(page))
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_reading_by_keyboard(world: World, javascript: bool) -> None:
    page = world.page(world.static + "read/index.html", java_script_enabled=javascript)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    assert page.url.endswith("#main")
    page.locator(".contents a", has_text="Guard secrets").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#secrets")
    badge = page.locator("#secrets > .own button.level")
    badge.focus()
    page.keyboard.press("Enter")
    note = page.locator("#level-root")
    assert note.is_visible()
    assert "Nobody in a conversation" in note.inner_text()
    page.keyboard.press("Escape")
    assert not note.is_visible()
    kept = page.locator("#secrets .kept").first
    if javascript:  # there is room beside the text at this width only where it is wider
        assert page.locator(".contents [aria-current=location]").count() == 1
    kept.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "%" in kept.locator("table").inner_text()
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_permalinks_of_examples_and_old_ids(world: World, javascript: bool) -> None:
    page = world.page(world.static + "read/index.html", java_script_enabled=javascript)
    link = page.locator(".example .link").nth(10)
    link.focus()
    page.keyboard.press("Enter")
    example = page.locator(".example:target")
    assert example.count() == 1
    assert example.bounding_box()["y"] < 400
    page.goto(world.static + "read/index.html#gone")  # only the oldest version had it
    page.locator(".gone li:target a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/read/0-1.html#gone")
    page.context.close()


def test_searching_the_static_site_by_keyboard(world: World) -> None:
    page = world.page(world.static + "read/index.html")
    page.keyboard.press("/")
    page.keyboard.type("confiden")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hits li")
    first = page.locator(".hits a").first
    assert "onfiden" in first.inner_text()
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/read/index.html#*")
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_searching_the_live_site_by_keyboard(world: World, javascript: bool) -> None:
    page = world.page(world.live + "search.html", java_script_enabled=javascript)
    page.locator("#words").focus()
    page.keyboard.type("confiden")
    if not javascript:
        page.keyboard.press("Enter")
    page.wait_for_selector(".hits li")
    assert "onfiden" in page.locator(".hits a").first.inner_text()
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_from_a_decision_to_its_rule(world: World, javascript: bool) -> None:
    page = world.page(world.live + "why/index.html", java_script_enabled=javascript)
    page.locator("#decision").focus()
    page.keyboard.type("sha256:" + "ab" * 32)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/why/{'ab' * 32}.html")
    assert "A key was kept back." in page.locator("main").inner_text()
    page.locator("main .facts a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/read/index.html#secrets")
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_what_changed_by_keyboard(world: World, javascript: bool) -> None:
    page = world.page(world.static + "changes/index.html", java_script_enabled=javascript)
    page.locator(".matrix a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/changes/0-9..1-0-0.html")
    before, after = (page.locator(f".pair .{side}").first.bounding_box() for side in ("was", "is"))
    assert before["x"] + before["width"] <= after["x"]
    assert page.locator("ins").count() >= 1
    page.context.close()


def test_the_theme_is_chosen_and_kept(world: World) -> None:
    page = world.page(world.live + "index.html", color_scheme="light")

    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = ground()
    page.locator("#theme").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    dark = ground()
    assert dark != light
    page.reload()
    assert ground() == dark
    page.emulate_media(media="print")
    assert ground() == "rgb(255, 255, 255)"
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_hostile_document_runs_nothing_and_covers_nothing(
    world: World, tmp_path: Path, javascript: bool
) -> None:
    site = Site("Hostile", (edition(HOSTILE, "9"), edition(NEW, "2", GERMAN)), live=True)
    asked: set[str] = set()
    with served(site) as root:
        page = world.page(java_script_enabled=javascript)
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        for address in Pages(site).addresses():
            if not address.endswith(".html"):
                continue
            page.goto(root + address)
            if javascript:
                assert page.evaluate("window.hit") is None, address
            for link in page.locator("main a").all():
                assert not (link.get_attribute("href") or "").startswith("java")
            top = page.locator(".top")
            if top.count():
                assert top.is_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280, address
        page.context.close()
    assert asked == {urlsplit(root).netloc}
