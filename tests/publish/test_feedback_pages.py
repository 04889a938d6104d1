"""The pages of feedback over a real socket: what they do, and what they do not let happen."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from click.testing import CliRunner
from sites import Seen, served
from speaking import FORM, Browser, Crowd, link_in, mails
from sqlalchemy import update

from adhere.assemble import load_spec
from adhere.assemble.feedback import FeedbackOptions
from adhere.assemble.serving_site import SiteServer
from adhere.cli.main import cli
from adhere.errors import UsageError
from adhere.evolve.feedback import ActionKind, Feedback, open_database
from adhere.evolve.feedback.people import LIMITS
from adhere.evolve.feedback.tables import ACTIONS, ATTEMPTS
from adhere.publish.feedback.guarding import MOST_FORM
from adhere.publish.site import Edition, Site

BAD = "</textarea></p><script>window.hit=1</script><img src=x onerror='window.hit=2'>\"'"
SITE = Site("Test", (Edition("1-0-0", "1.0.0", load_spec("reference")),), live=True)


class Place:
    """A running site with feedback."""

    def __init__(self, root: str, folder: Path) -> None:
        self.root, self.folder, self.outbox = root, folder, folder / "outbox"
        self.database = str(folder / "feedback.db")
        self.engine = open_database(self.database)
        self.feedback = Feedback(self.engine, time.time)
        self.crowd = Crowd(root, self.feedback)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("feedback")
    options = FeedbackOptions(str(folder / "feedback.db"), str(folder / "outbox"))
    with served(SITE, options) as root:
        made = Place(root, folder)
        yield made
        made.engine.dispose()


@pytest.fixture(autouse=True)
def forgotten(place: Place) -> None:
    """Nobody has tried anything yet."""
    with place.engine.begin() as connection:
        connection.execute(ATTEMPTS.delete())


@pytest.fixture
def ann(place: Place) -> Browser:
    return place.crowd.browser(f"ann{secrets.token_hex(4)}")


@pytest.fixture
def ben(place: Place) -> Browser:
    return place.crowd.browser(f"ben{secrets.token_hex(4)}")


@pytest.fixture
def moderator(place: Place) -> Browser:
    return place.crowd.browser(f"mod{secrets.token_hex(4)}", "moderator")


def act(browser: Browser, comment: str, kind: str, reason: str = "Because.", link: str = "") -> int:
    fields = {"comment": comment, "kind": kind, "reason": reason, "link": link}
    return browser.post("act", "about?section=tone", **fields).status


def stranger(place: Place) -> Browser:
    """Return the browser of a reader, for whom pages are a second old at most."""
    time.sleep(1.1)
    return Browser(place.root)


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


# Cross-site scripting


def test_nothing_that_is_sent_becomes_markup(
    place: Place, ann: Browser, moderator: Browser
) -> None:
    said = place.crowd.say(ann, BAD)
    assert act(moderator, said, "answer", BAD) == 303
    assert ann.post("rename", "mine", name=BAD[:80]).status == 303
    assert moderator.post("rename", "mine", name=BAD[-80:]).status == 303
    evil = quote(BAD)
    pages = [browser.get(path) for browser in (ann, moderator, Browser(place.root)) for path in (
        "about?section=tone", "latest", "mine", "log", "consensus", f"about?section={evil}",
        f"sign-in?section={evil}", f"enter?link={evil}&section={evil}", f"latest?page={evil}",
        f"said?id={evil}")]  # fmt: skip
    for field in ("section", "target", "stance", "quote"):
        fields = {"section": "tone", "stance": "agree", "body": BAD, field: BAD}
        pages.append(ann.post("comment", "about?section=tone", **fields))
    pages.append(ann.post("rename", "mine", name=BAD * 3))
    pages.append(ann.post("vote", "about?section=tone", comment=BAD, vote=BAD))
    pages.append(ann.post("sign-in", "about?section=tone", email=BAD, section=BAD))
    assert sum("window.hit" in page.body for page in pages) > 10  # it is shown, as text
    for page in pages:
        seen = Seen(page.body.encode())
        assert "img" not in seen.elements
        assert seen.elements.count("script") in (0, 3)
        assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
        assert not [v for v in seen.values("href") + seen.values("action") if "window" in v
                    and not v.startswith(("sign-in?", "about?"))]  # fmt: skip


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil", " jAva:x"])
def test_a_link_of_a_moderator_is_a_web_address(
    place: Place, ann: Browser, moderator: Browser, link: str
) -> None:
    said = place.crowd.say(ann, "Hm.")
    assert act(moderator, said, "answer", link=link) == 422


# Forms of other sites


def test_a_form_without_the_token_of_this_browser_does_nothing(
    place: Place, ann: Browser, ben: Browser, moderator: Browser
) -> None:
    said = place.crowd.say(ann, "Words.")
    token = re.search(r'name="token" value="(\w+)"', ben.get("latest").body)
    assert token
    forms = {
        "comment": {"section": "tone", "stance": "agree", "body": "forged"},
        "vote": {"comment": said, "vote": "agree"},
        "act": {"comment": said, "kind": "hide", "reason": "forged"},
        "rename": {"name": "forged"}, "leave": {"sure": "yes"}, "sign-out": {},
        "sign-in": {"email": "victim@people.example"}, "enter": {"link": "x"},
    }  # fmt: skip
    for path, fields in forms.items():
        for more in ({}, {"token": ""}, {"token": token[1]}, {"token": "é"}):
            assert moderator.bare(path, **fields, **more).status == 403, (path, more)
    assert moderator.get("mine").status == 200  # still signed in
    comment = place.feedback.read(said)
    assert (comment.agree, comment.hidden, comment.actions) == (0, False, ())
    assert not mails(place.outbox, "victim@people.example")


def test_a_form_that_a_browser_says_is_of_another_site_does_nothing(ann: Browser) -> None:
    token = re.search(r'name="token" value="(\w+)"', ann.get("mine").body)
    assert token
    data = f"token={token[1]}&name=forged".encode()
    for where in ("cross-site", "same-site"):
        sent = ann.send("POST", "feedback/rename", data, content_type=FORM, sec_fetch_site=where)
        assert sent.status == 403
    sent = ann.send(
        "POST", "feedback/rename", data, content_type=FORM, sec_fetch_site="same-origin"
    )
    assert sent.status == 303


@pytest.mark.parametrize("path", ["sign-out", "vote", "leave", "rename", "act", "comment"])
def test_reading_an_address_changes_nothing(ann: Browser, path: str) -> None:
    assert ann.get(f"{path}?sure=yes&name=x&vote=agree").status in (404, 405)


def test_what_is_no_form_is_refused(ann: Browser) -> None:
    def sent(data: bytes, kind: str = FORM) -> int:
        return ann.send("POST", "feedback/rename", data, content_type=kind).status

    assert sent(b"{}", "application/json") == 415
    assert sent(b"--x", "multipart/form-data; boundary=x") == 415
    assert sent(b"name=" + b"x" * MOST_FORM) == 413
    assert sent(b"&".join(b"a%d=1" % n for n in range(100))) == 400
    assert sent(b"name=a&name=b") == 400
    assert sent(b"name=%00") == 400
    assert sent(b"name=%ff") == 400
    assert sent(b"name=\xff") == 400
    assert ann.get("latest").status == 200


# Signing in


def test_signing_in_by_a_link(place: Place) -> None:
    email = f"cy{secrets.token_hex(4)}@people.example"
    browser = Browser(place.root)
    sent = browser.post("sign-in", "sign-in?section=tone", email=email, section="tone")
    assert sent.status == 200
    link = urlsplit(link_in(mails(place.outbox, email)[-1]))
    path = f"enter?{link.query}"
    for _ in range(3):  # what checks mail follows links, and that uses nothing up
        assert Browser(place.root).get(path).status == 200
    assert "adhere-session" not in browser.cookies
    secret = re.search(r"link=([\w-]+)", link.query)
    assert secret
    done = browser.post("enter", path, link=secret[1], section="tone")
    assert (done.status, done.location) == (303, "about?section=tone")
    cookie = next(c for c in done.headers.get_all("set-cookie") if c.startswith("adhere-session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert email not in browser.get("mine").body
    again = Browser(place.root)
    assert again.post("enter", path, link=secret[1]).status == 403  # replayed
    assert "adhere-session" not in again.cookies


def test_a_session_somebody_else_chose_is_never_taken_over(place: Place, ann: Browser) -> None:
    email = f"eve{secrets.token_hex(4)}@people.example"
    chosen = "A" * 43
    victim = Browser(place.root)
    victim.cookies["adhere-session"] = chosen
    secret = place.feedback.people.ask_for_link(email, "x")
    assert victim.post("enter", f"enter?link={secret}", link=secret).status == 303
    assert victim.cookies["adhere-session"] != chosen
    assert place.feedback.people.of_session(chosen) is None
    # Somebody signed in who signs in anew: the old session ends.
    old = ann.cookies["adhere-session"]
    secret = place.feedback.people.ask_for_link(email, "y")
    assert ann.post("enter", f"enter?link={secret}", link=secret).status == 303
    assert place.feedback.people.of_session(old) is None
    # A token shown before signing in is worth nothing after.
    token = re.search(r'name="token" value="(\w+)"', Browser(place.root).get("sign-in").body)
    assert token
    assert ann.bare("rename", token=token[1], name="x").status == 403


def test_signing_out_ends_the_session_everywhere(place: Place, ann: Browser) -> None:
    kept = ann.cookies["adhere-session"]
    assert ann.post("sign-out", "latest").status == 303
    thief = Browser(place.root)
    thief.cookies["adhere-session"] = kept
    assert thief.get("mine").status == 403


def test_nobody_learns_who_is_known(place: Place) -> None:
    known = f"dora{secrets.token_hex(4)}"
    place.crowd.browser(known)
    place.crowd.browser(f"{known}m", "moderator")
    replies = []
    for name in (known, f"{known}m", "nobody-at-all"):
        browser = Browser(place.root)
        replies.append(browser.post("sign-in", "sign-in", email=f"{name}@people.example"))
        assert len(mails(place.outbox, f"{name}@people.example")) == 1
    assert len({reply.status for reply in replies}) == 1
    bodies = [re.sub(r'name="token" value="\w+"', "", reply.body) for reply in replies]
    assert len(set(bodies)) == 1
    assert not any("set-cookie" in reply.headers for reply in replies)


def test_asking_for_links_is_limited(place: Place) -> None:
    browser = Browser(place.root)
    most = LIMITS["link"][0]
    given = [browser.post("sign-in", "sign-in", email=f"p{n}@people.example").status
             for n in range(most + 2)]  # fmt: skip
    assert given == [200] * most + [429] * 2


def test_an_e_mail_never_leads_where_the_request_says(place: Place) -> None:
    email = f"host{secrets.token_hex(4)}@people.example"
    browser = Browser(place.root)
    token = re.search(r'name="token" value="(\w+)"', browser.get("sign-in").body)
    assert token
    data = f"token={token[1]}&email={quote(email)}".encode()
    claimed = {"host": "evil.example", "x_forwarded_host": "evil.example"}
    browser.send("POST", "feedback/sign-in", data, content_type=FORM, **claimed)
    assert link_in(mails(place.outbox, email)[0]).startswith(place.root)


@pytest.mark.parametrize("email", ["a@b.example\r\nBcc: x@y.example", "a b@c.example", "x", "@"])
def test_an_address_that_is_none(place: Place, email: str) -> None:
    before = len(list(place.outbox.glob("*.eml")))
    assert Browser(place.root).post("sign-in", "sign-in", email=email).status == 422
    assert len(list(place.outbox.glob("*.eml"))) == before


# Votes


def test_a_person_has_one_vote_and_none_on_their_own_words(
    place: Place, ann: Browser, ben: Browser
) -> None:
    said = place.crowd.say(ann, "Count me once.")
    for _ in range(5):
        assert ben.post("vote", "about?section=tone", comment=said, vote="agree").status == 303
    assert ann.post("vote", "about?section=tone", comment=said, vote="agree").status == 422
    nobody = Browser(place.root)
    nobody.get("sign-in")
    assert nobody.post("vote", "sign-in", comment=said, vote="agree").status == 403
    assert ben.post("vote", "about?section=tone", comment=said, vote="100").status == 422
    assert ben.post("vote", "about?section=tone", comment="nothing", vote="agree").status == 422
    assert place.feedback.read(said).agree == 1


def test_speaking_and_voting_are_limited(place: Place, ann: Browser, ben: Browser) -> None:
    said = place.crowd.say(ann, "First.")
    for _ in range(LIMITS["comment"][0] - 1):
        place.crowd.say(ann, "More.")
    fields = {"section": "tone", "stance": "agree", "body": "And more."}
    reply = ann.post("comment", "about?section=tone", **fields)
    assert reply.status == 429
    assert "And more.</textarea>" in reply.body
    token = re.search(r'name="token" value="(\w+)"', ben.get("mine").body)
    assert token
    given = [ben.bare("vote", token=token[1], comment=said, vote="agree").status
             for _ in range(LIMITS["vote"][0] + 1)]  # fmt: skip
    assert given.count(303) == LIMITS["vote"][0]
    assert given[-1] == 429


# Moderation


def test_only_moderators_act_and_only_as_long_as_they_are(
    place: Place, ann: Browser, ben: Browser
) -> None:
    said = place.crowd.say(ann, "Act on this.")
    for browser in (ann, ben):
        assert "Answer or act" not in browser.get("about?section=tone").body
        assert act(browser, said, "hide") == 403
    name = f"once{secrets.token_hex(4)}"
    once = place.crowd.browser(name, "moderator")
    assert "Answer or act" in once.get("about?section=tone").body
    assert act(once, said, "answer") == 303
    assert act(once, said, "hide", "") == 422  # no reason
    assert act(once, said, "delete") == 422
    place.feedback.people.appoint(f"{name}@people.example", "reader")
    assert act(once, said, "hide") == 403
    assert len(place.feedback.read(said).actions) == 1


def test_what_is_hidden_is_shown_to_nobody_and_why_to_everybody(
    place: Place, ann: Browser, moderator: Browser
) -> None:
    said = place.crowd.say(ann, "Something personal about somebody.")
    assert act(moderator, said, "hide", "It names a person.") == 303
    for browser in (stranger(place), ann, moderator):
        page = browser.get("about?section=tone").body
        assert "Something personal" not in page
        assert "It names a person." in page
    assert act(moderator, said, "show", "It does not, after all.") == 303
    assert "Something personal" in stranger(place).get("about?section=tone").body


def test_an_action_outside_the_log_shows(tmp_path: Path) -> None:
    options = FeedbackOptions(str(tmp_path / "f.db"), str(tmp_path / "outbox"))
    arguments = ["feedback", "check-log", "--database", str(tmp_path / "f.db")]
    with served(SITE, options) as root:
        engine = open_database(options.database)
        crowd = Crowd(root, Feedback(engine, time.time))
        said = crowd.say(crowd.browser("ann"), "Words.")
        moderator = crowd.browser("mod", "moderator")
        for reason in ("one", "two", "three"):
            assert act(moderator, said, "defer", reason) == 303
        assert CliRunner().invoke(cli, arguments, standalone_mode=False).return_value == 0
        with engine.begin() as connection:  # a moderator with access to the database
            connection.execute(
                update(ACTIONS).where(ACTIONS.c.number == 2).values(kind=ActionKind.HIDE.value)
            )
        assert "This log is not whole: action 2 is not what was written." in (
            Browser(root).get("log").body
        )
        engine.dispose()
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.return_value == 1
    assert "action 2 is not what was written" in result.output


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
