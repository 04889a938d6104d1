"""What the pages of feedback do not let happen, tried over a real socket."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from click.testing import CliRunner
from sites import Seen, served
from speaking import FORM, SITE, Browser, Crowd, Place, act, link_in, mails, stranger
from sqlalchemy import update

from adhere.assemble.feedback import FeedbackOptions
from adhere.cli.main import cli
from adhere.evolve.feedback import ActionKind, Feedback, open_database
from adhere.evolve.feedback.people import LIMITS
from adhere.evolve.feedback.tables import ACTIONS
from adhere.publish.feedback.guarding import MOST_FORM

pytestmark = pytest.mark.usefixtures("forgotten")


BAD = "</textarea></p><script>window.hit=1</script><img src=x onerror='window.hit=2'>\"'"

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
