"""``adhere site``"""

from __future__ import annotations

import click

from adhere.assemble.feedback import FeedbackOptions
from adhere.assemble.serving_site import SiteServer
from adhere.cli.options import console
from adhere.cli.publishing import Sources, source_options
from adhere.errors import UsageError


@click.command("site")
@source_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0: one that is free.",
)
@click.option(
    "--feedback",
    metavar="DATABASE",
    help="Take comments and keep them there: a file (SQLite) or postgresql+psycopg://….",
)
@click.option(
    "--mail",
    metavar="WHERE",
    help="What sends links to sign in: smtp://[USER@]HOST[:PORT][?from=ADDRESS], smtps://…, or a "
    "folder that e-mails are written to, to try it out. The password: ADHERE_SMTP_PASSWORD.",
)
@click.option("--url", default="", help="Where people reach the site: https://NAME.")
@click.option(
    "--proxy",
    default="",
    metavar="ADDRESS",
    help="Address of the server before it, whose X-Forwarded-For is believed.",
)
def command(
    sources: Sources, host: str, port: int, feedback: str | None, mail: str | None, url: str,
    proxy: str,
) -> int:  # fmt: skip
    """Serve the site: the same pages as `adhere publish`, with search by the server.

    Put a server that speaks TLS before it. Pages are rendered when they are first asked for, from
    what was loaded at the start; start it again to show another version.

    \b
    Examples:
      adhere site reference
      adhere site my-spec --run runs/first --port 8000
      adhere site my-spec --feedback feedback.db --mail outbox
      adhere site my-spec --feedback postgresql+psycopg://adhere@db/feedback \\
          --mail smtp://mail.example --url https://spec.example --proxy 127.0.0.1
    """
    if feedback is None and (mail or url or proxy):
        raise UsageError("--mail, --url and --proxy go with --feedback")
    if feedback is not None and mail is None:
        raise UsageError("people sign in by a link in an e-mail", remedy="add --mail")
    options = None
    if feedback is not None:
        options = FeedbackOptions(feedback, mail or "", url, proxy)
    site = sources.site(live=True)
    server = SiteServer(site, host=host, port=port, feedback=options)
    console(stderr=True).print(f"{site.title}: {server.address}  (Ctrl-C ends it)")
    server.run()
    return 0
