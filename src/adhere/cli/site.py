"""``adhere site``"""

from __future__ import annotations

import click

from adhere.assemble.serving_site import SiteServer
from adhere.cli.options import console
from adhere.cli.publishing import Sources, source_options


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
def command(sources: Sources, host: str, port: int) -> int:
    """Serve the site: the same pages as `adhere publish`, with search by the server.

    Put a server that speaks TLS before it. Pages are rendered when they are first asked for, from
    what was loaded at the start; start it again to show another version.

    \b
    Examples:
      adhere site reference
      adhere site my-spec --run runs/first --port 8000
    """
    site = sources.site(live=True)
    server = SiteServer(site, host=host, port=port)
    console(stderr=True).print(f"{site.title}: {server.address}  (Ctrl-C ends it)")
    server.run()
    return 0
