"""The pages of feedback over a real socket: what people do there, and how it is set up."""

from __future__ import annotations

import json
import re
import secrets
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from sites import served
from speaking import SITE, Browser, Crowd, Place, act, link_in, mails, stranger

from adhere.assemble.feedback import FeedbackOptions
from adhere.assemble.serving_site import SiteServer
from adhere.cli.main import cli
from adhere.errors import UsageError
from adhere.evolve.feedback import Feedback, open_database

pytestmark = pytest.mark.usefixtures("forgotten")


# What they do


def test_reading_needs_no_sign_in_and_sets_no_cookie(place: Place) -> None:
    reader = Browser(place.root)
    for path in ("", "latest", "about?section=tone", "log", "consensus", "latest?page=9"):
        reply = reader.get(path)
        assert reply.status == 200, path
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "unsafe" not in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "no-store"
    assert reader.cookies == {}
    for path in ("mine", "mine.json"):
        assert reader.get(path).status == 403
    for path in ("nothing", "about", "about?section=nowhere", "about?decision=x", "a/b"):
        assert reader.get(path).status == 404, path


def test_a_comment_is_counted_beside_its_section(place: Place, ann: Browser) -> None:
    section = next(s for s in SITE.current.spec.walk() if s.examples)
    mark = rf'section={re.escape(quote(section.id))}&amp;[^"]*">Discuss( \(\d+\))?</a>'
    before = re.search(mark, Browser(place.root).send("GET", "read/index.html").body)
    assert before is not None
    assert before[1] is None
    example = section.examples[0].id
    fields = {"section": section.id, "target": example, "stance": "unclear", "body": "What?"}
    reply = ann.post("comment", f"about?section={quote(section.id)}", **fields)
    assert reply.status == 303
    end = time.monotonic() + 30
    while True:  # numbers are some seconds old at most
        after = re.search(mark, Browser(place.root).send("GET", "read/index.html").body)
        if after and after[1] == " (1)":
            break
        assert time.monotonic() < end
        time.sleep(0.5)
    assert "What?" in ann.get(f"about?example={quote(example, safe='')}").body


def test_an_objection_is_followed_to_its_outcome(
    place: Place, ann: Browser, ben: Browser, moderator: Browser
) -> None:
    said = place.crowd.say(ann, "This is too vague.", stance="unclear")
    for vote, agree in (("agree", 1), ("disagree", 0), ("agree", 1)):
        assert ben.post("vote", "about?section=tone", comment=said, vote=vote).status == 303
        assert place.feedback.read(said).agree == agree
    assert act(moderator, said, "plan", "We take it up.", "https://spec.example/42") == 303
    assert act(moderator, said, "adopt", "It is in the new version.") == 303
    mine = ann.get("mine").body
    assert "adopted" in mine
    assert "We take it up." in mine
    assert 'href="https://spec.example/42"' in mine
    assert "It is in the new version." in stranger(place).get("log").body
    entry = Browser(place.root).get(f"said?id={said}")
    assert entry.location == f"about?section=tone#c-{said}"


def test_words_that_do_not_stand_there_are_refused_and_nothing_written_is_lost(
    ann: Browser,
) -> None:
    fields = {"section": "tone", "stance": "too_strict", "quote": "No such words & signs.",
              "body": "A long thought."}  # fmt: skip
    reply = ann.post("comment", "about?section=tone", **fields)
    assert reply.status == 422
    assert "These words do not stand there." in reply.body
    assert ">A long thought.</textarea>" in reply.body
    assert "No such words &amp; signs.</textarea>" in reply.body
    assert re.search(r'value="too_strict" required\s+checked', reply.body)


def test_a_name_an_export_and_leaving(place: Place, ann: Browser) -> None:
    said = place.crowd.say(ann, "These words go with me.")
    assert ann.post("rename", "mine", name="Ann  of Green Gables").status == 303
    assert "Ann of Green Gables" in stranger(place).get("latest").body
    found = json.loads(ann.get("mine.json").body)
    assert found["person"]["email"].endswith("@people.example")
    assert [one["body"] for one in found["comments"]] == ["These words go with me."]
    assert ann.post("leave", "mine").status == 422  # not sure
    assert place.feedback.read(said).body
    assert ann.post("leave", "mine", sure="yes").status == 303
    assert "adhere-session" not in ann.cookies
    left = place.feedback.read(said)
    assert (left.body, left.author) == ("", "somebody who has left")
    assert "Ann of Green Gables" not in stranger(place).get("latest").body


def test_the_same_on_postgresql(postgres: str, tmp_path: Path) -> None:
    database = postgres.replace("postgresql://", "postgresql+psycopg://")
    engine = open_database(database)
    name = secrets.token_hex(4)
    with served(SITE, FeedbackOptions(database, str(tmp_path / "outbox"))) as root:
        crowd = Crowd(root, Feedback(engine, time.time))
        said = crowd.say(crowd.browser(f"ann{name}"), "On PostgreSQL, too.")
        moderator = crowd.browser(f"mod{name}", "moderator")
        voted = moderator.post("vote", "about?section=tone", comment=said, vote="agree")
        assert voted.status == 303
        assert act(moderator, said, "adopt", "It is better so.") == 303
        for path in ("latest", "about?section=tone", "log", "consensus"):
            assert Browser(root).get(path).status == 200
        assert "It is better so." in moderator.get("log").body
        for path in ("said?id=%00", "about?section=%00", "latest?page=%00"):
            assert Browser(root).get(path).status == 400
    engine.dispose()


# How it is set up


def test_cookies_of_a_public_site_are_for_secure_connections_only(tmp_path: Path) -> None:
    options = FeedbackOptions(
        str(tmp_path / "f.db"), str(tmp_path / "outbox"), "https://spec.example"
    )
    with served(SITE, options) as root:
        browser = Browser(root)
        cookie = browser.get("sign-in").headers["set-cookie"]
        assert cookie.startswith("__Host-adhere-visit=")
        for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie
        browser.post("sign-in", "sign-in", email="a@people.example")
        text = mails(tmp_path / "outbox", "a@people.example")[0]
        assert link_in(text).startswith("https://spec.example/feedback/enter?link=")


@pytest.mark.parametrize("url", ["http://spec.example", "ftp://x", "https://x/folder", "nonsense"])
def test_nobody_signs_in_without_tls(tmp_path: Path, url: str) -> None:
    options = FeedbackOptions(str(tmp_path / "f.db"), str(tmp_path / "outbox"), url)
    with pytest.raises(UsageError):
        SiteServer(SITE, feedback=options)


def test_the_command_line_lists_and_exports(place: Place, ann: Browser) -> None:
    said = place.crowd.say(ann, "For the record.\x1b[2J")
    asked = ["--database", place.database]
    listed = CliRunner().invoke(cli, ["feedback", "list", *asked])
    assert said in listed.output
    assert "\x1b" not in listed.output
    exported = CliRunner().invoke(
        cli, ["feedback", "export", *asked, "--source", "https://s.example"]
    )
    found = [json.loads(line) for line in exported.output.splitlines()]
    one = next(a for a in found if a["id"].endswith(said))
    assert one["type"] == "Annotation"
    assert one["target"]["source"] == "https://s.example"
    assert "@people.example" not in exported.output
