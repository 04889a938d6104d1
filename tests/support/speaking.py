"""People who use the pages of feedback over a real socket, and what they are sent by e-mail."""

from __future__ import annotations

import http.client
import re
import time
from email import message_from_bytes, policy
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from adhere.assemble import load_spec
from adhere.evolve.feedback import Feedback, open_database
from adhere.publish.site import Edition, Site

SITE = Site("Test", (Edition("1-0-0", "1.0.0", load_spec("reference")),), live=True)
FORM = "application/x-www-form-urlencoded"


class Reply:
    """A response."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read().decode()
        self.location = response.headers.get("location", "")


class Browser:
    """Keeps cookies and takes tokens from forms, as a browser does; follows no redirect."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, data: bytes | None = None, **headers: str) -> Reply:
        """Send a request to a path below the site's root."""
        connection = http.client.HTTPConnection(urlsplit(self.root).netloc, timeout=30)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            given["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        connection.request(method, f"/{path}", data, given)
        response = connection.getresponse()
        reply = Reply(response)
        for line in reply.headers.get_all("set-cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
        connection.close()
        return reply

    def get(self, path: str) -> Reply:
        """Open a page of feedback."""
        return self.send("GET", f"feedback/{path}")

    def post(self, path: str, page: str, **fields: str) -> Reply:
        """Send a form, with the token that a page shows."""
        token = re.search(r'name="token" value="([^"]*)"', self.get(page).body)
        return self.bare(path, token=unescape(token[1]) if token else "", **fields)

    def bare(self, path: str, **fields: str) -> Reply:
        """Send a form as it is."""
        return self.send("POST", f"feedback/{path}", urlencode(fields).encode(), content_type=FORM)


class Crowd:
    """People by name, signed in without the e-mail.

    Args:
        root: Address of the site.
        feedback: The database it uses, beside the server.
    """

    def __init__(self, root: str, feedback: Feedback) -> None:
        self.root, self.feedback = root, feedback

    def browser(self, name: str, role: str = "reader") -> Browser:
        """Return the browser of somebody who is signed in."""
        email = f"{name}@people.example"
        self.feedback.people.appoint(email, role)
        session = self.feedback.people.sign_in(self.feedback.people.ask_for_link(email, name), name)
        assert session
        made = Browser(self.root)
        made.cookies["adhere-session"] = session
        return made

    def say(self, browser: Browser, body: str, **more: str) -> str:
        """Comment on the section ``tone`` and return the comment's id."""
        given = {"section": "tone", "stance": "disagree", "body": body, **more}
        reply = browser.post("comment", "about?section=tone", **given)
        assert reply.status == 303, reply.body
        return reply.location.partition("#c-")[2]


def mails(outbox: Path, to: str) -> list[str]:
    """Return the text of every e-mail to an address, the oldest first."""
    files = sorted(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]
    return [one.get_content() for one in found if one["To"] == to]  # type: ignore[attr-defined]


def link_in(text: str) -> str:
    """Return the link of an e-mail."""
    found = re.search(r"https?://\S+", text)
    assert found
    return found[0]


class Place:
    """A running site with feedback."""

    def __init__(self, root: str, folder: Path) -> None:
        self.root, self.folder, self.outbox = root, folder, folder / "outbox"
        self.database = str(folder / "feedback.db")
        self.engine = open_database(self.database)
        self.feedback = Feedback(self.engine, time.time)
        self.crowd = Crowd(root, self.feedback)


def act(browser: Browser, comment: str, kind: str, reason: str = "Because.", link: str = "") -> int:
    fields = {"comment": comment, "kind": kind, "reason": reason, "link": link}
    return browser.post("act", "about?section=tone", **fields).status


def stranger(place: Place) -> Browser:
    """Return the browser of a reader, for whom pages are a second old at most."""
    time.sleep(1.1)
    return Browser(place.root)
