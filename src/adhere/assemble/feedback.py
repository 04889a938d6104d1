"""Feedback, from the words of the command line to routes beside the site."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import msgspec
from starlette.routing import BaseRoute

from adhere.errors import UsageError
from adhere.evolve.feedback import Feedback, open_database
from adhere.publish.feedback import FeedbackPages, feedback_routes, open_mailer
from adhere.publish.site import Pages

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class FeedbackOptions(msgspec.Struct, frozen=True):
    """How a site takes comments.

    Attributes:
        database: Where they are kept, as `open_database` takes it.
        mail: What sends links to sign in, as `open_mailer` takes it.
        url: Where people reach the site; empty: where the server listens.
        proxy: Addresses of proxies that may say whom they ask for (``X-Forwarded-For``).
    """

    database: str
    mail: str
    url: str = ""
    proxy: str = ""


def load_feedback(database: str) -> Feedback:
    """Open the database of feedback.

    Raises:
        UsageError: It is no such address, or the driver is missing.
        SystemFault: It cannot be opened.
    """
    return Feedback(open_database(database), time.time)


def open_feedback(
    pages: Pages, options: FeedbackOptions, listening: str
) -> tuple[FeedbackPages, list[BaseRoute]]:
    """Return what renders the pages of feedback, and the routes that answer with them.

    Args:
        pages: The pages of the site.
        options: How it takes comments.
        listening: The address the server listens on.

    Raises:
        UsageError: People would sign in without TLS, or an address cannot be used.
        SystemFault: The database or the folder for e-mails cannot be opened.
    """
    address = options.url or listening
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise UsageError("this is not where a site is reached", place=address,
                         remedy="write --url https://NAME, without a folder")  # fmt: skip
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(
            "people do not sign in without TLS",
            place=address,
            remedy="put a server that speaks TLS before it and write --url https://NAME",
        )
    shown = FeedbackPages(load_feedback(options.database), pages)
    mailer = open_mailer(options.mail, parts.hostname)
    return shown, feedback_routes(shown, mailer, address.rstrip("/") + "/")
